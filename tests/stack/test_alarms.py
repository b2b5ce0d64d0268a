"""Alarms: wherever an event ends that is not hydrated, one tells at the first and what to do."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from accelerator.executions.levels import ERROR_TYPES
from domain.executions import OUTCOMES
from domain.family import PUBLISHED
from functions.query_api.connection import Connection
from stacks.settings import Settings
from tests.harness import DEFINITION
from tests.harness.events import order
from tests.harness.execution_logs import record
from tests.harness.fault_matrix import (
    BESIDE,
    LOG,
    QUEUE,
    REDRIVE,
    UNSENT,
    Fault,
    alarm_of,
    matrix,
)
from tests.harness.filter_pattern import matches
from tests.harness.interpreter import Interpreter, Run, always, interpreter
from tests.stack.synth import DEFAULT, EXISTING, OPERATIONS, named, resources
from tests.stack.test_stack import short

pytestmark = pytest.mark.slow

RUNBOOK = Path(__file__).parents[2] / "docs" / "operations.md"
# What AWS documents: the sets of dimensions under which a metric is told, and where it says so.
STATES = "https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html"
SQS = (
    "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/"
    "sqs-available-cloudwatch-metrics.html"
)
LAMBDA = "https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html"
EVENTS = "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html"
LOGS = (
    "https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/"
    "FilterAndPatternSyntaxForMetricFilters.html"
)
DOCUMENTED: dict[tuple[str, str], tuple[list[set[str]], str]] = {
    ("AWS/States", "ExecutionsFailed"): ([{"StateMachineArn"}], STATES),
    ("AWS/States", "ExecutionsTimedOut"): ([{"StateMachineArn"}], STATES),
    ("AWS/States", "ThrottledEvents"): ([{"APIName"}], STATES),
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible"): ([{"QueueName"}], SQS),
    ("AWS/SQS", "ApproximateAgeOfOldestMessage"): ([{"QueueName"}], SQS),
    ("AWS/Lambda", "Errors"): ([{"FunctionName"}, {"FunctionName", "Resource"}], LAMBDA),
    ("AWS/Lambda", "Throttles"): ([{"FunctionName"}, {"FunctionName", "Resource"}], LAMBDA),
    ("AWS/Events", "InvocationsFailedToBeSentToDlq"): (
        [{"RuleName"}, {"RuleName", "EventBusName"}],
        EVENTS,
    ),
    # Metric filters of this stack, which give no dimensions.
    ("EventAccelerator", "EventUnsent"): ([set()], LOGS),
    ("EventAccelerator", "UncaughtError"): ([set()], LOGS),
}
# Those that tell of many or of long waits; each such event has an end with another alarm.
OF_MANY = {"ExecutionsFailed", "QueryApiErrors", "FailuresForAWeek", "RedriveQueueStuck"}
FAILED = {"QueryApi": "ApiRejected"}


def alarms(settings: Settings = DEFAULT) -> dict[str, dict[str, Any]]:
    """The alarms' properties by their names."""
    found = resources(settings, "AWS::CloudWatch::Alarm", OPERATIONS)
    return {name[:-8]: properties for name, properties in found.items()}


def metrics(alarm: dict[str, Any]) -> list[dict[str, Any]]:
    """What an alarm measures, `{"Namespace", "MetricName", "Dimensions"}` each."""
    if "Metrics" not in alarm:
        return [alarm]
    return [each["MetricStat"]["Metric"] for each in alarm["Metrics"] if "MetricStat" in each]


def dimensions(metric: dict[str, Any]) -> dict[str, str]:
    return {each["Name"]: str(short(each["Value"])) for each in metric.get("Dimensions", [])}


@pytest.mark.parametrize("settings", [DEFAULT, EXISTING, replace(DEFAULT, api_version=PUBLISHED)])
def test_each_alarm_measures_what_aws_documents(settings: Settings) -> None:
    for name, alarm in alarms(settings).items():
        for metric in metrics(alarm):
            told, source = DOCUMENTED[metric["Namespace"], metric["MetricName"]]
            assert dimensions(metric).keys() in told, f"{name}: see {source}"
        # "Alarms based on metric math expressions can reference a maximum of 10 metrics."
        assert len(metrics(alarm)) <= 10


def test_each_alarm_says_what_to_do_and_calls_the_topic() -> None:
    for alarm in alarms().values():
        assert 80 < len(alarm["AlarmDescription"]) <= 1024
        assert short(alarm["AlarmActions"]) == short(alarm["OKActions"]) == ["<Alarms>"]
        assert alarm["TreatMissingData"] == "notBreaching"


def test_each_alarm_but_those_of_many_tells_the_first() -> None:
    for name, alarm in alarms().items():
        if name not in OF_MANY:
            assert (alarm["Threshold"], alarm["EvaluationPeriods"]) == (1, 1), name


