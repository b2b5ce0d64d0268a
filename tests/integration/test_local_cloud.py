"""The real template on the local cloud: events in, objects and messages out."""

import http.client
import json
import signal
import uuid
from typing import Any
from urllib.parse import urlsplit

import boto3
import jsonschema
import pytest
from botocore.exceptions import ClientError
from rich.console import Console

from accelerator.commands.demo import run_demo
from accelerator.demo import Fired, look
from accelerator.demo import Outcome as Ends
from accelerator.deployment import STATE_DIR, STATUS_FILE, Deployment
from accelerator.executions.source import source
from functions.query_api.graphql import document
from tests.harness.environment import PATIENCE_SECONDS
from tests.harness.events import longest_text
from tests.harness.local_cloud import (
    COUNTS,
    accelerator,
    our_processes,
    up_again,
    up_beside,
    wait_until,
    without_ports,
)
from tests.unit.test_classify_error import SCHEMA


def ask_mock_api(cloud: Deployment, name: str, variables: dict[str, str]) -> Any:
    """The mock API's own answer."""
    parts = urlsplit(cloud.mock_api or "")
    connection = http.client.HTTPConnection(parts.netloc, timeout=PATIENCE_SECONDS)
    body = json.dumps({"query": document(name), "variables": variables})
    headers = {"Authorization": "bearer custom-authorized", "X-Omni-InstallationId": "i34242"}
    connection.request("POST", parts.path, body, headers)
    answered = json.loads(connection.getresponse().read())
    connection.close()
    return answered


def stored(cloud: Deployment, key: str) -> Any:
    bucket = cloud.outputs.response_bucket_name
    return json.loads(cloud.s3.get_object(Bucket=bucket, Key=key)["Body"].read())


@pytest.fixture(scope="module")
def demo(cloud: Deployment) -> tuple[list[Fired], Ends]:
    return run_demo(cloud, Console(quiet=True))


def test_every_demo_event_ends_where_it_should(demo: tuple[list[Fired], Ends]) -> None:
    fired, ends = demo
    assert ends.counts(fired) == COUNTS
    ids = {event.what: event.event_id for event in fired}
    assert ends.failed.keys() == {
        ids[w] for w in ("unknown order", "API answers 503", "no order id")
    }
    assert ends.ignored == {ids["a sku, no item id"]}


ORDER = {"orderId": "322-F7BK-3EVJE7"}
ANSWERS = [
    ("order_placed", "order/ORDER_PLACED", "singleOrder", ORDER),
    ("order_updated", "order/ORDER_UPDATED", "singleOrder", ORDER),
    ("order_refund_success", "order/REFUND_SUCCESS", "singleOrder", ORDER),
    (
        "buyability",
        "item/santos.buyability.status.change",
        "itemByID",
        {"itemId": "nfvc38bft2o193"},
    ),
    (
        "inventory",
        "inventory/INVENTORY_AVAILABILITY_CHANGED",
        "inventoryItem",
        {"inventoryItemId": "w6ibvyca8tmh83"},
    ),
]


@pytest.mark.parametrize(("event_type", "prefix", "name", "variables"), ANSWERS)
def test_the_object_is_the_mock_apis_answer(
    cloud: Deployment,
    demo: tuple[list[Fired], Ends],
    event_type: str,
    prefix: str,
    name: str,
    variables: dict[str, str],
) -> None:
    fired, ends = demo
    (event,) = [event for event in fired if event.what == event_type]
    key = ends.stored[event.event_id]
    assert key.startswith(f"{prefix}/")
    assert stored(cloud, key) == ask_mock_api(cloud, name, variables)


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        (
            "unknown order",
            {
                "category": "permanent",
                "errorCode": "GraphQLErrors",
                "message": "1 GraphQL error: MappingTemplate",
                "failedState": "QueryApi",
                "entity": "order",
                "entityId": "322-NONE-SUCH01",
            },
        ),
        (
            "API answers 503",
            {
                "category": "transient",
                "errorCode": "ApiUnavailable",
                "message": "status 503",
                "failedState": "QueryApi",
                "entity": "order",
                "entityId": "error-503",
            },
        ),
        (
            "no order id",
            {
                "category": "permanent",
                "errorCode": "InvalidEvent",
                "failedState": "ExtractId",
                "entity": "order",
                "entityId": None,
            },
        ),
    ],
)
def test_the_message_tells_why_and_holds_the_event(
    cloud: Deployment, demo: tuple[list[Fired], Ends], what: str, expected: dict[str, Any]
) -> None:
    fired, ends = demo
    (event,) = [event for event in fired if event.what == what]
    message = ends.failed[event.event_id]
    jsonschema.validate(message, SCHEMA)
    assert expected.items() <= message.items()
    assert message["retryable"] is (expected["category"] == "transient")
    assert message["eventType"] == "ORDER_PLACED"
    assert message["event"]["id"] == event.event_id
    assert message["event"]["detail"] == json.loads(event.entry["Detail"])
    assert message["executionArn"] in {e.arn for e in ends.executions.values()}


