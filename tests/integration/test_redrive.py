"""The way back on a bus that is not ours alone: a partner's, with other subscribers."""

import json
import signal
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from accelerator.deployment import Deployment
from domain.failures import build
from mock_api import events
from tests.harness.events import order
from tests.harness.local_cloud import (
    ACCELERATOR,
    CHAOS,
    accelerator,
    clean_environment,
    cloud_of,
    set_conditions,
    stored_ids,
    wait_until,
)
from tests.integration.test_chaos import failed_ids

PARTNER = "aws.partner/buywithprime/shop"


@pytest.fixture(scope="module")
def cloud() -> Iterator[Deployment]:
    """A local cloud on a partner's bus, with automatic redrives."""
    bus = f"arn:aws:events:us-east-1:000000000000:event-bus/{PARTNER}"
    with cloud_of(**CHAOS, EVENT_BUS_ARN=bus) as cloud:
        yield cloud


@pytest.fixture(scope="module")
def others(cloud: Deployment) -> str:
    """The URL of a queue that hears of all that is put on the bus."""
    url = cloud.sqs.create_queue(QueueName="others")["QueueUrl"]
    told = cloud.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    bus, pattern = cloud.outputs.event_bus_name, json.dumps({"account": [{"exists": True}]})
    cloud.events.put_rule(Name="others", EventBusName=bus, EventPattern=pattern)
    target: Any = {"Id": "one", "Arn": told["Attributes"]["QueueArn"]}
    cloud.events.put_targets(Rule="others", EventBusName=bus, Targets=[target])
    return url


def start(cloud: Deployment, event: dict[str, Any]) -> None:
    """Start an execution, as the rule of a partner's bus does."""
    arn = cloud.outputs.state_machine_arn
    cloud.stepfunctions.start_execution(
        stateMachineArn=arn, input=json.dumps(event, ensure_ascii=False)
    )


def fail(cloud: Deployment, count: int, order_id: str | None = None) -> set[str]:
    """Put failures in the failure queue, and return their events' ids."""
    ids = set()
    for _ in range(count):
        event = order(order_id)
        failed = {
            "event": event,
            "hydration": {"entity": "order"},
            "failed": {"QueryApi": {"Error": "ApiUnavailable", "Cause": "status 503"}},
            "executionArn": None,
        }
        body = json.dumps(build(failed, datetime.now(UTC).isoformat()))
        cloud.sqs.send_message(QueueUrl=cloud.outputs.failure_queue_url, MessageBody=body)
        ids.add(event["id"])
    return ids


def heard(cloud: Deployment, url: str) -> int:
    """How many events the other subscribers have heard of."""
    name: Any = "ApproximateNumberOfMessages"
    told = cloud.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])
    return int(told["Attributes"][name])


def test_the_bus_takes_no_events_of_ours(cloud: Deployment) -> None:
    entry = events.entry("order_placed") | {"EventBusName": cloud.outputs.event_bus_name}
    with pytest.raises(ClientError, match="ValidationException"):
        cloud.events.put_events(Entries=[entry])  # type: ignore[list-item]


def test_fire_says_that_a_partners_bus_takes_no_events(cloud: Deployment) -> None:
    fired = accelerator("fire", "order", check=False)
    assert fired.returncode == 1
    assert f"{PARTNER} is a partner's bus" in fired.stderr


def test_a_redrive_hydrates_and_nobody_else_hears_of_it(cloud: Deployment, others: str) -> None:
    sent = fail(cloud, 30)
    assert accelerator("failures", "redrive", "--rate", "1000").stdout == "started 30, left 0\n"
    wait_until(lambda: sent <= stored_ids(cloud))
    assert failed_ids(cloud) == set()
    assert heard(cloud, others) == 0


def test_an_automatic_redrive_hydrates_and_nobody_else_hears_of_it(
    cloud: Deployment, others: str
) -> None:
    # Four attempts an execution: the seventh is the third of the second chance.
    event = order("flaky-6-on-a-partners-bus")
    start(cloud, event)
    wait_until(lambda: event["id"] in stored_ids(cloud))
    assert heard(cloud, others) == 0


def test_what_fails_again_ends_the_redrive_and_is_there_again(cloud: Deployment) -> None:
    sent = fail(cloud, 200, "322-NONE-SUCH01")
    assert accelerator("failures", "redrive", "--rate", "2000").stdout == "started 200, left 0\n"
    wait_until(lambda: failed_ids(cloud) == sent)
    accelerator("failures", "purge", "--all", "--yes")


def test_ctrl_c_finishes_what_is_in_flight_and_hides_nothing(cloud: Deployment) -> None:
    sent = fail(cloud, 60)
    # A minute for all, so that it is not done before it is interrupted, however slow the machine.
    with subprocess.Popen(
        [ACCELERATOR, "failures", "redrive", "--rate", "1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=clean_environment(),
        text=True,
    ) as process:
        wait_until(lambda: len(sent & stored_ids(cloud)) >= 2)
        process.send_signal(signal.SIGINT)
        told, problem = process.communicate()
    assert process.returncode == 130, problem
    started = int(told.split()[1].rstrip(","))
    assert told == f"started {started}, left 0\n"
    assert problem.endswith("not begun: run it again to go on\ninterrupted\n")
    wait_until(lambda: len(sent & stored_ids(cloud)) == started)
    assert len(sent & failed_ids(cloud)) == 60 - started
    accelerator("failures", "redrive", "--rate", "1000")
    wait_until(lambda: sent <= stored_ids(cloud))


def test_two_redrives_at_once_start_each_failure_once(cloud: Deployment) -> None:
    sent = fail(cloud, 100)
    redrives = [
        subprocess.Popen(
            [ACCELERATOR, "failures", "redrive", "--rate", "100"],
            stdout=subprocess.PIPE,
            env=clean_environment(),
            text=True,
        )
        for _ in range(2)
    ]
    told = [process.communicate()[0] for process in redrives]
    assert sum(int(line.split()[1].rstrip(",")) for line in told) == 100, told
    wait_until(lambda: sent <= stored_ids(cloud))


def test_an_event_of_another_script_near_the_limit_is_redriven(cloud: Deployment) -> None:
    set_conditions(cloud, dead=True)
    event = order()
    # 180 KB in UTF-8, twice as much where each character is escaped.
    event["detail"]["note"] = "\u8ba2" * 60_000
    start(cloud, event)
    wait_until(lambda: event["id"] in failed_ids(cloud))
    set_conditions(cloud)
    assert accelerator("failures", "redrive").stdout == "started 1, left 0\n"
    wait_until(lambda: event["id"] in stored_ids(cloud))
