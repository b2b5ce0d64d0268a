"""Realistic Buy with Prime events, as entries for EventBridge's PutEvents."""

import base64
import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from domain.event_types import sample

SOURCE = "buywithprime.mock"
# What Buy with Prime makes anew for each event, in those whose sample has it.
FRESH: dict[str, Callable[[str], str]] = {
    "eventId": lambda _: str(uuid.uuid4()),
    "idempotencyKey": lambda _: base64.b64encode(uuid.uuid4().bytes).decode(),
    "eventTime": lambda _: datetime.now(UTC).isoformat(timespec="milliseconds"),
    "eventDescriptor": lambda event_type: event_type,
}


def entry(fired: str, entity_id: str | None = None, **detail: Any) -> dict[str, Any]:
    """An event, by the name it is fired with, about an entity or one that the mock API knows.

    `detail` gives fields of the event's `detail` other values.

    Returns:
        `{"Source", "DetailType", "Detail"}` without the bus, `Detail` as JSON text, and where the
        contract has them `"Resources"`.
    """
    event = sample(fired, entity_id)
    given, event_type = event["detail"], event["detail-type"]
    fresh = {name: make(event_type) for name, make in FRESH.items() if name in given}
    entry = put_events_entry(event_type, given | fresh | detail)
    return entry | ({"Resources": event["resources"]} if "resources" in event else {})


def put_events_entry(detail_type: str, detail: dict[str, Any]) -> dict[str, Any]:
    """An entry of PutEvents from the mock's source."""
    return {"Source": SOURCE, "DetailType": detail_type, "Detail": json.dumps(detail)}
