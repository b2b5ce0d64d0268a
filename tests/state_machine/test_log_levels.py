"""The executions that `watch` tells of logs of each level, which selects types of records."""

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from rich.console import Console

from accelerator.commands.watch import watch
from accelerator.executions import logs
from accelerator.executions.levels import TYPES
from accelerator.executions.log_groups import Message
from accelerator.executions.logs import ExecutionLogs
from accelerator.executions.watch import Filter, Watch
from accelerator.problem import Problem
from accelerator.redrive_event import from_log
from tests.harness.deployments import deployment
from tests.harness.events import delivered, order
from tests.harness.execution_logs import logged
from tests.integration.soak import some_event

pytestmark = pytest.mark.slow

HOUR = timedelta(hours=1)
# Longer than an execution may last, and its records may take.
LONG_AGO = timedelta(minutes=10)


def three_events() -> list[Any]:
    """One that stores at once, one that does at its third attempt, and one that fails."""
    return [order(None), order(f"flaky-2-{uuid.uuid4()}"), order("322-NONE-SUCH01")]


def watched(source: ExecutionLogs, capsys: pytest.CaptureFixture[str], follow: bool) -> list[Any]:
    capsys.readouterr()
    watch(Watch(source, Filter()), Console(), as_json=True, follow=follow)
    return [json.loads(told) for told in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize("level", TYPES)
def test_each_level_is_read_rightly(
    mock_api: str, level: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = {
        "ALL": ["failed", "stored", "stored"],
        "ERROR": ["failed", "unlogged"],
        "FATAL": ["failed"],
    }
    with logged(mock_api, three_events(), level, with_data=False) as (cloud, _):
        if level == "OFF":
            with pytest.raises(Problem, match="set EXECUTION_LOGS and deploy again"):
                list(ExecutionLogs(cloud).changed())
            return
        told = watched(ExecutionLogs(cloud, HOUR), capsys, follow=False)
    assert sorted(each["outcome"] for each in told) == ended[level]
    (failed,) = [each for each in told if each["outcome"] == "failed"]
    assert failed["errorCode"] == "GraphQLErrors"


@pytest.mark.parametrize("with_data", [True, False])
def test_an_event_of_the_log_is_as_it_first_came(mock_api: str, with_data: bool) -> None:
    event = order("error-404", id="aaaa1111-0000-4000-8000-000000000001")
    given = event | {"redrive": {"attempt": 2}}
    with logged(mock_api, [given], "ALL", with_data) as (cloud, _):
        if with_data:
            assert from_log(cloud, event["id"][:6], force=True) == event
        else:
            with pytest.raises(Problem, match="LOG_EXECUTION_DATA"):
                from_log(cloud, event["id"], force=True)


class Stop(Exception):
    """Ends a watch that would go on."""


class Stopping:
    """In place of the module `time`: nobody waits."""

    @staticmethod
    def sleep(seconds: float) -> None:
        raise Stop


def test_a_soak_at_level_error_leaves_nothing_running(
    mock_api: str, capsys: pytest.CaptureFixture[str]
) -> None:
    events = [delivered(some_event()) for _ in range(40)]
    events += three_events()
    with logged(mock_api, events, "ERROR", with_data=False, ago=LONG_AGO) as (cloud, statuses):
        seen = Watch(ExecutionLogs(cloud, HOUR), Filter())
        with patch("accelerator.commands.watch.time", Stopping), pytest.raises(Stop):
            watch(seen, Console(), as_json=True, follow=True)
    told = [json.loads(each) for each in capsys.readouterr().out.splitlines() if each[0] == "{"]
    told = [each for each in told if "executionArn" in each]
    assert {each["outcome"] for each in told} == {"failed", "unlogged"}
    assert [each["outcome"] for each in told].count("failed") == statuses.count("FAILED")
    assert not seen.running
    assert not seen.waiting


class Endless:
    """Log groups that get lines of an execution without records, and records without an end."""

    states, functions, has_every_type, has_events = "states", ["function"], True, False
    count = 0

    def messages(self, group: str, pattern: str, start: datetime, end: Any) -> Iterator[Message]:
        for _ in range(10):
            self.count += 1
            body: dict[str, Any] = {"execution_arn": f"{group}{self.count}", "event_id": "1"}
            at = datetime.now(UTC)
            if group == "states":
                milliseconds = int(at.timestamp() * 1000)
                body |= {"id": "1", "type": "ExecutionStarted", "event_timestamp": milliseconds}
            yield Message(str(self.count), at, body)


def test_what_is_kept_of_a_log_without_end_is_bounded() -> None:
    source = ExecutionLogs(deployment(), timedelta(seconds=1))
    source._groups = Endless()  # type: ignore[assignment]
    seen = Watch(source, Filter())
    spans: dict[str, Any] = dict.fromkeys(("LONGEST", "LINGER", "OVERLAP"), timedelta(0))
    with patch.multiple(logs, **spans), patch("accelerator.executions.watch.TOLD_AGAIN_SECONDS", 0):
        told = [each for _ in range(50) for each in seen.ended(patient=False)]
    assert len({each.arn for each in told}) >= 490
    kept: Any = (source._kept, source._seen, seen.running, seen.waiting, seen.told)
    assert max(map(len, kept)) <= 20
