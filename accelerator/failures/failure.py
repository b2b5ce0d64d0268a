"""The events that ended as failures, wherever they did: listed, sent again, or purged.

They are in the failure queue, in the rules' dead-letter queue and, when no queue could be reached,
under `failures/unsent/` in the bucket.
"""

import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from accelerator.cloud import Cloud
from functions.classify_error.classification import SCHEMA_VERSION, classify, event_type, redrive_of
from functions.redrive.events import (
    MAX_ENTRIES,
    NotRedrivable,
    entry,
    original_event,
    put_events,
)

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

# A message that is looked at is hidden from others for so long, and comes back after a crash.
HOLD_SECONDS = 30
# Long enough that SQS asks all of its servers before it says that a queue is empty.
WAIT_SECONDS = 1
UNSENT = "failures/unsent/"


@dataclass(frozen=True)
class Failure:
    """A failed event: its failure message, where it is kept, and how to delete or release it."""

    id: str
    place: str
    message: dict[str, Any]
    delete: Callable[[], object] = field(repr=False)
    release: Callable[[], object] = field(repr=False)

    @property
    def age(self) -> timedelta:
        """How long ago the event failed."""
        return datetime.now(UTC) - datetime.fromisoformat(self.message["time"])

    def told(self) -> dict[str, Any]:
        """The failure without its event, for a list."""
        told = {name: value for name, value in self.message.items() if name != "event"}
        return {"id": self.id, "place": self.place} | told

    def whole(self) -> dict[str, Any]:
        """The failure with its event."""
        return self.told() | {"event": self.message["event"]}


@dataclass(frozen=True)
class Filter:
    """Which failures are meant; what is None or empty means any."""

    ids: tuple[str, ...] = ()
    category: str | None = None
    error_code: str | None = None
    event_type: str | None = None
    older_than: timedelta | None = None
    newer_than: timedelta | None = None

    def takes(self, failure: Failure) -> bool:
        """Whether this failure is meant."""
        message = failure.message
        return (
            (not self.ids or failure.id.startswith(self.ids))
            and self.category in (None, message["category"])
            and self.error_code in (None, message["errorCode"])
            and self.event_type in (None, message["eventType"])
            and (self.older_than is None or failure.age >= self.older_than)
            and (self.newer_than is None or failure.age <= self.newer_than)
        )


def find(cloud: Cloud, wanted: Filter) -> Iterator[Failure]:
    """Every failure that is meant; the others are released when the search ends."""
    others = []
    try:
        for failure in all_failures(cloud):
            if wanted.takes(failure):
                yield failure
            else:
                others.append(failure)
    finally:
        for failure in others:
            failure.release()


def all_failures(cloud: Cloud) -> Iterator[Failure]:
    """Every failure, from each place."""
    yield from queued(cloud, cloud.outputs["FailureQueueUrl"], "failure queue", failed_message)
    yield from queued(cloud, cloud.outputs["DeadLetterQueueUrl"], "dead-letter queue", dead_letter)
    yield from unsent(cloud)


def queued(
    cloud: Cloud, url: str, place: str, read: "Callable[[MessageTypeDef], dict[str, Any]]"
) -> Iterator[Failure]:
    """The messages of a queue, each once, until it has no other to give."""
    seen: set[str] = set()
    while True:
        received = cloud.sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=10,
            VisibilityTimeout=HOLD_SECONDS,
            WaitTimeSeconds=WAIT_SECONDS,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["SentTimestamp"],
        ).get("Messages", [])
        new = [message for message in received if message["MessageId"] not in seen]
        if not new:
            return
        for message in new:
            seen.add(message["MessageId"])
            yield queued_failure(cloud, url, place, message, read(message))


def queued_failure(
    cloud: Cloud, url: str, place: str, message: "MessageTypeDef", told: dict[str, Any]
) -> Failure:
    """A failure that is a message of a queue."""
    handle = message["ReceiptHandle"]

    def delete() -> None:
        cloud.sqs.delete_message(QueueUrl=url, ReceiptHandle=handle)
        if stored := told["eventObject"]:
            cloud.s3.delete_object(Bucket=stored["bucket"], Key=stored["key"])

    def release() -> None:
        cloud.sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=0)

    return Failure(message["MessageId"], place, told, delete, release)


def failed_message(message: "MessageTypeDef") -> dict[str, Any]:
    """A message of the failure queue."""
    body = parsed(message)
    return body if "schemaVersion" in body else unreadable(message)


