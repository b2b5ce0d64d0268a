"""The event types that are hydrated, as one table: a row a family.

The rules, the extraction, the mock's events, `fire`, `replay`, the dashboard, the masking and the
docs' tables derive from it. docs/add-an-event-type.md adds a row.
"""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any, NamedTuple

from domain.event import read, safe


class Family(NamedTuple):
    """Events about one kind of entity, which a rule, a branch and a document are for.

    Paths are dotted names from the top of the event. `types` are the event types at `type_at`, by
    the names that they are fired with. `sample` is an event as it comes, without its envelope and
    its type. Where `only` is given, an event without this value at this path is not hydrated.
    """

    name: str
    types: dict[str, str]
    type_at: str
    entity: str
    id_at: str
    document: str
    variable: str
    sample: dict[str, Any]
    only: tuple[str, str] | None = None


FAMILIES = (
    Family(
        name="order",
        types={
            "order_placed": "ORDER_PLACED",
            "order_updated": "ORDER_UPDATED",
            "order_refund_success": "REFUND_SUCCESS",
        },
        type_at="detail.eventType",
        entity="order",
        id_at="detail.orderIdentifier.orderId",
        document="singleOrder",
        variable="orderId",
        sample={
            "detail-type": "order.status.change",
            "detail": {
                "eventId": "5c3e3dd5-3b7c-4b0e-8e6c-6d1b2f8f2f10",
                "eventTime": "2026-11-24T08:18:50.000+00:00",
                "businessProductId": "bp-24a1c9",
                "orderIdentifier": {"orderId": "322-F7BK-3EVJE7"},
            },
        },
    ),
    Family(
        name="buyability",
        types={"buyability": "santos.buyability.status.change"},
        type_at="detail-type",
        entity="item",
        id_at="detail.item.identifierValue",
        document="itemByID",
        variable="itemId",
        sample={
            "detail": {
                "item": {"identifierType": "itemId", "identifierValue": "nfvc38bft2o193"},
                "status": {"previous": "NOT_BUYABLE", "current": "BUYABLE"},
            },
        },
        only=("detail.item.identifierType", "itemId"),
    ),
    Family(
        name="inventory",
        types={"inventory": "INVENTORY_AVAILABILITY_CHANGED"},
        type_at="detail-type",
        entity="inventory",
        id_at="detail.inventoryItemId",
        document="inventoryItem",
        variable="inventoryItemId",
        sample={"detail": {"inventoryItemId": "w6ibvyca8tmh83", "availability": "IN_STOCK"}},
    ),
)

# The event types by the names that they are fired with.
FIRED = {name: event_type for family in FAMILIES for name, event_type in family.types.items()}
ENTITIES = tuple(dict.fromkeys(family.entity for family in FAMILIES))


def family_of(event: dict[str, Any]) -> Family | None:
    """The family of an event, as RouteByEventType in the state machine finds it."""
    for family in FAMILIES:
        if read(event, family.type_at) in family.types.values():
            return family
    return None


def event_type(event: dict[str, Any]) -> str:
    """The event's type as it is told and filtered by; of no known one, what it says it is."""
    family = family_of(event)
    told = read(event, family.type_at) if family else read(event, "detail.eventType")
    return safe(told or event.get("detail-type"))


def sample(fired: str, entity_id: str | None = None) -> dict[str, Any]:
    """An event, by the name it is fired with, about an entity or one that the mock API knows.

    Returns:
        `{"detail-type", "detail"}`.
    """
    family = next(family for family in FAMILIES if fired in family.types)
    event = deepcopy(family.sample)
    put(event, family.type_at, family.types[fired])
    if entity_id is not None:
        put(event, family.id_at, entity_id)
    return event


def put(event: dict[str, Any], path: str, value: str) -> None:
    """Put a value at a path whose places but the last are there."""
    *places, name = path.split(".")
    for place in places:
        event = event[place]
    event[name] = value


def field_names() -> Iterator[str]:
    """The names of all fields of the samples that hold a value."""

    def names(value: Any, name: str) -> Iterator[str]:
        if isinstance(value, dict):
            for key, inner in value.items():
                yield from names(inner, key)
        else:
            yield name

    for family in FAMILIES:
        yield from (family.variable, family.type_at.rpartition(".")[2])
        yield from names(family.sample, "")
