"""`accelerator redrive-event`: an event that is in no queue is sent again, of a file or the log."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from accelerator import redrive_event as redriving
from accelerator.cli import app
from accelerator.commands import events
from accelerator.deployment import Deployment
from accelerator.event_file import held
from accelerator.executions.execution import Execution, Visit
from accelerator.problem import Problem
from accelerator.redrive_event import from_log, redrive_event
from tests.harness.deployments import deployment
from tests.harness.events import order
from tests.unit.test_failures import accelerator, account, cloud, fail, listed, not_start, starts

__all__ = ["account", "cloud", "starts"]


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


def failure(event: Any) -> str:
    """A line of an export."""
    return json.dumps({"id": "one", "errorCode": "X", "event": event})


@pytest.mark.parametrize("end", ["", "\n"])
def test_what_an_export_tells_of_one_failure_is_its_event(tmp_path: Path, end: str) -> None:
    file, event = tmp_path / "failures.jsonl", order()
    file.write_text(failure(event) + end)
    assert started(held(file)) == [event | {"redrive": {"attempt": 0}}]


@pytest.mark.slow
def test_a_failure_that_is_too_large_starts_once_it_is_made_smaller(
    cloud: Deployment, tmp_path: Path
) -> None:
    file, event = tmp_path / "event.json", order("large")
    not_start(cloud, event | {"detail": event["detail"] | {"note": "x" * 300_000}})
    shown = json.loads(accelerator("show", str(event["id"])))
    del shown["event"]["detail"]["note"]
    file.write_text(json.dumps(shown))
    assert started(held(file)) == [event | {"redrive": {"attempt": 0}}]


@pytest.fixture
def logged(cloud: Deployment, monkeypatch: pytest.MonkeyPatch) -> Execution:
    """An execution of an event, which is looked for in a log."""
    told = Execution("arn", "FAILED", event=order("one"))
    monkeypatch.setattr(redriving, "of_event", lambda *_: [told])
    return told


def end_in(told: Execution, state: str) -> None:
    told.visits[:] = [Visit(state, "Fail", datetime.now(UTC), None)]


def test_an_event_in_a_queue_is_left_to_those_who_take_it_from_there(
    cloud: Deployment, logged: Execution
) -> None:
    end_in(logged, "EventFailed")
    fail(cloud, "one", eventId=logged.event_id)
    (failure_id,) = [each["id"] for each in listed()]
    with pytest.raises(Problem) as refused:
        from_log(cloud, "one")
    told = f"it is in the failure queue: 'accelerator failures redrive {failure_id}' takes it"
    assert str(refused.value).startswith(told)
    assert from_log(cloud, "one", force=True) == logged.event


def test_so_is_one_whose_data_is_not_logged(cloud: Deployment, logged: Execution) -> None:
    end_in(logged, "EventFailed")
    logged.event, logged.logged = {}, {"event_id": "one"}
    with pytest.raises(Problem, match="holds one without its data"):
        from_log(cloud, "one")
    fail(cloud, "one", eventId="one")
    with pytest.raises(Problem, match="it is in the failure queue"):
        from_log(cloud, "one")


def test_an_event_that_waits_for_its_redrive_is_left_to_it(
    cloud: Deployment, logged: Execution
) -> None:
    end_in(logged, "EventPostponed")
    logged.ended = datetime.now(UTC)
    with pytest.raises(Problem, match="waits in the redrive queue and starts by itself"):
        from_log(cloud, "one")
    assert from_log(cloud, "one", force=True) == logged.event
    logged.ended -= timedelta(hours=1)
    assert from_log(cloud, "one") == logged.event
    fail(cloud, "one", eventId=logged.event_id)
    with pytest.raises(Problem, match="it is in the failure queue"):
        from_log(cloud, "one")


@pytest.mark.parametrize("state", ["EventFailed", "EventHydrated"])
def test_an_event_that_is_in_no_queue_any_more_is_started(
    cloud: Deployment, logged: Execution, state: str
) -> None:
    end_in(logged, state)
    fail(cloud, "other", eventId="another")
    assert from_log(cloud, "one") == logged.event


def test_an_event_is_looked_for_as_far_back_as_it_is_said(
    cloud: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    since = list[timedelta | None]()
    told = Execution("arn", "SUCCEEDED", event=order("one"))
    monkeypatch.setattr(redriving, "source", lambda _cloud, since_then: since.append(since_then))
    monkeypatch.setattr(redriving, "of_event", lambda *_: [told])
    monkeypatch.setattr(events, "connect", lambda _local: cloud)
    monkeypatch.setattr(events, "start", lambda *_: "arn:started")
    result = CliRunner().invoke(app, ["redrive-event", "one", "--since", "3d"])
    assert result.output == "started arn:started\n"
    assert since == [timedelta(days=3)]


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (f"{failure(order())}\n{failure(order())}\n", "holds 2 events: write one to"),
        (f"[{failure(order())}, {failure(order())}]", "holds 2 events: write one to"),
        (failure(None), "no event of EventBridge"),
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
