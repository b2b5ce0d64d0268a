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
from pathlib import Path
from typing import Any, NamedTuple

import boto3
import pytest
from moto.stepfunctions.parser.mocking.mock_config import (
    MockedResponse,
    MockedResponseReturn,
    MockedResponseThrow,
    MockTestCase,
    StateMockedResponses,
)

from mock_api import events
from tests.events import EVENTS, delivered
from tests.harness.server import ministack
from tests.state_machine.interpreter import (
    DEFINITION,
    QUEUES,
    ROLE,
    Interpreter,
    Run,
    substitutions,
)

MOCK_CONFIG = Path(__file__).parents[1] / "MockConfigFile.json"
CONFIG = json.loads(MOCK_CONFIG.read_text())
CASES: dict[str, dict[str, str]] = CONFIG["StateMachines"]["HydrateEvent"]["TestCases"]
ENDPOINT = os.environ.get("STEPFUNCTIONS_LOCAL_ENDPOINT")
# Step Functions Local waits between attempts.
END_SECONDS = 240

STORED = "ExtractId QueryApi ResponseStored? StoreResponse EventHydrated"
SENT = "RedriveLater? SendToFailureQueue EventFailed"
CLASSIFIED = f"ClassifyError {SENT}"
POSTPONED = "ClassifyError RedriveLater? SendToRedriveQueue"
FAILED_QUERY = "HydrateOrder ExtractId QueryApi"


class Case(NamedTuple):
    """The path that a case takes after RouteByEventType, and the attempts of retried states."""

    path: str
    event: dict[str, Any] = EVENTS["order_placed"]
    retried: dict[str, int] = {}


EXPECTED = {
    "OrderStored": Case(f"HydrateOrder {STORED}"),
    "ItemStored": Case(f"HydrateItem {STORED}", EVENTS["buyability"]),
    "InventoryStored": Case(f"HydrateInventory {STORED}", EVENTS["inventory"]),
    "OtherIdentifierIgnored": Case("IgnoreEvent", delivered(events.buyability("S-1", "sku"))),
    "UnsupportedEventFails": Case(
        f"UnsupportedEvent {CLASSIFIED}", delivered(events.put_events_entry("other", {}))
    ),
    "LargeResponseStoredByFunction": Case(f"{FAILED_QUERY} ResponseStored? EventHydrated"),
    "AnswerOfAnotherFormIsStored": Case(f"HydrateOrder {STORED}"),
    "InvalidEventFails": Case(f"HydrateOrder ExtractId {CLASSIFIED}"),
    "ExtractIdThrottledTwice": Case(f"HydrateOrder {STORED}", retried={"ExtractId": 3}),
    "ApiUnavailableTwice": Case(f"HydrateOrder {STORED}", retried={"QueryApi": 3}),
    "ApiThrottlesEightTimes": Case(f"HydrateOrder {STORED}", retried={"QueryApi": 9}),
    "EachRetrierCountsForItself": Case(f"HydrateOrder {STORED}", retried={"QueryApi": 3}),
    "GraphQLErrorsFail": Case(f"{FAILED_QUERY} {CLASSIFIED}"),
    "ApiUnavailableIsRedriven": Case(
        f"{FAILED_QUERY} {POSTPONED} EventPostponed", retried={"QueryApi": 4}
    ),
    "ApiThrottlesIsRedriven": Case(
        f"{FAILED_QUERY} {POSTPONED} EventPostponed", retried={"QueryApi": 9}
    ),
    "RedriveQueueRefuses": Case(
        f"{FAILED_QUERY} {POSTPONED} SendToFailureQueue EventFailed",
        retried={"QueryApi": 4, "SendToRedriveQueue": 3},
    ),
    "BucketSlowTwice": Case(f"HydrateOrder {STORED}", retried={"StoreResponse": 3}),
    "BucketRefuses": Case(
        f"HydrateOrder ExtractId QueryApi ResponseStored? StoreResponse {CLASSIFIED}",
        retried={"StoreResponse": 3},
    ),
    "ClassifyErrorTimesOut": Case(
        f"{FAILED_QUERY} ClassifyError StoreFailure EventFailed",
        retried={"ClassifyError": 3},
    ),
    "ClassifyErrorIsBroken": Case(f"{FAILED_QUERY} ClassifyError StoreFailure EventFailed"),
    "OversizedEventFails": Case(
        f"{FAILED_QUERY} ClassifyError ClassifyOversizedEvent SendToFailureQueue EventFailed"
    ),
    "OversizedEventCannotBeClassified": Case(
        f"{FAILED_QUERY} ClassifyError ClassifyOversizedEvent StoreFailure EventFailed",
        retried={"ClassifyOversizedEvent": 3},
    ),
    "QueueUnavailableTwice": Case(
        f"{FAILED_QUERY} {CLASSIFIED}", retried={"SendToFailureQueue": 3}
    ),
    "QueueRefuses": Case(
        f"{FAILED_QUERY} ClassifyError RedriveLater? SendToFailureQueue StoreFailure EventFailed",
        retried={"SendToFailureQueue": 3},
    ),
    "QueueAndBucketRefuse": Case(
        f"{FAILED_QUERY} ClassifyError RedriveLater? SendToFailureQueue StoreFailure",
        retried={"SendToFailureQueue": 3, "StoreFailure": 3},
    ),
}


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
                    mocked_response(attempts, outcome)
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


def mocked_response(attempts: str, outcome: dict[str, Any]) -> MockedResponse:
    """The outcome of attempts such as `"0-1"`."""
    first, _, last = attempts.partition("-")
    places = int(first), int(last or first)
    if "Return" in outcome:
        return MockedResponseReturn(*places, outcome["Return"])
    return MockedResponseThrow(*places, outcome["Throw"]["Error"], outcome["Throw"]["Cause"])


def assert_as_expected(name: str, run: Run) -> None:
    path, _, retried = EXPECTED[name]
    assert run.path == ["RouteByEventType", *path.split()]
    assert run.status == ("SUCCEEDED" if run.path[-1] in SUCCEEDING else "FAILED")
    assert run.attempts == dict.fromkeys(CASES[name], 1) | retried


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


def test_the_cases_take_every_state_and_every_mocked_response() -> None:
    states = json.loads(DEFINITION.read_text())["States"].keys() - {"RouteByEventType"}
    assert EXPECTED.keys() == CASES.keys()
    assert {state for case in EXPECTED.values() for state in case.path.split()} == states
    used = {responses for case in CASES.values() for responses in case.values()}
    assert used == CONFIG["MockedResponses"].keys()
