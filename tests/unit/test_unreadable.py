"""One bad thing blinds nobody: it is shown as unreadable, with where it is, among the others."""

import asyncio
import io
import json
import subprocess
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from accelerator.commands.trace import print_story
from accelerator.commands.watch import watch
from accelerator.console.failures import Asked, overview
from accelerator.console.feed import Feed
from accelerator.deployment import Deployment
from accelerator.executions.execution import Execution, Record, execution
from accelerator.executions.mask import masked
from accelerator.executions.trace import story
from accelerator.executions.watch import Filter as Wanted
from accelerator.executions.watch import Watch
from accelerator.failures.failure import Filter
from accelerator.failures.look import look
from domain.failures import build
from domain.untrusted import MAX_DEPTH, REASON, parse
from tests.harness.deployments import deployment
from tests.harness.events import order
from tests.unit.test_cli import ACCELERATOR
from tests.unit.test_failures import (
    NOW,
    Starts,
    accelerator,
    account,
    cloud,
    fail,
    failed,
    held,
    listed,
    starts,
)
from tests.unit.test_failures_at_scale import hidden

pytestmark = pytest.mark.slow

__all__ = ["account", "cloud", "starts"]

MADE = datetime(2026, 11, 24, tzinfo=UTC)


def nested(depth: int) -> str:
    return '{"a":' * depth + "1" + "}" * depth


# What takes the place of a value within JSON, and makes a whole of it that cannot be read.
BAD = {
    "1,000 levels": nested(1_000),
    "5,000 levels": nested(5_000),
    "lists": "[" * 1_000 + "]" * 1_000,
    "5,000 digits": "9" * 5_000,
    "beyond all size": "1e999",
    "no number": "NaN",
}
bad = pytest.mark.parametrize("value", BAD.values(), ids=BAD)
# Ids that are none; what holds them can be read.
IDS = [7, 1.5, True, None, ["x"], {"x": 1}, "\ud800", "\x1b[2J", "i" * 10_000]


def with_note(told: Any, value: str) -> str:
    """JSON with a value, given as JSON, as the note of its event."""
    event = told.get("event", told)
    event["detail"]["note"] = "NOTE"
    return json.dumps(told).replace('"NOTE"', value)


@bad
def test_what_cannot_be_walked_or_written_is_not_read(value: str) -> None:
    for text in (value, f'{{"id": {value}}}', f"[{value}]".encode()):
        with pytest.raises(ValueError, match=r"."):
            parse(text)


def test_what_is_read_can_be_walked_and_written() -> None:
    deepest = parse(nested(MAX_DEPTH - 1))
    assert json.loads(json.dumps(masked(deepest), indent=1))
    assert parse('{"a": "\\ud800", "b": 1e300}') == {"a": "\ud800", "b": 1e300}


def queued(cloud: Deployment, value: str) -> str:
    """Puts a failure message into the failure queue, and says where it is."""
    body = with_note(build(failed("bad"), NOW), value)
    sent = cloud.sqs.send_message(QueueUrl=cloud.outputs.failure_queue_url, MessageBody=body)
    return f"message {sent['MessageId']} of the failure queue"


def dead(cloud: Deployment, value: str) -> str:
    url = cloud.outputs.dead_letter_queue_url
    sent = cloud.sqs.send_message(QueueUrl=url, MessageBody=with_note(order("bad"), value))
    return f"message {sent['MessageId']} of the dead-letter queue"


def unsent(cloud: Deployment, value: str) -> str:
    key, body = "failures/unsent/odd", with_note(failed("bad"), value)
    cloud.s3.put_object(Bucket="responses", Key=key, Body=body.encode())
    return key


@bad
def test_a_failure_that_cannot_be_read_is_shown_as_such_with_where_it_is(
    cloud: Deployment, starts: Starts, tmp_path: Path, value: str
) -> None:
    places = [put(cloud, value) for put in (queued, dead, unsent)]
    fail(cloud, "good")
    found = listed()
    assert [each["entityId"] for each in found if each["errorCode"] != "Unreadable"] == ["good"]
    assert len(found) == len(places) + 1
    for where in places:
        (told,) = [each for each in found if where in each["message"]]
        shown = json.loads(accelerator("show", told["id"]))
        assert (shown["event"], value in shown["body"]) == (None, True)
    assert "Unreadable" in accelerator("list")
    assert "Unreadable" in accelerator("list", "--by", "error-code")
    assert accelerator("export", str(tmp_path / "file")) == "exported 4\n"
    assert "started 1, left 3" in accelerator("redrive", "--rate", "1000", code=1)
    assert starts.order_ids() == ["good"]
    assert accelerator("purge", "--exported", str(tmp_path / "file"), "--yes") == "purged 3\n"


