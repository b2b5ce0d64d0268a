"""What the local cloud's EventBridge needs, and ministack lacks or takes too kindly."""

import json
import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from ministack.core.responses import error_response_json
from ministack.services import eventbridge, stepfunctions

from accelerator.corrections.eventbridge import (
    RETRIES,
    correct_dead_letters,
    correct_malformed_details,
    correct_partner_buses,
    correct_times,
)
from accelerator.corrections.stepfunctions import correct_start
from tests.integration.contract.conftest import act, answer, messages, new_queue, new_state_machine

GONE = "arn:aws:states:us-east-1:000000000000:stateMachine:gone"
PARTNER = "aws.partner/buywithprime/shop"


@pytest.fixture(autouse=True)
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stepfunctions, "_SFN_WAIT_SCALE", 0)


def fire(
    state_machine: str, detail: dict[str, Any] | None = None, retries: int = 185, **given: Any
) -> list[dict[str, Any]]:
    """The dead letters of an event that a rule starts a state machine with."""
    source, queue = f"test-{uuid.uuid4()}", new_queue()
    attributes = act("GetQueueAttributes", queue, AttributeNames=["QueueArn"])["Attributes"]
    pattern = json.dumps({"source": [source]})
    eventbridge._ensure_default_bus()
    assert eventbridge._put_rule({"Name": source, "EventPattern": pattern})[0] == 200
    target = {
        "Id": "one",
        "Arn": state_machine,
        "RoleArn": "arn:aws:iam::000000000000:role/any",
        "DeadLetterConfig": {"Arn": attributes["QueueArn"]},
        "RetryPolicy": {"MaximumRetryAttempts": retries},
    }
    assert eventbridge._put_targets({"Rule": source, "Targets": [target]})[0] == 200
    entry = {"Source": source, "DetailType": "test", "Detail": json.dumps(detail or {})}
    entry |= {name.title(): value for name, value in given.items()}
    _, told = answer(eventbridge._put_events({"Entries": [entry]}))
    assert told["FailedEntryCount"] == 0
    for thread in threading.enumerate():
        if thread.name == RETRIES:
            thread.join()
    return messages(queue)


def told(dead_letter: dict[str, Any]) -> dict[str, str]:
    """The message attributes of a dead letter."""
    attributes = dead_letter["message_attributes"].items()
    return {name: value["StringValue"] for name, value in attributes}


@pytest.fixture
def fails(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, Exception | None], list[int]]:
    """Lets so many starts fail, being throttled or with an exception, and counts all starts."""

    def let_fail(times: int, error: Exception | None = None) -> list[int]:
        start, starts = stepfunctions._start_execution, [0]

        def fail_or_start(data: dict[str, Any]) -> Any:
            starts[0] += 1
            if starts[0] > times:
                return start(data)
            if error:
                raise error
            return error_response_json("ThrottlingException", "Rate exceeded")

        monkeypatch.setattr(stepfunctions, "_start_execution", fail_or_start)
        return starts

    return let_fail


def test_ministack_drops_an_event_whose_start_fails() -> None:
    assert fire(GONE) == []


def test_corrected_it_is_dead_lettered_at_once_where_no_retry_can_help() -> None:
    correct_dead_letters()
    (letter,) = fire(GONE, {"order": 1})
    assert json.loads(letter["body"])["detail"] == {"order": 1}
    attributes = told(letter)
    assert ":rule/" in attributes.pop("RULE_ARN")
    assert attributes == {
        "TARGET_ARN": GONE,
        "ERROR_CODE": "NO_RESOURCE",
        "ERROR_MESSAGE": f"State machine {GONE} not found",
    }


def test_corrected_an_event_larger_than_a_state_is_dead_lettered() -> None:
    correct_start()
    correct_dead_letters()
    (letter,) = fire(new_state_machine(), {"large": "x" * 300_000})
    assert told(letter)["ERROR_CODE"] == "INVALID_PARAMETER"


@pytest.mark.parametrize("error", [None, RuntimeError("can't start new thread")])
def test_corrected_a_start_is_tried_again(fails: Any, error: Exception | None) -> None:
    correct_dead_letters()
    starts = fails(2, error)
    assert fire(new_state_machine()) == []
    assert starts == [3]


