"""Starts ministack for tests: with the launcher's corrections, and with those only tests need.

Each correction has a contract test (test_harness.py) that fails when ministack gains the behaviour
itself, so that the correction is then removed.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from ministack import app
from ministack.services import stepfunctions

from accelerator import ministack_launcher
from tests.harness import UNCATCHABLE_BY_ALL


def correct_mocks() -> None:
    """Look a mock up for each attempt of a task: ministack does it once a state."""
    execute, invoke = stepfunctions._execute_task, stepfunctions._invoke_resource
    lookup, stepfunctions._get_mock_response = stepfunctions._get_mock_response, lambda *_: None
    current: ContextVar[tuple[Any, str, str]] = ContextVar("current")

    def execute_task(state: Any, data: Any, execution: Any, context: Any) -> Any:
        place = current.set((execution, context["StateMachine"]["Name"], context["State"]["Name"]))
        try:
            return execute(state, data, execution, context)
        finally:
            current.reset(place)

    def invoke_resource(resource: str, data: Any) -> Any:
        execution, machine, state = current.get()
        attempt = execution["mockAttempts"].get(state, 0)
        mock = lookup(machine, execution["testCase"], state, attempt)
        if mock is None:
            return invoke(resource, data)
        execution["mockAttempts"][state] = attempt + 1
        if "Throw" in mock:
            raise stepfunctions._ExecutionError(mock["Throw"]["Error"], mock["Throw"]["Cause"])
        return mock["Return"]

    stepfunctions._execute_task, stepfunctions._invoke_resource = execute_task, invoke_resource


def correct_states_all() -> None:
    """Let States.ALL match no error that the specification excludes from it."""
    matches = stepfunctions._error_matches

    def match_strictly(names: list[str], error: str) -> bool:
        return error in names if error in UNCATCHABLE_BY_ALL else matches(names, error)

    stepfunctions._error_matches = match_strictly


def end_with_our_starter() -> None:
    """End this process group once the other end of our input is closed, by whatever end it met."""
    os.read(sys.stdin.fileno(), 1)
    os.killpg(os.getpid(), signal.SIGKILL)


CORRECTIONS: list[Callable[[], None]] = [correct_mocks, correct_states_all]

if __name__ == "__main__":
    threading.Thread(target=end_with_our_starter, daemon=True).start()
    for correct in ministack_launcher.CORRECTIONS + CORRECTIONS:
        correct()
    app.main()
