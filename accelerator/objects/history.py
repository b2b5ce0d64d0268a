"""The stored states of one entity, in the order of its events, each against the one before."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from accelerator.deployment import Deployment
from accelerator.executions.mask import hidden
from accelerator.objects.differences import Difference, differences
from accelerator.objects.listing import Stored, Wanted, listed
from accelerator.problem import Problem
from domain.untrusted import parse

READERS = 8


class State(NamedTuple):
    """A stored state: its object, what that holds, and what changed since the last one.

    `held` is None of an object that is gone, or holds no JSON. `changes` are None of those, and of
    the first that can be read.
    """

    stored: Stored
    held: Any
    changes: list[Difference] | None

    def masked(self) -> "State":
        """The state without customer data."""
        changes = self.changes and [each.masked() for each in self.changes]
        return self._replace(held=hidden(self.held), changes=changes)

    def told(self) -> dict[str, Any]:
        """What its key says, `"changes": [{"path", "what", "before", "after"}]` and `readable`."""
        changes = None if self.changes is None else [each._asdict() for each in self.changes]
        return self.stored.told() | {"changes": changes, "readable": self.held is not None}


def history(cloud: Deployment, wanted: Wanted) -> Iterator[State]:
    """The stored states of the entity that is wanted."""
    found = sorted(listed(cloud, wanted), key=lambda each: (each.key.time, each.key.event_id))
    before: Any = None
    with ThreadPoolExecutor(READERS) as readers:
        for stored, held in zip(
            found, readers.map(lambda each: read_if_readable(cloud, each.name), found), strict=True
        ):
            known = before is not None and held is not None
            yield State(stored, held, list(differences(before, held)) if known else None)
            before = before if held is None else held


def read_if_readable(cloud: Deployment, key: str) -> Any:
    """What an object holds; None of one that cannot be read, which is not to hide all others."""
    try:
        return read(cloud, key)
    except Problem:
        return None


def read(cloud: Deployment, key: str) -> Any:
    """What an object holds.

    Raises:
        Problem: there is no such object, or it is no JSON.
    """
    try:
        return parse(content(cloud, key))
    except ValueError:
        raise Problem(f"{key} holds no JSON") from None


def content(cloud: Deployment, key: str) -> bytes:
    """An object's content.

    Raises:
        Problem: there is no such object.
    """
    bucket = cloud.outputs.response_bucket_name
    try:
        return cloud.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    except cloud.s3.exceptions.NoSuchKey:
        raise Problem(f"there is no object {key} in {bucket}") from None
