"""`accelerator redrive-event`: an event that is in no queue is sent again, of a file or the log."""

import json
from pathlib import Path
from typing import Any

import pytest

from accelerator.event_file import held
from accelerator.problem import Problem
from accelerator.redrive_event import from_log, redrive_event
from tests.harness.deployments import deployment
from tests.harness.events import order
from tests.harness.execution_logs import logged


class Starts:
    """A Step Functions that notes with what it is started."""

    def __init__(self) -> None:
        self.inputs: list[Any] = []

    def start_execution(self, stateMachineArn: str, input: str) -> dict[str, str]:
        self.inputs.append(json.loads(input))
        return {"executionArn": f"{stateMachineArn}:one"}


def started(event: Any) -> list[Any]:
    starts, cloud = Starts(), deployment()
    object.__setattr__(cloud, "stepfunctions", starts)
    redrive_event(cloud, event)
    return starts.inputs


def test_an_event_of_a_file_starts_an_execution_as_it_is(tmp_path: Path) -> None:
    file, event = tmp_path / "event.json", order()
    file.write_text(json.dumps(event))
    assert started(held(file)) == [event | {"redrive": {"attempt": 0}}]


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (None, "cannot be read: No such file"),
        ("{", "is no JSON"),
        ("[1]", "no event of EventBridge"),
        ('{"detail": {}}', "no event of EventBridge"),
        (json.dumps(order() | {"detail": {"more": "x" * 300_000}}), "larger than"),
    ],
)
def test_what_is_no_event_starts_nothing(tmp_path: Path, written: str | None, told: str) -> None:
    file = tmp_path / "event.json"
    if written is not None:
        file.write_text(written)
    with pytest.raises(Problem, match=told):
        started(held(file))


@pytest.mark.parametrize("with_data", [True, False])
def test_an_event_of_the_log_is_as_it_first_came(mock_api: str, with_data: bool) -> None:
    event = order("error-404", id="aaaa1111-0000-4000-8000-000000000001")
    given = event | {"redrive": {"attempt": 2}}
    with logged(mock_api, [given], "ALL", with_data) as (cloud, _):
        if with_data:
            assert from_log(cloud, event["id"][:6]) == event
        else:
            with pytest.raises(Problem, match="LOG_EXECUTION_DATA"):
                from_log(cloud, event["id"])
