"""Redrive: the automatic second chance, and that it ends."""

import json
import os
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from functions.classify_error.handler import handler as classify_error
from functions.redrive import handler as redrive
from tests.harness.aws import strict_aws
from tests.harness.environment import LambdaContext
from tests.harness.events import order


class Starts:
    """Step Functions, which refuses what it is told to refuse."""

    def __init__(self) -> None:
        self.inputs: list[dict[str, Any]] = []
        self.refused: set[str] = set()

    def start_execution(self, stateMachineArn: str, input: str) -> None:
        event = json.loads(input)
        if event["id"] in self.refused:
            raise ConnectionError
        assert stateMachineArn == os.environ["STATE_MACHINE_ARN"]
        self.inputs.append(event)


@pytest.fixture
def starts(monkeypatch: pytest.MonkeyPatch) -> Iterator[Starts]:
    """Step Functions, as the function finds it, in an account with a bucket."""
    found = Starts()
    with strict_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="responses")
        clients = {"stepfunctions": found, "s3": s3}
        monkeypatch.setattr(redrive, "client", clients.__getitem__)
        yield found


def failed(context: LambdaContext, event: dict[str, Any]) -> dict[str, Any]:
    """What ClassifyError answers for a transient failure."""
    result: dict[str, Any] = classify_error(
        {
            "event": event,
            "hydration": {"entity": "order"},
            "failed": {"QueryApi": {"Error": "ApiUnavailable", "Cause": "status 503"}},
            "executionArn": "arn",
        },
        context,
    )
    return result


def records(*messages: dict[str, Any]) -> dict[str, Any]:
    return {
        "Records": [
            {"messageId": f"m{n}", "body": json.dumps(message)}
            for n, message in enumerate(messages)
        ]
    }


def test_a_transient_failure_comes_back_later_each_time_and_then_is_permanent(
    context: LambdaContext, monkeypatch: pytest.MonkeyPatch, starts: Starts
) -> None:
    monkeypatch.setenv("REDRIVE_DELAYS", "60,300,900")
    event, delays = order(id="first"), []
    while (result := failed(context, event))["redriveDelaySeconds"] is not None:
        delays.append(result["redriveDelaySeconds"])
        assert redrive.handler(records(result["message"]), context) == {"batchItemFailures": []}
        event = starts.inputs.pop()
        assert len(delays) < 10, "it never ends"
    assert delays == [60, 300, 900]
    assert result["message"]["category"] == "permanent"
    assert result["message"]["errorCode"] == "ApiUnavailable"
    assert result["message"]["attempt"] == 3
    assert result["message"]["eventId"] == "first"


def test_a_permanent_failure_is_not_redriven(
    context: LambdaContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDRIVE_DELAYS", "60")
    failure = {
        "event": order(),
        "hydration": {},
        "failed": {"QueryApi": {"Error": "ApiRejected", "Cause": ""}},
        "executionArn": "arn",
    }
    assert classify_error(failure, context)["redriveDelaySeconds"] is None


def test_without_delays_nothing_is_redriven(context: LambdaContext) -> None:
    result = failed(context, order())
    assert result["redriveDelaySeconds"] is None
    assert result["message"]["category"] == "transient"


@pytest.mark.parametrize("attempt", [-5, 0, "2", None, True, 1e9, [1]])
def test_what_a_detail_claims_of_redrives_counts_for_nothing(
    context: LambdaContext, monkeypatch: pytest.MonkeyPatch, starts: Starts, attempt: Any
) -> None:
    monkeypatch.setenv("REDRIVE_DELAYS", "0,0")
    event = order(id="true")
    event["detail"]["redrive"] = {"id": "x", "time": "2026-11-24T08:18:50Z", "attempt": attempt}
    rounds = 0
    while (result := failed(context, event))["redriveDelaySeconds"] is not None:
        redrive.handler(records(result["message"]), context)
        event = starts.inputs.pop()
        rounds += 1
        assert rounds <= 2
    assert rounds == 2
    assert result["message"]["eventId"] == "true"
    assert result["message"]["event"]["detail"]["redrive"]["id"] == "x"
    assert "redrive" not in result["message"]["event"]


def test_each_record_is_redriven_for_itself(context: LambdaContext, starts: Starts) -> None:
    good, refused = order(id="good"), order(id="refused")
    starts.refused = {"refused"}
    message = failed(context, good)["message"]
    gone = {"bucket": "responses", "key": "failures/events/gone.json"}
    elsewhere = {"bucket": "responses", "key": "order/somebody-elses.json"}
    bodies = [
        json.dumps(message),
        "no JSON",
        "[1]",
        json.dumps({"schemaVersion": "1.0"}),
        json.dumps(message | {"schemaVersion": "9.0"}),
        json.dumps(message | {"event": {"id": "odd"}}),
        json.dumps(message | {"event": None, "eventObject": gone}),
        json.dumps(message | {"event": None, "eventObject": elsewhere}),
        json.dumps(failed(context, refused)["message"]),
        json.dumps(message | {"event": good | {"detail": {"note": "x" * 300_000}}}),
        json.dumps(message),
    ]
    batch = {"Records": [{"messageId": f"m{n}", "body": body} for n, body in enumerate(bodies)]}
    left = redrive.handler(batch, context)["batchItemFailures"]
    assert [each["itemIdentifier"] for each in left] == [f"m{n}" for n in range(1, 10)]
    assert [event["id"] for event in starts.inputs] == ["good", "good"]


def test_a_stored_event_is_fetched_and_then_removed(context: LambdaContext, starts: Starts) -> None:
    event = order("large")
    event["detail"]["note"] = "x" * 200_000
    message = failed(context, event)["message"]
    assert message["event"] is None
    redrive.handler(records(message), context)
    assert starts.inputs == [event | {"redrive": {"attempt": 1}}]
    assert "Contents" not in boto3.client("s3").list_objects_v2(Bucket="responses")


def test_a_stored_event_whose_start_is_refused_is_kept(
    context: LambdaContext, starts: Starts
) -> None:
    event = order("large", id="refused")
    event["detail"]["note"] = "x" * 200_000
    starts.refused = {"refused"}
    redrive.handler(records(failed(context, event)["message"]), context)
    assert boto3.client("s3").list_objects_v2(Bucket="responses")["KeyCount"] == 1


def test_an_event_in_another_script_is_as_large_as_it_is_in_utf8(
    context: LambdaContext, starts: Starts
) -> None:
    event = order("large")
    # 180 KB in UTF-8, twice as much where each character is escaped.
    event["detail"]["note"] = "\u8ba2" * 60_000
    message = failed(context, event)["message"]
    assert message["event"] == event
    redrive.handler(records(message), context)
    assert starts.inputs == [event | {"redrive": {"attempt": 1}}]


def test_an_event_that_was_started_is_not_started_again_for_what_is_left_of_it(
    context: LambdaContext, starts: Starts, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = order("large")
    event["detail"]["note"] = "x" * 200_000
    message = failed(context, event)["message"]

    def refuse(**_: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr(redrive.client("s3"), "delete_object", refuse)
    assert redrive.handler(records(message), context) == {"batchItemFailures": []}
    assert len(starts.inputs) == 1


def test_what_there_is_no_time_for_is_left(context: LambdaContext, starts: Starts) -> None:
    late = LambdaContext()
    late.remaining = 15_000
    message = failed(context, order())["message"]
    assert redrive.handler(records(message), late) == {
        "batchItemFailures": [{"itemIdentifier": "m0"}]
    }
    assert starts.inputs == []
