"""The way back: failures are found wherever they are, and sent again without losing one."""

import json
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from typer.testing import CliRunner

from accelerator.cloud import Cloud
from accelerator.failures import cli as failures_cli
from accelerator.failures.failure import Filter, find, redrive
from functions.classify_error.classification import classify
from functions.extract_id.handler import extract_id
from functions.redrive.events import MAX_CALL_BYTES, batches
from tests.events import delivered, order
from tests.harness.aws import strict_aws

NOW = "2026-11-24T08:18:51.000+00:00"


class Bus:
    """EventBridge, which refuses the events whose order id it is told to refuse."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.refused: set[str] = set()
        self.broken = False

    def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        if self.broken:
            raise ConnectionError
        results = []
        for entry in Entries:
            order_id = json.loads(entry["Detail"])["orderIdentifier"]["orderId"]
            if order_id in self.refused:
                results.append({"ErrorCode": "InternalFailure", "ErrorMessage": "try later"})
            else:
                self.events.append(delivered(entry))
                results.append({"EventId": "id"})
        return {"Entries": results}

    def order_ids(self) -> list[str]:
        return sorted(event["detail"]["orderIdentifier"]["orderId"] for event in self.events)


@pytest.fixture(scope="module")
def account() -> Iterator[Cloud]:
    """An account with the places of failures; clients are made once."""
    with strict_aws():
        boto3.client("s3").create_bucket(Bucket="responses")
        yield Cloud({"ResponseBucketName": "responses", "EventBusName": "the-bus"}, boto3.Session())


@pytest.fixture
def bus() -> Bus:
    return Bus()


@pytest.fixture
def cloud(account: Cloud, bus: Bus, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    """The account, empty, with a bus of the test's own."""
    for name in ("FailureQueueUrl", "DeadLetterQueueUrl"):
        queue = account.sqs.create_queue(
            QueueName=str(uuid.uuid4()), Attributes={"MaximumMessageSize": "1048576"}
        )
        account.outputs[name] = queue["QueueUrl"]
    for item in account.s3.list_objects_v2(Bucket="responses").get("Contents", []):
        account.s3.delete_object(Bucket="responses", Key=item["Key"])
    monkeypatch.setitem(account.__dict__, "events", bus)
    monkeypatch.setattr("accelerator.failures.failure.WAIT_SECONDS", 0)
    monkeypatch.setattr(failures_cli, "connect", lambda _local: account)
    return account


def failed(order_id: str, error: str = "ApiUnavailable") -> dict[str, Any]:
    """What ClassifyError is given for a failed order event."""
    return {
        "event": order(order_id),
        "hydration": {"entity": "order", "request": {"id": order_id}},
        "failed": {"QueryApi": {"Error": error, "Cause": "status 503"}},
        "executionArn": "arn",
    }


def fail(cloud: Cloud, order_id: str, error: str = "ApiUnavailable", **changes: Any) -> None:
    """Put a failure in the failure queue."""
    message = classify(failed(order_id, error), NOW) | changes
    cloud.sqs.send_message(
        QueueUrl=cloud.outputs["FailureQueueUrl"], MessageBody=json.dumps(message)
    )


def not_start(cloud: Cloud, event: dict[str, Any], code: str = "NO_PERMISSIONS") -> None:
    """Put an event in the dead-letter queue, as EventBridge does."""
    attributes = {"ERROR_CODE": code, "ERROR_MESSAGE": "It did not start."}
    cloud.sqs.send_message(
        QueueUrl=cloud.outputs["DeadLetterQueueUrl"],
        MessageBody=json.dumps(event),
        MessageAttributes={
            name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
        },
    )


def leave_unsent(cloud: Cloud, order_id: str) -> None:
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
    found: list[dict[str, Any]] = json.loads(accelerator("list", "--json", *arguments))
    return found


def test_failures_are_found_in_every_place(cloud: Cloud) -> None:
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


