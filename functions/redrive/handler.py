"""Redrive: puts events that failed transiently back on their bus, when their delay is over."""

import json
import os
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from functions.redrive.events import NotRedrivable, entry, original_event, put_events

logger = Logger()
metrics = Metrics()


@metrics.log_metrics(raise_on_empty_metrics=False)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Redrive the failure messages of one batch of the redrive queue.

    Args:
        event: `{"Records": [{"messageId", "body": <a failure message>}]}` from SQS.
        context: the Lambda context; not used.

    Returns:
        `{"batchItemFailures": [{"itemIdentifier"}]}`: the messages that SQS is to deliver again
        and, after the third time, to move to the failure queue.
    """
    records = event["Records"]
    done: set[str] = set()
    entries, places = [], []
    for record in records:
        message = json.loads(record["body"])
        try:
            original = original_event(message, boto3.client("s3"))
            again = entry(original, os.environ["EVENT_BUS_NAME"], message["attempt"] + 1)
        except NotRedrivable as error:
            logger.warning("event cannot be redriven", reason=str(error), **told(message))
            continue
        entries.append(again)
        places.append((record["messageId"], message))

    def accepted(place: int) -> None:
        message_id, message = places[place]
        done.add(message_id)
        logger.info("event redriven", **told(message))

    for reason in put_events(boto3.client("events"), entries, accepted).values():
        logger.warning("event was refused", reason=reason)
    metrics.add_metric("EventRedriven", MetricUnit.Count, len(done))
    left = [record["messageId"] for record in records if record["messageId"] not in done]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in left]}


def told(message: dict[str, Any]) -> dict[str, Any]:
    """What the log tells of a message: nothing of the event but its id, type and entity's id."""
    return {
        "event_id": message["eventId"],
        "event_type": message["eventType"],
        "entity_id": message["entityId"],
        "execution_arn": message["executionArn"],
        "attempt": message["attempt"] + 1,
    }
