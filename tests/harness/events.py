"""Events as EventBridge delivers them."""

import json
import uuid
from typing import Any

from domain.event_types import fired
from mock_api import events


def delivered(entry: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A PutEvents entry as the event that rules and state machines see."""
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": entry["DetailType"],
        "source": entry["Source"],
        "account": "000000000000",
        "time": "2026-11-24T08:18:50Z",
        "region": "us-east-1",
        "resources": entry.get("Resources", []),
        "detail": json.loads(entry["Detail"]),
    } | fields


def order(entity_id: str | None = None, **fields: Any) -> dict[str, Any]:
    return delivered(events.entry("order_placed", entity_id), **fields)


def published_order(entity_id: str | None = None, **fields: Any) -> dict[str, Any]:
    return delivered(events.entry("order_confirmed", entity_id), **fields)


def order_without_id() -> dict[str, Any]:
    return delivered(events.entry("order_placed", orderIdentifier={}))


def buyability(identifier: str, identifier_type: str = "itemId") -> dict[str, Any]:
    item = {"identifierType": identifier_type, "identifierValue": identifier}
    return delivered(events.entry("buyability", item=item))


EVENTS = {name: delivered(events.entry(name)) for name in fired()}


def longest_text(value: Any) -> str:
    """The longest text in JSON."""
    if isinstance(value, dict | list):
        inner = value.values() if isinstance(value, dict) else value
        return max(map(longest_text, inner), key=len, default="")
    return value if isinstance(value, str) else ""
