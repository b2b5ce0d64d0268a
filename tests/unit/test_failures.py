"""The way back: failures are found wherever they are, and sent again without losing one."""

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner

from accelerator.commands import failure_tables
from accelerator.commands import failures as failures_cli
from accelerator.console import failures as on_the_page
from accelerator.console.failures import Asked, Looks
from accelerator.deployment import Deployment
from accelerator.failures import redrive as redriving
from accelerator.failures.failure import Failure, Filter
from accelerator.failures.look import look
from domain.failures import build
from functions.extract_id.extraction import extract_id
from tests.harness.aws import strict_aws
from tests.harness.deployments import deployment, with_output
from tests.harness.events import order

NOW = "2026-11-24T08:18:51.000+00:00"


class Starts:
    """Step Functions, which refuses the events whose order id it is told to refuse."""

    def __init__(self) -> None:
        self.inputs: list[dict[str, Any]] = []
        self.refused: set[str] = set()
        self.broken = False

    def start_execution(self, stateMachineArn: str, input: str) -> dict[str, Any]:
        if self.broken:
            raise ConnectionError
        event = json.loads(input)
        if order_id(event) in self.refused:
            told: Any = {"Code": "KmsThrottlingException", "Message": "try later"}
            raise ClientError({"Error": told}, "StartExecution")
        self.inputs.append(event)
        return {"executionArn": "arn"}

    def order_ids(self) -> list[str]:
        return sorted(map(order_id, self.inputs))


def order_id(event: dict[str, Any]) -> str:
    return str(event["detail"]["orderIdentifier"]["orderId"])


@pytest.fixture(scope="module")
def account() -> Iterator[Deployment]:
    """An account with the places of failures; clients are made once."""
    with strict_aws():
        boto3.client("s3").create_bucket(Bucket="responses")
        yield deployment(response_bucket_name="responses", state_machine_arn="arn")


@pytest.fixture
def starts() -> Starts:
    return Starts()


