"""Executions are seen alike, whether the local cloud tells of them or CloudWatch Logs do."""

import io
import json
import logging
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from rich.console import Console

from accelerator.commands.trace import print_story
from accelerator.commands.watch import watch
from accelerator.deployment import Deployment
from accelerator.executions import log_groups
from accelerator.executions.emulator import EmulatorHistory
from accelerator.executions.execution import Execution, Record, execution
from accelerator.executions.logs import ExecutionLogs
from accelerator.executions.mask import MASK, masked
from accelerator.executions.source import Source
from accelerator.executions.trace import story
from accelerator.executions.watch import Filter, Watch
from accelerator.problem import Problem
from functions.query_api.connection import Connection
from mock_api import events
from tests.harness.deployments import deployment
from tests.harness.events import buyability, delivered, order, order_without_id
from tests.harness.execution_logs import configure_logs, log_executions
from tests.harness.interpreter import interpreter

EVENTS = {
    "stored": order(),
    "item": delivered(events.entry("buyability")),
    "large": order("large-200"),
    "unknown": order("322-NONE-SUCH01"),
    "invalid": order_without_id(),
    "unsupported": delivered(events.put_events_entry("else", {})),
    "ignored": buyability("SKU-1", "sku"),
}
TRACE = "1-5759e988-bd862e3fe1be46a994272793"
SOURCES = ["local cloud", "logs", "logs without data"]


@pytest.fixture(scope="module", params=SOURCES)
def source(request: pytest.FixtureRequest, mock_api: str) -> Iterator[Source]:
    """A source that tells of an execution of each event, the way that a deployment would."""
    connection = Connection(f"{mock_api}/graphql")
    output, with_data = io.StringIO(), request.param != "logs without data"
    handlers = logging.getLogger(os.environ["POWERTOOLS_SERVICE_NAME"]).handlers
    stream = next(each for each in handlers if isinstance(each, logging.StreamHandler))
    traced = patch.dict(os.environ, {"_X_AMZN_TRACE_ID": f"Root={TRACE};Sampled=1"})
    with traced, interpreter(connection) as machine, patch.object(stream, "stream", output):
        EVENTS["retried"] = order(f"flaky-2-{SOURCES.index(request.param)}")
        for event in EVENTS.values():
            machine.run(event)
        cloud = deployment(state_machine_arn=machine.arn)
        if request.param == "local cloud":
            yield EmulatorHistory(cloud)
        else:
            configure_logs(machine, with_data)
            log_executions(machine, with_data, output.getvalue())
            with patch.object(log_groups, "SECONDS_A_CALL", 0):
                yield ExecutionLogs(cloud, timedelta(hours=1))
    connection.close()


@pytest.fixture(scope="module")
def told(source: Source) -> list[Execution]:
    return list(source.changed())


NOW = datetime(2026, 11, 24, tzinfo=UTC)


def of(told: list[Execution], name: str) -> Execution:
    (found,) = [each for each in told if each.event_id == EVENTS[name]["id"]]
    return found


def test_a_stored_event_is_told_with_its_way_and_its_object(told: list[Execution]) -> None:
    stored = of(told, "stored").told()
    assert stored.pop("time").endswith("+00:00")
    assert stored.pop("firstRecord").endswith("+00:00")
    assert stored.pop("durationMs") >= 0
    assert stored.pop("executionArn").startswith("arn:aws:states:")
    assert stored == {
        "eventId": EVENTS["stored"]["id"],
        "eventType": "ORDER_PLACED",
        "entityId": "322-F7BK-3EVJE7",
        "status": "SUCCEEDED",
        "outcome": "stored",
        "path": [
            *("RouteByEventType", "HydrateOrder", "ExtractId", "QueryApi", "ResponseStored?"),
            *("StoreResponse", "EventHydrated"),
        ],
        "attempts": {"ExtractId": 1, "QueryApi": 1, "StoreResponse": 1},
        "key": "order/ORDER_PLACED/2026-11-24/20261124T081850Z_322-F7BK-3EVJE7"
        f"_{EVENTS['stored']['id']}.json",
        "errorCode": None,
    }


@pytest.mark.parametrize(
    ("name", "outcome", "event_type", "entity_id", "error_code"),
    [
        ("item", "stored", "santos.buyability.status.change", "nfvc38bft2o193", None),
        ("large", "stored", "ORDER_PLACED", "large-200", None),
        ("unknown", "failed", "ORDER_PLACED", "322-NONE-SUCH01", "GraphQLErrors"),
        ("invalid", "failed", "ORDER_PLACED", None, "InvalidEvent"),
        ("unsupported", "failed", "else", None, "UnsupportedEvent"),
    ],
)
def test_what_became_of_each_event(
    told: list[Execution],
    name: str,
    outcome: str,
    event_type: str,
    entity_id: str | None,
    error_code: str | None,
) -> None:
    execution = of(told, name)
    assert execution.outcome == outcome
    assert execution.event_type == event_type
    assert execution.entity_id == entity_id
    assert execution.error_code == error_code
    assert (execution.key is not None) == (outcome == "stored")


