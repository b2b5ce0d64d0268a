"""The cases of MockConfigFile.json, in Step Functions Local's own format.

In process by default; against a real Step Functions Local, started with this very file, where
STEPFUNCTIONS_LOCAL_ENDPOINT names one.
"""

import json
import os
import time
import uuid
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
from tests.state_machine.interpreter import DEFINITION, ROLE, Interpreter, substitutions

CONFIG = json.loads((Path(__file__).parents[1] / "MockConfigFile.json").read_text())
CASES: dict[str, dict[str, str]] = CONFIG["StateMachines"]["HydrateEvent"]["TestCases"]
ENDPOINT = os.environ.get("STEPFUNCTIONS_LOCAL_ENDPOINT")

STORED = "ExtractId QueryApi ResponseStored? StoreResponse EventHydrated"
SENT = "RedriveLater? SendToFailureQueue EventFailed"
CLASSIFIED = f"ClassifyError {SENT}"
POSTPONED = "ClassifyError RedriveLater? SendToRedriveQueue"
FAILED_QUERY = "HydrateOrder ExtractId QueryApi"


class Case(NamedTuple):
    """The path that a case takes after RouteByEventType, and the attempts of a retried state."""

    path: str
    event: dict[str, Any] = EVENTS["order_placed"]
    retried: str = ""
    attempts: int = 1


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
    "ExtractIdThrottledTwice": Case(f"HydrateOrder {STORED}", retried="ExtractId", attempts=3),
    "ApiUnavailableTwice": Case(f"HydrateOrder {STORED}", retried="QueryApi", attempts=3),
    "ApiThrottlesEightTimes": Case(f"HydrateOrder {STORED}", retried="QueryApi", attempts=9),
    "EachRetrierCountsForItself": Case(f"HydrateOrder {STORED}", retried="QueryApi", attempts=3),
    "GraphQLErrorsFail": Case(f"{FAILED_QUERY} {CLASSIFIED}"),
    "ApiUnavailableIsRedriven": Case(
        f"{FAILED_QUERY} {POSTPONED} EventPostponed", retried="QueryApi", attempts=4
    ),
    "ApiThrottlesIsRedriven": Case(
        f"{FAILED_QUERY} {POSTPONED} EventPostponed", retried="QueryApi", attempts=9
    ),
    "RedriveQueueRefuses": Case(
        f"{FAILED_QUERY} {POSTPONED} SendToFailureQueue EventFailed",
        retried="SendToRedriveQueue",
        attempts=3,
    ),
    "BucketSlowTwice": Case(f"HydrateOrder {STORED}", retried="StoreResponse", attempts=3),
    "BucketRefuses": Case(
        f"HydrateOrder ExtractId QueryApi ResponseStored? StoreResponse {CLASSIFIED}",
        retried="StoreResponse",
        attempts=3,
    ),
    "ClassifyErrorTimesOut": Case(
        f"{FAILED_QUERY} ClassifyError StoreFailure EventFailed",
        retried="ClassifyError",
        attempts=3,
    ),
    "ClassifyErrorIsBroken": Case(f"{FAILED_QUERY} ClassifyError StoreFailure EventFailed"),
    "OversizedEventFails": Case(
        f"{FAILED_QUERY} ClassifyError ClassifyOversizedEvent SendToFailureQueue EventFailed"
    ),
    "OversizedEventCannotBeClassified": Case(
        f"{FAILED_QUERY} ClassifyError ClassifyOversizedEvent StoreFailure EventFailed",
        retried="ClassifyOversizedEvent",
        attempts=3,
    ),
    "QueueUnavailableTwice": Case(
        f"{FAILED_QUERY} {CLASSIFIED}", retried="SendToFailureQueue", attempts=3
    ),
    "QueueRefuses": Case(
        f"{FAILED_QUERY} ClassifyError RedriveLater? SendToFailureQueue StoreFailure EventFailed",
        retried="SendToFailureQueue",
        attempts=3,
    ),
    "QueueAndBucketRefuse": Case(
        f"{FAILED_QUERY} ClassifyError RedriveLater? SendToFailureQueue StoreFailure",
        retried="StoreFailure",
        attempts=3,
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


@pytest.mark.skipif(ENDPOINT is not None, reason="a real Step Functions Local is given")
@pytest.mark.parametrize("name", CASES)
def test_case_in_process(machine: Interpreter, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    expected = EXPECTED[name]
    monkeypatch.setattr(machine, "mock_test_case", mock_test_case(name))
    run = machine.run(expected.event, reserved_errors(name))
    assert run.path == ["RouteByEventType", *expected.path.split()]
    assert run.status == ("SUCCEEDED" if run.path[-1] in SUCCEEDING else "FAILED")
    assert run.attempts.keys() == CASES[name].keys()
    if expected.retried:
        assert run.attempts[expected.retried] == expected.attempts


@pytest.mark.skipif(ENDPOINT is None, reason="no STEPFUNCTIONS_LOCAL_ENDPOINT")
@pytest.mark.parametrize("name", CASES)
def test_case_on_step_functions_local(name: str) -> None:
    expected = EXPECTED[name]
    sfn = boto3.client("stepfunctions", endpoint_url=ENDPOINT)
    definition = DEFINITION.read_text()
    queue = "https://sqs.us-east-1.amazonaws.com/123456789012/any"
    urls = {"FailureQueueUrl": queue, "RedriveQueueUrl": queue}
    for placeholder, value in substitutions(urls).items():
        definition = definition.replace(f"${{{placeholder}}}", value)
    arn = sfn.create_state_machine(name="HydrateEvent", definition=definition, roleArn=ROLE)[
        "stateMachineArn"
    ]
    execution = sfn.start_execution(
        stateMachineArn=f"{arn}#{name}", name=str(uuid.uuid4()), input=json.dumps(expected.event)
    )["executionArn"]
    deadline = time.monotonic() + 120
    while (status := sfn.describe_execution(executionArn=execution)["status"]) == "RUNNING":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    history = sfn.get_execution_history(executionArn=execution, maxResults=1000)["events"]
    entered = [entry.get("stateEnteredEventDetails") for entry in history]
    path = [details["name"] for details in entered if details]
    assert path == ["RouteByEventType", *expected.path.split()]
    assert status == ("SUCCEEDED" if path[-1] in SUCCEEDING else "FAILED")


SUCCEEDING = ("EventHydrated", "IgnoreEvent")


def test_the_cases_take_every_state_and_every_mocked_response() -> None:
    states = json.loads(DEFINITION.read_text())["States"].keys() - {"RouteByEventType"}
    assert EXPECTED.keys() == CASES.keys()
    assert {state for case in EXPECTED.values() for state in case.path.split()} == states
    used = {responses for case in CASES.values() for responses in case.values()}
    assert used == CONFIG["MockedResponses"].keys()
