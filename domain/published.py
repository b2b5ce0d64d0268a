"""The events that Buy with Prime publishes (its documentation, "Event types"): a row a family.

PERSONAL_DATA_* are in no row: their links expire within a minute, and what they lead to is not to
be kept. Deprecated names may still come, and are taken like those that followed them.
"""

from typing import Any

from domain.family import PUBLISHED, Family

BUSINESS_PRODUCT = "bp-30b55436-5c42-4864-b3cb-4e4d014d8744"
ORDER, PRODUCT = "322-LIFE-5R8T2K", "q3w8ne5r7t1y2u"


def types(*names: str) -> dict[str, str]:
    """Event types by the names that they are fired with."""
    return {name.lower(): name for name in names}


def sample(*resource: str) -> dict[str, Any]:
    """An event about a resource, given as keys and values, with the envelope of this version."""
    told = "/".join(("businessProduct", BUSINESS_PRODUCT, *resource))
    detail = {
        "idempotencyKey": "NWMzZTNkZDUtM2I3Yy00YjBlLThlNmMtNmQxYjJmOGYyZjEw",
        "eventDescriptor": "",
        "resources": [told],
        "eventId": "5c3e3dd5-3b7c-4b0e-8e6c-6d1b2f8f2f10",
        "apiVersion": PUBLISHED,
        "subscriptionId": "0b0f5d0e-77d5-4a2c-9a3c-3f9a5b9d7a55",
        "eventTime": "2026-11-24T08:18:50Z",
        "data": {},
    }
    return {"resources": [told], "detail": detail}


def about_order(name: str, event_types: dict[str, str], *more: str) -> Family:
    """Events about an order, which holds its packages, refunds and returns."""
    return Family(
        contract=PUBLISHED,
        name=name,
        types=event_types,
        type_at="detail-type",
        entity="order",
        id_at="resources/order",
        document=f"{PUBLISHED}/order",
        variables=({"orderIdentifier": {"orderId": "{id}"}},),
        sample=sample("order", ORDER, *more),
    )


FAMILIES = (
    about_order("order", types("ORDER_CONFIRMED")),
    about_order(
        "package",
        types(
            *("PACKAGE_DELIVERY_IN_TRANSIT", "PACKAGE_DELIVERED", "PACKAGE_DELIVERY_CANCELLED"),
            *("DELIVERY_IN_TRANSIT", "DELIVERY_COMPLETED", "DELIVERY_CANCELLED"),
            *("ITEM_IN_TRANSIT", "ITEM_DELIVERED", "ITEM_CANCELLED"),
        ),
        *("delivery", "9953b468-2ecd-5382-b939-4f689925db7e"),
    ),
    about_order(
        "refund",
        types("REFUND_REQUESTED", "REFUND_COMPLETED"),
        *("refund", "9ef28c9e154270996edb91bf1513c20a94260a9b50bcb07949e010b33eecdb7e"),
    ),
    about_order(
        "return",
        types(
            *("RETURN_STARTED", "RETURN_PACKAGE_IN_TRANSIT", "RETURN_PACKAGE_DELIVERED"),
            *("RETURN_PACKAGE_DELIVERY_FAILED", "RETURN_ITEM_GRADED", "RETURN_COMPLETED"),
            *("RETURN_DELIVERY_IN_TRANSIT", "RETURN_DELIVERY_COMPLETED", "RETURN_DELIVERY_FAILED"),
        ),
        *("return", "63f9e69e-49ad-5ca6-a245-836a16ff0cf8#RF"),
    ),
    Family(
        contract=PUBLISHED,
        name="tracker",
        types=types("PACKAGE_TRACKER_MILESTONE_CHANGED"),
        type_at="detail-type",
        entity="tracker",
        id_at="resources/tracker",
        document=f"{PUBLISHED}/packageTracker",
        variables=(
            {
                "packageTrackerInput": {
                    "packageTrackerIdentifier": {
                        "trackingNumber": "{id}",
                        "carrierCode": "{resources/carrier}",
                    }
                }
            },
        ),
        sample=sample("carrier", "ups", "tracker", "1Z5R89390357567127"),
    ),
    Family(
        contract=PUBLISHED,
        name="buyability",
        types=types("BUYABILITY_CHANGED"),
        type_at="detail-type",
        entity="product",
        id_at="resources/items",
        document=f"{PUBLISHED}/product",
        variables=(
            {"identifier": {"sku": "{detail.data.product.sku.value}"}},
            {"identifier": {"amazonSku": {"value": "{detail.data.product.amazonSku.value}"}}},
            {"identifier": {"externalId": "{detail.data.product.externalId.value}"}},
            # Unproven: what a product is looked up with by its id is on no page that was seen.
            {"identifier": {"productId": "{id}"}},
        ),
        sample=sample("items", PRODUCT),
    ),
    Family(
        contract=PUBLISHED,
        name="inventory",
        # The documentation names it one way in its sample and the other in its table of fields.
        types=types("INVENTORY_CHANGED", "PRODUCT_INVENTORY_CHANGED"),
        type_at="detail-type",
        entity="inventory",
        id_at="resources/item-quantities",
        document=f"{PUBLISHED}/inventoryItem",
        variables=({"inventoryItemId": "{id}"},),
        sample=sample("item-quantities", PRODUCT),
    ),
)

# Names that others have followed. Both are published, so that subscribing to these, or to the name
# that one table of the documentation gives INVENTORY_CHANGED, would bring each event twice.
FORMER = frozenset(
    name
    for family in FAMILIES
    for name in family.types.values()
    if name.startswith(("DELIVERY_", "ITEM_", "RETURN_DELIVERY_", "PRODUCT_"))
)
# What to subscribe to.
CURRENT = tuple(name for family in FAMILIES for name in family.types.values() if name not in FORMER)

# One order's life, in the order in which it happens.
STORY = types(
    *("ORDER_CONFIRMED", "PACKAGE_DELIVERY_IN_TRANSIT", "PACKAGE_TRACKER_MILESTONE_CHANGED"),
    *("PACKAGE_DELIVERED", "RETURN_STARTED", "RETURN_PACKAGE_IN_TRANSIT"),
    *("REFUND_REQUESTED", "RETURN_PACKAGE_DELIVERED", "RETURN_ITEM_GRADED"),
    *("REFUND_COMPLETED", "RETURN_COMPLETED"),
)
