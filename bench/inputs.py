"""What each function is given for one event."""

import json
from typing import Any

from domain.errors import ApiUnavailable
from domain.names import STATE_MACHINE
from functions.extract_id.extraction import extract_id
from tests.harness.events import order

ARN = f"arn:aws:states:us-east-1:123456789012:express:{STATE_MACHINE}:11bd13c3:2f2f6f1c"
EVENT = order()
HYDRATION = extract_id(EVENT)
ERROR = ApiUnavailable.__name__
CAUSE = json.dumps({"errorMessage": "status 503", "errorType": ERROR, "stackTrace": []})
INPUTS: dict[str, Any] = {
    "extract_id": EVENT,
    "query_api": {"hydration": HYDRATION, "executionArn": ARN},
    "classify_error": {
        "event": EVENT,
        "hydration": HYDRATION,
        "failed": {"QueryApi": {"Error": ERROR, "Cause": CAUSE}},
        "executionArn": ARN,
    },
}