@bad
def test_a_stored_event_that_cannot_be_read_is_told_and_hides_no_other(
    cloud: Deployment, tmp_path: Path, value: str
) -> None:
    place = {"bucket": "responses", "key": "failures/events/1.json"}
    body = with_note(order("bad"), value)
    cloud.s3.put_object(Bucket="responses", Key=place["key"], Body=body.encode())
    fail(cloud, "bad", event=None, eventObject=place)
    fail(cloud, "endless", event=None, eventObject=place | {"key": "failures/events/" + "x" * 2000})
    fail(cloud, "good")
    told = accelerator("export", str(tmp_path / "file"), code=1)
    assert told.count("what is stored of it cannot be read") + told.count("no longer where") == 2
    assert told.endswith("exported 1\n")
    ids = {each["entityId"]: each["id"] for each in listed()}
    shown = json.loads(accelerator("show", ids["bad"]))
    assert (shown["event"], shown["eventObject"]) == (None, place)
    assert "cannot be read" in shown["problem"]
    assert "started 1, left 2" in accelerator("redrive", "--rate", "1000", code=1)


@pytest.mark.parametrize("event_id", IDS, ids=repr)
def test_an_event_with_no_id_is_a_failure_like_others(
    cloud: Deployment, starts: Starts, event_id: Any
) -> None:
    event = order("odd") | {"id": event_id}
    message = build(failed("odd", "InvalidEvent") | {"event": event}, NOW)
    cloud.sqs.send_message(
        QueueUrl=cloud.outputs.failure_queue_url, MessageBody=json.dumps(message)
    )
    (told,) = listed()
    assert (told["errorCode"], told["eventId"]) == ("InvalidEvent", None)
    assert json.loads(accelerator("show", told["id"]))["event"] == event
    assert "InvalidEvent" in accelerator("list")
    assert accelerator("redrive", "--rate", "1000") == "started 1, left 0\n"
    assert starts.inputs[0]["id"] == event_id


LONG = "x" * 300_000


