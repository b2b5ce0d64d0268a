"""An entity is forgotten whole: each version of its objects and each failure of its events."""

import json
import signal
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import boto3
import pytest
from typer.testing import CliRunner, Result

from accelerator.cli import app
from accelerator.commands import forget as command
from accelerator.deployment import Deployment
from accelerator.objects import versions as versioned
from accelerator.objects.find import Entity, find
from accelerator.objects.forget import Receipt, forget
from accelerator.objects.versions import Version
from accelerator.processes import SIGNALS, Interrupted, interrupt_on_signals
from domain.event_types import sample
from domain.failures import alone, build
from domain.keys import EVENTS, UNSENT, Key, escaped
from domain.start import MAX_START_BYTES
from tests.harness.aws import strict_aws
from tests.harness.deployments import deployment, with_output
from tests.harness.events import order

pytestmark = pytest.mark.slow

ORDER, OTHER = "322-F7BK-3EVJE7", "322-6XP3-AQWKKF"
TIME = "2026-11-24T08:18:51.000+00:00"
NOON = datetime(2026, 11, 24, 12)


def key(entity_id: str, event_id: str, event_type: str = "ORDER_PLACED") -> str:
    return str(Key("order", event_type, NOON, escaped(entity_id), event_id))


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    """Two orders, of each of which something is in every place."""
    monkeypatch.setattr("accelerator.failures.queue.WAIT_SECONDS", 0)
    with strict_aws():
        boto3.client("s3").create_bucket(Bucket="responses")
        queues = [
            boto3.client("sqs").create_queue(
                QueueName=name, Attributes={"MaximumMessageSize": "1048576"}
            )["QueueUrl"]
            for name in ("failed", "dead", "redrives")
        ]
        made = deployment(
            response_bucket_name="responses",
            failure_queue_url=queues[0],
            dead_letter_queue_url=queues[1],
            redrive_queue_url=queues[2],
        )
        made.s3.put_bucket_versioning(
            Bucket="responses", VersioningConfiguration={"Status": "Enabled"}
        )
        for entity_id in (ORDER, OTHER):
            fill(made, entity_id)
        put(made, "order/ORDER_PLACED/2026-11-24/20261124T120000Z_old-1.json", {})
        put(made, f"{EVENTS}nobody.json", [ORDER])
        monkeypatch.setattr(command, "connect", lambda _: made)
        yield made


def put(cloud: Deployment, key: str, held: Any) -> None:
    cloud.s3.put_object(Bucket="responses", Key=key, Body=json.dumps(held))


def fill(cloud: Deployment, entity_id: str) -> None:
    """Of an order: two versions of an object, a deleted one, one failure in each place."""
    put(cloud, key(entity_id, "one"), {"data": 1})
    put(cloud, key(entity_id, "one"), {"data": 2})
    put(cloud, key(entity_id, "two", "ORDER_UPDATED"), {"data": 3})
    cloud.s3.delete_object(Bucket="responses", Key=key(entity_id, "two", "ORDER_UPDATED"))
    event = order(entity_id)
    failure = alone("QueryApi", "ApiUnavailable", "status 503", event)
    put(cloud, f"{UNSENT}{entity_id}.json", failure)
    cloud.s3.delete_object(Bucket="responses", Key=f"{UNSENT}{entity_id}.json")
    put(cloud, f"{EVENTS}{entity_id}.json", event)
    place = {"bucket": "responses", "key": f"{EVENTS}{entity_id}.json"}
    hydrated = failure | {"hydration": {"entity": "order", "id": entity_id}}
    for message in (
        build(failure, TIME),
        build(failure, TIME) | {"event": None, "eventObject": place},
        build(hydrated, TIME) | {"event": None},
    ):
        send(cloud.outputs.failure_queue_url, cloud, message)
    send(cloud.outputs.dead_letter_queue_url, cloud, event)
    send(cloud.outputs.dead_letter_queue_url, cloud, event | {"too": "x" * MAX_START_BYTES})
    send(cloud.outputs.redrive_queue_url, cloud, build(hydrated, TIME))