def test_the_same_event_twice_gives_one_object(
    cloud: Deployment, demo: tuple[list[Fired], Ends]
) -> None:
    fired, ends = demo
    execution = ends.executions[fired[0].event_id]
    bucket = cloud.outputs.response_bucket_name

    def keys() -> set[str]:
        return {v["Key"] for v in cloud.s3.list_object_versions(Bucket=bucket)["Versions"]}

    before = keys()
    again = cloud.stepfunctions.start_execution(
        stateMachineArn=cloud.outputs.state_machine_arn, input=json.dumps(execution.event)
    )
    wait_until(
        lambda: (
            cloud.emulator.describe_execution(executionArn=again["executionArn"])["status"]
            == "SUCCEEDED"
        )
    )
    assert keys() == before


def test_the_event_api_puts_events_that_are_hydrated(cloud: Deployment) -> None:
    parts = urlsplit(cloud.event_api or "")
    connection = http.client.HTTPConnection(parts.netloc, timeout=PATIENCE_SECONDS)
    connection.request("POST", "/put-event/order?event-type=order_placed&id=large-300&count=2")
    event_ids = set(json.loads(connection.getresponse().read())["eventIds"])
    connection.close()
    ends, executions = Ends({}, {}, set(), {}), source(cloud)

    def all_stored() -> bool:
        look(cloud, executions, ends)
        return event_ids <= ends.stored.keys()

    wait_until(all_stored)
    for event_id in event_ids:
        body = stored(cloud, ends.stored[event_id])
        assert len(longest_text(body)) == 300 * 1024


def test_the_past_of_executions_is_told_to_the_emulators_reader_alone(
    cloud: Deployment, demo: tuple[list[Fired], Ends]
) -> None:
    _, ends = demo
    machine = cloud.outputs.state_machine_arn
    with pytest.raises(ClientError, match="StateMachineTypeNotSupported"):
        cloud.stepfunctions.list_executions(stateMachineArn=machine)
    for execution in ends.executions.values():
        with pytest.raises(ClientError, match="InvalidArn"):
            cloud.stepfunctions.get_execution_history(executionArn=execution.arn)
        assert cloud.emulator.get_execution_history(executionArn=execution.arn)["events"]


def test_status_tells_where_everything_is(cloud: Deployment) -> None:
    status = json.loads(accelerator("status", "--json").stdout)
    assert status.keys() == {
        "endpoint",
        "outputs",
        "mock_api",
        "event_api",
        "region",
        "aws_access_key_id",
        "aws_secret_access_key",
    }
    assert status["endpoint"] == cloud.endpoint
    session = boto3.Session(
        status["aws_access_key_id"], status["aws_secret_access_key"], region_name=status["region"]
    )
    assert session.client("s3", endpoint_url=status["endpoint"]).list_buckets()["Buckets"]
    assert status["outputs"].keys() == {
        "EventBusName",
        "ResponseBucketName",
        "FailureQueueUrl",
        "DeadLetterQueueUrl",
        "StateMachineArn",
        "RedriveQueueUrl",
    }


def test_nobody_else_is_let_in(cloud: Deployment) -> None:
    assert STATE_DIR.stat().st_mode & 0o077 == 0
    assert STATUS_FILE.stat().st_mode & 0o077 == 0
    stranger = boto3.Session("local", "local", region_name="us-east-1")
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        stranger.client("s3", endpoint_url=cloud.endpoint).list_buckets()


