"""ExtractId: validates a thin event and says what to query and where to store it."""

from typing import Any

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit

from domain import telemetry
from domain.errors import HydrationError
from functions.extract_id.extraction import extract_id

metrics = Metrics()


@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Extract the id of one event.

    Logs nothing: the event is its whole input, so that it knows no execution to tell of. QueryApi
    and ClassifyError tell of every event that comes by here.

    Args:
        event: the EventBridge event, with `redrive` beside it where it is redriven.
        context: the Lambda context; not used.

    Returns:
        `{"entity", "document", "id", "variables", "key", "eventId", "eventType"}`: which entity,
        its GraphQL document and the variables of that, and the S3 key of the response; and of a
        published event `"targetId"`, the business product.

    Raises:
        InvalidEvent: the id, the event's own id or its time is missing or absurd.
        UnsupportedEvent: the event is of no known type.
    """
    try:
        hydration = extract_id(event)
    except HydrationError:
        count(telemetry.INVALID)
        raise
    count(hydration["eventType"])
    return hydration


def count(event_type: str) -> None:
    """Count an event of a type."""
    metrics.add_dimension("eventType", event_type)
    metrics.add_metric(telemetry.EVENT_RECEIVED, MetricUnit.Count, 1)
