"""An account of moto's, and executions of every outcome, for a console to show."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import boto3

from accelerator.deployment import Deployment
from accelerator.executions.execution import Attempt, Execution, Visit
from domain.failures import build
from tests.harness import DEFINITION, ROLE
from tests.harness.aws import strict_aws
from tests.harness.deployments import deployment
from tests.harness.events import order

STARTED = datetime(2026, 11, 24, tzinfo=UTC)
LONG = "order-" + "0123456789" * 12
KEY = f"order/ORDER_PLACED/2026-11-24/{LONG}.json"
QUERIED = ["RouteByEventType", "HydrateOrder", "ExtractId", "QueryApi"]
REFUSED = [*QUERIED, "ClassifyError", "RedriveLater?"]
WAYS = {
    "running": ("RUNNING", QUERIED),
    "stored": ("SUCCEEDED", [*QUERIED, "ResponseStored?", "StoreResponse", "EventHydrated"]),
    "ignored": ("SUCCEEDED", ["RouteByEventType", "IgnoreEvent"]),
    "postponed": ("FAILED", [*REFUSED, "SendToRedriveQueue", "EventPostponed"]),
    "failed": ("FAILED", [*REFUSED, "SendToFailureQueue", "EventFailed"]),
}
DATA = {
    "hydration": {"id": LONG, "key": KEY},
    "response": {"data": {"shopper": "Jane Roe"}},
    "failure": {"message": {"errorCode": "AnErrorWithQuiteALongName" * 4}},
}
EVENT = order(LONG)
TRIED = Attempt(STARTED, STARTED, None, LONG, LONG * 8)
VISITS = {
    outcome: [Visit(name, "Task", STARTED, DATA, STARTED, DATA, [TRIED]) for name in path]
    for outcome, (_, path) in WAYS.items()
}


def execution(outcome: str, number: int, before: str | None = None) -> Execution:
    """An execution that ended so, or is running; `before` is the outcome it was told with."""
    status, _ = WAYS[outcome]
    ended = None if outcome == "running" else STARTED + timedelta(seconds=number)
    arn = f"arn:{LONG}:{before or outcome}:{number}"
    return Execution(arn, status, STARTED, ended, EVENT, VISITS[outcome])


@contextmanager
def account(filled: int = 2, name: str = "failed") -> Iterator[Deployment]:
    """An account of moto's with the real state machine, so many failures and objects.

    Two that are used at the same time have each a name of its own.
    """
    with strict_aws(), patch("accelerator.failures.queue.WAIT_SECONDS", 0):
        machine = boto3.client("stepfunctions").create_state_machine(
            name="HydrateEvent", definition=DEFINITION.read_text(), roleArn=ROLE
        )
        cloud = deployment(
            state_machine_arn=machine["stateMachineArn"],
            response_bucket_name=f"{name}-" + "0123456789" * 5,
            failure_queue_url=boto3.client("sqs").create_queue(QueueName=name)["QueueUrl"],
            dead_letter_queue_url=boto3.client("sqs").create_queue(QueueName="dead")["QueueUrl"],
            may_be_fired_at="true",
        )
        cloud.s3.create_bucket(Bucket=cloud.outputs.response_bucket_name)
        for number in range(filled):
            fail(cloud, "error-503", "ApiUnavailable")
            key, body = f"order/{number}-{LONG}.json", json.dumps({"number": number, "id": LONG})
            cloud.s3.put_object(
                Bucket=cloud.outputs.response_bucket_name, Key=key, Body=body.encode()
            )
        yield cloud


def fail(cloud: Deployment, entity_id: str, error: str, arn: str = "arn") -> str:
    """Put a failure in the failure queue: its id."""
    failed = {
        "event": order(entity_id),
        "hydration": {"entity": "order", "id": entity_id},
        "failed": {"QueryApi": {"Error": error, "Cause": f"no answer for {entity_id}"}},
        "executionArn": arn,
    }
    message = build(failed, STARTED.isoformat())
    url = cloud.outputs.failure_queue_url
    return cloud.sqs.send_message(QueueUrl=url, MessageBody=json.dumps(message))["MessageId"]