def test_attempts_are_counted(told: list[Execution]) -> None:
    assert of(told, "retried").attempts["QueryApi"] == 3


def test_an_ignored_event_is_told_as_ignored(told: list[Execution]) -> None:
    (ignored,) = [each for each in told if each.outcome == "ignored"]
    assert ignored.path == ["RouteByEventType", "IgnoreEvent"]


def test_nothing_is_told_twice(source: Source, told: list[Execution]) -> None:
    assert len(told) == len(EVENTS)
    assert list(source.changed()) == []


def test_the_newest_is_told_before_any_other_is_read(
    source: Source, told: list[Execution], request: pytest.FixtureRequest
) -> None:
    machine = told[0].arn.replace(":execution:", ":stateMachine:").rsplit(":", 1)[0]
    cloud = deployment(state_machine_arn=machine)
    anew: Any = type(source)(cloud, timedelta(hours=1))  # type: ignore[call-arg]
    client = cloud.emulator if "local cloud" in request.node.name else cloud.logs
    asked: list[Any] = []
    client.meta.events.register(
        "before-parameter-build.*", lambda params, **_: asked.append(dict(params))
    )
    first = next(iter(anew.changed()))
    assert first.first == max(each.first for each in told if each.first)
    assert len([each for each in asked if "executionArn" in each]) <= 1
    spans = [each["endTime"] - each["startTime"] for each in asked if "endTime" in each]
    assert all(span <= 2 * 60_000 for span in spans)


class Once:
    """A source that has told nothing yet."""

    def __init__(self, told: list[Execution]) -> None:
        self._told = told

    def changed(self) -> Iterator[Execution]:
        told, self._told = self._told, []
        return iter(told)

    def execution(self, arn: str) -> Execution:
        raise NotImplementedError

    def of_event(self, event_id: str) -> list[Execution]:
        raise NotImplementedError


def watched(told: list[Execution], wanted: Filter, as_json: bool = False) -> str:
    output = io.StringIO()
    console = Console(file=output, width=400)
    watch(Watch(Once(told), wanted), console, as_json, follow=False)
    return output.getvalue()


