"""What each function is given for one event."""

from typing import Any

from tests.harness.events import order

ARN = "arn:aws:states:us-east-1:123456789012:express:HydrateEvent:11bd13c3:2f2f6f1c"
EVENT = order()
HYDRATION = {
    "entity": "order",
    "document": "singleOrder",
    "id": "322-F7BK-3EVJE7",
    "variables": {"orderId": "322-F7BK-3EVJE7"},
    "key": f"order/ORDER_PLACED/2026-11-24/20261124T081850Z_{EVENT['id']}.json",
    "eventId": EVENT["id"],
    "eventType": "ORDER_PLACED",
}
CAUSE = '{"errorMessage": "status 503", "errorType": "ApiUnavailable", "stackTrace": []}'
INPUTS: dict[str, Any] = {
    "extract_id": EVENT,
    "query_api": {"hydration": HYDRATION, "executionArn": ARN},
    "classify_error": {
        "event": EVENT,
        "hydration": HYDRATION,
        "failed": {"QueryApi": {"Error": "ApiUnavailable", "Cause": CAUSE}},
        "executionArn": ARN,
    },
}