@pytest.mark.parametrize(
    "changes",
    [
        {"message": LONG},
        {"errorCode": LONG, "entityId": LONG},
        {"entity": LONG, "executionArn": LONG},
        {"eventObject": {"bucket": LONG, "key": LONG}, "event": None},
        {"more": LONG},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_list_is_short_whatever_a_failure_holds(
    cloud: Deployment, changes: dict[str, Any]
) -> None:
    fail(cloud, "long", **changes)
    (told,) = listed()
    assert len(json.dumps(told)) < 6 * REASON
    assert len(accelerator("list")) < 20 * REASON


@pytest.mark.parametrize("name", ["entity", "executionArn", "attempt", "retryable"])
def test_a_message_with_fields_of_other_forms_cannot_be_read(cloud: Deployment, name: str) -> None:
    changes: dict[str, Any] = {name: ["x"]}
    fail(cloud, "odd", **changes)
    assert [each["errorCode"] for each in listed()] == ["Unreadable"]


@pytest.mark.parametrize("cause", [LONG, json.dumps({"errorMessage": LONG}), {"a": LONG}])
def test_a_failure_message_says_why_in_short(cause: Any) -> None:
    given = failed("x") | {"failed": {LONG: {"Error": LONG, "Cause": cause}}}
    message = build(given, NOW)
    assert len(message["message"]) == REASON
    assert message["message"].endswith("…")
    assert max(len(message[name]) for name in ("errorCode", "failedState", "eventType")) <= 128


def ended(event: str, hydration: str = "{}", **failing: str) -> Execution:
    """An execution that failed: its event and its hydration as JSON texts, and its error."""
    details: list[tuple[str, dict[str, Any]]] = [
        ("ExecutionStarted", {"input": event}),
        ("ChoiceStateEntered", {"name": "RouteByEventType", "input": event}),
        ("TaskStateEntered", {"name": "QueryApi", "input": f'{{"hydration": {hydration}}}'}),
        ("TaskScheduled", {}),
        ("TaskFailed", {"error": "ApiError", "cause": "why"} | failing),
        ("ExecutionFailed", {}),
    ]
    records = [Record(n, kind, MADE, told) for n, (kind, told) in enumerate(details)]
    return execution("the-arn", records)


class Once:
    """A source that tells executions once."""

    def __init__(self, *told: Execution) -> None:
        self._told = list(told)

    def changed(self) -> list[Execution]:
        told, self._told = self._told, []
        return told

    execution = of_event = None


def printed(show: Callable[[Console], object]) -> str:
    file = io.StringIO()
    show(Console(file=file, width=200, force_terminal=False))
    return file.getvalue()


def drawn(*drawable: Any) -> str:
    return printed(lambda console: console.print(*drawable))


def shown_by_watch(*told: Execution) -> str:
    watched = Watch(Once(*told), Wanted())  # type: ignore[arg-type]
    return printed(lambda console: watch(watched, console, as_json=False, follow=False))


def shown_by_trace(told: Execution, reveal: bool) -> str:
    cloud = deployment(response_bucket_name="responses")
    return printed(lambda console: print_story(told, cloud, console, reveal))


@bad
def test_an_execution_whose_event_cannot_be_read_is_shown_as_such(value: str) -> None:
    told = ended(with_note(order("bad"), value), hydration=f'{{"id": {value}}}')
    assert json.loads(json.dumps(story(told), allow_nan=False))["eventType"] == "unreadable"
    shown = shown_by_watch(told, replace(ended(json.dumps(order("good"))), arn="another"))
    assert "unreadable" in shown
    assert "the-arn" in shown
    assert "ORDER_PLACED" in shown
    for reveal in (False, True):
        assert "the-arn" in shown_by_trace(told, reveal)


@pytest.mark.parametrize("value", ["[1]", "5", '"text"', "null", "no JSON", "{}"])
def test_an_execution_of_something_else_is_shown_as_such(value: str) -> None:
    told = ended(value)
    assert "the-arn" in shown_by_watch(told)
    assert story(told)["eventId"] is None


@pytest.mark.parametrize("value", IDS, ids=repr)
def test_an_execution_is_told_with_texts_whatever_its_ids_are(value: Any) -> None:
    told = ended(json.dumps(order() | {"id": value}), hydration=json.dumps({"id": value}))
    told.logged = {"event_id": value, "event_type": value, "entity_id": value, "key": value}
    for name in ("eventId", "eventType", "entityId", "key", "errorCode"):
        assert isinstance(told.told()[name], str | None)
        assert len(told.told()[name] or "") <= 256
    assert told.told()["eventId"] is None
    assert "the-arn" in shown_by_watch(told)


def test_the_console_shows_what_cannot_be_read_among_the_others(cloud: Deployment) -> None:
    for value in BAD.values():
        queued(cloud, value)
    fail(cloud, "good")
    with look(cloud, Filter()) as found:
        told = overview((each.told() for each in found), Asked())
    assert told["count"] == len(BAD) + 1
    for failure in held(cloud):
        json.dumps(failure.whole_or_why(cloud.s3, "responses"), allow_nan=False)


@pytest.mark.parametrize("error", [RecursionError("too deep"), KeyError("x"), MemoryError()])
def test_the_feed_survives_any_exception_and_says_so(error: Exception) -> None:
    good = ended(json.dumps(order("good")))

    class Breaking:
        turns = 0

        def changed(self) -> list[Execution]:
            self.turns += 1
            if self.turns == 1:
                raise error
            return [good]

    async def two_turns() -> list[dict[str, Any]]:
        feed = Feed(Breaking())  # type: ignore[arg-type]
        stream = feed.stream()
        await anext(stream)

        async def read() -> list[dict[str, Any]]:
            return [json.loads((await anext(stream)).removeprefix("data: ")) for _ in range(2)]

        reading, following = asyncio.create_task(read()), asyncio.create_task(feed.follow())
        await asyncio.wait({reading, following}, return_when=asyncio.FIRST_COMPLETED)
        following.cancel()
        return reading.result()

    problem, after = asyncio.run(two_turns())
    assert type(error).__name__ in problem["problem"]
    assert [each["entityId"] for each in after["executions"]] == [good.entity_id]


def test_a_list_whose_reader_leaves_holds_nothing_back(
    cloud: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(15):
        fail(cloud, f"order-{n}")
    left = threading.Event()

    def leave(*_: Any, **__: Any) -> None:
        left.set()
        raise BrokenPipeError(32, "Broken pipe")

    with monkeypatch.context() as gone:
        gone.setattr("builtins.print", leave)
        accelerator("list", "--json", code=1)
    assert left.is_set()
    assert hidden(cloud) == 0
    assert len(listed()) == 15


@pytest.mark.parametrize("arguments", [("cost", "--json"), ("cost",)])
def test_a_reader_who_leaves_gets_no_trace(arguments: tuple[str, ...]) -> None:
    with subprocess.Popen(
        [ACCELERATOR, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1