def parsed(message: "MessageTypeDef") -> dict[str, Any]:
    """The JSON object in a message's body; empty where there is none."""
    try:
        body = json.loads(message["Body"])
    except ValueError:
        body = None
    return body if isinstance(body, dict) else {}


def unreadable(message: "MessageTypeDef") -> dict[str, Any]:
    """The failure message for a message that somebody else put into the queue."""
    told = "Somebody else's message: it holds no event of this accelerator."
    failed = {"Unknown": {"Error": "Unreadable", "Cause": told}}
    failure = {"event": {}, "hydration": {}, "failed": failed, "executionArn": None}
    return classify(failure, sent_time(message))


def sent_time(message: "MessageTypeDef") -> str:
    """When a message was sent, as ISO 8601 in UTC."""
    milliseconds = int(message["Attributes"]["SentTimestamp"])
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds")


def dead_letter(message: "MessageTypeDef") -> dict[str, Any]:
    """The failure message for an event that EventBridge could not start an execution with.

    The body is the event, and the attributes say why (EventBridge user guide, "Using dead-letter
    queues to process undelivered events").
    """
    event = parsed(message)
    attributes: dict[str, Any] = dict(message.get("MessageAttributes", {}))

    def attribute(name: str) -> str | None:
        value: str | None = attributes.get(name, {}).get("StringValue")
        return value

    told = {
        "schemaVersion": SCHEMA_VERSION,
        "category": "transient",
        "errorCode": attribute("ERROR_CODE") or "NOT_STARTED",
        "message": attribute("ERROR_MESSAGE") or "EventBridge could not start an execution.",
        "retryable": True,
        "failedState": "StartExecution",
        "eventId": redrive_of(event)["id"],
        "eventType": event_type(event),
        "entity": None,
        "entityId": None,
        "executionArn": None,
        "time": sent_time(message),
        "attempt": 0,
        "event": event,
        "eventObject": None,
    }
    try:
        entry(event, "", 0)
    except NotRedrivable as error:
        told |= {"category": "permanent", "retryable": False}
        told["message"] = f"{told['message']} Sending it again cannot help: {error}."
    return told


def unsent(cloud: Cloud) -> Iterator[Failure]:
    """The failures that no queue could take, classified now by the function's own code."""
    bucket = cloud.outputs["ResponseBucketName"]
    pages = cloud.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=UNSENT)
    for item in (item for page in pages for item in page.get("Contents", [])):
        key = item["Key"]
        kept = json.loads(cloud.s3.get_object(Bucket=bucket, Key=key)["Body"].read())
        told = classify(kept, item["LastModified"].astimezone(UTC).isoformat())

        def delete(key: str = key) -> None:
            cloud.s3.delete_object(Bucket=bucket, Key=key)

        name = key.removeprefix(UNSENT).removesuffix(".json")
        yield Failure(name, "bucket", told, delete, lambda: None)


@dataclass
class Redriven:
    """How a redrive went: how many events are back on the bus, and why others are not."""

    count: int = 0
    left: dict[str, str] = field(default_factory=dict)


def redrive(
    cloud: Cloud, failures: Iterable[Failure], rate: float, done: Callable[[], object]
) -> Redriven:
    """Put failed events back on their bus, at most `rate` a second.

    A failure is deleted only once EventBridge has accepted its event. A crash in between sends
    the event twice, and the second time hydrates the same object again.
    """
    result = Redriven()
    batch: list[Failure] = []
    for failure in failures:
        batch.append(failure)
        if len(batch) == min(MAX_ENTRIES, max(1, int(rate))):
            redrive_batch(cloud, batch, result, rate, done)
            batch = []
    redrive_batch(cloud, batch, result, rate, done)
    return result


def redrive_batch(
    cloud: Cloud,
    failures: list[Failure],
    result: Redriven,
    rate: float,
    done: Callable[[], object],
) -> None:
    """Put a batch of events on the bus in one call."""
    started = time.monotonic()
    entries, sent = [], []
    for failure in failures:
        try:
            event = original_event(failure.message, cloud.s3)
            entries.append(entry(event, cloud.outputs["EventBusName"], attempt=0))
            sent.append(failure)
        except NotRedrivable as error:
            leave(failure, str(error), result)

    def accepted(place: int) -> None:
        sent[place].delete()
        result.count += 1
        done()

    for place, reason in put_events(cloud.events, entries, accepted).items():
        leave(sent[place], reason, result)
    time.sleep(max(0.0, len(sent) / rate - (time.monotonic() - started)))


def leave(failure: Failure, reason: str, result: Redriven) -> None:
    """Leave a failure where it is, and say why."""
    failure.release()
    result.left[failure.id] = reason