@pytest.mark.parametrize(("allowed", "tried"), [(185, 4), (2, 2), (0, 0)])
def test_corrected_retries_end_in_the_dead_letter_queue(
    fails: Any, allowed: int, tried: int
) -> None:
    correct_dead_letters()
    starts = fails(100)
    (letter,) = fire(new_state_machine(), retries=allowed)
    assert starts == [1 + tried]
    assert told(letter)["ERROR_CODE"] == "THROTTLING"
    assert told(letter)["ERROR_MESSAGE"] == "Rate exceeded"
    assert told(letter).get("RETRY_ATTEMPTS") == (str(tried) if tried else None)
    assert ("EXHAUSTED_RETRY_CONDITION" in told(letter)) == bool(tried)


def put_on(bus: str) -> int:
    entry = {"Source": "shop", "DetailType": "test", "Detail": "{}", "EventBusName": bus}
    return answer(eventbridge._put_events({"Entries": [entry]}))[0]


def test_ministack_takes_events_for_a_partner_bus() -> None:
    assert put_on(PARTNER) == 200


def test_corrected_a_partner_bus_is_refused() -> None:
    correct_partner_buses()
    assert put_on(PARTNER) == 400
    assert put_on(f"arn:aws:events:us-east-1:000000000000:event-bus/{PARTNER}") == 400
    assert put_on("default") == 200
    assert put_on("arn:aws:events:us-east-1:000000000000:event-bus/default") == 200


def test_ministack_refuses_a_source_of_aws() -> None:
    """No correction is needed: this is what AWS does too."""
    entry = {"Source": "aws.shop", "DetailType": "test", "Detail": "{}"}
    _, put = answer(eventbridge._put_events({"Entries": [entry]}))
    assert put["Entries"][0]["ErrorCode"] == "NotAuthorizedForSourceException"


def test_corrected_an_event_is_as_large_as_it_is_in_utf8() -> None:
    correct_start()
    correct_dead_letters()
    assert fire(new_state_machine(), {"note": "\u8ba2" * 60_000}) == []
    (letter,) = fire(new_state_machine(), {"note": "\u8ba2" * 90_000})
    assert told(letter)["ERROR_CODE"] == "INVALID_PARAMETER"


def test_corrected_half_a_surrogate_pair_loses_no_event() -> None:
    correct_dead_letters()
    (letter,) = fire(GONE, {"half": "\ud800"})
    assert json.loads(letter["body"])["detail"] == {"half": "\ud800"}


def put_at(time: int) -> tuple[str, int]:
    """The time of an event whose entry gives one, and what the clock says to all others then."""
    (letter,) = fire(GONE, time=time)
    return json.loads(letter["body"])["time"], int(eventbridge._now_ts())


def test_ministack_gives_each_event_the_time_of_now() -> None:
    correct_dead_letters()
    assert put_at(1_000_000_000)[0] > "2026"


def test_corrected_an_event_has_the_time_that_its_entry_gives() -> None:
    correct_dead_letters()
    correct_times()
    time, now = put_at(1_000_000_000)
    assert time == "2001-09-09T01:46:40Z"
    assert now > 1_700_000_000


DETAILS = ['{"a": 1}', "no JSON", "[1]", f'{{"a": {"9" * 5_000}}}']


def put_details() -> list[str | None]:
    """The error code of each of DETAILS."""
    entries = [{"Source": "shop", "DetailType": "test", "Detail": detail} for detail in DETAILS]
    _, told = answer(eventbridge._put_events({"Entries": entries}))
    assert told["FailedEntryCount"] == sum("ErrorCode" in each for each in told["Entries"])
    return [each.get("ErrorCode") for each in told["Entries"]]


def test_ministack_takes_a_detail_that_it_cannot_read() -> None:
    assert put_details() == [None] * 4


def test_corrected_a_malformed_detail_is_refused_for_itself() -> None:
    correct_malformed_details()
    assert put_details() == [None, *["MalformedDetail"] * 3]