def test_fire_sends_what_it_is_told(cloud: Deployment) -> None:
    before = sum(1 for _ in event_ids_of(cloud))
    assert accelerator("fire", "inventory", "--count", "12").stdout.count("\n") == 12
    wait_until(lambda: sum(1 for _ in event_ids_of(cloud)) == before + 12)
    wrong = accelerator("fire", "pizza", check=False)
    assert wrong.returncode == 1
    assert "there is no event type pizza" in wrong.stderr


def event_ids_of(cloud: Deployment) -> list[str]:
    """The ids of the inventory events that are stored."""
    pages = cloud.s3.get_paginator("list_objects_v2").paginate(
        Bucket=cloud.outputs.response_bucket_name, Prefix="inventory/"
    )
    return [item["Key"] for page in pages for item in page.get("Contents", [])]


def test_what_failed_is_redriven_after_a_deployment_that_mends_it(
    cloud: Deployment, demo: tuple[list[Fired], Ends]
) -> None:
    up_again(MOCK_BWP_API="http://127.0.0.1:1/graphql")
    (event_id,) = accelerator("fire", "order").stdout.split()
    wait_until(lambda: event_id in accelerator("failures", "list", "--json").stdout)
    # Another API's data is not logged, and what is not logged is not told here either.
    (story,) = json.loads(accelerator("trace", event_id[:8], "--json", "--reveal").stdout)
    assert (story["event"], story["entityId"]) == (None, "322-F7BK-3EVJE7")
    assert all(state["input"] is None for state in story["states"])
    assert (
        "it is in the failure queue" in accelerator("redrive-event", event_id, check=False).stderr
    )
    refused = accelerator("redrive-event", event_id, "--force", check=False).stderr
    assert f"the log holds {event_id} without its data (LOG_EXECUTION_DATA," in refused
    before = objects(cloud)
    told = up_again().stdout
    assert f"endpoint              {cloud.endpoint}\n" in told
    assert f"mock_api              {cloud.mock_api}\n" in told
    assert before
    assert objects(cloud) == before
    assert accelerator("failures", "redrive").stdout.endswith("left 0\n")
    wait_until(lambda: any(event_id in key for key in objects(cloud) - before))


def test_an_interrupted_deployment_leaves_it_up_and_a_next_one_mends(cloud: Deployment) -> None:
    with up_beside(without_ports() | {"TAGS": f"run={uuid.uuid4()}"}) as deploying:
        assert deploying.stderr is not None
        assert "Synthesizing the stack" in deploying.stderr.readline()
        # It is not to be done before the other has begun, however slow the machine is.
        deploying.send_signal(signal.SIGSTOP)
        second = accelerator("up", check=False)
        assert second.returncode == 1
        assert second.stderr.startswith("error: the local cloud is being deployed again just now")
        deploying.send_signal(signal.SIGINT)
        deploying.send_signal(signal.SIGCONT)
        assert deploying.communicate(timeout=PATIENCE_SECONDS)[1].endswith("interrupted\n")
    assert deploying.returncode == 130
    assert not [command for command in our_processes() if "cdk" in " ".join(command)]
    before = objects(cloud)
    (event_id,) = accelerator("fire", "order").stdout.split()
    wait_until(lambda: any(event_id in key for key in objects(cloud) - before))
    up_again()
    assert before <= objects(cloud)


def test_what_would_move_it_is_one_clear_line(cloud: Deployment) -> None:
    environment = without_ports()
    for changed, told in (
        ({"ACCELERATOR_PORT": "4"}, "is up on port"),
        ({"AWS_REGION": "eu-west-1"}, "is up in us-east-1"),
    ):
        refused = accelerator("up", environment=environment | changed, check=False)
        assert refused.returncode == 1
        assert refused.stderr.count("\n") == 1
        assert told in refused.stderr
        assert refused.stderr.endswith("to move it, 'accelerator down', then 'up'\n")
    assert accelerator("demo", check=False).stderr == (
        "error: the local cloud is up already: stop it with 'accelerator down'\n"
    )


def objects(cloud: Deployment) -> set[str]:
    """The keys of all objects."""
    pages = cloud.s3.get_paginator("list_objects_v2").paginate(
        Bucket=cloud.outputs.response_bucket_name
    )
    return {item["Key"] for page in pages for item in page.get("Contents", [])}