def test_more_failures_than_one_call_receives_are_each_listed_once(cloud: Cloud) -> None:
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
        (["--event-type", "ORDER_PLACED"], {"a", "b", "c"}),
        (["--event-type", "REFUND_SUCCESS"], set()),
        (["--newer-than", "1h"], {"c"}),
        (["--older-than", "1h", "--category", "transient"], {"a"}),
    ],
)
def test_filters(cloud: Cloud, options: list[str], ids: set[str]) -> None:
    fail(cloud, "a", time="2020-01-01T00:00:00+00:00")
    fail(cloud, "b", "ApiRejected", time="2020-01-01T00:00:00+00:00")
    fail(cloud, "c", time="2999-01-01T00:00:00+00:00")
    assert {failure["entityId"] for failure in listed(*options)} == ids


def test_a_wrong_duration_says_what_is_right(cloud: Cloud) -> None:
    result = CliRunner().invoke(failures_cli.app, ["list", "--older-than", "soon"])
    assert result.exit_code == 2
    assert "90s, 15m, 2h or 3d" in " ".join(result.output.replace("│", " ").split())


def test_show_tells_the_whole_failure(cloud: Cloud) -> None:
    fail(cloud, "one")
    (failure,) = listed()
    shown = json.loads(accelerator("show", failure["id"][:8]))
    assert shown["event"]["detail"]["orderIdentifier"]["orderId"] == "one"


def test_the_table_names_each_failure(cloud: Cloud) -> None:
    fail(cloud, "322-F7BK")
    fail(cloud, "[/]not markup[/]")
    shown = accelerator("list")
    for id in (each["id"] for each in listed()):
        assert id[:8] in shown
    assert "322-F7BK" in shown
    assert "[/]not markup[/]" in shown
    accelerator("purge", "--yes")
    assert accelerator("list") == "No failures.\n"


def test_redrive_puts_every_event_back_and_empties_the_places(cloud: Cloud, bus: Bus) -> None:
    for n in range(23):
        fail(cloud, f"order-{n:02}")
    not_start(cloud, order("started-never"))
    leave_unsent(cloud, "unsent")
    assert "redriven 25, left 0" in accelerator("redrive", "--rate", "1000")
    assert bus.order_ids() == [*(f"order-{n:02}" for n in range(23)), "started-never", "unsent"]
    assert listed() == []
    assert "Contents" not in cloud.s3.list_objects_v2(Bucket="responses")


def test_a_redriven_event_is_still_the_same_event(cloud: Cloud, bus: Bus) -> None:
    fail(cloud, "one")
    (before,) = [failure.message["event"] for failure in held(cloud)]
    accelerator("redrive", "--rate", "1000")
    (again,) = bus.events
    assert again["id"] != before["id"]
    assert again["source"] == before["source"]
    assert again["detail-type"] == before["detail-type"]
    redrive_of = again["detail"].pop("redrive")
    assert again["detail"] == before["detail"]
    assert redrive_of == {"id": before["id"], "time": before["time"], "attempt": 0}
    again["detail"]["redrive"] = redrive_of
    assert extract_id(again, "order") == extract_id(before, "order")


def held(cloud: Cloud) -> list[Any]:
    failures = list(find(cloud, Filter()))
    for failure in failures:
        failure.release()
    return failures


def test_redrive_takes_ids_and_filters_and_leaves_the_rest(cloud: Cloud, bus: Bus) -> None:
    fail(cloud, "a")
    fail(cloud, "b", "ApiRejected")
    fail(cloud, "c", "ApiTimeout")
    (chosen,) = [failure["id"] for failure in listed() if failure["entityId"] == "c"]
    accelerator("redrive", "--error-code", "ApiRejected", "--rate", "1000")
    assert bus.order_ids() == ["b"]
    accelerator("redrive", chosen[:10], "--rate", "1000")
    assert bus.order_ids() == ["b", "c"]
    assert [failure["entityId"] for failure in listed()] == ["a"]


def test_a_dry_run_sends_nothing(cloud: Cloud, bus: Bus) -> None:
    fail(cloud, "a")
    assert "would redrive 1" in accelerator("redrive", "--dry-run")
    assert bus.events == []
    assert len(listed()) == 1


def test_what_eventbridge_refuses_stays(cloud: Cloud, bus: Bus) -> None:
    for order_id in "abc":
        fail(cloud, order_id)
    bus.refused = {"b"}
    told = accelerator("redrive", "--rate", "1000", code=1)
    assert "redriven 2, left 1" in told
    assert "InternalFailure: try later" in told
    assert [failure["entityId"] for failure in listed()] == ["b"]


