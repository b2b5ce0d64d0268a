"""What the local cloud's CloudWatch Logs holds and finds, and ministack's does not."""

import json
import uuid
from typing import Any

import pytest
from ministack.services import cloudwatch_logs, stepfunctions

from accelerator.corrections import logs
from accelerator.corrections.logs import (
    correct_execution_logs,
    correct_found_logs,
    correct_logging_configuration,
)
from tests.integration.contract.conftest import answer, new_state_machine


def log_group(*messages: str) -> str:
    """The name of a log group with these messages."""
    group, stream = {"logGroupName": f"group-{uuid.uuid4()}"}, {"logStreamName": "one"}
    cloudwatch_logs._create_log_group(group)
    cloudwatch_logs._create_log_stream(group | stream)
    told = [
        {"timestamp": at, "message": text, "ingestionTime": at} for at, text in enumerate(messages)
    ]
    held = cloudwatch_logs._log_groups[group["logGroupName"]]["streams"]["one"]
    cloudwatch_logs._append_log_events(held, told)
    return group["logGroupName"]


def found(group: str, pattern: str = "", **more: Any) -> dict[str, Any]:
    asked = {"logGroupName": group, "filterPattern": pattern} | more
    return answer(cloudwatch_logs._filter_log_events(asked))[1]


def texts(told: dict[str, Any]) -> list[str]:
    return [event["message"] for event in told["events"]]


def logging_machine(level: str, with_data: bool) -> tuple[str, str]:
    """A state machine as CloudFormation makes one, and its log group."""
    arn, group = new_state_machine(), log_group()
    stepfunctions._state_machines[arn]["loggingConfiguration"] = {
        "Level": level,
        "IncludeExecutionData": with_data,
        "Destinations": [
            {"CloudWatchLogsLogGroup": {"LogGroupArn": f"arn:aws:logs:r:0:log-group:{group}:*"}}
        ],
    }
    return arn, group


def run_one(arn: str) -> str:
    """Add what happens in an execution, and return its ARN."""
    execution = f"{arn}:{uuid.uuid4()}"
    start = {"id": 1, "type": "ExecutionStarted", "timestamp": "2026-11-24T08:18:50.000Z"}
    given = {"executionStartedEventDetails": {"input": '{"id": "one"}', "roleArn": "role"}}
    happened = {"stateMachineArn": arn, "executionArn": execution, "events": [start | given]}
    entered = {"stateEnteredEventDetails": {"name": "Failed", "input": "{}"}}
    stepfunctions._add_event(happened, "FailStateEntered", entered)
    stepfunctions._add_event(happened, "ExecutionFailed", {})
    return execution


def test_ministack_logs_nothing_of_an_execution() -> None:
    arn, group = logging_machine("ALL", with_data=False)
    run_one(arn)
    assert texts(found(group)) == []


@pytest.mark.parametrize(
    ("level", "with_data", "types"),
    [
        ("ALL", False, ["ExecutionStarted", "FailStateEntered", "ExecutionFailed"]),
        ("ERROR", True, ["FailStateEntered", "ExecutionFailed"]),
        ("FATAL", False, ["ExecutionFailed"]),
        ("OFF", False, []),
        # The history, which the local cloud's reader reads then, holds the same.
        ("ALL", True, []),
    ],
)
def test_corrected_it_logs_what_is_configured(
    level: str, with_data: bool, types: list[str]
) -> None:
    correct_execution_logs()
    arn, group = logging_machine(level, with_data)
    execution = run_one(arn)
    records = [json.loads(text) for text in texts(found(group))]
    assert [record["type"] for record in records] == types
    assert {record["execution_arn"] for record in records} <= {execution}
    assert any("input" in record["details"] for record in records) is (with_data and bool(types))
    assert all(record["details"].get("name", "Failed") == "Failed" for record in records)


def test_ministack_tells_how_a_machine_logs_in_cloudformations_words() -> None:
    arn, _ = logging_machine("ALL", with_data=True)
    _, told = answer(stepfunctions._describe_state_machine({"stateMachineArn": arn}))
    assert "level" not in told["loggingConfiguration"]


def test_corrected_it_tells_it_in_the_apis() -> None:
    correct_logging_configuration()
    arn, group = logging_machine("ALL", with_data=True)
    _, told = answer(stepfunctions._describe_state_machine({"stateMachineArn": arn}))
    assert told["loggingConfiguration"] == {
        "level": "ALL",
        "includeExecutionData": True,
        "destinations": [
            {"cloudWatchLogsLogGroup": {"logGroupArn": f"arn:aws:logs:r:0:log-group:{group}:*"}}
        ],
    }
    status, _ = answer(stepfunctions._describe_state_machine({"stateMachineArn": "none"}))
    assert status == 400


def test_ministack_tells_no_ids_and_knows_no_regular_expressions() -> None:
    group = log_group("an event")
    assert "eventId" not in found(group)["events"][0]
    assert texts(found(group, "%e.ent%")) == []


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("", ["one event", "one", "another event"]),
        ("%^one%", ["one event", "one"]),
        ('"one event"', ["one event"]),
        ("event one", ["one event"]),
        ("one -event", ["one"]),
        ('"o.e"', []),
    ],
)
def test_corrected_it_finds_what_is_meant(pattern: str, expected: list[str]) -> None:
    correct_found_logs()
    group = log_group("one event", "one", "another event")
    assert texts(found(group, pattern)) == expected
    ids = [event["eventId"] for event in found(group)["events"]]
    assert len(set(ids)) == 3
    assert ids == [event["eventId"] for event in found(group)["events"]]


def test_ministack_tells_the_first_messages_alone() -> None:
    assert "nextToken" not in found(log_group(*"abc"), limit=2)


def test_corrected_it_tells_all_page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    correct_found_logs()
    monkeypatch.setattr(logs, "PAGE", 2)
    group = log_group(*"abcde")
    first = found(group, startTime=1, endTime=3)
    assert texts(first) == ["b", "c"]
    second = found(group, startTime=1, endTime=3, nextToken=first["nextToken"])
    assert texts(second) == ["d"]
    assert "nextToken" not in second
    assert answer(cloudwatch_logs._filter_log_events({"logGroupName": "none"}))[0] == 400
