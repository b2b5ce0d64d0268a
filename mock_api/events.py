"""Realistic Buy with Prime events, as entries for EventBridge's PutEvents."""

import json
import uuid
from datetime import UTC, datetime
from typing import Any

SOURCE = "buywithprime.mock"

ORDER = "322-F7BK-3EVJE7"
ITEM = "nfvc38bft2o193"
INVENTORY_ITEM = "w6ibvyca8tmh83"

ORDER_EVENT_TYPES = {
    "order_placed": "ORDER_PLACED",
    "order_updated": "ORDER_UPDATED",
    "order_refund_success": "REFUND_SUCCESS",
}
# The Event API's paths, each with the event types it takes.
FAMILIES = {
    "order": list(ORDER_EVENT_TYPES),
    "buyability": ["buyability"],
    "inventory": ["inventory"],
}
EVENT_TYPES = [event_type for types in FAMILIES.values() for event_type in types]


def entry(event_type: str, entity_id: str | None = None) -> dict[str, Any]:
    """An event of one of EVENT_TYPES about an entity, by default one that the mock API knows.

    Returns:
        `{"Source", "DetailType", "Detail"}` without the bus, `Detail` as JSON text.
    """
    if event_type == "buyability":
        return buyability(entity_id or ITEM)
    if event_type == "inventory":
        detail = {"inventoryItemId": entity_id or INVENTORY_ITEM, "availability": "IN_STOCK"}
        return put_events_entry("INVENTORY_AVAILABILITY_CHANGED", detail)
    identifier = {"orderId": entity_id or ORDER}
    return order({"orderIdentifier": identifier}, ORDER_EVENT_TYPES[event_type])


def order(fields: dict[str, Any], event_type: str = "ORDER_PLACED") -> dict[str, Any]:
    """An order event with these fields; without an `orderIdentifier` it is malformed."""
    detail = {
        "eventType": event_type,
        "eventId": str(uuid.uuid4()),
        "eventTime": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "businessProductId": "bp-24a1c9",
    }
    return put_events_entry("order.status.change", detail | fields)


def buyability(identifier: str, identifier_type: str = "itemId") -> dict[str, Any]:
    """A buyability change of an item that is named by its item id, sku or otherwise."""
    detail = {
        "item": {"identifierType": identifier_type, "identifierValue": identifier},
        "status": {"previous": "NOT_BUYABLE", "current": "BUYABLE"},
    }
    return put_events_entry("santos.buyability.status.change", detail)


def put_events_entry(detail_type: str, detail: dict[str, Any]) -> dict[str, Any]:
    """An entry of PutEvents from the mock's source."""
    return {"Source": SOURCE, "DetailType": detail_type, "Detail": json.dumps(detail)}
