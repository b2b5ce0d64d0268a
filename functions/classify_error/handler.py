"""ClassifyError: turns a failed state's error into the message for the failure queue."""

import json
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from domain import telemetry
from domain.environment import variable
from domain.failures import build, oversized
from domain.keys import EVENTS

logger = Logger()
metrics = Metrics()

# The state limit is 256 KiB, and the error's cause (up to 32 KiB) stands beside the message.
MAX_MESSAGE_BYTES = 192 * 1024


@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Build the failure message of one event.

    Args:
        event: `{"event", "hydration", "failed": {<state>: {"Error", "Cause"}}, "executionArn"}`
            from the state ClassifyError, or from ClassifyOversizedEvent the EventBridge event
            alone, when nothing fits beside it.
        context: the Lambda context, whose request id names an oversized event's object.

    Returns:
        `{"message", "redriveDelaySeconds"}`: the message is described by
        `docs/failure-message.schema.json`, and an event that would make it too large is stored
        under `failures/events/` and pointed to; the delay is null unless the event is to be
        redriven automatically.
    """
    delays = [int(delay) for delay in variable("REDRIVE_DELAYS").split(",") if delay]
    message = build(
        event if event.keys() == FAILURE_KEYS else oversized(event),
        datetime.now(UTC).isoformat(timespec="milliseconds"),
        len(delays),
    )
    logger.append_keys(
        event_id=message["eventId"],
        event_type=message["eventType"],
        entity_id=message["entityId"],
        execution_arn=message["executionArn"],
    )
    logger.error(
        telemetry.FAILED,
        category=message["category"],
        error_code=message["errorCode"],
        failed_state=message["failedState"],
        reason=message["message"],
        attempt=message["attempt"],
    )
    metrics.add_dimension("category", message["category"])
    metrics.add_metric(telemetry.EVENT_FAILED, MetricUnit.Count, 1)
    if utf8_size(message) > MAX_MESSAGE_BYTES:
        key = f"{EVENTS}{context.aws_request_id}.json"
        message |= {"event": None, "eventObject": store(key, message["event"])}
    redriven = message["retryable"] and message["attempt"] < len(delays)
    return {
        "message": message,
        "redriveDelaySeconds": delays[message["attempt"]] if redriven else None,
    }


def utf8_size(message: dict[str, Any]) -> int:
    """The size of a message as SQS and Step Functions count it."""
    return len(json.dumps(message, ensure_ascii=False).encode(errors="surrogatepass"))


FAILURE_KEYS = {"event", "hydration", "failed", "executionArn"}


def store(key: str, event: dict[str, Any]) -> dict[str, str]:
    """Put an event in the bucket, and say where it is."""
    import boto3  # only the rare large event pays for this import

    bucket = variable("RESPONSE_BUCKET_NAME")
    boto3.client("s3").put_object(
        Bucket=bucket, Key=key, Body=json.dumps(event).encode(), ContentType="application/json"
    )
    return {"bucket": bucket, "key": key}
