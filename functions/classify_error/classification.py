"""What an error means: whether sending the event again can help, and what to tell a person.

Used by the function, and by the command line for failures that no function could classify.
"""

import json
from typing import Any

SCHEMA_VERSION = "1.0"

TRANSIENT = {"ApiThrottled", "ApiUnavailable", "ApiTimeout", "States.Timeout", "Sandbox.Timedout"}
# Errors of the services in between: the event and the API are not to blame.
TRANSIENT_PREFIXES = ("Lambda.", "S3.", "SQS.", "Sqs.")


def classify(failure: dict[str, Any], time: str, redrives: int = 0) -> dict[str, Any]:
    """The failure message for what ClassifyError is given (docs/failure-message.schema.json).

    Args:
        failure: `{"event", "hydration", "failed": {<state>: {"Error", "Cause"}}, "executionArn"}`.
        time: when the event failed, as ISO 8601 in UTC.
        redrives: how often an event is redriven automatically; a failure after the last of these
            is permanent, whatever the error.
    """
    event, attempt = without_redrive(failure["event"])
    request = failure["hydration"].get("request", {})
    state, error = next(iter(failure["failed"].items()))
    code = str(error.get("Error", "Unknown"))
    exhausted = attempt > 0 and attempt >= redrives
    category = "transient" if is_transient(code) and not exhausted else "permanent"
    return {
        "schemaVersion": SCHEMA_VERSION,
        "category": category,
        "errorCode": safe(code),
        "message": reason(error.get("Cause")),
        "retryable": category == "transient",
        "failedState": state,
        "eventId": event.get("id"),
        "eventType": event_type(event),
        "entity": failure["hydration"].get("entity"),
        "entityId": request.get("id"),
        "executionArn": failure["executionArn"],
        "time": time,
        "attempt": attempt,
        "event": event,
        "eventObject": None,
    }


def without_redrive(given: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """The event as it first came, and how often it was redriven automatically since.

    An execution is started with the event by EventBridge, and by a redrive with one member more
    beside it: `"redrive": {"attempt"}`.
    """
    redrive = given.get("redrive")
    attempt = redrive.get("attempt") if isinstance(redrive, dict) else None
    event = {name: value for name, value in given.items() if name != "redrive"}
    return event, attempt if type(attempt) is int else 0


def is_transient(code: str) -> bool:
    """Whether the same event may succeed later without anybody changing anything."""
    return code in TRANSIENT or code.startswith(TRANSIENT_PREFIXES)


def reason(cause: object) -> str:
    """A person's reading of a Cause, which for a function is JSON with an `errorMessage`."""
    try:
        parsed = json.loads(cause) if isinstance(cause, str) else {}
    except (ValueError, RecursionError):
        parsed = {}
    message = parsed.get("errorMessage") if isinstance(parsed, dict) else None
    return str(message or cause or "no cause given")


def event_type(event: dict[str, Any]) -> str:
    """The event's type as it is told and filtered by: `detail.eventType`, else `detail-type`."""
    detail = event.get("detail")
    named = detail.get("eventType") if isinstance(detail, dict) else None
    return safe(named or event.get("detail-type"))


def safe(value: object) -> str:
    """A value fit for an SQS message attribute: short, not empty, no unusual characters."""
    text = value if isinstance(value, str) else ""
    kept = "".join(c if c.isascii() and c.isprintable() else "?" for c in text[:128])
    return kept or "unknown"
