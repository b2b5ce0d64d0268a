"""Redrive: starts executions with events that failed transiently, when their delay is over."""

import json
from functools import cache
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from domain import telemetry
from domain.environment import variable
from domain.failures import SCHEMA_VERSION
from domain.start import original_event, start_input, stored_event
from domain.untrusted import text

logger = Logger()
metrics = Metrics()

# A record that is begun is done within this: three calls of at most two attempts.
LEAST_MILLISECONDS = 16_000
TIMEOUTS: Any = {"connect_timeout": 1, "read_timeout": 1, "retries": {"total_max_attempts": 2}}


@metrics.log_metrics(raise_on_empty_metrics=False)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Redrive the failure messages of one batch of the redrive queue, each for itself.

    Args:
        event: `{"Records": [{"messageId", "body": <a failure message>}]}` from SQS.
        context: the Lambda context; not used.

    Returns:
        `{"batchItemFailures": [{"itemIdentifier"}]}`: the messages that SQS is to deliver again
        and, after the fifth time, to move to the failure queue.
    """
    left = []
    for record in event["Records"]:
        if context.get_remaining_time_in_millis() < LEAST_MILLISECONDS:
            left.append(record["messageId"])
            continue
        try:
            redrive(json.loads(record["body"]))
        except Exception as error:
            # The text of an exception may quote the event.
            logger.warning(
                "event is left", reason=type(error).__name__, message_id=record["messageId"]
            )
            left.append(record["messageId"])
    redriven = len(event["Records"]) - len(left)
    metrics.add_metric(telemetry.EVENT_REDRIVEN, MetricUnit.Count, redriven)
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in left]}


@cache
def client(service: Any) -> Any:
    """The client of a service, made once."""
    from botocore.config import Config  # the runtime has it, as it has boto3

    return boto3.client(service, config=Config(**TIMEOUTS))


def redrive(message: dict[str, Any]) -> None:
    """Start an execution with the event of a failure message, then remove what was kept of it."""
    if message["schemaVersion"] != SCHEMA_VERSION:
        raise ValueError("another schema version")
    bucket = variable("RESPONSE_BUCKET_NAME")
    event, logged = original_event(message, client("s3"), bucket), told(message)
    client("stepfunctions").start_execution(
        stateMachineArn=variable("STATE_MACHINE_ARN"),
        input=start_input(event, message["attempt"] + 1),
    )
    logger.info(telemetry.REDRIVEN, **logged)
    if key := stored_event(message, bucket):
        forget(key, bucket)


def forget(key: str, bucket: str) -> None:
    """Remove a stored event; that this fails is no reason to start it again."""
    try:
        client("s3").delete_object(Bucket=bucket, Key=key)
    except Exception as error:
        logger.warning("stored event is left", reason=type(error).__name__, key=key)


def told(message: dict[str, Any]) -> dict[str, Any]:
    """What the log tells of a message: nothing of the event but its id, type and entity's id."""
    return {
        "event_id": text(message["eventId"]),
        "event_type": text(message["eventType"]),
        "entity_id": text(message["entityId"]),
        "execution_arn": text(message["executionArn"]),
        "attempt": message["attempt"] + 1,
    }
