"""Failures by the thousand, with SQS as unhelpful as it may be."""

import io
import itertools
import json
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.core.utils import unix_time_millis
from rich.console import Console
from typer.testing import CliRunner

from accelerator.commands import failure_tables
from accelerator.commands import failures as failures_cli
from accelerator.deployment import Deployment
from accelerator.failures import queue, redrive
from accelerator.failures.failure import Failure, Filter
from accelerator.failures.look import Look, look
from accelerator.processes import Interrupted, interrupts_deferred
from tests.harness.deployments import with_output
from tests.harness.events import order
from tests.unit.test_failures import (
    Starts,
    accelerator,
    account,
    cloud,
    fail,
    failed,
    leave_unsent,
    listed,
    order_id,
    starts,
)

pytestmark = pytest.mark.slow

__all__ = ["account", "cloud", "starts"]


def hidden(cloud: Deployment) -> int:
    """How many messages of both queues cannot be received now."""
    name: Any = "ApproximateNumberOfMessagesNotVisible"
    return sum(
        int(
            cloud.sqs.get_queue_attributes(
                QueueUrl=getattr(cloud.outputs, url), AttributeNames=[name]
            )["Attributes"][name]
        )
        for url in ("failure_queue_url", "dead_letter_queue_url")
    )


def test_what_cannot_be_redriven_hides_nothing_that_can(cloud: Deployment, starts: Starts) -> None:
    for n in range(12):
        fail(cloud, f"odd-{n}", event={"id": "odd"})
    for n in range(5):
        fail(cloud, f"good-{n}")
    told = accelerator("redrive", "--rate", "1000", code=1)
    assert "left 12, such as " in told
    assert told.splitlines()[-1] == "started 5, left 12"
    assert len(starts.inputs) == 5
    assert hidden(cloud) == 0


