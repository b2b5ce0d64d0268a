"""Hides customer data: what is shown of events and state data unless somebody asks to see it."""

from typing import Any

from domain.event import ENVELOPE, SENDER
from domain.event_types import field_names
from domain.metadata import NAMES

MASK = "•••"
# Everything else is hidden: a field that an API adds tomorrow is not shown by accident.
SHOWN = {
    *ENVELOPE,
    *SENDER,
    # Buy with Prime's thin events.
    *field_names(),
    # What is stored beside a response.
    *NAMES,
    # State data and failure messages (docs/failure-message.schema.json).
    *("entity", "document", "key", "bucket", "attempt", "redriveDelaySeconds", "Error"),
    *("schemaVersion", "category", "errorCode", "retryable", "failedState", "entityId"),
    *("executionArn", "message", "Cause", "__typename"),
    # What the services answer.
    *("StatusCode", "ExecutedVersion", "ETag", "MessageId"),
}


def masked(value: Any, name: str = "") -> Any:
    """The value with each text, number and truth value in it hidden that is not known as safe."""
    if isinstance(value, dict):
        # Beneath `data` is the entity, where even a known name may hold what a customer wrote.
        return {
            key: hidden(item) if key == "data" else masked(item, key) for key, item in value.items()
        }
    if isinstance(value, list):
        return [masked(item, name) for item in value]
    return value if name in SHOWN or value is None else MASK


def hidden(value: Any) -> Any:
    """The value's shape alone."""
    if isinstance(value, dict):
        return {key: item if key == "__typename" else hidden(item) for key, item in value.items()}
    if isinstance(value, list):
        return [hidden(item) for item in value]
    return value if value is None else MASK
