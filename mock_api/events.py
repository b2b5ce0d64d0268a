"""Realistic Buy with Prime events, as entries for EventBridge's PutEvents."""

import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from domain.event_types import sample

SOURCE = "buywithprime.mock"
# What Buy with Prime makes anew for each event, in those whose sample has it.
FRESH: dict[str, Callable[[], str]] = {
    "eventId": lambda: str(uuid.uuid4()),
    "eventTime": lambda: datetime.now(UTC).isoformat(timespec="milliseconds"),
}


def entry(fired: str, entity_id: str | None = None, **detail: Any) -> dict[str, Any]:
    """An event, by the name it is fired with, about an entity or one that the mock API knows.

    `detail` gives fields of the event's `detail` other values.

    Returns:
        `{"Source", "DetailType", "Detail"}` without the bus, `Detail` as JSON text.
    """
    event = sample(fired, entity_id)
    fresh = {name: make() for name, make in FRESH.items() if name in event["detail"]}
    return put_events_entry(event["detail-type"], event["detail"] | fresh | detail)


def put_events_entry(detail_type: str, detail: dict[str, Any]) -> dict[str, Any]:
    """An entry of PutEvents from the mock's source."""
    return {"Source": SOURCE, "DetailType": detail_type, "Detail": json.dumps(detail)}