def test_what_fails_again_is_left_for_the_next_time(
    cloud: Deployment, starts: Starts, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = starts.start_execution

    def start_and_fail_again(**arguments: Any) -> None:
        start(**arguments)
        event = json.loads(arguments["input"])
        fail(cloud, order_id(event), eventId=event["id"])

    monkeypatch.setattr(starts, "start_execution", start_and_fail_again)
    for n in range(35):
        fail(cloud, f"order-{n}")
    assert accelerator("redrive", "--rate", "1000") == "started 35, left 0\n"
    assert len(starts.inputs) == 35
    assert len(listed()) == 35
    assert hidden(cloud) == 0


@pytest.fixture
def failing_for_ever(cloud: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """One failure that is there, and with each receive one more, sent later than any look."""
    receive = cloud.sqs.receive_message

    def receive_and_fail_another(**arguments: Any) -> Any:
        received = receive(**arguments)
        fail(cloud, "another")
        for message in received.get("Messages", []):
            if json.loads(message["Body"])["entityId"] == "another":
                message["Attributes"]["SentTimestamp"] = "9999999999999"
        return received

    fail(cloud, "was-there")
    monkeypatch.setattr(cloud.sqs, "receive_message", receive_and_fail_another)
    with_output(cloud, dead_letter_queue_url=empty_queue(cloud))


@pytest.mark.usefixtures("failing_for_ever")
def test_a_redrive_ends_while_others_fail_for_ever(cloud: Deployment, starts: Starts) -> None:
    result = redrive.redrive(cloud, Filter(event_type="ORDER_PLACED"), 1000)
    assert (result.started, starts.order_ids()) == (1, ["was-there"])


@pytest.mark.usefixtures("failing_for_ever")
def test_a_list_ends_while_others_fail_for_ever(cloud: Deployment) -> None:
    assert [each["entityId"] for each in listed()] == ["was-there"]


def empty_queue(cloud: Deployment) -> str:
    return cloud.sqs.create_queue(QueueName="empty")["QueueUrl"]


def test_messages_that_come_again_do_not_end_a_look(
    cloud: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(25):
        fail(cloud, f"order-{n}")
    receive, before = cloud.sqs.receive_message, list[Any]()

    def receive_or_repeat(**arguments: Any) -> Any:
        if before:
            return {"Messages": before.pop()}
        received = receive(**arguments)
        if "Messages" in received:
            before.append(received["Messages"])
        return received

    monkeypatch.setattr(cloud.sqs, "receive_message", receive_or_repeat)
    assert len(listed()) == 25


def test_holds_that_run_out_are_taken_in_stride(
    cloud: Deployment, starts: Starts, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = starts.start_execution
    late = [0]

    def start_late(**arguments: Any) -> None:
        late[0] += (queue.HOLD_SECONDS + 1) * 1000
        start(**arguments)

    monkeypatch.setattr("moto.sqs.models.unix_time_millis", lambda: unix_time_millis() + late[0])
    monkeypatch.setattr(starts, "start_execution", start_late)
    for n in range(12):
        fail(cloud, f"order-{n}")
    result = redrive.redrive(cloud, Filter(), 1000)
    # None is started twice, and whatever could not be deleted is told and there for the next time.
    assert (result.started, result.problem) == (12, None)
    assert len(starts.inputs) == 12
    assert len(listed()) == result.undeleted
    assert hidden(cloud) == 0


def test_holds_are_renewed_while_a_look_lasts(
    cloud: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(12):
        fail(cloud, f"order-{n}")
    monkeypatch.setattr(queue, "HOLD_SECONDS", 1)
    monkeypatch.setattr(queue, "RENEWAL_SECONDS", 0.01)
    renewed: list[int] = []
    change = cloud.sqs.change_message_visibility_batch

    def noted(**arguments: Any) -> Any:
        renewed.extend(entry["VisibilityTimeout"] for entry in arguments["Entries"])
        return change(**arguments)

    monkeypatch.setattr(cloud.sqs, "change_message_visibility_batch", noted)
    with look(cloud, Filter()) as found:
        assert len(list(found)) == 12
        while renewed.count(1) < 24:
            threading.Event().wait(0.01)
        assert hidden(cloud) == 12
    assert hidden(cloud) == 0


def test_a_look_that_is_interrupted_hides_nothing(cloud: Deployment) -> None:
    for n in range(15):
        fail(cloud, f"order-{n}")
    with suppress(KeyboardInterrupt), look(cloud, Filter()) as found:
        assert len(list(itertools.islice(found, 12))) == 12
        assert hidden(cloud) > 0
        raise KeyboardInterrupt
    assert hidden(cloud) == 0


def test_a_redrive_that_is_stopped_finishes_what_is_in_flight(
    cloud: Deployment, starts: Starts
) -> None:
    for n in range(30):
        fail(cloud, f"order-{n}")
    result = redrive.redrive(cloud, Filter(), 1000, stop=lambda: len(starts.inputs) >= 7)
    assert 7 <= result.started == len(starts.inputs) < 30
    assert hidden(cloud) == 0
    assert len(listed()) == 30 - result.started


def test_progress_counts_against_what_was_there(cloud: Deployment, starts: Starts) -> None:
    for n in range(4):
        fail(cloud, f"order-{n}")
    told: list[tuple[int, int]] = []
    redrive.redrive(cloud, Filter(), 1000, lambda done, of: told.append((done, of)))
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


@pytest.fixture
def account_with_a_machine(cloud: Deployment) -> Iterator[Deployment]:
    definition = {"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}
    made = cloud.stepfunctions.create_state_machine(
        name="HydrateEvent",
        definition=json.dumps(definition),
        roleArn="arn:aws:iam::123456789012:role/any",
        type="EXPRESS",
    )
    before = cloud.outputs.state_machine_arn
    with_output(cloud, state_machine_arn=made["stateMachineArn"])
    yield cloud
    with_output(cloud, state_machine_arn=before)


class Turns:
    """A pace that counts turns and waits for none."""

    taken = 0

    def __init__(self, rate: float) -> None:
        Turns.taken = 0

    def wait(self, **_: Any) -> None:
        Turns.taken += 1


def test_a_start_that_is_throttled_is_repeated_within_the_rate(
    account_with_a_machine: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    from moto.core.exceptions import AWSError
    from moto.stepfunctions.responses import StepFunctionResponse

    monkeypatch.undo()

    class ThrottlingException(AWSError):
        TYPE = "ThrottlingException"
        STATUS = 400

    start, refusals = StepFunctionResponse.start_execution, iter([1, 1])

    def throttle(response: StepFunctionResponse) -> Any:
        if next(refusals, None):
            raise ThrottlingException("Rate exceeded")
        return start(response)

    monkeypatch.setattr(StepFunctionResponse, "start_execution", throttle)
    monkeypatch.setattr(redrive, "Pace", Turns)
    monkeypatch.setattr(queue, "WAIT_SECONDS", 0)
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    fail(account_with_a_machine, "throttled")
    result = redrive.redrive(account_with_a_machine, Filter(), 1000)
    assert (result.started, result.left) == (1, {})
    assert Turns.taken == 3


def test_a_pace_lets_so_many_through(monkeypatch: pytest.MonkeyPatch) -> None:
    now, slept = [100.0], list[float]()

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    monkeypatch.setattr("accelerator.failures.redrive.time.monotonic", lambda: now[0])
    monkeypatch.setattr("accelerator.failures.redrive.time.sleep", sleep)
    pace = redrive.Pace(rate=4)
    for _ in range(3):
        pace.wait()
    assert slept == [0, 0.25, 0.25]


def test_a_terminal_shows_the_first_failures_while_others_are_looked_for(
    cloud: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(3):
        fail(cloud, f"order-{n:02}")
    terminal = Console(file=io.StringIO(), force_terminal=True, width=80, height=24)
    monkeypatch.setattr(failure_tables, "output", terminal)

    def failures(found: Look) -> Iterator[Failure]:
        for failure in found:
            yield failure
            # The table is drawn by now, and the next one is asked for.
            assert failure.id[:8] in terminal.file.getvalue()  # type: ignore[attr-defined]
            return

    with look(cloud, Filter()) as found:
        assert failure_tables.print_oldest(failures(found), None) == 1


def test_the_list_shows_the_oldest_and_counts_all(cloud: Deployment) -> None:
    for n in range(30):
        fail(cloud, f"order-{n:02}", time=f"2026-11-24T08:{59 - n}:00+00:00")
    shown = accelerator("list", "--limit", "3")
    assert [word for word in shown.split() if word.startswith("order-")] == [
        *("order-29", "order-28", "order-27")
    ]
    assert "the oldest 3 of 30" in shown
    assert accelerator("list", "--all").count("order-") == 30


@pytest.mark.parametrize(
    ("by", "values"),
    [
        ("error-code", ["ApiUnavailable", "2", "ApiRejected", "1"]),
        ("category", ["transient", "2", "permanent", "1"]),
        ("event-type", ["ORDER_PLACED", "3"]),
        ("state", ["QueryApi", "3"]),
        ("hour", ["2026-11-24T08:00", "1", "2026-11-24T09:00", "2"]),
    ],
)
def test_failures_are_counted_by_what_they_have_in_common(
    cloud: Deployment, by: str, values: list[str]
) -> None:
    fail(cloud, "a", time="2026-11-24T08:18:00+00:00")
    fail(cloud, "b", time="2026-11-24T09:18:00+00:00")
    fail(cloud, "c", "ApiRejected", time="2026-11-24T09:18:00+00:00")
    lines = accelerator("list", "--by", by).splitlines()[3:]
    assert [word for line in lines for word in line.split()[:2]] == values
    (oldest,) = {each["id"][:8] for each in listed()} & {lines[0].split()[-1]}
    assert oldest


def test_counts_are_told_as_json_too(cloud: Deployment) -> None:
    for n in range(2):
        fail(cloud, f"order-{n}", time=f"2026-11-24T0{n}:18:00+00:00")
    fail(cloud, "c", "ApiRejected")
    told = accelerator("list", "--by", "category", "--json")
    transient, permanent = map(json.loads, told.splitlines())
    assert (permanent["value"], permanent["count"]) == ("permanent", 1)
    assert (transient["value"], transient["count"]) == ("transient", 2)
    assert transient["oldest"] == "2026-11-24T00:18:00+00:00"
    assert accelerator("show", transient["example"])


def test_an_export_is_not_written_over(cloud: Deployment, tmp_path: Path) -> None:
    file = tmp_path / "failures.jsonl"
    fail(cloud, "purged")
    accelerator("export", str(file))
    kept = file.read_text()
    accelerator("purge", "--exported", str(file), "--yes")
    fail(cloud, "later")
    result = CliRunner().invoke(failures_cli.app, ["export", str(file)])
    assert "is there already: give another name, or --force" in str(result.exception)
    assert file.read_text() == kept
    assert accelerator("export", str(file), "--force") == "exported 1\n"
    assert "purged" not in file.read_text()


@pytest.mark.parametrize("before", [None, "kept"])
def test_an_export_of_nothing_writes_nothing(
    cloud: Deployment, tmp_path: Path, before: str | None
) -> None:
    file = tmp_path / "failures.jsonl"
    if before:
        file.write_text(before)
    fail(cloud, "a")
    told = accelerator("export", str(file), "--force", "--error-code", "NoSuch")
    assert told == "exported 0\n"
    assert [each.read_text() for each in tmp_path.iterdir()] == ([before] if before else [])


def test_purge_takes_what_was_exported_and_nothing_else(cloud: Deployment, tmp_path: Any) -> None:
    file = tmp_path / "failures.jsonl"
    for n in range(12):
        fail(cloud, f"order-{n}")
    assert accelerator("export", str(file)) == "exported 12\n"
    fail(cloud, "later")
    assert accelerator("purge", "--exported", str(file), "--yes") == "purged 12\n"
    assert [each["entityId"] for each in listed()] == ["later"]
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize(
    "arguments", [[], ["--yes"], ["", "--yes"], [" ", "--yes"], ["--exported", "/nowhere"]]
)
def test_purge_has_to_be_told_what(cloud: Deployment, arguments: list[str]) -> None:
    from accelerator.problem import Problem

    fail(cloud, "kept")
    with pytest.raises((Problem, AssertionError)):
        accelerator("purge", *arguments)
    assert len(listed()) == 1


@pytest.mark.parametrize("command", ["show", "redrive", "purge"])
def test_an_empty_id_is_refused(cloud: Deployment, command: str, starts: Starts) -> None:
    fail(cloud, "kept")
    accelerator(command, "", code=2)
    assert starts.inputs == []
    assert len(listed()) == 1


FOREIGN = [
    {"bucket": "responses", "key": "order/ORDER_PLACED/somebody.json"},
    {"bucket": "elsewhere", "key": "failures/events/1.json"},
    {"bucket": "responses", "key": 5},
    {},
]


@pytest.mark.parametrize("place", FOREIGN)
def test_a_foreign_object_is_neither_read_nor_removed(
    cloud: Deployment, starts: Starts, place: dict[str, Any]
) -> None:
    key = "order/ORDER_PLACED/somebody.json"
    cloud.s3.put_object(Bucket="responses", Key=key, Body=json.dumps(order("x")).encode())
    fail(cloud, "points-away", event=None, eventObject=place)
    fail(cloud, "good")
    assert "started 1, left 1" in accelerator("redrive", "--rate", "1000", code=1)
    assert starts.order_ids() == ["good"]
    assert accelerator("purge", "--all", "--yes") == "purged 1\n"
    assert cloud.s3.list_objects_v2(Bucket="responses")["KeyCount"] == 1


ODD_OBJECTS = [
    *(b"no JSON", b"[1]", b"{}", b"\xff", b"[" * 100_000, b" " * 2_000_000),
    json.dumps(failed("x") | {"failed": {}}).encode(),
]
ODD_MESSAGES: list[dict[str, Any]] = [
    *({"schemaVersion": version} for version in ("2.0", None, 1)),
    *({"time": time} for time in ("yesterday", None, "2026-11-24T08:18:50")),
    *({"event": event} for event in ([1], "text")),
    *({name: 5} for name in ("errorCode", "message", "eventType", "eventObject")),
]


def test_what_has_another_form_is_shown_and_left(cloud: Deployment, starts: Starts) -> None:
    for n, body in enumerate(ODD_OBJECTS):
        cloud.s3.put_object(Bucket="responses", Key=f"failures/unsent/odd-{n}.json", Body=body)
    for changes in ODD_MESSAGES:
        fail(cloud, str(changes), **changes)
    fail(cloud, "good")
    found = {each["id"]: each for each in listed()}
    odd = [name for name, each in found.items() if each["errorCode"] == "Unreadable"]
    assert [each["entityId"] for name, each in found.items() if name not in odd] == ["good"]
    assert len(odd) == len(ODD_OBJECTS + ODD_MESSAGES)
    assert "Unreadable" in accelerator("list")
    for name in odd:
        assert json.loads(accelerator("show", name))["category"] == "permanent"
    assert f"started 1, left {len(odd)}" in accelerator("redrive", "--rate", "1000", code=1)
    assert starts.order_ids() == ["good"]
    told = accelerator("purge", "--error-code", "Unreadable", "--yes")
    assert told == f"purged {len(odd)}\n"


def test_an_unsent_failure_that_comes_meanwhile_is_left(
    cloud: Deployment, starts: Starts, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import UTC, datetime

    leave_unsent(cloud, "later")
    monkeypatch.setattr(redrive, "now_of", lambda _: datetime(2020, 1, 1, tzinfo=UTC))
    assert redrive.redrive(cloud, Filter(), 1000).started == 0
    assert len(listed()) == 1


def test_what_is_exported_holds_the_event_wherever_it_was(cloud: Deployment, tmp_path: Any) -> None:
    event, place = order("large"), {"bucket": "responses", "key": "failures/events/1.json"}
    cloud.s3.put_object(Bucket="responses", Key=place["key"], Body=json.dumps(event).encode())
    fail(cloud, "large", event=None, eventObject=place)
    fail(cloud, "odd", schemaVersion="2.0")
    file = tmp_path / "failures.jsonl"
    assert accelerator("export", str(file)) == "exported 2\n"
    lines = {line["errorCode"]: line for line in map(json.loads, file.read_text().splitlines())}
    assert lines["ApiUnavailable"]["event"] == event
    assert json.loads(lines["Unreadable"]["body"])["entityId"] == "odd"


def test_what_cannot_be_exported_whole_is_not_purged(cloud: Deployment, tmp_path: Any) -> None:
    gone = {"bucket": "responses", "key": "failures/events/gone.json"}
    fail(cloud, "gone", event=None, eventObject=gone)
    fail(cloud, "good")
    file = str(tmp_path / "failures.jsonl")
    told = accelerator("export", file, code=1)
    assert "its event is no longer where it was stored" in told
    assert told.endswith("exported 1\n")
    assert accelerator("purge", "--exported", file, "--yes") == "purged 1\n"
    assert [each["entityId"] for each in listed()] == ["gone"]


def test_what_somebody_else_looks_at_is_waited_for(
    cloud: Deployment, starts: Starts, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(15):
        fail(cloud, f"order-{n}")
    with look(cloud, Filter()) as others:
        taken = itertools.islice(others, 5)
        assert len(list(taken)) == 5
        monkeypatch.setattr(redrive, "PATIENCE_SECONDS", 0)
        told = accelerator("redrive", "--rate", "1000", code=1)
        assert "about 10 are being looked at by somebody else" in told
        assert told.endswith("started 5, left 0\n")
    assert accelerator("redrive", "--rate", "1000") == "started 10, left 0\n"
    assert len(starts.inputs) == 15


def test_a_service_that_breaks_off_ends_a_redrive_with_its_summary(
    cloud: Deployment, starts: Starts, monkeypatch: pytest.MonkeyPatch
) -> None:
    receive, calls = cloud.sqs.receive_message, itertools.count()

    def break_off(**arguments: Any) -> Any:
        if next(calls) == 2:
            raise ClientError({"Error": {"Code": "ServiceUnavailable"}}, "ReceiveMessage")
        return receive(**arguments)

    for n in range(40):
        fail(cloud, f"order-{n}")
    monkeypatch.setattr(cloud.sqs, "receive_message", break_off)
    result = redrive.redrive(cloud, Filter(), 1000)
    assert result.started == 20
    assert "ServiceUnavailable" in str(result.problem)
    assert len(listed()) == 20


def test_a_failure_that_cannot_be_released_keeps_no_other_hidden(
    cloud: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    change, calls = cloud.sqs.change_message_visibility_batch, itertools.count()

    def fail_once(**arguments: Any) -> Any:
        if next(calls) == 0:
            raise ClientError({"Error": {"Code": "Throttled"}}, "ChangeMessageVisibilityBatch")
        return change(**arguments)

    for n in range(40):
        fail(cloud, f"order-{n}")
    monkeypatch.setattr(cloud.sqs, "change_message_visibility_batch", fail_once)
    with suppress(ClientError), look(cloud, Filter()) as found:
        assert len(list(found)) == 40
    assert hidden(cloud) == 10


def test_a_stored_event_that_cannot_be_removed_is_told(
    cloud: Deployment, starts: Starts, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = {"bucket": "responses", "key": "failures/events/1.json"}
    body = json.dumps(order("large")).encode()
    cloud.s3.put_object(Bucket="responses", Key=place["key"], Body=body)

    def refuse(**_: Any) -> Any:
        raise ClientError({"Error": {"Code": "AccessDenied"}}, "DeleteObject")

    monkeypatch.setattr(cloud.s3, "delete_object", refuse)
    fail(cloud, "large", event=None, eventObject=place)
    fail(cloud, "good")
    told = accelerator("redrive", "--rate", "1000")
    assert "1 stored event could not be removed" in told
    monkeypatch.undo()
    assert len(starts.inputs) == 2


def test_what_a_failure_holds_reaches_no_terminal_as_control_characters(cloud: Deployment) -> None:
    fail(cloud, "x\x1b[2J", message="half \ud83d \x1b]0;title\x07", errorCode="a\u202eb")
    for arguments in (["list"], ["list", "--by", "error-code"]):
        shown = accelerator(*arguments)
        assert not {"\x1b", "\x07", "\ud83d", "\u202e"} & set(shown)


def test_an_id_that_is_given_whole_is_meant_alone_by_show(cloud: Deployment) -> None:
    for name in ("one", "one-2"):
        key = f"failures/unsent/{name}.json"
        cloud.s3.put_object(Bucket="responses", Key=key, Body=json.dumps(failed(name)).encode())
    assert json.loads(accelerator("show", "one"))["id"] == "one"


def test_an_interrupt_while_messages_are_released_waits_for_the_summary(
    cloud: Deployment, starts: Starts, monkeypatch: pytest.MonkeyPatch
) -> None:
    change = cloud.sqs.change_message_visibility_batch

    def interrupted(**arguments: Any) -> Any:
        os.kill(os.getpid(), signal.SIGTERM)
        return change(**arguments)

    monkeypatch.setattr(cloud.sqs, "change_message_visibility_batch", interrupted)
    fail(cloud, "odd", event={"id": "odd"})
    fail(cloud, "good")
    told: list[tuple[int, int]] = []
    with suppress(Interrupted), interrupts_deferred() as interrupts:
        result = redrive.redrive(cloud, Filter(), 1000)
        told.append((result.started, result.left.total()))
    assert told == [(1, 1)]
    assert interrupts == [signal.SIGTERM]
    assert hidden(cloud) == 0


def test_failures_without_an_event_id_are_each_told(cloud: Deployment) -> None:
    for n in range(5):
        fail(cloud, f"odd-{n}", schemaVersion="2.0")
    assert accelerator("redrive", code=1).splitlines()[-1] == "started 0, left 5"


def test_what_could_not_be_deleted_is_told(
    cloud: Deployment, starts: Starts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: Any) -> Any:
        raise ClientError({"Error": {"Code": "ServiceUnavailable"}}, "DeleteMessageBatch")

    for n in range(50):
        fail(cloud, f"order-{n}")
    with monkeypatch.context() as refused:
        refused.setattr(cloud.sqs, "delete_message_batch", refuse)
        told = accelerator("redrive", "--rate", "1000", code=1)
    assert f"{len(starts.inputs)} were started, but stay" in told
    assert "ended early" in told
    assert told.splitlines()[-1] == f"started {len(starts.inputs)}, left 0"
    assert len(listed()) == 50
    assert hidden(cloud) == 0


def test_redrives_of_different_errors_do_not_wait_for_each_other(
    cloud: Deployment, starts: Starts
) -> None:
    for n in range(20):
        fail(cloud, f"a-{n}", "ApiTimeout")
        fail(cloud, f"b-{n}", "ApiUnavailable")
    with ThreadPoolExecutor(2) as both:
        redrives = [
            both.submit(redrive.redrive, cloud, Filter(error_code=code), 1000)
            for code in ("ApiTimeout", "ApiUnavailable")
        ]
        results = [each.result() for each in redrives]
    assert [(each.started, each.held_by_others) for each in results] == [(20, 0), (20, 0)]
    assert len(starts.inputs) == 40


def test_a_redrive_of_one_waits_for_no_other(
    cloud: Deployment, starts: Starts, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail(cloud, "held")
    with look(cloud, Filter()) as others:
        assert len(list(others)) == 1
        fail(cloud, "one")
        (named,) = listed()
        assert accelerator("redrive", named["id"]) == "started 1, left 0\n"
    assert starts.order_ids() == ["one"]


def test_unsent_failures_are_not_read_once_it_is_to_end(
    cloud: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b", "c"):
        key = f"failures/unsent/{name}.json"
        cloud.s3.put_object(Bucket="responses", Key=key, Body=json.dumps(failed(name)).encode())
    read, get = list[str](), cloud.s3.get_object

    def noted(**arguments: Any) -> Any:
        read.append(arguments["Key"])
        return get(**arguments)

    monkeypatch.setattr(cloud.s3, "get_object", noted)
    wanted = Filter(error_code="none of these")
    assert redrive.redrive(cloud, wanted, 1000, stop=lambda: bool(read)).started == 0
    assert len(read) == 1


def test_an_unsent_failure_that_cannot_be_read_hides_no_other(
    cloud: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave_unsent(cloud, "denied")

    def deny(**_: Any) -> Any:
        raise ClientError({"Error": {"Code": "AccessDenied"}}, "GetObject")

    monkeypatch.setattr(cloud.s3, "get_object", deny)
    fail(cloud, "good")
    found = {each["errorCode"]: each["message"] for each in listed()}
    assert found == {
        "Unreadable": "It cannot be read: AccessDenied. It is failures/unsent/execution-1.json.",
        "ApiUnavailable": "status 503",
    }


@pytest.mark.parametrize("file", [".", "..", "/dev/null", "/nowhere/failures.jsonl"])
def test_an_export_to_what_is_no_file_is_a_problem(cloud: Deployment, file: str) -> None:
    from accelerator.problem import Problem

    fail(cloud, "a")
    result = CliRunner().invoke(failures_cli.app, ["export", file])
    assert isinstance(result.exception, Problem)
    assert Path("/dev/null").is_char_device()


def test_purge_tells_what_it_could_not_delete(
    cloud: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    delete = cloud.sqs.delete_message_batch

    def refuse_the_first(**arguments: Any) -> Any:
        done = delete(**arguments | {"Entries": arguments["Entries"][1:]})
        failed_entry = {"Id": "0", "Code": "InvalidParameterValue", "SenderFault": True}
        return done | {"Failed": [failed_entry]}

    for n in range(5):
        fail(cloud, f"order-{n}")
    monkeypatch.setattr(cloud.sqs, "delete_message_batch", refuse_the_first)
    told = accelerator("purge", "--all", "--yes", code=1)
    assert told == "1 could not be deleted, and stay\npurged 4\n"


def test_a_number_that_json_does_not_know_is_no_failure_of_ours(cloud: Deployment) -> None:
    fail(cloud, "odd", attempt=float("nan"))
    (told,) = listed()
    assert told["errorCode"] == "Unreadable"
