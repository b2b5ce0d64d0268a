"""The versions of objects: what a versioned bucket keeps of each, until it goes by its own id.

A deletion is a marker that hides the versions (S3 user guide, "Deleting object versions from a
versioning-enabled bucket").
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from accelerator.deployment import Deployment

# As many as DeleteObjects takes.
BATCH = 1000


class Version(NamedTuple):
    """A version of an object, or the marker of its deletion; `size` is in bytes."""

    key: str
    version_id: str
    size: int
    is_marker: bool

    def told(self) -> dict[str, str]:
        """`{"key", "versionId"}`."""
        return {"key": self.key, "versionId": self.version_id}


def versions(cloud: Deployment, prefix: str, seen: Callable[[int], object]) -> Iterator[Version]:
    """All versions and markers under a prefix; `seen` is told of how many after each call."""
    bucket = cloud.outputs.response_bucket_name
    pages = cloud.s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix)
    for page in pages:
        for each in (held := page.get("Versions", [])):
            yield Version(each["Key"], each["VersionId"], each["Size"], is_marker=False)
        for mark in (marks := page.get("DeleteMarkers", [])):
            yield Version(mark["Key"], mark["VersionId"], 0, is_marker=True)
        seen(len(held) + len(marks))


def batches(doomed: list[Version]) -> Iterator[list[Version]]:
    """What one call of DeleteObjects takes, and the next.

    An object's marker goes last: what is hidden stays so, should this end early.
    """
    doomed = sorted(doomed, key=lambda each: (each.key, each.is_marker))
    for start in range(0, len(doomed), BATCH):
        yield doomed[start : start + BATCH]


def delete(cloud: Deployment, batch: list[Version]) -> dict[Version, str]:
    """Delete versions; those that stay, each with S3's code."""
    named: Any = [{"Key": each.key, "VersionId": each.version_id} for each in batch]
    told = cloud.s3.delete_objects(
        Bucket=cloud.outputs.response_bucket_name, Delete={"Objects": named, "Quiet": True}
    )
    codes = {(each["Key"], each.get("VersionId")): each["Code"] for each in told.get("Errors", [])}
    # An error that says no version may mean any.
    why = {each: codes.get(each[:2]) or codes.get((each.key, None)) for each in batch}
    return {each: code for each, code in why.items() if code}