def test_watch_shows_time_type_id_way_attempts_duration_and_result(told: list[Execution]) -> None:
    shown = watched(told, Filter())
    assert shown.count("\n") == 2 * len(EVENTS) + sum(bool(each.key) for each in told)
    retried = of(told, "retried")
    assert f"ORDER_PLACED  {retried.entity_id}  {retried.seconds:.2f} s  stored" in shown
    assert str(retried.key) in shown
    assert "HydrateOrder > ExtractId > QueryApi ×3 > ResponseStored?" in shown  # noqa: RUF001
    assert f"failed  GraphQLErrors  {EVENTS['unknown']['id']}" in shown


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (Filter(status="failed"), {"unknown", "invalid", "unsupported"}),
        (Filter(entity_id="large-200"), {"large"}),
        (Filter(event_type="santos.buyability.status.change", status="stored"), {"item"}),
    ],
)
def test_watch_filters(
    told: list[Execution],
    wanted: Filter,
    names: set[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    watched(told, wanted, as_json=True)
    lines = map(json.loads, capsys.readouterr().out.splitlines())
    assert {line["eventId"] for line in lines} == {EVENTS[name]["id"] for name in names}


def test_an_event_is_found_with_its_retries_and_its_message(source: Source) -> None:
    (found,) = source.of_event(EVENTS["retried"]["id"])
    (query,) = [visit for visit in found.visits if visit.name == "QueryApi"]
    assert len(query.attempts) == 3
    assert source.execution(found.arn).told() == found.told()
    assert source.of_event("no-such-event") == []


def test_an_execution_that_is_unknown_is_a_problem(source: Source, told: list[Execution]) -> None:
    with pytest.raises(Problem, match="execution"):
        source.execution(told[0].arn + "0")


def shown_story(found: Execution, reveal: bool) -> str:
    return shown_on(deployment(response_bucket_name="responses"), found, reveal)


def shown_on(
    cloud: Deployment, found: Execution, reveal: bool, width: int = 100_000, **console: Any
) -> str:
    output = io.StringIO()
    print_story(found, cloud, Console(file=output, width=width, **console), reveal)
    return output.getvalue()


@pytest.mark.parametrize("is_terminal", [False, True])
def test_no_key_is_broken_over_lines(source: Source, is_terminal: bool) -> None:
    (retried,) = source.of_event(EVENTS["retried"]["id"])
    cloud = deployment(response_bucket_name="responses")
    shown = shown_on(cloud, retried, False, 80, force_terminal=is_terminal, color_system=None)
    assert len(retried.key or "") > 80
    assert shown.count(str(retried.key)) == shown.count(".json") > 0


def test_trace_tells_each_attempt_and_where_the_event_ended(
    source: Source, request: pytest.FixtureRequest
) -> None:
    (retried,) = source.of_event(EVENTS["retried"]["id"])
    shown = shown_story(retried, reveal=False)
    assert "attempt 3 after" in shown
    assert f"object: s3://responses/{retried.key}" in shown
    assert "https://us-east-1.console.aws.amazon.com/s3/object/responses" in shown
    (unknown,) = source.of_event(EVENTS["unknown"]["id"])
    assert "message: " in shown_story(unknown, reveal=False)
    if "without data" not in request.node.name:
        assert "ApiUnavailable: " in shown
        assert "accelerator failures show " in shown_story(unknown, reveal=False)


def test_no_address_is_told_that_a_browser_may_not_open(source: Source) -> None:
    (retried,) = source.of_event(EVENTS["retried"]["id"])
    local = replace(deployment(response_bucket_name="responses"), is_local=True)
    shown = shown_on(local, retried, reveal=False)
    assert f"object: s3://responses/{retried.key}" in shown
    assert "http" not in shown.rpartition("object: ")[2]


def test_trace_tells_the_x_ray_trace(source: Source, request: pytest.FixtureRequest) -> None:
    (found,) = source.of_event(EVENTS["stored"]["id"])
    # The local cloud traces nothing.
    traced = "local cloud" not in request.node.name
    assert story(found)["traceId"] == (TRACE if traced else None)
    assert f"traceId: {TRACE if traced else 'not known'}" in shown_story(found, reveal=False)


def test_what_nobody_has_called_safe_is_masked() -> None:
    detail = {"eventType": "ORDER_PLACED", "giftNote": "For Ana", "prices": [1, 2], "none": None}
    assert masked({"id": "e", "detail": detail, "data": {"id": "x", "__typename": "Order"}}) == {
        "id": "e",
        "detail": detail | {"giftNote": MASK, "prices": [MASK, MASK]},
        "data": {"id": MASK, "__typename": "Order"},
    }


CUSTOMER = "Ana Gómez"


def test_trace_masks_the_customer_unless_told(
    source: Source, request: pytest.FixtureRequest
) -> None:
    (found,) = source.of_event(EVENTS["stored"]["id"])
    assert CUSTOMER not in shown_story(found, reveal=False)
    assert CUSTOMER not in json.dumps(story(found, reveal=False))
    if "without data" not in request.node.name:
        assert MASK in shown_story(found, reveal=False)
        assert CUSTOMER in shown_story(found, reveal=True)


def test_what_is_older_than_asked_for_is_not_told(source: Source, told: list[Execution]) -> None:
    machine = told[0].arn.replace(":execution:", ":stateMachine:").rsplit(":", 1)[0]
    cloud = deployment(state_machine_arn=machine)
    assert list(type(source)(cloud, timedelta(0)).changed()) == []  # type: ignore[call-arg]


def test_records_may_come_in_any_order(told: list[Execution]) -> None:
    seconds = [datetime(2026, 11, 24, tzinfo=UTC) + timedelta(seconds=n) for n in range(3)]
    records = [
        Record(1, "ExecutionStarted", seconds[0], {"input": "{}"}),
        Record(2, "TaskStateEntered", seconds[0], {"name": "QueryApi", "input": "{}"}),
        Record(3, "TaskScheduled", seconds[1], {}),
        Record(4, "TaskTimedOut", seconds[2], {"error": "States.Timeout"}),
        Record(5, "ExecutionTimedOut", seconds[2], {}),
    ]
    forwards, backwards = execution("arn", records), execution("arn", records[::-1])
    assert forwards == backwards
    assert (forwards.status, forwards.outcome) == ("TIMED_OUT", "uncaught")
    assert forwards.error_code == "States.Timeout"


@pytest.mark.parametrize("logged", [slice(0, None), slice(2, None)], ids=["ALL", "ERROR"])
def test_of_an_event_that_is_nowhere_it_is_told_how_to_start_it_again(logged: slice) -> None:
    records = [
        Record(1, "ExecutionStarted", NOW, {"input": '{"id": "one"}'}),
        Record(2, "TaskStateEntered", NOW, {"name": "StoreFailure", "input": "{}"}),
        Record(3, "TaskFailed", NOW, {"error": "S3.S3Exception"}),
        Record(4, "ExecutionFailed", NOW, {"error": "S3.S3Exception"}),
    ]
    found = execution("arn", records[logged], [{"event_id": "one"}])
    assert found.outcome == "uncaught"
    held = found.event == {"id": "one"}
    command = "redrive-event one" if held else "replay, or redrive-event FILE"
    assert f"bucket: accelerator {command}\n" in shown_story(found, reveal=False)


def test_an_execution_that_is_told_again_is_shown_once(told: list[Execution]) -> None:
    seen = Watch(Once([told[0]]), Filter())
    assert len(list(seen.ended(patient=False))) == 1
    seen.source = Once([told[0]])
    assert list(seen.ended(patient=False)) == []


def test_running_executions_are_shown_while_they_run(told: list[Execution]) -> None:
    first: Any = of(told, "stored")
    running = Execution(first.arn, event=first.event, visits=first.visits[:4])
    seen = Watch(Once([running]), Filter())
    assert list(seen.ended()) == []
    assert [each.path[-1] for each in seen.running.values()] == ["QueryApi"]
    seen.source = Once([first])
    assert list(seen.ended()) == [first]
    assert not seen.running
