"""A bad day on the local cloud: an outage, a burst, a killed redrive, and a soak."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from accelerator.deployment import Deployment
from accelerator.failures.failure import Failure, Filter
from accelerator.failures.look import look
from domain.failures import build
from mock_api import events
from mock_api.event_api import put_events
from tests.harness.events import order
from tests.harness.local_cloud import (
    CHAOS,
    accelerator,
    clean_environment,
    cloud_of,
    set_conditions,
    stored_ids,
    wait_for_the_end,
    wait_until,
)
from tests.integration.soak import known_of, soak


@pytest.fixture(scope="module")
def cloud() -> Iterator[Deployment]:
    """A local cloud with short waits and automatic redrives on."""
    with cloud_of(**CHAOS) as cloud:
        yield cloud


def failed_ids(cloud: Deployment) -> set[str]:
    return {failure.message["eventId"] for failure in released(cloud)}


def released(cloud: Deployment) -> list[Failure]:
    """Every failure, free for others to look at again."""
    with look(cloud, Filter()) as found:
        return list(found)


def fire(cloud: Deployment, count: int, order_id: str | None = None) -> set[str]:
    entries = [events.entry("order_placed", order_id) for _ in range(count)]
    return set(put_events(cloud.events, cloud.outputs.event_bus_name, entries))


def test_a_fault_that_outlasts_the_retries_gets_a_second_chance(cloud: Deployment) -> None:
    # Four attempts an execution: the seventh is the third of the second chance.
    sent = fire(cloud, 1, "flaky-6-second-chance")
    wait_until(lambda: sent <= stored_ids(cloud))
    assert not sent & failed_ids(cloud)


def test_a_redrive_after_an_outage_hydrates_every_event(cloud: Deployment) -> None:
    set_conditions(cloud, dead=True)
    sent = fire(cloud, 40)
    wait_for_the_end(cloud)
    assert failed_ids(cloud) >= sent
    set_conditions(cloud)
    told = accelerator("failures", "redrive", "--error-code", "ApiUnavailable").stdout
    assert "left 0" in told
    wait_until(lambda: sent <= stored_ids(cloud))
    assert not failed_ids(cloud) & sent


def test_a_burst_against_an_api_that_throttles_loses_none(cloud: Deployment) -> None:
    set_conditions(cloud, max_concurrent=2, latency_seconds=0.01)
    before = stored_ids(cloud)
    assert accelerator("fire", "order", "--count", "500").stdout.count("\n") == 500
    wait_until(lambda: len(stored_ids(cloud) - before) == 500)
    set_conditions(cloud)


# A redrive that lets go within seconds, once it is killed, of what it held.
HOLDING_SHORTLY = """
from accelerator.failures import queue
queue.HOLD_SECONDS = 5
from accelerator.cli import main
main()
"""


def test_killing_a_redrive_at_any_moment_loses_no_message(cloud: Deployment) -> None:
    sent = set()
    for _ in range(60):
        event = order()
        failure = {
            "event": event,
            "hydration": {"entity": "order"},
            "failed": {"QueryApi": {"Error": "ApiUnavailable", "Cause": ""}},
            "executionArn": None,
        }
        message = build(failure, datetime.now(UTC).isoformat())
        cloud.sqs.send_message(
            QueueUrl=cloud.outputs.failure_queue_url, MessageBody=json.dumps(message)
        )
        sent.add(event["id"])
    for some in (1, 21):
        process = subprocess.Popen(
            [sys.executable, "-c", HOLDING_SHORTLY, "failures", "redrive", "--rate", "10"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=clean_environment(),
        )
        wait_until(lambda some=some: len(sent & stored_ids(cloud)) >= some)  # type: ignore[misc]
        process.send_signal(signal.SIGKILL)
        process.wait()
    # What the killed ones held is waited for, and started again where it had been started.
    assert "left 0" in accelerator("failures", "redrive", "--rate", "1000").stdout
    wait_until(lambda: sent <= stored_ids(cloud))
    assert not sent & failed_ids(cloud)


@pytest.fixture
def no_state_machine(cloud: Deployment) -> Iterator[Callable[[], None]]:
    """The state machine is gone until what this yields is called."""
    arn = cloud.outputs.state_machine_arn
    was: Any = cloud.stepfunctions.describe_state_machine(stateMachineArn=arn)
    cloud.stepfunctions.delete_state_machine(stateMachineArn=arn)

    def mend() -> None:
        kept = {name: was[name] for name in ("name", "definition", "roleArn", "type")}
        assert cloud.stepfunctions.create_state_machine(**kept)["stateMachineArn"] == arn

    yield mend
    if not any(each["stateMachineArn"] == arn for each in machines(cloud)):
        mend()


def machines(cloud: Deployment) -> list[Any]:
    return list(cloud.stepfunctions.list_state_machines()["stateMachines"])


def test_an_event_that_could_not_start_is_hydrated_once_the_cause_is_gone(
    cloud: Deployment, no_state_machine: Callable[[], None]
) -> None:
    sent = fire(cloud, 3)
    wait_until(lambda: sent <= failed_ids(cloud))
    (told,) = {
        (failure.place, failure.message["errorCode"], failure.message["failedState"])
        for failure in released(cloud)
        if failure.message["eventId"] in sent
    }
    assert told == ("dead-letter queue", "NO_RESOURCE", "StartExecution")
    no_state_machine()
    accelerator("failures", "redrive", "--error-code", "NO_RESOURCE")
    wait_until(lambda: sent <= stored_ids(cloud))
    assert not sent & failed_ids(cloud)


def test_an_event_too_large_to_start_with_stays_and_says_so(cloud: Deployment) -> None:
    large = events.entry("order_placed", note="x" * 300_000)
    (event_id,) = put_events(cloud.events, cloud.outputs.event_bus_name, [large])
    wait_until(lambda: event_id in failed_ids(cloud))
    redriven = accelerator("failures", "redrive", check=False)
    assert redriven.returncode == 1
    assert "larger than the 262144 bytes that start an execution" in redriven.stdout
    assert redriven.stdout.endswith("left 1\n")
    assert event_id in failed_ids(cloud)
    accelerator("failures", "purge", "--error-code", "INVALID_PARAMETER", "--yes")
    assert event_id not in failed_ids(cloud)


def test_deliveries_of_one_event_at_once_are_one_object(cloud: Deployment) -> None:
    event = order()
    executions = [
        cloud.stepfunctions.start_execution(
            stateMachineArn=cloud.outputs.state_machine_arn, input=json.dumps(event)
        )["executionArn"]
        for _ in range(20)
    ]
    for arn in executions:
        wait_until(
            lambda arn=arn: (  # type: ignore[misc]
                cloud.emulator.describe_execution(executionArn=arn)["status"] == "SUCCEEDED"
            )
        )
    bucket = cloud.outputs.response_bucket_name
    versions = [
        version
        for version in cloud.s3.list_object_versions(Bucket=bucket)["Versions"]
        if event["id"] in version["Key"]
    ]
    assert len({version["Key"] for version in versions}) == 1
    assert len({version["ETag"] for version in versions}) == 1


def test_a_soak_loses_nothing_and_ends_nothing_twice(cloud: Deployment) -> None:
    wait_for_the_end(cloud)
    before = stored_ids(cloud)
    accelerator("failures", "purge", "--all", "--yes")
    report = soak(cloud, seconds=30)
    for event_id in before:
        del report.stored[event_id]
    assert len(report.sent) == 300
    assert not report.lost, known_of(cloud, report.lost)
    assert report.twice == set()
    assert report.ended.keys() == report.sent.keys()
