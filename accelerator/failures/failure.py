"""A failed event as it is told: read from whatever place it ended in."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from accelerator.failures.queue import sent
from accelerator.words import few, near_event_type
from domain.event_types import types_of
from domain.failures import FORM, alone, build, is_readable
from domain.start import NotRedrivable, original_event, start_input
from domain.untrusted import REASON, parse, short

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

UNREADABLE = "It cannot be read: it is of another form or version, or nested too deeply."


@dataclass(frozen=True)
class Failure:
    """A failed event: its failure message, where it is kept and since when, and how to delete it.

    `delete` is given what to call once it is deleted. `body` is what was kept where no event could
    be read from it, or one too large to start with. `where` says more than the place: which message
    or object it is.
    """

    id: str
    place: str
    where: str
    message: dict[str, Any]
    kept_since: datetime
    delete: Callable[[Callable[[], object]], object] = field(repr=False)
    body: str | None = field(default=None, repr=False)

    @property
    def age(self) -> timedelta:
        """How long ago the event failed."""
        return datetime.now(UTC) - datetime.fromisoformat(self.message["time"])

    def told(self) -> dict[str, Any]:
        """The failure without its event, for a list: its texts in short."""
        told = self._named({name: in_short(self.message[name]) for name in FORM if name != "event"})
        if self.body is not None:
            told["message"] += f" It is {self.where}."
        return told

    def whole(self, s3: Any, bucket: str) -> dict[str, Any]:
        """The failure with its event, wherever that is, or with the body that holds none.

        Raises:
            NotRedrivable: its event is not to be found.
        """
        if self.body is not None:
            return self.told() | {"event": parsed(self.body) or None, "body": self.body}
        if self.message["eventObject"]:
            return self._named(self.message | {"event": original_event(self.message, s3, bucket)})
        return self._named(self.message)

    def whole_or_why(self, s3: Any, bucket: str) -> dict[str, Any]:
        """The failure with its event, or with the problem why there is none."""
        try:
            return self.whole(s3, bucket)
        except NotRedrivable as error:
            return self.told() | {"event": None, "problem": str(error)}

    def _named(self, told: dict[str, Any]) -> dict[str, Any]:
        return {"id": self.id, "place": self.place} | told


@dataclass(frozen=True)
class Filter:
    """Which failures are meant; what is None or empty means any.

    An id means every failure whose own id or event's id begins with it, unless ids are `exact`.
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
            (not self.ids or self._names(failure.id, message["eventId"] or ""))
            and self.category in (None, message["category"])
            and (self.error_code is None or same(self.error_code, message["errorCode"]))
            and (self.event_type is None or message["eventType"] in types_of(self.event_type))
            and (self.older_than is None or failure.age >= self.older_than)
            and (self.newer_than is None or failure.age <= self.newer_than)
        )

    def hint(self, codes: Collection[str]) -> str:
        """What may have been meant, where none of the failures with these error codes is."""
        if self.error_code and not any(same(self.error_code, code) for code in codes):
            return f"their error codes are {few(codes)}."
        return near_event_type(self.event_type)

    def _names(self, failure_id: str, event_id: str) -> bool:
        if self.exact:
            return failure_id in self.ids
        return failure_id.startswith(self.ids) or event_id.startswith(self.ids)


def same(one: str, other: object) -> bool:
    """Whether two names differ in their case alone."""
    return one.casefold() == str(other).casefold()


def failed_message(message: "MessageTypeDef") -> tuple[dict[str, Any], str | None]:
    """The failure message that a message of the failure queue is; its body, where it is none."""
    body = parsed(message["Body"])
    return (body, None) if is_readable(body) else unreadable(message["Body"], sent(message))


def parsed(text: str | bytes) -> dict[str, Any]:
    """A JSON object; empty where the text holds none."""
    try:
        body = parse(text)
    except ValueError:
        body = None
    return body if isinstance(body, dict) else {}


def in_short(value: Any) -> Any:
    """A field of a failure message, however long its texts are."""
    if isinstance(value, dict):
        return {name: in_short(part) for name, part in value.items()}
    return short(value, REASON) if isinstance(value, str) else value


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
    if not event:
        return unreadable(message["Body"], sent(message))
    attributes: dict[str, Any] = dict(message.get("MessageAttributes", {}))

    def attribute(name: str) -> str | None:
        value: str | None = attributes.get(name, {}).get("StringValue")
        return value

    code = attribute("ERROR_CODE") or "NOT_STARTED"
    why = attribute("ERROR_MESSAGE") or "EventBridge could not start an execution."
    told = build(alone("StartExecution", code, why, event), moment(sent(message)))
    told |= {"category": "transient", "retryable": True}
    try:
        start_input(original_event(told, None, ""), 0)
    except NotRedrivable as error:
        why = f"{told['message']} Sending it again cannot help: {error}."
        never = {"category": "permanent", "retryable": False, "message": why, "event": None}
        return told | never, message["Body"]
    return told, None


def unsent(body: str, since: datetime) -> tuple[dict[str, Any], str | None]:
    """The failure message for what StoreFailure kept, classified now by the function's own code."""
    message = build(parsed(body), moment(since))
    return (message, None) if is_readable(message) else unreadable(body, since)
