"""A failed event as it is told: read from whatever place it ended in."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from accelerator.failures.queue import sent
from domain.event_types import event_type
from domain.failures import SCHEMA_VERSION, alone, build, is_readable
from domain.start import NotRedrivable, original_event, parse, start_input

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

UNREADABLE = "It is no failure of this accelerator, or of another version of it."


@dataclass(frozen=True)
class Failure:
    """A failed event: its failure message, where it is kept and since when, and how to delete it.

    `delete` is given what to call once it is deleted. `body` is what was kept where no event could
    be read from it, or one too large to start with.
    """

    id: str
    place: str
    message: dict[str, Any]
    kept_since: datetime
    delete: Callable[[Callable[[], object]], object] = field(repr=False)
    body: str | None = field(default=None, repr=False)

    @property
    def age(self) -> timedelta:
        """How long ago the event failed."""
        return datetime.now(UTC) - datetime.fromisoformat(self.message["time"])

    def told(self) -> dict[str, Any]:
        """The failure without its event, for a list."""
        told = {name: value for name, value in self.message.items() if name != "event"}
        return {"id": self.id, "place": self.place} | told

    def whole(self, s3: Any, bucket: str) -> dict[str, Any]:
        """The failure with its event, wherever that is, or with the body that holds none.

        Raises:
            NotRedrivable: its event is not to be found.
        """
        if self.body is not None:
            return self.told() | {"event": parsed(self.body) or None, "body": self.body}
        if self.message["eventObject"]:
            return self.told() | {"event": original_event(self.message, s3, bucket)}
        return self.told() | {"event": self.message["event"]}


@dataclass(frozen=True)
class Filter:
    """Which failures are meant; what is None or empty means any.

    An id means every id that begins with it, unless ids are `exact`.
    """

    ids: tuple[str, ...] = ()
    category: str | None = None
    error_code: str | None = None
    event_type: str | None = None
    older_than: timedelta | None = None
    newer_than: timedelta | None = None
    exact: bool = False

    def takes(self, failure: Failure) -> bool:
        """Whether this failure is meant."""
        message = failure.message
        return (
            (not self.ids or self._names(failure.id))
            and self.category in (None, message["category"])
            and self.error_code in (None, message["errorCode"])
            and self.event_type in (None, message["eventType"])
            and (self.older_than is None or failure.age >= self.older_than)
            and (self.newer_than is None or failure.age <= self.newer_than)
        )

    def _names(self, failure_id: str) -> bool:
        return failure_id in self.ids if self.exact else failure_id.startswith(self.ids)


def failed_message(message: "MessageTypeDef") -> tuple[dict[str, Any], str | None]:
    """The failure message that a message of the failure queue is; its body, where it is none."""
    body = parsed(message["Body"])
    return (body, None) if is_readable(body) else unreadable(message["Body"], sent(message))


def parsed(text: str | bytes) -> dict[str, Any]:
    """A JSON object; empty where the text holds none."""
    try:
        body = parse(text)
    except (ValueError, RecursionError):
        body = None
    return body if isinstance(body, dict) else {}


def unreadable(
    body: str, since: datetime, told: str = UNREADABLE
) -> tuple[dict[str, Any], str | None]:
    """The failure message for what somebody else put into a place of ours, and what that is."""
    return build(alone("Unknown", "Unreadable", told, {}), moment(since)), body


def moment(time: datetime) -> str:
    """A time as a failure message tells it."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds")


def dead_letter(message: "MessageTypeDef") -> tuple[dict[str, Any], str | None]:
    """The failure message for an event that EventBridge could not start an execution with.

    The body is the event, and the attributes say why (EventBridge user guide, "Using dead-letter
    queues to process undelivered events"). An event that cannot be started with is not kept parsed.
    """
    event = parsed(message["Body"])
    attributes: dict[str, Any] = dict(message.get("MessageAttributes", {}))

    def attribute(name: str) -> str | None:
        value: str | None = attributes.get(name, {}).get("StringValue")
        return value

    event_id = event.get("id")
    told = {
        "schemaVersion": SCHEMA_VERSION,
        "category": "transient",
        "errorCode": attribute("ERROR_CODE") or "NOT_STARTED",
        "message": attribute("ERROR_MESSAGE") or "EventBridge could not start an execution.",
        "retryable": True,
        "failedState": "StartExecution",
        "eventId": event_id if isinstance(event_id, str) else None,
        "eventType": event_type(event),
        "entity": None,
        "entityId": None,
        "executionArn": None,
        "time": moment(sent(message)),
        "attempt": 0,
        "event": event,
        "eventObject": None,
    }
    try:
        start_input(original_event(told, None, ""), 0)
    except NotRedrivable as error:
        why = f"{told['message']} Sending it again cannot help: {error}."
        never = {"category": "permanent", "retryable": False, "message": why, "event": None}
        return told | never, message["Body"]
    return told, None


def unsent(body: bytes, since: datetime) -> tuple[dict[str, Any], str | None]:
    """The failure message for what StoreFailure kept, classified now by the function's own code."""
    text = body.decode(errors="replace")
    try:
        message = build(parsed(text), moment(since))
    except (KeyError, TypeError, AttributeError, StopIteration):
        return unreadable(text, since)
    return (message, None) if is_readable(message) else unreadable(text, since)
