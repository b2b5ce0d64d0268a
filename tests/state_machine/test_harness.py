"""Each correction that only tests need is still needed, and does what it is for.

The first half of each pair fails when ministack gains the behaviour itself: remove the correction
then. And nothing that the harness starts outlives whoever started it.
"""

import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from ministack.services import stepfunctions

from accelerator.deployment import PROJECT
from accelerator.listening import answers
from tests.harness import UNCATCHABLE_BY_ALL, launcher
from tests.harness.local_cloud import wait_until

TASK = {
    "Type": "Task",
    "Resource": "any",
    "Retry": [{"ErrorEquals": ["Busy"]}],
    "TimeoutSeconds": 10,
    "End": True,
}
MOCKS = {
    "StateMachines": {"Machine": {"TestCases": {"BusyOnce": {"Query": "BusyThenAnswers"}}}},
    "MockedResponses": {
        "BusyThenAnswers": {
            "0": {"Throw": {"Error": "Busy", "Cause": "too many"}},
            "1": {"Return": "answer"},
        }
    },
}
Execute = Callable[[str], tuple[Any, list[str]]]


@pytest.fixture
def execute(monkeypatch: pytest.MonkeyPatch) -> Execute:
    """Executes the task in a test case; tells its output and the types of what is logged."""
    monkeypatch.setattr(stepfunctions, "_sfn_mock_config", MOCKS)
    monkeypatch.setattr(stepfunctions, "_SFN_WAIT_SCALE", 0)

    def execute(test_case: str) -> tuple[Any, list[str]]:
        execution: Any = {"events": [], "testCase": test_case, "mockAttempts": {}}
        context = {"StateMachine": {"Name": "Machine"}, "State": {"Name": "Query"}}
        output, _ = stepfunctions._execute_task(TASK, "input", execution, context)
        return output, [entry["type"] for entry in execution["events"]]

    return execute


@pytest.fixture
def corrected(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_execute_task", "_invoke_resource", "_get_mock_response", "_error_matches"):
        monkeypatch.setattr(stepfunctions, name, getattr(stepfunctions, name))
    for correct in launcher.CORRECTIONS:
        correct()


def test_ministack_throws_one_mocked_error_at_every_attempt(execute: Execute) -> None:
    with pytest.raises(stepfunctions._ExecutionError, match="too many"):
        execute("BusyOnce")


@pytest.mark.usefixtures("corrected")
def test_corrected_each_attempt_has_its_own_mock(execute: Execute) -> None:
    events = ["TaskScheduled", "TaskFailed", "TaskScheduled", "TaskSucceeded"]
    assert execute("BusyOnce") == ("answer", events)


@pytest.mark.usefixtures("corrected")
def test_corrected_what_has_no_mock_is_invoked(execute: Execute) -> None:
    assert execute("NoSuchCase") == ("input", ["TaskScheduled", "TaskSucceeded"])


def test_ministack_lets_states_all_match_whatever_error() -> None:
    for error in UNCATCHABLE_BY_ALL:
        assert stepfunctions._error_matches(["States.ALL"], error)


@pytest.mark.usefixtures("corrected")
def test_corrected_states_all_matches_what_the_specification_says() -> None:
    for error in UNCATCHABLE_BY_ALL:
        assert not stepfunctions._error_matches(["States.ALL"], error)
        assert stepfunctions._error_matches(["States.ALL", error], error)
    assert stepfunctions._error_matches(["States.ALL"], "States.Timeout")


STARTER = """
from tests.harness.server import ministack
with ministack() as endpoint:
    print(endpoint, flush=True)
    input()
"""


@pytest.mark.slow
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL], ids=["interrupted", "killed"])
def test_ministack_ends_with_its_starter(end: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", STARTER],
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as starter:
        assert starter.stdout
        ready = f"{starter.stdout.readline().strip()}/_ministack/ready"
        assert answers(ready)
        starter.send_signal(end)
    wait_until(lambda: not answers(ready))


GROUP = """
import subprocess
from tests.harness.launcher import end_with_our_starter
subprocess.Popen(["sleep", "90"])
end_with_our_starter()
"""


def test_nothing_of_its_group_outlives_the_other_end_of_its_input() -> None:
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-c", GROUP],
        cwd=PROJECT,
        stdin=pipe,
        stdout=pipe,
        start_new_session=True,
    ) as leader:
        # Closes its input, and waits until all have closed the output that they share.
        leader.communicate(timeout=60)
    assert leader.returncode == -signal.SIGKILL
