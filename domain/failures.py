"""The failure message, which is kept of an event that was not hydrated.

docs/failure-message.schema.json describes it.
"""

from datetime import datetime
from typing import Any

from domain.errors import TOO_LARGE, is_transient
from domain.event import event_id, safe, without_redrive
from domain.event_types import event_type
from domain.untrusted import REASON, parse, short

SCHEMA_VERSION = "1.0"
# What each field is, for whoever reads a message that anybody may have put there.
FORM: dict[str, Any] = {
    **dict.fromkeys(("schemaVersion", "category", "errorCode", "message", "failedState"), str),
    **dict.fromkeys(("eventType", "time"), str),
    **dict.fromkeys(("eventId", "entity", "entityId", "executionArn"), str | None),
    **{"retryable": bool, "attempt": int, "event": dict | None, "eventObject": dict | None},
}


def build(failure: dict[str, Any], time: str, redrives: int = 0) -> dict[str, Any]:
    """The failure message for what ClassifyError is given.

    Args:
        failure: `{"event", "hydration", "failed": {<state>: {"Error", "Cause"}}, "executionArn"}`.
        time: when the event failed, as ISO 8601 in UTC.
        redrives: how often an event is redriven automatically; a failure after the last of these
            is permanent, whatever the error.
    """
    event, attempt = without_redrive(failure["event"])
    hydration = failure["hydration"]
    state, error = next(iter(failure["failed"].items()))
    code = str(error.get("Error", "Unknown"))
    exhausted = attempt > 0 and attempt >= redrives
    transient = is_transient(code) and not exhausted
    return {
        "schemaVersion": SCHEMA_VERSION,
        "category": "transient" if transient else "permanent",
        "errorCode": safe(code),
        "message": reason(error.get("Cause")),
        "retryable": transient,
        "failedState": safe(state),
        "eventId": event_id(event.get("id")),
        "eventType": event_type(event),
        "entity": hydration.get("entity"),
        # The version before kept it under `request`.
        "entityId": hydration.get("request", hydration).get("id"),
        "executionArn": failure["executionArn"],
        "time": time,
        "attempt": attempt,
        "event": event,
        "eventObject": None,
    }


def alone(state: str, code: str, told: str, event: dict[str, Any]) -> dict[str, Any]:
    """What ClassifyError would be given of an event of which nothing else is known."""
    failed = {state: {"Error": code, "Cause": told}}
    return {"event": event, "hydration": {}, "failed": failed, "executionArn": None}


def oversized(event: dict[str, Any]) -> dict[str, Any]:
    """The failure of an event that left no room for anything else in the state."""
    told = "The event leaves no room beside it in the 256 KiB that a state can hold."
    return alone("ClassifyError", TOO_LARGE, told, event)


def reason(cause: object) -> str:
    """A person's reading of a Cause, which for a function is JSON with an `errorMessage`."""
    try:
        parsed = parse(cause) if isinstance(cause, str) else {}
    except ValueError:
        parsed = {}
    message = parsed.get("errorMessage") if isinstance(parsed, dict) else None
    return short(str(message or cause or "no cause given"), REASON)


def is_readable(message: dict[str, Any]) -> bool:
    """Whether this is a failure message of the version that is read here."""
    try:
        return (
            all(isinstance(message[name], form) for name, form in FORM.items())
            and message["schemaVersion"] == SCHEMA_VERSION
            and all(isinstance(part, str) for part in (message["eventObject"] or {}).values())
            and datetime.fromisoformat(message["time"]).tzinfo is not None
        )
    except (KeyError, ValueError):
        return False
