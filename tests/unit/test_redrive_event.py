"""`accelerator redrive-event`: an event that is in no queue is sent again, of a file."""

import json
from pathlib import Path
from typing import Any

import pytest

from accelerator.event_file import held
from accelerator.problem import Problem
from accelerator.redrive_event import redrive_event
from tests.harness.deployments import deployment
from tests.harness.events import order


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
