"""Deletes all that is stored about an entity: each version of it, and what failed of its events."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from accelerator.deployment import Deployment
from accelerator.failures.failure import Filter
from accelerator.failures.look import look
from accelerator.objects.find import Entity, Found, Seen, find
from accelerator.objects.versions import Version, batches, delete
from accelerator.plural import plural
from accelerator.processes import interrupts_deferred

NOT_LOOKED_INTO = "not looked into: archives, logs, and copies that others made (docs/data.md)"
NO_REDRIVE_QUEUE = (
    "not looked into: events that wait for their automatic redrive, since the deployment does not "
    "tell where: deploy it again"
)


@dataclass
class Receipt:
    """What was deleted; what S3 refused, with its codes; and what was found after it."""

    versions: list[Version] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    refused: dict[Version, str] = field(default_factory=dict)
    left: Found | None = None

    @property
    def is_complete(self) -> bool:
        """Whether nothing is left, nor anything that could not be looked at."""
        left = self.left
        return left is not None and not (left or left.hidden or left.waiting)

    def told(self) -> dict[str, Any]:
        """`{"deleted": [{"key", "versionId"}], "failures": [id], "refused", "complete", ...}`.

        `refused` is as `deleted`, with a `code`. `waiting` is of how many events nobody knows
        whether they are about the entity; None where that was not looked at any more.
        """
        return {
            "deleted": [each.told() for each in self.versions],
            "failures": self.failures,
            "refused": [each.told() | {"code": code} for each, code in self.refused.items()],
            "waiting": None if self.left is None else self.left.waiting,
            "complete": self.is_complete,
        }


def forget(
    cloud: Deployment, wanted: Entity, found: Found, receipt: Receipt, seen: Seen, done: Seen
) -> None:
    """Delete what was found, and look again until nothing is found but what cannot be deleted.

    `receipt` grows by what is deleted, and holds it also where this is interrupted.
    """
    tried = set[Version]()
    while found:
        before = len(receipt.versions) + len(receipt.failures)
        delete_failures(cloud, {*found.failures}, receipt.failures, done)
        doomed = [each for each in found.versions if each not in tried]
        tried.update(doomed)
        for batch in batches(doomed):
            # What is gone is on the receipt, whenever this is interrupted.
            with interrupts_deferred():
                refused = delete(cloud, batch)
                receipt.refused |= refused
                receipt.versions += [each for each in batch if each not in refused]
            done(len(batch) - len(refused))
        if len(receipt.versions) + len(receipt.failures) == before:
            break
        found = find(cloud, wanted, seen, {each.key for each in receipt.versions})
    receipt.left = found


def delete_failures(cloud: Deployment, doomed: set[str], gone: list[str], done: Seen) -> None:
    """Delete failures from their queues; interrupted, this ends with what it has deleted."""
    if not doomed:
        return
    wanted = Filter(tuple(doomed), exact=True)
    with (
        interrupts_deferred() as interrupts,
        look(cloud, wanted, stop=lambda: interrupts, with_waiting=True) as looked,
    ):
        for failure in looked.queued():

            def deleted(failure_id: str = failure.id) -> None:
                gone.append(failure_id)
                done(1)

            failure.delete(deleted)
        looked.delete_now()


def warnings(cloud: Deployment, found: Found) -> Iterator[str]:
    """What deleting here does not reach, or may be refused."""
    bucket = cloud.outputs.response_bucket_name
    yield from told_of(
        lambda: cloud.s3.get_bucket_replication(Bucket=bucket),
        "ReplicationConfigurationNotFoundError",
        f"{bucket} is replicated: the deletion of a version is not, so forget it there as well",
        f"whether {bucket} is replicated",
    )
    yield from told_of(
        lambda: cloud.s3.get_object_lock_configuration(Bucket=bucket),
        "ObjectLockConfigurationNotFoundError",
        f"{bucket} has Object Lock: what is under a legal hold or a retention period stays",
        f"whether {bucket} has Object Lock",
    )
    if found.unnamed:
        yield (
            "not looked into: what has keys of before, which say no entity "
            f"(versions: {found.unnamed})"
        )
    if found.of_none:
        yield (
            "not known whose: events that failed and say no entity, or several "
            f"({found.of_none}): 'accelerator failures list' tells those that are failures still"
        )
    yield from out_of_sight(found)
    if not cloud.outputs.redrive_queue_url:
        yield NO_REDRIVE_QUEUE
    yield NOT_LOOKED_INTO


def out_of_sight(found: Found) -> Iterator[str]:
    """What could not be looked at, and may be about the entity."""
    if found.hidden:
        yield (
            f"somebody else looks at about {plural(found.hidden, 'failure')}: run this again later"
        )
    if found.waiting:
        yield (
            "nobody can look at what waits for its automatic redrive (events, of whatever entity: "
            f"about {found.waiting}): what of it is about this one is stored again within 15 "
            "minutes, so run this again then"
        )


def told_of(asked: Callable[[], object], no: str, yes: str, unknown: str) -> Iterator[str]:
    """What is told of a bucket's configuration, of which S3 says `no` where there is none."""
    try:
        asked()
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code != no:
            yield f"it could not be asked {unknown}: {code}"
    else:
        yield yes
