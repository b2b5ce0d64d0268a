"""An event of EventBridge: its identity, its type, and how often it was sent again."""

import re
from datetime import datetime
from typing import Any

from domain.errors import InvalidEvent

# What every event has (EventBridge user guide, "Events").
ENVELOPE = ("id", "time", "source", "detail-type", "detail")
# What else EventBridge puts beside these.
SENDER = ("version", "account", "region", "resources")
EVENT_ID = re.compile(r"[0-9A-Za-z-]{1,64}")
TIME = "%Y-%m-%dT%H:%M:%SZ"


def read(event: object, path: str) -> Any:
    """The value at a dotted path, or None where the event has no such path."""
    for name in path.split("."):
        event = event.get(name) if isinstance(event, dict) else None
    return event


def resource(event: dict[str, Any], key: str) -> str | None:
    """What the event's resources say of a key, None where they do not.

    A resource is `businessProduct/<id>/<key>/<id>...`, its keys in any order after the first.

    Raises:
        InvalidEvent: they are of another form, or name several.
    """
    resources = event.get("resources")
    if not isinstance(resources, list) or not all(map(is_resource, resources)):
        raise InvalidEvent("resources are not of the form businessProduct/<id>/<key>/<id>")
    parts = [each.split("/") for each in resources]
    found = {dict(zip(each[::2], each[1::2], strict=True)).get(key) for each in parts} - {None}
    if len(found) > 1:
        raise InvalidEvent(f"resources name several of {key}: an event is about one")
    return found.pop() if found else None


def value_at(event: dict[str, Any], path: str) -> Any:
    """What is at a path of the event, or what its resources say of it.

    Raises:
        InvalidEvent: the resources are of another form, or name several.
    """
    kind, _, key = path.partition("/")
    return resource(event, key) if key and kind == "resources" else read(event, path)


def is_resource(value: object) -> bool:
    """Whether this is pairs of a key and an id, of which none is empty and no key stands twice."""
    parts = value.split("/") if isinstance(value, str) else []
    keys = parts[::2]
    paired = len(parts) % 2 == 0 and all(parts) and len(set(keys)) == len(keys)
    return paired and keys[:1] == ["businessProduct"]


def matching(event: dict[str, Any], path: str, pattern: re.Pattern[str]) -> str:
    """The string at `path`, which has to match `pattern` whole.

    Raises:
        InvalidEvent: it does not, or is no string.
    """
    value = read(event, path)
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise InvalidEvent(f"{path} is missing or not of the form {pattern.pattern}")
    return value


def identity(event: dict[str, Any]) -> tuple[str, datetime]:
    """The id and time that EventBridge gave the event; every delivery of it has the same.

    Raises:
        InvalidEvent: one is missing or of another form.
    """
    event_id = matching(event, "id", EVENT_ID)
    try:
        return event_id, datetime.strptime(read(event, "time"), TIME)
    except (TypeError, ValueError):
        raise InvalidEvent("time is not one such as 2026-11-24T08:18:50Z") from None


def event_id(value: object) -> str | None:
    """The id that EventBridge gave an event; None where the value is none such."""
    return value if isinstance(value, str) and EVENT_ID.fullmatch(value) else None


def safe(value: object) -> str:
    """A value fit for an SQS message attribute: short, not empty, no unusual characters."""
    text = value if isinstance(value, str) else ""
    kept = "".join(c if c.isascii() and c.isprintable() else "?" for c in text[:128])
    return kept or "unknown"


def redriven(event: dict[str, Any], attempt: int) -> dict[str, Any]:
    """What to start an execution with: the event as it first came, and beside it its attempt.

    EventBridge makes the top level of an event itself, so that nobody on a bus can forge `redrive`.
    """
    return event | {"redrive": {"attempt": attempt}}


def without_redrive(given: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """The event as it first came, and how often it was redriven automatically since."""
    attempt = read(given, "redrive.attempt")
    event = {name: value for name, value in given.items() if name != "redrive"}
    return event, attempt if type(attempt) is int else 0
