"""What is seen of executions whose logs hold the record types of level ERROR alone.

The level selects record types, not executions: a success that was retried leaves its failed
attempts, and a failure its end.
"""

import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from rich.console import Console
from typer.testing import CliRunner

from accelerator.cli import app
from accelerator.commands import executions
from accelerator.commands.trace import print_story
from accelerator.commands.watch import line
from accelerator.executions.execution import Execution
from accelerator.executions.logs import ExecutionLogs
from accelerator.executions.watch import Filter, Watch
from accelerator.problem import Problem
from tests.harness.deployments import deployment
from tests.harness.events import order
from tests.harness.execution_logs import logged

HOUR = timedelta(hours=1)
RETRIED = "flaky-2-at-error-level"


# One that stores at once, one that does at its third attempt, and one that fails.
EVENTS = [order(None), order(RETRIED), order("322-NONE-SUCH01")]


@pytest.fixture(scope="module", params=[True, False], ids=["data", "no data"])
def source(mock_api: str, request: pytest.FixtureRequest) -> Iterator[ExecutionLogs]:
    EVENTS[1] = order(f"{RETRIED}-{request.param}")
    with logged(mock_api, EVENTS, "ERROR", request.param) as (cloud, _):
        yield ExecutionLogs(cloud, HOUR)


@pytest.fixture(scope="module")
def told(source: ExecutionLogs) -> list[Execution]:
    return list(source.changed())


@pytest.fixture
def failed(told: list[Execution]) -> Execution:
    (failed,) = [each for each in told if each.outcome == "failed"]
    return failed


@pytest.fixture
def retried(told: list[Execution]) -> Execution:
    (retried,) = [each for each in told if each.outcome == "unlogged"]
    return retried


def test_nothing_is_logged_of_what_succeeded_at_once(told: list[Execution]) -> None:
    assert len(told) == 2


def test_a_success_that_was_retried_does_not_run_for_ever(retried: Execution) -> None:
    assert (retried.outcome, retried.status) == ("unlogged", None)
    assert list(retried.attempts.values()) == [2]
    assert retried.error_code == "ApiUnavailable"
    assert (retried.event_type, retried.event_id) == ("ORDER_PLACED", EVENTS[1]["id"])


def test_a_failure_tells_its_code(failed: Execution) -> None:
    assert failed.error_code == "GraphQLErrors"
    assert failed.event_id == EVENTS[2]["id"]
    assert failed.path[-1] == "EventFailed"


def test_a_start_that_was_not_logged_is_told_as_such(failed: Execution) -> None:
    assert failed.told()["time"] is None
    assert failed.told()["durationMs"] is None
    assert failed.told()["firstRecord"]
    assert str(line(failed)).startswith("not logged")


def test_what_is_not_logged_is_said_where_it_is_looked_for(
    source: ExecutionLogs, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing(*_: object) -> None:
        raise Problem("there is no execution of it")

    monkeypatch.setattr(executions, "of_event", nothing)
    monkeypatch.setattr(executions, "connect", lambda _: source._groups._cloud)
    monkeypatch.setattr(executions, "source", lambda *_: source)
    for words in (["watch", "--no-follow"], ["trace", EVENTS[0]["id"]]):
        told = CliRunner().invoke(app, words).stderr
        assert told.startswith("EXECUTION_LOGS=ERROR logs no success"), told


def test_an_execution_is_none_whose_arn_only_begins_so(
    source: ExecutionLogs, failed: Execution
) -> None:
    with pytest.raises(Problem, match="the logs hold nothing of execution"):
        source.execution(failed.arn[:-4])


def test_trace_finds_a_failure_and_tells_its_failed_attempts(source: ExecutionLogs) -> None:
    (found,) = source.of_event(EVENTS[1]["id"])
    output = io.StringIO()
    print_story(found, deployment(), Console(file=output, width=200), reveal=False)
    assert "time: not logged" in output.getvalue()
    assert output.getvalue().count("attempt ") == 2
    assert "None" not in output.getvalue()


def test_trace_looks_around_the_hit_alone(source: ExecutionLogs) -> None:
    client = source._groups._cloud.logs
    asked: list[Any] = []
    client.meta.events.register(
        "before-parameter-build.cloudwatch-logs.FilterLogEvents",
        lambda params, **_: asked.append(dict(params)),
    )
    source.of_event(EVENTS[2]["id"])
    spans = [
        each["endTime"] - each["startTime"] for each in asked if EVENTS[2]["id"] not in str(each)
    ]
    assert len(spans) == 3
    assert max(spans) < 15 * 60_000


def test_one_that_may_go_on_is_not_told_as_ended(retried: Execution) -> None:
    class Once:
        def changed(self) -> Iterator[Execution]:
            return iter([retried])

    seen = Watch(Once(), Filter())  # type: ignore[arg-type]
    assert list(seen.ended()) == []
    assert retried.first is not None
    with patch.object(retried, "first", retried.first - HOUR):
        assert list(seen.ended()) == [retried]