def test_nothing_is_deleted_before_eventbridge_has_it(cloud: Cloud, bus: Bus) -> None:
    fail(cloud, "a")
    bus.broken = True
    with pytest.raises(ConnectionError):
        redrive(cloud, find(cloud, Filter()), 1000, lambda: None)
    attributes = cloud.sqs.get_queue_attributes(
        QueueUrl=cloud.outputs["FailureQueueUrl"],
        AttributeNames=["ApproximateNumberOfMessagesNotVisible"],
    )["Attributes"]
    assert attributes["ApproximateNumberOfMessagesNotVisible"] == "1"


def test_an_event_too_large_to_start_is_shown_and_left(cloud: Cloud, bus: Bus) -> None:
    event = order("large")
    event["detail"]["note"] = "x" * 300_000
    not_start(cloud, event, "STATE_MACHINE_INPUT_TOO_LARGE")
    (failure,) = listed()
    assert failure["category"] == "permanent"
    assert failure["retryable"] is False
    assert "larger than the 262144 that start an execution" in failure["message"]
    assert "redriven 0, left 1" in accelerator("redrive", "--rate", "1000", code=1)
    assert bus.events == []
    assert len(listed()) == 1


@pytest.mark.parametrize("body", ["no JSON", "[1]", "{}", '{"hello": 1}'])
@pytest.mark.parametrize("name", ["FailureQueueUrl", "DeadLetterQueueUrl"])
def test_a_message_of_somebody_else_is_shown_and_left(
    cloud: Cloud, bus: Bus, name: str, body: str
) -> None:
    cloud.sqs.send_message(QueueUrl=cloud.outputs[name], MessageBody=body)
    fail(cloud, "ours")
    assert len(listed()) == 2
    assert "redriven 1, left 1" in accelerator("redrive", "--rate", "1000", code=1)
    assert bus.order_ids() == ["ours"]
    (left,) = listed()
    assert left["category"] == "permanent"
    assert "purged 1" in accelerator("purge", left["id"], "--yes")


def test_an_event_that_a_message_points_to_is_redriven_and_removed(cloud: Cloud, bus: Bus) -> None:
    place = {"bucket": "responses", "key": "failures/events/1.json"}
    cloud.s3.put_object(
        Bucket="responses", Key=place["key"], Body=json.dumps(order("large")).encode()
    )
    fail(cloud, "large", event=None, eventObject=place)
    accelerator("redrive", "--rate", "1000")
    assert bus.order_ids() == ["large"]
    assert "Contents" not in cloud.s3.list_objects_v2(Bucket="responses")


def test_export_writes_and_keeps(cloud: Cloud, tmp_path: Path) -> None:
    fail(cloud, "a")
    fail(cloud, "b")
    file = tmp_path / "failures.jsonl"
    assert accelerator("export", str(file)) == "exported 2\n"
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert {line["event"]["detail"]["orderIdentifier"]["orderId"] for line in lines} == {"a", "b"}
    assert len(listed()) == 2


def test_purge_asks_first(cloud: Cloud) -> None:
    fail(cloud, "a")
    fail(cloud, "b", "ApiRejected")
    assert "for good?" in accelerator("purge", given="n\n", code=1)
    assert len(listed()) == 2
    assert "purged 1" in accelerator("purge", "--error-code", "ApiRejected", given="y\n")
    assert "purged 1" in accelerator("purge", "--yes")
    assert accelerator("purge", "--yes") == "purged 0\n"


def test_a_call_of_put_events_is_never_too_large() -> None:
    assert batches([1] * 25) == [list(range(10)), list(range(10, 20)), list(range(20, 25))]
    half = MAX_CALL_BYTES // 2
    assert batches([half, half, 1, half, half]) == [[0, 1], [2, 3], [4]]


def test_an_age_is_told_in_its_largest_unit() -> None:
    ages = [timedelta(seconds=9), timedelta(minutes=3), timedelta(hours=5), timedelta(days=2)]
    assert [failures_cli.short_age(age) for age in ages] == ["9s", "3m", "5h", "2d"]