def test_every_fault_and_every_end_has_its_alarm() -> None:
    told = {alarm_of(fault) for fault in matrix()} | {alarm for _, alarm in BESIDE}
    assert told | OF_MANY == alarms().keys()


def test_the_runbook_has_each_alarm() -> None:
    rows = [row for row in RUNBOOK.read_text(encoding="utf-8").splitlines() if row[:3] == "| `"]
    for name in alarms():
        assert any(f"`{name}`" in row.split("|")[1] for row in rows), name


def test_rules_are_told_by_the_names_and_the_bus_that_they_have() -> None:
    on_default = replace(DEFAULT, event_bus_arn="arn:aws:events:us-east-1:1:event-bus/default")
    for settings, bus in ((DEFAULT, "event-accelerator"), (EXISTING, "shop"), (on_default, None)):
        rules = {rule["Name"] for rule in resources(settings, "AWS::Events::Rule").values()}
        told = [dimensions(each) for each in metrics(alarms(settings)["EventsNotDeadLettered"])]
        assert {each["RuleName"] for each in told} == rules
        assert {each.get("EventBusName") for each in told} == {bus}


def test_without_logs_the_first_failed_execution_tells() -> None:
    assert alarms()["ExecutionsFailed"]["Threshold"] == 10
    assert alarms(replace(DEFAULT, execution_logs="OFF"))["ExecutionsFailed"]["Threshold"] == 1


# One for each end of the matrix, and one at which the interpreter itself cannot go on.
ENDS = [
    Fault("QueryApi", "ApiRejected", 1, QUEUE),
    Fault("QueryApi", "ApiUnavailable", 4, REDRIVE, redrives="0"),
    Fault("SendToFailureQueue", "SQS.AmazonSQSException", 3, UNSENT, given=FAILED),
    Fault(
        *("StoreFailure", "S3.S3Exception", 3, LOG),
        given=FAILED | {"SendToFailureQueue": "SQS.AmazonSQSException"},
    ),
    Fault("QueryApi", "States.Runtime", 1, LOG),
]


@pytest.fixture(scope="module")
def machine() -> Iterator[Interpreter]:
    with interpreter(Connection("http://127.0.0.1:9/graphql")) as running:
        yield running


@pytest.mark.parametrize("level", ["ALL", "ERROR"])
@pytest.mark.parametrize("fault", ENDS, ids=str)
def test_an_event_raises_the_alarm_of_its_end_and_no_other(
    machine: Interpreter, monkeypatch: pytest.MonkeyPatch, fault: Fault, level: str
) -> None:
    monkeypatch.setenv("REDRIVE_DELAYS", fault.redrives)
    errors = fault.given | {fault.state: fault.error}
    run = machine.run(order(), {state: always(error) for state, error in errors.items()})
    filtered = counted(machine, run, level)
    raised = {
        name
        for name, alarm in alarms().items()
        for metric in metrics(alarm)
        if name not in OF_MANY and measured(metric, run, filtered) >= alarm["Threshold"]
    }
    assert raised == ({alarm_of(fault)} - OF_MANY)


def measured(metric: dict[str, Any], run: Run, filtered: Counter[str]) -> float:
    """What CloudWatch would tell of one execution, whose functions did what they should."""
    queued = {"FailureQueue": len(run.messages), "DeadLetterQueue": 0}
    if metric["MetricName"] == "ApproximateNumberOfMessagesVisible":
        (queue,) = dimensions(metric).values()
        return next(count for name, count in queued.items() if name in queue)
    return filtered[metric["MetricName"]]


def counted(machine: Interpreter, run: Run, level: str) -> Counter[str]:
    """What the metric filters count of an execution's records, without execution data."""
    found: Counter[str] = Counter()
    history = machine.stepfunctions.get_execution_history(executionArn=run.arn)["events"]
    for entry in history:
        if level == "ERROR" and entry["type"] not in ERROR_TYPES:
            continue
        told_of_it = record(run.arn, entry, False)
        for each in resources(DEFAULT, "AWS::Logs::MetricFilter").values():
            (told,) = each["MetricTransformations"]
            found[told["MetricName"]] += matches(each["FilterPattern"], told_of_it)
    return found


def test_only_a_known_end_is_caught() -> None:
    """Each state that ends an execution is one of those that the filters know."""
    states = json.loads(DEFINITION.read_text(encoding="utf-8"))["States"]
    ends = {name for name, state in states.items() if state["Type"] in ("Succeed", "Fail")}
    assert ends == OUTCOMES.keys()
    fails = {state["Error"] for state in states.values() if state["Type"] == "Fail"}
    caught = {name for name, state in states.items() if state["Type"] == "Fail"}
    assert fails == caught
    pattern = named(DEFAULT, "AWS::Logs::MetricFilter", "Uncaught")["FilterPattern"]
    for error in (*fails, "States.Runtime", None):
        told = {"type": "ExecutionFailed", "details": {"error": error} if error else {}}
        assert matches(pattern, told) == (error not in fails)
