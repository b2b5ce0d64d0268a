"""Whatever fails, the event is kept: a test for each row of the fault matrix."""

import json
import urllib.request
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from domain.failures import build
from domain.family import MOCK, PUBLISHED
from tests.harness import DEFINITION
from tests.harness.events import order, published_order
from tests.harness.fault_matrix import (
    DOCUMENT,
    LOG,
    QUEUE,
    REDRIVE,
    UNSENT,
    Fault,
    document,
    matrix,
)
from tests.harness.interpreter import Interpreter, Run, always

MATRIX = list(matrix())
# What brings about an event that lacks something is told for the mock's contract alone.
CASES = [
    *((MOCK, fault) for fault in MATRIX),
    *((PUBLISHED, fault) for fault in MATRIX if fault.event is None),
]
ORDERS = {MOCK: order, PUBLISHED: published_order}
RETRIED = {
    (fault.state, fault.attempts, fault.redrives): fault
    for fault in MATRIX
    if fault.attempts > 1 and fault.injected
}


class Granted:
    """Credentials with a token that the published mock has granted."""

    def __init__(self, api: str) -> None:
        form = b"grant_type=client_credentials&client_id=mock-client&client_secret=mock-secret"
        with urllib.request.urlopen(f"{api}/token", form) as answer:
            self._token: str = json.load(answer)["access_token"]

    def token(self, deadline: float, refused: str = "") -> str:
        return self._token


@pytest.fixture(scope="module")
def granted(mock_api: str) -> Granted:
    return Granted(mock_api)


@pytest.fixture
def speak(monkeypatch: pytest.MonkeyPatch, granted: Granted) -> Callable[[str], None]:
    """Speaks a contract."""

    def speak(contract: str) -> None:
        if contract == PUBLISHED:
            monkeypatch.setenv("API_VERSION", PUBLISHED)
            monkeypatch.setattr("functions.query_api.handler.credentials", lambda: granted)

    return speak


def run_fault(
    machine: Interpreter,
    monkeypatch: pytest.MonkeyPatch,
    fault: Fault,
    times: int | None = None,
    contract: str = MOCK,
) -> tuple[dict[str, Any], Run]:
    """Run an event into a fault that lasts, or that passes after some attempts."""
    monkeypatch.setenv("REDRIVE_DELAYS", fault.redrives)
    if fault.order_id == "error-timeout":
        monkeypatch.setenv("API_TIMEOUT_SECONDS", "0.1")
    event = ORDERS[contract](fault.order_id, **(fault.event or {}))
    faults: dict[str, Any] = {state: always(error) for state, error in fault.given.items()}
    if fault.injected:
        faults[fault.state] = always(fault.error) if times is None else [fault.error] * times
    return event, machine.run(event, faults)


def places(run: Run) -> dict[str, list[Any]]:
    """What an execution left, by place; nothing where it left nothing."""
    stored = {key: body for key, body in run.objects.items() if not key.startswith("failures/")}
    unsent = [b for key, b in run.objects.items() if key.startswith("failures/unsent/")]
    found = {
        "stored": list(stored.values()),
        QUEUE: [message["Body"] for message in run.messages],
        REDRIVE: [message["Body"] for message in run.postponed],
        UNSENT: unsent,
    }
    return {place: left for place, left in found.items() if left}


@pytest.mark.parametrize(("contract", "fault"), CASES, ids=str)
def test_a_lasting_fault(
    machine: Interpreter,
    monkeypatch: pytest.MonkeyPatch,
    speak: Callable[[str], None],
    contract: str,
    fault: Fault,
) -> None:
    speak(contract)
    if contract == PUBLISHED and fault.order_id == "322-NONE-SUCH01":
        fault = replace(fault, error="ApiUnauthorized")
    event, run = run_fault(machine, monkeypatch, fault, contract=contract)
    assert run.status == "FAILED"
    if fault.state != "RouteByEventType":
        assert run.attempts[fault.state] == fault.attempts
    assert places(run).keys() == ({fault.end} - {LOG})
    if fault.end == QUEUE:
        assert_message(run.message, event, fault)
    if fault.end == UNSENT:
        (kept,) = places(run)[UNSENT]
        assert kept["event"] == event
        told = build(kept, "2026-11-24T08:18:50Z")
        assert told["errorCode"] == next(iter(fault.given.values()))


def assert_message(message: dict[str, Any], event: dict[str, Any], fault: Fault) -> None:
    """The message holds the event, and the error and state that it failed with."""
    if "ClassifyError" in (fault.state, *fault.given):
        assert message["errorCode"] == "States.DataLimitExceeded"
        assert message["event"] == event
        return
    state, error = next(iter((fault.given or {fault.state: fault.error}).items()))
    assert (message["failedState"], message["errorCode"]) == (state, error)
    assert message["event"] == event


@pytest.mark.parametrize("fault", RETRIED.values(), ids=str)
def test_a_fault_that_passes_with_the_last_attempt(
    machine: Interpreter, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    _, run = run_fault(machine, monkeypatch, fault, times=fault.attempts - 1)
    assert run.attempts[fault.state] == fault.attempts
    assert len(run.waits) >= fault.attempts - 1
    assert places(run).keys() == {passed_end(fault)}


def passed_end(fault: Fault) -> str:
    """Where the event ends when the fault passes."""
    if fault.state in ("ExtractId", "QueryApi", "StoreResponse"):
        return "stored"
    if fault.state == "SendToRedriveQueue":
        return REDRIVE
    return UNSENT if fault.state == "StoreFailure" else QUEUE


def test_every_state_that_can_fail_is_in_the_matrix() -> None:
    states = json.loads(DEFINITION.read_text())["States"]
    tasks = {name for name, state in states.items() if state["Type"] == "Task"}
    assert {fault.state for fault in MATRIX} == tasks | {"RouteByEventType"}


def test_every_task_has_the_fault_that_nothing_catches() -> None:
    """Step Functions reports it in place of the reserved States.ParameterPathFailure."""
    uncaught = [fault for fault in MATRIX if fault.error == "States.Runtime"]
    tasks = {fault.state for fault in MATRIX} - {"RouteByEventType"}
    assert sorted(fault.state for fault in uncaught) == sorted(tasks)
    assert {(fault.end, fault.attempts) for fault in uncaught} == {(LOG, 1)}
    assert not any(fault.error == "States.ParameterPathFailure" for fault in MATRIX)


def test_every_named_error_of_a_retrier_is_in_the_matrix() -> None:
    for name, state in json.loads(DEFINITION.read_text())["States"].items():
        named = {error for retrier in state.get("Retry", []) for error in retrier["ErrorEquals"]}
        tested = {fault.error for fault in MATRIX if fault.state == name}
        assert named - {"States.ALL"} <= tested


def test_the_document_is_current() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == document(), "run 'make docs'"
