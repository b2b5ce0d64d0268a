"""The events of the mock accelerator's contract: a row a family."""

from domain.family import MOCK, Family

FAMILIES = (
    Family(
        contract=MOCK,
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
        variables=({"orderId": "{id}"},),
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
        contract=MOCK,
        name="buyability",
        types={"buyability": "santos.buyability.status.change"},
        type_at="detail-type",
        entity="item",
        id_at="detail.item.identifierValue",
        document="itemByID",
        variables=({"itemId": "{id}"},),
        sample={
            "detail": {
                "item": {"identifierType": "itemId", "identifierValue": "nfvc38bft2o193"},
                "status": {"previous": "NOT_BUYABLE", "current": "BUYABLE"},
            },
        },
        only=("detail.item.identifierType", "itemId"),
    ),
    Family(
        contract=MOCK,
        name="inventory",
        types={"inventory": "INVENTORY_AVAILABILITY_CHANGED"},
        type_at="detail-type",
        entity="inventory",
        id_at="detail.inventoryItemId",
        document="inventoryItem",
        variables=({"inventoryItemId": "{id}"},),
        sample={"detail": {"inventoryItemId": "w6ibvyca8tmh83", "availability": "IN_STOCK"}},
    ),
)
