"""ClassifyError: the failure message."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import jsonschema
import pytest

from domain import errors
from domain.event import safe
from domain.event_types import event_type
from functions.classify_error.handler import MAX_MESSAGE_BYTES, handler
from tests.harness.aws import strict_aws
from tests.harness.environment import LambdaContext, log_line
from tests.harness.events import order

SCHEMA = json.loads(
    (Path(__file__).parents[2] / "docs" / "failure-message.schema.json").read_text()
)


def failure(error: str, cause: Any = "why", **changes: Any) -> dict[str, Any]:
    return {
        "event": order(id="one"),
        "hydration": {"entity": "order", "document": "singleOrder", "id": "322"},
        "failed": {"QueryApi": {"Error": error, "Cause": cause}},
        "executionArn": "arn",
    } | changes


def classified(given: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    message: dict[str, Any] = handler(given, context)["message"]
    jsonschema.validate(message, SCHEMA)
    return message


@pytest.mark.parametrize(
    ("error", "category"),
    [
        ("InvalidEvent", "permanent"),
        ("UnsupportedEvent", "permanent"),
        ("ApiUnauthorized", "permanent"),
        ("ApiRejected", "permanent"),
        ("GraphQLErrors", "permanent"),
        ("KeyError", "permanent"),
        ("States.DataLimitExceeded", "permanent"),
        ("ApiThrottled", "transient"),
        ("ApiUnavailable", "transient"),
        ("ApiTimeout", "transient"),
        ("States.Timeout", "transient"),
        ("Sandbox.Timedout", "transient"),
        ("Lambda.TooManyRequestsException", "transient"),
        ("Lambda.Unknown", "transient"),
        ("S3.S3Exception", "transient"),
    ],
)
def test_the_category_says_whether_sending_again_can_help(
    context: LambdaContext, error: str, category: str
) -> None:
    message = classified(failure(error), context)
    assert message["category"] == category
    assert message["retryable"] is (category == "transient")
    assert message["errorCode"] == error


def test_every_error_says_itself_whether_it_passes_and_what_helps(context: LambdaContext) -> None:
    for name, error in errors.OWN.items():
        category = "transient" if error.transient else "permanent"
        assert classified(failure(name), context)["category"] == category
        assert error.advice
        assert error.__doc__


def test_the_message_holds_the_event_and_what_is_known(context: LambdaContext) -> None:
    cause = json.dumps({"errorMessage": "status 503", "errorType": "ApiUnavailable"})
    message = classified(failure("ApiUnavailable", cause), context)
    assert message["message"] == "status 503"
    assert message["failedState"] == "QueryApi"
    assert (message["entity"], message["entityId"]) == ("order", "322")
    assert (message["eventId"], message["eventType"]) == ("one", "ORDER_PLACED")
    assert message["executionArn"] == "arn"
    assert message["event"] == order(id="one") | {"detail": message["event"]["detail"]}
    assert message["eventObject"] is None


def test_what_the_version_before_kept_is_read(context: LambdaContext) -> None:
    before = {"entity": "order", "document": "singleOrder", "request": {"id": "322"}}
    assert classified(failure("ApiTimeout", hydration=before), context)["entityId"] == "322"


@pytest.mark.parametrize("cause", ["", "plain", "[1]", '{"no": "message"}', None, "{" * 5000])
def test_any_cause_can_be_told(context: LambdaContext, cause: Any) -> None:
    assert classified(failure("ApiTimeout", cause), context)["message"]


@pytest.mark.parametrize("event", [{}, {"detail": 5, "detail-type": 7}, {"id": ["x"]}])
def test_any_event_can_be_told(context: LambdaContext, event: dict[str, Any]) -> None:
    message = classified(failure("InvalidEvent", event=event, hydration={}), context)
    assert message["event"] == event
    assert message["eventType"] == "unknown"


def test_attributes_are_fit_for_sqs() -> None:
    assert safe("a\x00b\u202ec\n") == "a?b?c?"
    assert safe("") == safe(None) == safe(7) == "unknown"
    assert len(safe("x" * 1000)) == 128
    assert event_type({"detail": {"eventType": "A"}, "detail-type": "B"}) == "A"


@pytest.mark.parametrize("alone", [False, True], ids=["beside its error", "alone"])
def test_a_large_event_is_stored_and_pointed_to(context: LambdaContext, alone: bool) -> None:
    event = order(id="one") | {"detail": {"eventType": "ORDER_PLACED", "note": "x" * 200_000}}
    with strict_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="responses")
        message = classified(event if alone else failure("ApiTimeout", event=event), context)
        assert message["event"] is None
        assert message["eventObject"]["key"].startswith("failures/events/")
        stored = s3.get_object(
            Bucket=message["eventObject"]["bucket"], Key=message["eventObject"]["key"]
        )
        assert json.loads(stored["Body"].read()) == event
    assert len(json.dumps(message)) < MAX_MESSAGE_BYTES
    assert message["errorCode"] == ("States.DataLimitExceeded" if alone else "ApiTimeout")


def test_the_log_line_tells_the_whole_way_but_not_the_event(
    context: LambdaContext, printed: Callable[[], str]
) -> None:
    event = order(id="one")
    event["detail"]["buyer"] = "ana@mail.example"
    classified(failure("ApiTimeout", event=event), context)
    text = printed()
    line = log_line(text)
    assert line["event_id"] == "one"
    assert line["event_type"] == "ORDER_PLACED"
    assert line["entity_id"] == "322"
    assert line["execution_arn"] == "arn"
    assert "ana@mail.example" not in text