def send(url: str, cloud: Deployment, held: Any, **more: Any) -> None:
    cloud.sqs.send_message(QueueUrl=url, MessageBody=json.dumps(held), **more)


def ran(*arguments: str, code: int = 0, **more: Any) -> Result:
    result = CliRunner().invoke(app, ["forget", *arguments], **more)
    assert result.exit_code == code, result.output
    return result


def kept(cloud: Deployment) -> list[str]:
    """The keys of all versions and markers."""
    told = cloud.s3.list_object_versions(Bucket="responses")
    return sorted([*versions(cloud), *(each["Key"] for each in told.get("DeleteMarkers", []))])


def versions(cloud: Deployment) -> list[str]:
    return [each["Key"] for each in cloud.s3.list_object_versions(Bucket="responses")["Versions"]]


def in_queues(cloud: Deployment) -> list[str]:
    outputs = cloud.outputs
    urls = (outputs.failure_queue_url, outputs.dead_letter_queue_url, outputs.redrive_queue_url)
    told = [cloud.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10) for url in urls]
    return [each["Body"] for some in told for each in some.get("Messages", [])]


def test_nothing_is_left_of_an_entity_and_all_of_another(cloud: Deployment) -> None:
    before = kept(cloud)
    receipt = json.loads(ran("order", ORDER, "--yes", "--json").stdout)
    after = kept(cloud)
    assert not [each for each in after if ORDER in each]
    assert sorted([*after, *(each["key"] for each in receipt["deleted"])]) == sorted(
        # Purging a failure marks the event that it points to as deleted.
        [*before, f"{EVENTS}{ORDER}.json"]
    )
    left = in_queues(cloud)
    assert len(left) == len(receipt["failures"]) == 6
    assert not [each for each in left if ORDER in each]
    assert receipt["complete"]
    assert not receipt["refused"]
    assert all(each["versionId"] for each in receipt["deleted"])


def test_a_dry_run_shows_what_would_go_and_deletes_nothing(cloud: Deployment) -> None:
    before = kept(cloud)
    told = json.loads(ran("order", ORDER, "--dry-run", "--json").stdout)
    assert (len(told["found"]), len(told["failures"])) == (7, 6)
    shown = ran("order", ORDER, "--dry-run").stdout
    assert f"{key(ORDER, 'one')} (2 versions)" in shown
    assert OTHER not in shown
    assert kept(cloud) == before
    assert len(in_queues(cloud)) == 12


def test_it_asks_and_nothing_goes_without_a_yes(cloud: Deployment) -> None:
    before = kept(cloud)
    for answer in ("n\n", "\n", ""):
        ran("order", ORDER, code=1, input=answer)
        assert kept(cloud) == before
    assert "nothing is left" in ran("order", ORDER, input="y\n").stdout


