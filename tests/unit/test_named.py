"""Ids connect everything: what fire prints, trace and failures take, or how it begins."""

import json
import os
import signal
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from accelerator.cli import app
from accelerator.commands import events
from accelerator.commands.failures import app as failures_app
from accelerator.commands.trace import folded
from accelerator.commands.watch import watch
from accelerator.deployment import Deployment
from accelerator.executions import named
from accelerator.executions.execution import Execution
from accelerator.executions.watch import Filter, Watch
from accelerator.problem import Problem
from accelerator.processes import Interrupted
from tests.harness.deployments import deployment
from tests.harness.environment import PutEvents
from tests.unit.test_failures import Starts, accelerator, account, cloud, fail, listed, starts

__all__ = ["account", "cloud", "starts"]

ONE, OTHER = "aaaa1111-0000-4000-8000-000000000001", "aaaa2222-0000-4000-8000-000000000002"


def two_failures(cloud: Deployment) -> None:
    for event_id in (ONE, OTHER):
        fail(cloud, "one", eventId=event_id)


def refused(*arguments: str) -> str:
    """The problem that a command ends with."""
    result = CliRunner().invoke(failures_app, list(arguments))
    assert isinstance(result.exception, Problem)
    return str(result.exception)


def test_a_failure_is_shown_by_how_its_events_id_begins(cloud: Deployment) -> None:
    two_failures(cloud)
    shown = json.loads(accelerator("show", "aaaa1"))
    assert shown["eventId"] == ONE
    assert json.loads(accelerator("show", shown["id"])) == shown


@pytest.mark.parametrize("command", ["show", "redrive", "purge"])
def test_what_may_mean_several_or_none_is_refused_with_the_near_ones(
    cloud: Deployment, starts: Starts, command: str
) -> None:
    two_failures(cloud)
    more = ["--yes"] if command == "purge" else []
    told = refused(command, "aaaa", *more)
    assert told == f"more than one id begins with aaaa: {ONE}, {OTHER}"
    told = refused(command, "aaaa1112", *more)
    assert told == f"there is no failure aaaa1112: did you mean {ONE}?"
    assert not starts.inputs
    assert len(listed()) == 2


def test_a_redrive_starts_what_an_events_id_means_alone(cloud: Deployment, starts: Starts) -> None:
    two_failures(cloud)
    assert "started 1, left 0" in accelerator("redrive", "aaaa2")
    assert "started 1, left 0" in accelerator("redrive", ONE)
    assert listed() == []


def test_a_filter_that_no_failure_passes_says_so(cloud: Deployment) -> None:
    assert accelerator("list").strip() == "No failures."
    two_failures(cloud)
    told = accelerator("list", "--error-code", "NoSuch")
    assert told.strip() == "None of 2 failures matches: their error codes are ApiUnavailable."
    assert "did you mean order_placed?" in accelerator("list", "--event-type", "order_placd")


@pytest.mark.parametrize(
    "command",
    ["list --json", "list --by hour", "redrive", "export x.jsonl", "purge", "purge --yes"],
)
def test_each_command_says_that_a_filter_lets_nothing_through(
    cloud: Deployment, starts: Starts, command: str
) -> None:
    two_failures(cloud)
    result = CliRunner().invoke(failures_app, [*command.split(), "--error-code", "NoSuch"])
    assert result.exit_code == 0
    told = "None of 2 failures matches: their error codes are ApiUnavailable.\n"
    assert result.stderr.endswith(told)


def test_an_event_that_failed_twice_is_shown_as_one_document(cloud: Deployment) -> None:
    for _ in range(2):
        fail(cloud, "one", eventId=ONE)
    shown = json.loads(accelerator("show", ONE))
    assert [each["eventId"] for each in shown] == [ONE, ONE]


class Told:
    """A source of executions of these events."""

    def __init__(self, *ids: str) -> None:
        self._told = [Execution(f"arn:{id}", "SUCCEEDED", event={"id": id}) for id in ids]

    def changed(self) -> list[Execution]:
        return self._told

    def execution(self, arn: str) -> Execution:
        raise NotImplementedError

    def of_event(self, event_id: str) -> Sequence[Execution]:
        return [each for each in self._told if str(each.event_id).startswith(event_id)]


def test_trace_takes_how_an_events_id_begins(cloud: Deployment) -> None:
    (told,) = named.of_event(cloud, Told(ONE, OTHER), "aaaa2")
    assert told.event_id == OTHER


