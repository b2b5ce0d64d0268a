"""The demo tells its story on a terminal of 80 columns and 24 lines."""

import io
import json
import sys
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from accelerator.cli import app
from accelerator.commands import demo, watch
from accelerator.demo import Fired, Outcome, demo_events
from accelerator.executions.emulator import EmulatorHistory
from accelerator.executions.execution import Attempt, Execution, Visit
from domain.event_types import FAMILIES, family_of
from domain.family import MOCK, PUBLISHED
from tests.harness.deployments import deployment
from tests.harness.events import delivered

NOW = datetime(2026, 11, 24, tzinfo=UTC)
WAY = ("RouteByEventType", "HydrateOrder", "ExtractId", "QueryApi")


def running(tries: int) -> Execution:
    """An execution whose query is tried again."""
    visits = [Visit(name, "Task", NOW, None) for name in WAY]
    visits[-1].attempts = [Attempt(NOW) for _ in range(tries)]
    return Execution("arn", visits=visits)


def test_each_event_has_a_line_and_the_one_that_is_retried_counts_its_attempts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fired = [Fired(f.what, f.entry, str(n)) for n, f in enumerate(demo_events(MOCK))]
    outcomes = [
        Outcome({}, {}, set(), {each.event_id: running(tries) for each in fired})
        for tries in (1, 3)
    ]
    shown: list[str] = []

    def follow(*_: Any) -> Any:
        for outcome in outcomes:
            yield outcome
            shown.append(terminal.file.getvalue().rpartition("ended")[2])  # type: ignore[attr-defined]

    terminal = Console(file=io.StringIO(), force_terminal=True, width=80, height=24)
    monkeypatch.setattr(demo, "fire", lambda _: fired)
    monkeypatch.setattr(demo, "follow", follow)
    monkeypatch.setattr("rich.live.Live.update", lambda live, table: live.console.print(table))
    demo.run_demo(deployment(), terminal)
    assert [each.count("QueryApi ×3") for each in shown] == [0, len(fired)]  # noqa: RUF001
    assert all(each.count("\n") <= len(fired) + 3 for each in shown)


@pytest.mark.parametrize("contract", [MOCK, PUBLISHED])
def test_its_faults_are_an_orders_whatever_the_first_event_type_is(
    monkeypatch: pytest.MonkeyPatch, contract: str
) -> None:
    backwards = FAMILIES[::-1]
    monkeypatch.setattr("domain.event_types.FAMILIES", backwards)
    faults = [each.entry for each in demo_events(contract) if " " in each.what][:3]
    families = [family_of(delivered(each)) for each in faults]
    assert {family and family.entity for family in families} == {"order"}


def test_its_counts_are_told_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    fired = [Fired(each.what, each.entry, each.what) for each in demo_events(MOCK)]
    outcome = Outcome({fired[0].what: "key"}, {}, {fired[-1].what}, {})
    monkeypatch.setattr("accelerator.local_cloud.start", lambda *_: nullcontext(deployment()))
    monkeypatch.setattr("accelerator.local_cloud.down", lambda: True)
    monkeypatch.setattr(demo, "run_demo", lambda *_: (fired, outcome))
    ran = CliRunner().invoke(app, ["demo", "--json"])
    lost = len(fired) - 2
    told = {"sent": len(fired), "stored": 1, "failed": 0, "ignored": 1, "lost": lost}
    assert json.loads(ran.stdout) == told
    assert str(ran.exception) == f"{lost} events ended nowhere"


@pytest.mark.parametrize("room", range(1, 80, 7))
def test_of_a_way_the_end_is_kept(room: int) -> None:
    taken = watch.end_of_way(" > ".join(WAY), room)
    assert taken.endswith("> QueryApi")
    assert len(taken) <= max(room, len("… > QueryApi"))


def test_the_last_line_is_a_command_that_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Path(demo.program()).is_file()
    environment = Path(sys.prefix)
    monkeypatch.chdir(environment.parent)
    assert demo.program() == f"{environment.name}/bin/accelerator"


class History:
    """The local cloud's history: one that ended lately stands before one that runs for longer."""

    exceptions = SimpleNamespace(ExecutionDoesNotExist=KeyError)

    def get_paginator(self, name: str) -> Any:
        return SimpleNamespace(paginate=getattr(self, name))

    def list_executions(self, statusFilter: str | None = None, **_: Any) -> list[Any]:
        ended, start = NOW + timedelta(seconds=9), {"startDate": NOW}
        listed = [
            {"executionArn": "ended", "status": "SUCCEEDED", "stopDate": ended, **start},
            {"executionArn": "runs", "status": "RUNNING", **start},
        ]
        return [{"executions": [e for e in listed if statusFilter in (None, e["status"])]}]

    def get_execution_history(self, executionArn: str, **_: Any) -> list[Any]:
        entry: dict[str, Any] = {"id": 1, "type": "ExecutionSucceeded", "timestamp": NOW}
        return [{"events": [entry] if executionArn == "ended" else []}]


def test_one_that_runs_is_followed_whatever_has_ended_since_it_started() -> None:
    cloud = deployment()
    cloud.__dict__["emulator"] = History()
    source = EmulatorHistory(cloud)
    assert [each.arn for each in source.changed()] == ["ended", "runs"]
    assert [each.arn for each in source.changed()] == ["runs"]


def test_the_command_that_goes_on_has_the_settings_of_this_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("os.environ", {})
    assert demo.settings() == ""
    monkeypatch.setenv("API_VERSION", PUBLISHED)
    monkeypatch.setenv("INSTALLATION_ID", "my shop")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("CLIENT_SECRET", "the-secret")
    assert demo.settings() == f"API_VERSION={PUBLISHED} INSTALLATION_ID='my shop' "
