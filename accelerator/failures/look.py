"""Looks for the events that ended as failures, wherever they did.

They are in the failure queue, in the rules' dead-letter queue and, when no queue could be reached,
under `failures/unsent/` in the bucket.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from accelerator.cloud import Cloud
from accelerator.failures.failure import (
    Failure,
    Filter,
    dead_letter,
    failed_message,
    parsed,
    unreadable,
    unsent,
)
from accelerator.failures.queue import QueueLook, sent
from functions.redrive.start import stored_event

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

UNSENT = "failures/unsent/"
# No failure is larger; somebody else's object is not read whole.
MAX_UNSENT_BYTES = 1_048_576


class Look:
    """One look at all failures: about how many there are, and each that is meant, once."""

    def __init__(self, cloud: Cloud, wanted: Filter, until: datetime | None, queues: Any) -> None:
        self._cloud = cloud
        self._wanted = wanted
        self._until = until
        self._queues: dict[str, QueueLook] = queues

    @property
    def depth(self) -> int:
        """About how many failures the queues hold."""
        return sum(queue.depth for queue in self._queues.values())

    def __iter__(self) -> Iterator[Failure]:
        """The failures that are meant, as they come: SQS knows no order."""
        return filter(self._wanted.takes, self._all())

    def _all(self) -> Iterator[Failure]:
        for place, read in READ.items():
            for message in self._queues[place].messages():
                yield self._queued(place, message, read(message))
        yield from self._unsent()

    def _queued(self, place: str, message: "MessageTypeDef", told: dict[str, Any]) -> Failure:
        bucket, message_id = self._cloud.outputs["ResponseBucketName"], message["MessageId"]

        def delete(deleted: Callable[[], object]) -> None:
            key = stored_event(told, bucket)

            def gone() -> None:
                if key:
                    self._cloud.s3.delete_object(Bucket=bucket, Key=key)
                deleted()

            self._queues[place].delete(message_id, gone)

        return Failure(message_id, place, told, sent(message), delete)

    def _unsent(self) -> Iterator[Failure]:
        bucket, s3 = self._cloud.outputs["ResponseBucketName"], self._cloud.s3
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=UNSENT)
        for item in (item for page in pages for item in page.get("Contents", [])):
            key, since = item["Key"], item["LastModified"]
            if self._until and since > self._until:
                continue
            if item["Size"] > MAX_UNSENT_BYTES:
                told = unreadable(since)
            else:
                body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
                told = unsent(parsed(body), since)

            def delete(deleted: Callable[[], object], key: str = key) -> None:
                s3.delete_object(Bucket=bucket, Key=key)
                deleted()

            name = key.removeprefix(UNSENT).removesuffix(".json")
            yield Failure(name, "bucket", told, since, delete)


READ: "dict[str, Callable[[MessageTypeDef], dict[str, Any]]]" = {
    "failure queue": failed_message,
    "dead-letter queue": dead_letter,
}
QUEUES = {"failure queue": "FailureQueueUrl", "dead-letter queue": "DeadLetterQueueUrl"}


@contextmanager
def look(cloud: Cloud, wanted: Filter, until: datetime | None = None) -> Iterator[Look]:
    """Look at the failures that are meant, of those that were kept `until` then.

    Each is hidden from others while the look lasts, and free again at its end unless deleted.
    """
    with ExitStack() as ends:
        queues = {
            place: ends.enter_context(closing(QueueLook(cloud, cloud.outputs[output], until)))
            for place, output in QUEUES.items()
        }
        yield Look(cloud, wanted, until, queues)