@pytest.fixture
def cloud(account: Deployment, starts: Starts, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    """The account, empty, with starts of the test's own."""
    for name in ("failure_queue_url", "dead_letter_queue_url"):
        queue = account.sqs.create_queue(
            QueueName=str(uuid.uuid4()), Attributes={"MaximumMessageSize": "1048576"}
        )
        with_output(account, **{name: queue["QueueUrl"]})
    for item in account.s3.list_objects_v2(Bucket="responses").get("Contents", []):
        account.s3.delete_object(Bucket="responses", Key=item["Key"])
    monkeypatch.setattr(redriving, "starting_client", lambda *_: starts)
    monkeypatch.setattr("accelerator.failures.queue.WAIT_SECONDS", 0)
    monkeypatch.setattr(failures_cli, "connect", lambda _local: account)
    return account


def failed(order_id: str, error: str = "ApiUnavailable") -> dict[str, Any]:
    """What ClassifyError is given for a failed order event."""
    return {
        "event": order(order_id),
        "hydration": {"entity": "order", "id": order_id},
        "failed": {"QueryApi": {"Error": error, "Cause": "status 503"}},
        "executionArn": "arn",
    }


def fail(cloud: Deployment, order_id: str, error: str = "ApiUnavailable", **changes: Any) -> None:
    """Put a failure in the failure queue."""
    message = build(failed(order_id, error), NOW) | changes
    cloud.sqs.send_message(
        QueueUrl=cloud.outputs.failure_queue_url, MessageBody=json.dumps(message)
    )


def not_start(cloud: Deployment, event: dict[str, Any], code: str = "NO_PERMISSIONS") -> None:
    """Put an event in the dead-letter queue, as EventBridge does."""
    attributes = {"ERROR_CODE": code, "ERROR_MESSAGE": "It did not start."}
    cloud.sqs.send_message(
        QueueUrl=cloud.outputs.dead_letter_queue_url,
        MessageBody=json.dumps(event),
        MessageAttributes={
            name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
        },
    )


def leave_unsent(cloud: Deployment, order_id: str) -> None:
    """Store a failure as StoreFailure does."""
    cloud.s3.put_object(
        Bucket="responses",
        Key="failures/unsent/execution-1.json",
        Body=json.dumps(failed(order_id)).encode(),
    )


def accelerator(*arguments: str, code: int = 0, given: str | None = None) -> str:
    result = CliRunner().invoke(failures_cli.app, list(arguments), input=given)
    assert result.exit_code == code, result.output
    return result.stdout


def listed(*arguments: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in accelerator("list", "--json", *arguments).splitlines()]


def test_failures_are_found_in_every_place(cloud: Deployment) -> None:
    fail(cloud, "one")
    not_start(cloud, order("two"))
    leave_unsent(cloud, "three")
    found = {failure["place"]: failure for failure in listed()}
    assert found.keys() == {"failure queue", "dead-letter queue", "bucket"}
    assert found["failure queue"]["entityId"] == "one"
    assert found["dead-letter queue"]["errorCode"] == "NO_PERMISSIONS"
    assert found["dead-letter queue"]["eventType"] == "ORDER_PLACED"
    assert found["bucket"]["id"] == "execution-1"
    assert found["bucket"]["errorCode"] == "ApiUnavailable"
    assert all("event" not in failure for failure in found.values())


@pytest.mark.slow
def test_more_failures_than_one_call_receives_are_each_listed_once(cloud: Deployment) -> None:
    for n in range(35):
        fail(cloud, f"order-{n}")
    assert len({failure["entityId"] for failure in listed()}) == 35
    assert len(listed()) == 35, "listing hides nothing from the next"


@pytest.mark.parametrize(
    ("options", "ids"),
    [
        (["--category", "transient"], {"a", "c"}),
        (["--category", "permanent"], {"b"}),
        (["--error-code", "ApiRejected"], {"b"}),
        (["--error-code", "apirejected"], {"b"}),
        (["--category", "Permanent"], {"b"}),
        (["--event-type", "ORDER_PLACED"], {"a", "b", "c"}),
        (["--event-type", "REFUND_SUCCESS"], set()),
        (["--newer-than", "1h"], {"c"}),
        (["--older-than", "1h", "--category", "transient"], {"a"}),
    ],
)
def test_filters(cloud: Deployment, options: list[str], ids: set[str]) -> None:
    fail(cloud, "a", time="2020-01-01T00:00:00+00:00")
    fail(cloud, "b", "ApiRejected", time="2020-01-01T00:00:00+00:00")
    fail(cloud, "c", time="2999-01-01T00:00:00+00:00")
    assert {failure["entityId"] for failure in listed(*options)} == ids


def test_a_wrong_duration_says_what_is_right(cloud: Deployment) -> None:
    result = CliRunner().invoke(failures_cli.app, ["list", "--older-than", "soon"])
    assert result.exit_code == 2
    assert "90s, 15m, 2h or 3d" in " ".join(result.output.replace("│", " ").split())


def test_show_tells_the_whole_failure(cloud: Deployment) -> None:
    fail(cloud, "one")
    (failure,) = listed()
    shown = json.loads(accelerator("show", failure["id"][:8]))
    assert shown["event"]["detail"]["orderIdentifier"]["orderId"] == "one"


def test_the_table_names_each_failure(cloud: Deployment) -> None:
    fail(cloud, "322-F7BK")
    fail(cloud, "[/]not markup[/]")
    shown = accelerator("list")
    for id in (each["id"] for each in listed()):
        assert id[:8] in shown
    assert "322-F7BK" in shown
    assert "[/]not markup[/]" in shown
    accelerator("purge", "--all", "--yes")
    assert accelerator("list") == "No failures.\n"


def test_what_somebody_else_looks_at_is_not_said_to_be_nowhere(cloud: Deployment) -> None:
    hold: Any = {"QueueUrl": cloud.outputs.failure_queue_url, "VisibilityTimeout": 600}
    told = "Somebody else looks at about 1 failure, or did until lately"
    fail(cloud, "held")
    cloud.sqs.receive_message(**hold)
    assert accelerator("list").startswith(told)
    fail(cloud, "free")
    for words in (("list",), ("list", "--json"), ("list", "--by", "category")):
        ran = CliRunner().invoke(failures_cli.app, words)
        assert (told in ran.stderr, told in ran.stdout) == (True, False)


def test_what_nobody_takes_from_the_redrive_queue_is_found_and_sent(
    cloud: Deployment, starts: Starts
) -> None:
    url = cloud.sqs.create_queue(QueueName=str(uuid.uuid4()))["QueueUrl"]
    with_output(cloud, redrive_queue_url=url)
    body = json.dumps(build(failed("late"), NOW))
    cloud.sqs.send_message(QueueUrl=url, MessageBody=body)
    assert listed() == []
    (found,) = listed("--waiting")
    assert (found["place"], found["entityId"]) == ("redrive queue", "late")
    assert accelerator("redrive", "--waiting").endswith("started 1, left 0\n")
    assert starts.order_ids() == ["late"]
    assert listed("--waiting") == []
    with_output(cloud, redrive_queue_url="")


def test_redrive_starts_every_event_and_empties_the_places(
    cloud: Deployment, starts: Starts
) -> None:
    for n in range(23):
        fail(cloud, f"order-{n:02}")
    not_start(cloud, order("started-never"))
    leave_unsent(cloud, "unsent")
    assert "started 25, left 0" in accelerator("redrive", "--rate", "1000")
    assert starts.order_ids() == [*(f"order-{n:02}" for n in range(23)), "started-never", "unsent"]
    assert listed() == []
    assert "Contents" not in cloud.s3.list_objects_v2(Bucket="responses")


def test_an_execution_is_started_with_the_event_as_it_first_came(
    cloud: Deployment, starts: Starts
) -> None:
    fail(cloud, "one")
    (before,) = [failure.message["event"] for failure in held(cloud)]
    accelerator("redrive", "--rate", "1000")
    (again,) = starts.inputs
    assert again == before | {"redrive": {"attempt": 0}}
    assert extract_id(again) == extract_id(before)


def held(cloud: Deployment) -> list[Failure]:
    with look(cloud, Filter()) as found:
        return list(found)


def test_redrive_takes_ids_and_filters_and_leaves_the_rest(
    cloud: Deployment, starts: Starts
) -> None:
    fail(cloud, "a")
    fail(cloud, "b", "ApiRejected")
    fail(cloud, "c", "ApiTimeout")
    (chosen,) = [failure["id"] for failure in listed() if failure["entityId"] == "c"]
    accelerator("redrive", "--error-code", "ApiRejected", "--rate", "1000")
    assert starts.order_ids() == ["b"]
    accelerator("redrive", chosen[:10], "--rate", "1000")
    assert starts.order_ids() == ["b", "c"]
    assert [failure["entityId"] for failure in listed()] == ["a"]


def test_a_dry_run_sends_nothing(cloud: Deployment, starts: Starts) -> None:
    fail(cloud, "a")
    assert "would start 1" in accelerator("redrive", "--dry-run")
    assert starts.inputs == []
    assert len(listed()) == 1


def test_what_is_refused_stays(cloud: Deployment, starts: Starts) -> None:
    for order_id in "abc":
        fail(cloud, order_id)
    starts.refused = {"b"}
    told = accelerator("redrive", "--rate", "1000", code=1)
    assert "started 2, left 1" in told
    assert "KmsThrottlingException" in told
    assert [failure["entityId"] for failure in listed()] == ["b"]


def test_nothing_is_deleted_before_its_start_is_accepted(cloud: Deployment, starts: Starts) -> None:
    fail(cloud, "a")
    starts.broken = True
    assert redriving.redrive(cloud, Filter(), 1000).left == {"ConnectionError": 1}
    assert [failure["entityId"] for failure in listed()] == ["a"]


def test_an_event_too_large_to_start_is_shown_and_left(cloud: Deployment, starts: Starts) -> None:
    event = order("large")
    event["detail"]["note"] = "x" * 300_000
    not_start(cloud, event, "STATE_MACHINE_INPUT_TOO_LARGE")
    (failure,) = listed()
    assert failure["category"] == "permanent"
    assert failure["retryable"] is False
    assert "larger than the 262144 bytes that start an execution" in failure["message"]
    assert "started 0, left 1" in accelerator("redrive", "--rate", "1000", code=1)
    assert starts.inputs == []
    assert len(listed()) == 1


@pytest.mark.slow
@pytest.mark.parametrize("body", ["no JSON", "[1]", "{}", '{"hello": 1}'])
@pytest.mark.parametrize("name", ["failure_queue_url", "dead_letter_queue_url"])
def test_a_message_of_somebody_else_is_shown_and_left(
    cloud: Deployment, starts: Starts, name: str, body: str
) -> None:
    cloud.sqs.send_message(QueueUrl=getattr(cloud.outputs, name), MessageBody=body)
    fail(cloud, "ours")
    assert len(listed()) == 2
    assert "started 1, left 1" in accelerator("redrive", "--rate", "1000", code=1)
    assert starts.order_ids() == ["ours"]
    (left,) = listed()
    assert left["category"] == "permanent"
    assert "purged 1" in accelerator("purge", left["id"], "--yes")


def test_an_event_that_a_message_points_to_is_redriven_and_removed(
    cloud: Deployment, starts: Starts
) -> None:
    place = {"bucket": "responses", "key": "failures/events/1.json"}
    cloud.s3.put_object(
        Bucket="responses", Key=place["key"], Body=json.dumps(order("large")).encode()
    )
    fail(cloud, "large", event=None, eventObject=place)
    accelerator("redrive", "--rate", "1000")
    assert starts.order_ids() == ["large"]
    assert "Contents" not in cloud.s3.list_objects_v2(Bucket="responses")


def test_export_writes_and_keeps(cloud: Deployment, tmp_path: Path) -> None:
    fail(cloud, "a")
    fail(cloud, "b")
    file = tmp_path / "failures.jsonl"
    assert accelerator("export", str(file)) == "exported 2\n"
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert {line["event"]["detail"]["orderIdentifier"]["orderId"] for line in lines} == {"a", "b"}
    assert len(listed()) == 2


def test_purge_asks_first(cloud: Deployment) -> None:
    fail(cloud, "a")
    fail(cloud, "b", "ApiRejected")
    asked = CliRunner().invoke(failures_cli.app, ["purge", "--all"], input="n\n")
    assert "Delete 2 failed events on" in asked.stderr
    assert len(listed()) == 2
    assert "purged 1" in accelerator("purge", "--error-code", "ApiRejected", given="y\n")
    assert "purged 1" in accelerator("purge", "--all", "--yes")
    assert accelerator("purge", "--all", "--yes") == "purged 0\n"


def test_an_age_is_told_in_its_largest_unit() -> None:
    ages = [timedelta(seconds=9), timedelta(minutes=3), timedelta(hours=5), timedelta(days=2)]
    now = datetime.now(UTC)
    assert [failure_tables.short_age((now - age).isoformat()) for age in ages] == [
        *("9s", "3m", "5h", "2d")
    ]


def test_another_filter_shows_others_of_the_same_look(
    cloud: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def shown(**asked: str) -> list[str]:
        return [each["eventId"] for each in looks.overview(Asked(**asked))["failures"]]

    looks = Looks(cloud)
    fail(cloud, "one", errorCode="ApiRejected", eventId="one")
    assert shown(look="1") == ["one"]
    fail(cloud, "two", errorCode="GraphQLErrors", eventId="two")
    assert shown(look="1", error_code="ApiRejected") == ["one"]
    assert shown(look="1", text="graph") == []
    assert shown(look="2", text="graph") == ["two"]
    # Where there are too many to keep, each is a look of its own.
    monkeypatch.setattr(on_the_page, "KEPT", 1)
    assert sorted(shown(look="3")) == ["one", "two"]
    fail(cloud, "three", eventId="three")
    assert sorted(shown(look="3")) == ["one", "three", "two"]
    assert looks.overview(Asked(look="3"))["seconds"] > 0
