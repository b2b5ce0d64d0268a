"""The cases of MockConfigFile.json, in Step Functions Local's own format, on two interpreters.

In process on moto's, and over HTTP on ministack's, or on a real Step Functions Local, started with
this very file, where STEPFUNCTIONS_LOCAL_ENDPOINT names one.
"""

import json
import os
import time
import uuid
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import boto3
import pytest
from moto.stepfunctions.parser.mocking.mock_config import (
    MockedResponse,
    MockedResponseReturn,
    MockedResponseThrow,
    MockTestCase,
    StateMockedResponses,
)

from tests.harness import DEFINITION, ROLE
from tests.harness.fault_matrix import LOG, QUEUE, REDRIVE, UNSENT, Fault
from tests.harness.interpreter import (
    QUEUES,
    Interpreter,
    Run,
    substitutions,
)
from tests.harness.mock_config import FILE as MOCK_CONFIG
from tests.harness.mock_config import STATES, Case, cases, config, of, one_of_each, text
from tests.harness.server import ministack

CONFIG = config()
CASES: dict[str, dict[str, str]] = CONFIG["StateMachines"]["HydrateEvent"]["TestCases"]
EXPECTED = cases()
ENDPOINT = os.environ.get("STEPFUNCTIONS_LOCAL_ENDPOINT")
# Step Functions Local waits between attempts.
END_SECONDS = 240


def mock_test_case(name: str) -> MockTestCase:
    """A case of the file, as the interpreter takes it."""
    return MockTestCase(
        "HydrateEvent",
        name,
        [
            StateMockedResponses(
                state,
                responses,
                [
                    mocked_response(state, attempts, outcome)
                    for attempts, outcome in CONFIG["MockedResponses"][responses].items()
                ],
            )
            for state, responses in CASES[name].items()
        ],
    )


def reserved_errors(name: str) -> dict[str, list[str]]:
    """A case's errors that begin with `States.`, which the interpreter's own mocks cannot throw."""
    thrown = {
        state: [o["Throw"]["Error"] for o in CONFIG["MockedResponses"][r].values() if "Throw" in o]
        for state, r in CASES[name].items()
    }
    return {s: errors for s, errors in thrown.items() if errors[:1] and errors[0][:7] == "States."}


def mocked_response(state: str, attempts: str, outcome: dict[str, Any]) -> MockedResponse:
    """The outcome of attempts such as `"0-1"`."""
    first, _, last = attempts.partition("-")
    places = int(first), int(last or first)
    if "Return" in outcome:
        answer = outcome["Return"]
        # The interpreter takes what a function alone answers for an answer of Invoke.
        is_function = STATES[state]["Resource"].endswith("FunctionArn}")
        return MockedResponseReturn(*places, {"Payload": answer} if is_function else answer)
    return MockedResponseThrow(*places, outcome["Throw"]["Error"], outcome["Throw"]["Cause"])


def assert_as_expected(name: str, run: Run) -> None:
    assert run.path == EXPECTED[name].path
    assert run.status == ("SUCCEEDED" if run.path[-1] in SUCCEEDING else "FAILED")
    assert run.attempts == EXPECTED[name].attempts


@pytest.mark.parametrize("name", CASES)
def test_case_in_process(machine: Interpreter, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(machine, "mock_test_case", mock_test_case(name))
    assert_as_expected(name, machine.run(EXPECTED[name].event, reserved_errors(name)))


class StepFunctions:
    """An interpreter over HTTP that has read the file itself, with an execution of each case."""

    def __init__(self, endpoint: str) -> None:
        self._client = boto3.client("stepfunctions", endpoint_url=endpoint)
        definition = DEFINITION.read_text(encoding="utf-8")
        queue = "https://sqs.us-east-1.amazonaws.com/123456789012/any"
        for placeholder, value in substitutions(dict.fromkeys(QUEUES, queue)).items():
            definition = definition.replace(f"${{{placeholder}}}", value)
        arn = self._client.create_state_machine(
            name="HydrateEvent", definition=definition, roleArn=ROLE
        )["stateMachineArn"]
        # All at once, since none is waited for longer than the slowest then.
        self._executions = {name: self._start(f"{arn}#{name}", EXPECTED[name]) for name in CASES}

    def _start(self, arn: str, case: Case) -> str:
        return self._client.start_execution(
            stateMachineArn=arn, name=str(uuid.uuid4()), input=json.dumps(case.event)
        )["executionArn"]

    def run(self, name: str) -> Run:
        """What the execution of a case did, once it has ended."""
        arn = self._executions[name]
        deadline = time.monotonic() + END_SECONDS
        while (status := self._client.describe_execution(executionArn=arn)["status"]) == "RUNNING":
            assert time.monotonic() < deadline
            time.sleep(0.01)
        run = Run(status, None)
        history = self._client.get_execution_history(executionArn=arn, maxResults=1000)["events"]
        for entry in history:
            if "stateEnteredEventDetails" in entry:
                run.path.append(entry["stateEnteredEventDetails"]["name"])
            elif entry["type"] in ("TaskScheduled", "LambdaFunctionScheduled"):
                run.attempts[run.path[-1]] += 1
        return run


@pytest.fixture(scope="module")
def step_functions() -> Iterator[StepFunctions]:
    settings = {"SFN_MOCK_CONFIG": str(MOCK_CONFIG), "SFN_WAIT_SCALE": "0"}
    with nullcontext(ENDPOINT) if ENDPOINT else ministack(**settings) as endpoint:
        yield StepFunctions(endpoint)


@pytest.mark.parametrize("name", CASES)
def test_case_over_http(step_functions: StepFunctions, name: str) -> None:
    assert_as_expected(name, step_functions.run(name))


SUCCEEDING = ("EventHydrated", "IgnoreEvent")
ENDS = {
    QUEUE: ["SendToFailureQueue", "EventFailed"],
    REDRIVE: ["SendToRedriveQueue", "EventPostponed"],
    UNSENT: ["StoreFailure", "EventUnsent"],
}


def test_the_cases_take_every_state() -> None:
    assert {state for case in EXPECTED.values() for state in case.path} == STATES.keys()


@pytest.mark.parametrize("fault", list(one_of_each()), ids=str)
def test_the_way_of_a_case_ends_where_the_matrix_says(fault: Fault) -> None:
    path = of(fault, fault.attempts).path
    assert path[-2:] == ENDS[fault.end] if fault.end != LOG else path[-1] == fault.state


def test_the_file_is_current() -> None:
    assert MOCK_CONFIG.read_text(encoding="utf-8") == text(), "run 'make docs'"