def test_trace_takes_a_failures_id(cloud: Deployment) -> None:
    two_failures(cloud)
    (failure,) = [each for each in listed() if each["eventId"] == OTHER]
    (told,) = named.of_event(cloud, Told(ONE, OTHER), failure["id"][:12])
    assert told.event_id == OTHER


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("aaaa", f"more than one event's id begins with aaaa: {ONE}, {OTHER}"),
        ("aaaa3111", f"there is no execution of event aaaa3111: did you mean {ONE}"),
        (ONE.upper(), f"did you mean {ONE}"),
        ("bbbb", "'accelerator watch --since 1h' tells the ids, and --since looks further back"),
        ("a b", "is no event id"),
        ("", "an empty id means no event: give one"),
    ],
)
def test_trace_refuses_what_means_none_or_several(cloud: Deployment, given: str, told: str) -> None:
    with pytest.raises(Problem, match=told):
        named.of_event(cloud, Told(ONE, OTHER), given)


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> PutEvents:
    """The bus that `fire` puts events on."""
    bus = PutEvents()
    made = replace(deployment(event_bus_name="bus"), is_local=True)
    made.__dict__["events"] = bus
    monkeypatch.setattr(events, "connect", lambda _local: made)
    return bus


def fired(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["fire", "order", *arguments])


def test_fire_prints_the_ids_that_events_got(bus: PutEvents) -> None:
    result = fired("--count", "3")
    assert result.stdout.split() == ["id-0", "id-1", "id-2"]
    assert result.stderr == "sent 3\n"
    told = [json.loads(line) for line in fired("--count", "2", "--json").stdout.splitlines()]
    assert told == [{"eventId": "id-0"}, {"eventId": "id-1"}]


@pytest.mark.parametrize(("is_piped", "bars"), [(False, True), (True, False)])
def test_ids_are_never_written_into_the_progress_bar(
    bus: PutEvents,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    is_piped: bool,
    bars: bool,
) -> None:
    monkeypatch.setattr(events, "errors", Console(stderr=True, force_terminal=True))
    monkeypatch.setattr("pathlib.Path.is_fifo", lambda _: is_piped)
    events.fire("order", count=3, as_json=True)
    told = capsys.readouterr()
    assert [json.loads(line) for line in told.out.splitlines()] == [
        {"eventId": f"id-{n}"} for n in range(3)
    ]
    assert ("Sending" in told.err) == bars


def test_fire_says_on_ctrl_c_how_many_were_sent(
    bus: PutEvents, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    put = bus.put_events

    def interrupted(**given: Any) -> dict[str, Any]:
        os.kill(os.getpid(), signal.SIGINT)
        return put(**given)

    monkeypatch.setattr(bus, "put_events", interrupted)
    with pytest.raises(Interrupted):
        events.fire("order", count=30)
    told = capsys.readouterr()
    assert len(told.out.split()) == len(bus.entries) == 10
    assert told.err == "sent 10 of 30\n"


def watched(wanted: Filter, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    told = Told(ONE, OTHER)
    for each in told.changed():
        each.event["detail"] = {"eventType": "ORDER_PLACED"}
    watch(Watch(told, wanted), Console(), as_json=True, follow=False)
    shown = capsys.readouterr()
    return shown.out.count("\n"), shown.err


@pytest.mark.parametrize("name", ["order", "order_placed", "ORDER_PLACED"])
def test_watch_knows_the_names_that_fire_knows(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert watched(Filter(event_type=name), capsys) == (2, "")


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        (Filter(event_type="ordr"), "none of 2 executions matches: did you mean order?\n"),
        (
            Filter(status="ignored"),
            "none of 2 executions matches: they are uncaught ORDER_PLACED\n",
        ),
    ],
)
def test_a_filter_that_no_execution_passes_says_so(
    wanted: Filter, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert watched(wanted, capsys) == (0, told)


def test_data_is_told_in_lines_that_fit() -> None:
    data = {"hydration": {"id": "322", "of": [1, 2]}, "long": ["a" * 30, "b" * 30], "none": None}
    told = folded(data, 50)
    assert json.loads(told) == data
    assert max(map(len, told.splitlines())) <= 50
    assert '  "hydration": {"id": "322", "of": [1, 2]},' in told.splitlines()
    assert folded(data, 400) == json.dumps(data)
