"""Redrive: the automatic second chance, and that it ends."""

import json
from typing import Any

import boto3
import pytest

from functions.classify_error.handler import handler as classify_error
from functions.redrive import handler as redrive
from tests.conftest import LambdaContext, PutEvents
from tests.events import delivered, order
from tests.harness.aws import strict_aws


@pytest.fixture
def put(monkeypatch: pytest.MonkeyPatch) -> PutEvents:
    """EventBridge, as the function finds it."""
    events = PutEvents()
    client = boto3.client
    monkeypatch.setattr(
        boto3, "client", lambda name, **_: events if name == "events" else client(name)
    )
    return events


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
    context: LambdaContext, monkeypatch: pytest.MonkeyPatch, put: PutEvents
) -> None:
    monkeypatch.setenv("REDRIVE_DELAYS", "60,300,900")
    event, delays = order(id="first"), []
    while (result := failed(context, event))["redriveDelaySeconds"] is not None:
        delays.append(result["redriveDelaySeconds"])
        assert redrive.handler(records(result["message"]), context) == {"batchItemFailures": []}
        event = delivered(put.entries.pop())
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
def test_no_attempt_an_event_claims_makes_an_endless_loop(
    context: LambdaContext, monkeypatch: pytest.MonkeyPatch, put: PutEvents, attempt: Any
) -> None:
    monkeypatch.setenv("REDRIVE_DELAYS", "0,0")
    event = order()
    event["detail"]["redrive"] = {"id": "x", "time": "2026-11-24T08:18:50Z", "attempt": attempt}
    rounds = 0
    while (result := failed(context, event))["redriveDelaySeconds"] is not None:
        redrive.handler(records(result["message"]), context)
        event = delivered(put.entries.pop())
        rounds += 1
        assert rounds <= 2
    assert result["message"]["category"] == "permanent"


def test_only_what_is_not_on_the_bus_is_delivered_again(
    context: LambdaContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Refusing:
        def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:
            return {"Entries": [{"EventId": "1"}, {"ErrorCode": "ThrottlingException"}]}

    monkeypatch.setattr(boto3, "client", lambda *_, **__: Refusing())
    messages = [failed(context, event)["message"] for event in (order(), order(), {"id": "odd"})]
    assert redrive.handler(records(*messages), context) == {
        "batchItemFailures": [{"itemIdentifier": "m1"}, {"itemIdentifier": "m2"}]
    }


def test_a_stored_event_is_fetched(context: LambdaContext, put: PutEvents) -> None:
    event = order("large")
    event["detail"]["note"] = "x" * 200_000
    with strict_aws():
        boto3.client("s3").create_bucket(Bucket="responses")
        message = failed(context, event)["message"]
        assert message["event"] is None
        redrive.handler(records(message), context)
    (entry,) = put.entries
    assert entry["EventBusName"] == "the-bus"
    assert json.loads(entry["Detail"])["note"] == "x" * 200_000