def test_what_is_interrupted_is_completed_by_the_next_run(
    cloud: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    delete, calls = cloud.s3.delete_objects, list[Any]()

    def interrupted(**given: Any) -> Any:
        if len(calls) == 2:
            raise Interrupted
        calls.append(given)
        return delete(**given)

    with monkeypatch.context() as patched:
        patched.setattr(versioned, "BATCH", 2)
        patched.setattr(cloud.s3, "delete_objects", interrupted)
        with pytest.raises(Interrupted):
            CliRunner().invoke(app, ["forget", "order", ORDER, "--yes"], catch_exceptions=False)
    # What was hidden by a marker is not there again.
    assert key(ORDER, "two", "ORDER_UPDATED") not in current(cloud)
    assert any(ORDER in each for each in versions(cloud))
    assert "nothing is left" in ran("order", ORDER, "--yes").stdout
    assert not any(ORDER in each for each in versions(cloud))


def test_a_marker_goes_after_what_it_hides() -> None:
    marker, hidden = Version("one", "2", 0, is_marker=True), Version("one", "1", 9, is_marker=False)
    assert list(versioned.batches([marker, hidden])) == [[hidden, marker]]


@pytest.fixture
def on_signals() -> Iterator[None]:
    """Interrupts as the command line takes them."""
    before = [(number, signal.getsignal(number)) for number in SIGNALS]
    interrupt_on_signals()
    yield
    for number, handler in before:
        signal.signal(number, handler)


def test_what_is_gone_is_on_the_receipt_whenever_it_is_interrupted(
    cloud: Deployment, monkeypatch: pytest.MonkeyPatch, on_signals: None
) -> None:
    delete, wanted, receipt = cloud.s3.delete_objects, Entity("order", ORDER), Receipt()

    def interrupted(**given: Any) -> Any:
        told = delete(**given)
        signal.raise_signal(signal.SIGINT)
        return told

    monkeypatch.setattr(cloud.s3, "delete_objects", interrupted)
    found = find(cloud, wanted, lambda _: None)
    before = Counter(versions(cloud))
    with pytest.raises(Interrupted):
        forget(cloud, wanted, found, receipt, lambda _: None, lambda _: None)
    gone = before - Counter(versions(cloud))
    assert gone == Counter(each.key for each in receipt.versions if not each.is_marker)
    assert gone.total() == 5
    assert len(receipt.failures) == 6
    assert not receipt.is_complete


def current(cloud: Deployment) -> list[str]:
    return [each["Key"] for each in cloud.s3.list_objects_v2(Bucket="responses")["Contents"]]


@pytest.mark.parametrize("says_version", [True, False])
def test_what_a_legal_hold_keeps_is_told_and_not_tried_for_ever(
    cloud: Deployment, monkeypatch: pytest.MonkeyPatch, says_version: bool
) -> None:
    delete, held, tried = cloud.s3.delete_objects, key(ORDER, "one"), Counter[str]()

    def holding(Delete: Any, **given: Any) -> Any:
        tried.update(each["Key"] for each in Delete["Objects"])
        free = [each for each in Delete["Objects"] if each["Key"] != held]
        errors = [each | {"Code": "AccessDenied"} for each in Delete["Objects"] if each not in free]
        if free:
            delete(Delete=Delete | {"Objects": free}, **given)
        if not says_version:
            errors = [{"Key": each["Key"], "Code": each["Code"]} for each in errors]
        return {"Errors": errors}

    monkeypatch.setattr(cloud.s3, "delete_objects", holding)
    receipt = json.loads(ran("order", ORDER, "--yes", "--json", code=1).stdout)
    assert [(each["key"], each["code"]) for each in receipt["refused"]] == [
        (held, "AccessDenied")
    ] * 2
    assert not receipt["complete"]
    assert tried[held] == 2
    assert held not in {each["key"] for each in receipt["deleted"]}
    assert [each for each in kept(cloud) if ORDER in each] == [held] * 2
    assert f"stays {held}" in ran("order", ORDER, "--yes", code=1).stdout


def test_replication_object_lock_and_keys_of_before_are_told(
    cloud: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    quiet = ran("order", ORDER, "--dry-run").stderr
    assert "keys of before, which say no entity (versions: 1)" in quiet
    assert "is replicated" not in quiet
    assert "Object Lock" not in quiet
    monkeypatch.setattr(cloud.s3, "get_bucket_replication", lambda **_: {})
    monkeypatch.setattr(cloud.s3, "get_object_lock_configuration", lambda **_: {})
    told = ran("order", ORDER, "--dry-run").stderr
    assert "responses is replicated" in told
    assert "responses has Object Lock" in told


def test_of_nothing_there_is_nothing_to_ask(cloud: Deployment) -> None:
    result = ran("order", "322-NONE-SUCH01")
    assert "nothing is stored of order 322-NONE-SUCH01" in result.stderr
    assert json.loads(ran("order", "322-NONE-SUCH01", "--json").stdout)["complete"]


def test_events_that_wait_for_their_redrive_are_told_since_nobody_can_look_at_them(
    cloud: Deployment,
) -> None:
    failure = alone("QueryApi", "ApiUnavailable", "status 503", order(OTHER))
    send(cloud.outputs.redrive_queue_url, cloud, build(failure, TIME), DelaySeconds=900)
    told = ran("order", ORDER, "--dry-run")
    assert "automatic redrive (events, of whatever entity: about 1)" in told.stderr
    receipt = json.loads(ran("order", ORDER, "--yes", "--json", code=1).stdout)
    assert (receipt["waiting"], receipt["complete"]) == (1, False)
    again = ran("order", ORDER, "--yes", code=1).stdout
    assert "deleted 0 versions, 0 failures: nothing is left that can be looked at; nobody" in again


def test_a_deployment_that_does_not_tell_its_redrive_queue_is_to_be_deployed_again(
    cloud: Deployment,
) -> None:
    assert "deploy it again" not in ran("order", ORDER, "--dry-run").stderr
    with_output(cloud, redrive_queue_url="")
    told = ran("order", ORDER, "--yes")
    assert "wait for their automatic redrive, since the deployment does not tell" in told.stderr
    assert "nothing is left" in told.stdout


def test_what_failed_of_no_entity_or_of_several_is_counted_and_stays(cloud: Deployment) -> None:
    several = sample("order_confirmed", ORDER)
    several["resources"] += sample("order_confirmed", OTHER)["resources"]
    for event in (several, {"detail-type": "else", "detail": {"order": ORDER}}):
        failure = build(alone("ExtractId", "InvalidEvent", "", event), TIME)
        send(cloud.outputs.failure_queue_url, cloud, failure)
    # And what is of nobody under failures/events/.
    told = "not known whose: events that failed and say no entity, or several (3): 'accelerator"
    assert told in ran("order", ORDER, "--dry-run").stderr
    assert told in ran("order", ORDER, "--yes").stderr
    assert len([each for each in in_queues(cloud) if ORDER in each]) == 2


LONG = "née " * 90


@pytest.mark.parametrize(
    ("entity_id", "other"),
    [
        ("322-F7BK", "322-F7BK-3EVJE7"),
        ("322-F7BK-3EVJE71", "322-F7BK-3EVJE7"),
        ("a/b_é\u202e;$(x)", "a/b_é\u202e;$(y)"),
        (f"{LONG}1", f"{LONG}2"),
        ("_", "__"),
    ],
)
def test_an_id_is_no_other_however_alike(cloud: Deployment, entity_id: str, other: str) -> None:
    for number, each in enumerate((entity_id, other)):
        put(cloud, key(each, f"event-{number}"), {})
        failure = build(alone("QueryApi", "ApiUnavailable", "", order(each)), TIME)
        send(cloud.outputs.failure_queue_url, cloud, failure)
        put(cloud, f"{EVENTS}event-{number}.json", order(each))
    receipt = json.loads(ran("--yes", "--json", "--", "order", entity_id).stdout)
    assert {each["key"] for each in receipt["deleted"]} == {
        key(entity_id, "event-0"),
        f"{EVENTS}event-0.json",
    }
    assert len(receipt["failures"]) == 1
    assert key(other, "event-1") in current(cloud)


def test_a_bucket_without_versions_is_emptied_of_it_too(
    cloud: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.s3.create_bucket(Bucket="unversioned")
    with_output(cloud, response_bucket_name="unversioned")
    for entity_id in (ORDER, OTHER):
        cloud.s3.put_object(Bucket="unversioned", Key=key(entity_id, "one"), Body=b"{}")
    receipt = json.loads(ran("order", ORDER, "--yes", "--json").stdout)
    assert receipt["deleted"] == [{"key": key(ORDER, "one"), "versionId": "null"}]
    (left,) = cloud.s3.list_objects_v2(Bucket="unversioned")["Contents"]
    assert left["Key"] == key(OTHER, "one")
