"""What is stored is found by what its key says, and followed from state to state."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from typer.testing import CliRunner

from accelerator.cli import app
from accelerator.commands import export, objects
from accelerator.deployment import Deployment
from accelerator.objects.differences import Difference, differences
from accelerator.objects.history import in_order
from accelerator.objects.listing import Stored, Wanted, listed
from domain.keys import Key, escaped
from domain.metadata import metadata
from tests.harness.aws import strict_aws
from tests.harness.deployments import deployment
from tests.harness.listing import Listing, with_bucket

NOW = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
OLD = NOW - timedelta(days=30)
ORDER, OTHER = "322-F7BK-3EVJE7", "née_/…"


def put(cloud: Deployment, key: Key, **entity: Any) -> None:
    body = json.dumps({"data": {"order": entity}})
    # The parcel is what a later document asks for.
    digest = ("b" if "parcel" in entity else "a") * 64
    hydration = {
        "entity": key.entity,
        "id": key.entity_id or "?",
        "eventId": key.event_id,
        "eventType": key.event_type,
    }
    told = metadata(hydration, "mock", digest)
    cloud.s3.put_object(Bucket="responses", Key=str(key), Body=body, Metadata=told)


@pytest.fixture(scope="module")
def cloud() -> Iterator[Deployment]:
    with strict_aws():
        boto3.client("s3").create_bucket(Bucket="responses")
        cloud = deployment(response_bucket_name="responses")
        states = [
            ("ORDER_PLACED", OLD, "aaaa-1", {"state": "PLACED", "name": "Ada"}),
            ("ORDER_UPDATED", NOW, "aaaa-3", {"state": "SHIPPED", "name": "Ada", "parcel": "7"}),
            ("ORDER_UPDATED", NOW - timedelta(hours=1), "zzzz-2", {"state": "PAID", "name": "Ada"}),
        ]
        for event_type, time, event_id, entity in states:
            put(cloud, Key("order", event_type, time, escaped(ORDER), event_id), **entity)
        put(cloud, Key("order", "ORDER_PLACED", NOW, escaped(OTHER), "bbbb-1"), state="PLACED")
        put(cloud, Key("order", "ORDER_PLACED", OLD, "", "cccc-1"), state="BEFORE")
        put(cloud, Key("item", "santos.buyability.status.change", NOW, "nf", "dddd-1"))
        cloud.s3.put_object(Bucket="responses", Key="order/of/somebody/else", Body=b"{}")
        yield cloud


@pytest.fixture(autouse=True)
def connected(cloud: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    for command in (objects, export):
        monkeypatch.setattr(command, "connect", lambda _local: cloud)


def ran(*arguments: str) -> str:
    result = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ([], {"aaaa-1", "aaaa-3", "zzzz-2", "bbbb-1", "cccc-1", "dddd-1"}),
        (["--entity", "order", "--id", ORDER], {"aaaa-1", "aaaa-3", "zzzz-2"}),
        (["--id", OTHER], {"bbbb-1"}),
        (["--event-type", "order_placed"], {"aaaa-1", "bbbb-1", "cccc-1"}),
        (["--event-type", "ORDER_PLACED", "--since", "2d"], {"bbbb-1"}),
        (["--day", OLD.date().isoformat()], {"aaaa-1", "cccc-1"}),
        (["--entity", "inventory"], set()),
    ],
)
def test_objects_are_found_by_what_their_keys_say(options: list[str], found: set[str]) -> None:
    told = [json.loads(each) for each in ran("objects", "list", "--json", *options).splitlines()]
    assert {each["eventId"] for each in told} == found
    assert {each["entityId"] for each in told} <= {ORDER, OTHER, "nf", None}


def test_an_object_is_shown_without_customer_data_unless_it_is_asked_for(cloud: Deployment) -> None:
    key = str(Key("order", "ORDER_PLACED", OLD, escaped(ORDER), "aaaa-1"))
    assert "Ada" not in ran("objects", "get", key)
    assert json.loads(ran("objects", "get", key, "--reveal"))["data"]["order"]["name"] == "Ada"


def test_an_object_is_shown_in_its_characters_and_in_nothing_that_a_terminal_obeys(
    cloud: Deployment,
) -> None:
    key = str(Key("order", "ORDER_PLACED", OLD, "", "text-1"))
    held = {"name": "Ana Gómez 🛒", "odd": "a\x9b\u202e\ud800\n"}
    cloud.s3.put_object(Bucket="responses", Key=key, Body=json.dumps({"data": held}).encode())
    try:
        shown, masked = ran("objects", "get", key, "--reveal"), ran("objects", "get", key)
    finally:
        cloud.s3.delete_object(Bucket="responses", Key=key)
    assert '"Ana Gómez 🛒"' in shown
    assert r"a\u009b\u202e\ud800\n" in shown
    assert json.loads(shown) == {"data": held}
    assert '"name": "•••"' in masked


def test_a_name_that_nothing_is_stored_of_is_told_with_the_near_one(tmp_path: Path) -> None:
    wanted = ("--event-type", "order_placd")
    told = "nothing that is stored matches: did you mean order_placed?\n"
    result = CliRunner().invoke(app, ["objects", "list", *wanted])
    assert (result.exit_code, result.stderr) == (0, told)
    assert ran("objects", "export", str(tmp_path / "to"), *wanted) == told


def test_an_object_tells_which_event_it_is_of() -> None:
    key = str(Key("order", "ORDER_PLACED", NOW, escaped(OTHER), "bbbb-1"))
    told = CliRunner().invoke(app, ["objects", "get", key]).stderr
    for line in ("event-id: bbbb-1", f"entity-id: {OTHER}", "contract: mock", "a" * 64):
        assert line in told


def test_history_tells_each_state_in_the_events_order_and_what_changed() -> None:
    lines = ran("history", "order", ORDER, "--json", "--reveal").splitlines()
    told = [json.loads(line) for line in lines]
    assert [each["eventId"] for each in told] == ["aaaa-1", "zzzz-2", "aaaa-3"]
    first, second, third = (each["changes"] for each in told)
    assert first is None
    state = {"path": "data.order.state", "what": "changed"}
    assert second == [state | {"before": "PLACED", "after": "PAID"}]
    parcel = {"path": "data.order.parcel", "what": "added", "before": None, "after": "7"}
    assert third == [state | {"before": "PAID", "after": "SHIPPED"}, parcel]
    assert [each["otherDocument"] for each in told] == [False, False, True]
    assert told[2]["metadata"]["document-sha256"] == "b" * 64
    assert ran("history", "order", ORDER).count("another document") == 1


def test_of_events_of_one_second_the_first_is_what_was_stored_first() -> None:
    keys = [Key("order", "ORDER_PLACED", NOW, "322", event_id) for event_id in ("b", "a")]
    first, second = (
        Stored(key, str(key), 2, NOW + timedelta(seconds=n)) for n, key in enumerate(keys)
    )
    assert sorted([second, first], key=in_order) == [first, second]


def test_an_object_that_cannot_be_read_hides_no_other_state(cloud: Deployment) -> None:
    broken = Key("order", "ORDER_UPDATED", OLD + timedelta(days=1), escaped(ORDER), "mmmm-9")
    cloud.s3.put_object(Bucket="responses", Key=str(broken), Body=b"{")
    try:
        lines = ran("history", "order", ORDER, "--json", "--reveal").splitlines()
        shown = ran("history", "order", ORDER)
    finally:
        cloud.s3.delete_object(Bucket="responses", Key=str(broken))
    told = [json.loads(line) for line in lines]
    assert [each["readable"] for each in told] == [True, False, True, True]
    assert told[1]["changes"] is None
    assert [each["path"] for each in told[2]["changes"]] == ["data.order.state"]
    assert shown.count("it cannot be read") == 1


def test_history_is_masked_unless_it_is_asked_for() -> None:
    told = ran("history", "order", ORDER, "--full")
    assert "data.order.parcel" in told
    assert not any(held in told for held in ("Ada", "SHIPPED", "PAID"))


def test_what_is_in_a_list_is_told_apart_by_its_id() -> None:
    before = {"lines": [{"id": "a", "n": 1}, {"id": "b", "n": 2}], "tags": ["x", "y"]}
    after = {"lines": [{"id": "a", "n": 1}, {"id": "b", "n": 3}], "tags": ["x"]}
    assert list(differences(before, after)) == [
        Difference(("lines", "[b]", "n"), "changed", 2, 3),
        Difference(("tags", "[1]"), "removed", "y", None),
    ]
    assert not list(differences(before, before))


@pytest.mark.parametrize(
    ("before", "after", "moved"),
    [
        ("abcd", "dabc", [("[d]", 3, 0)]),
        ("abcd", "bxcda", [("[a]", 0, 4)]),
        ("abc", "c", []),
        ("abc", "abc", []),
    ],
)
def test_what_moved_in_a_list_is_told_with_its_places(
    before: str, after: str, moved: list[tuple[str, int, int]]
) -> None:
    old, new = ([{"id": each} for each in ids] for ids in (before, after))
    found = differences(old, new)
    assert [(*each.path, *each[2:]) for each in found if each.what == "moved"] == moved


def test_an_id_in_a_path_is_masked_as_a_value_is() -> None:
    before, after = ([{"id": "ana@x.example", "n": n}, {"id": "b"}] for n in (1, 2))
    (changed,) = differences(before, after)
    assert changed.masked().told() == {
        **{"path": "[•••].n", "what": "changed", "before": "•••", "after": "•••"}
    }
    (moved,) = differences(before, before[::-1])
    assert moved.masked().told()["path"] == "[•••]"
    assert {moved.masked().before, moved.masked().after} == {0, 1}


def test_an_empty_id_is_no_entitys() -> None:
    for words in (("objects", "list", "--id="), ("history", "order", ""), ("forget", "order", "")):
        refused = CliRunner().invoke(app, list(words))
        assert str(refused.exception) == "an empty id is no entity's: give one"


def test_an_id_that_a_key_holds_cut_is_told_to_whoever_asks_for_it(cloud: Deployment) -> None:
    long = "é" * 100
    key = Key("order", "ORDER_PLACED", NOW, escaped(long), "long-1")
    put(cloud, key, state="PLACED")
    try:
        (told,) = ran("objects", "list", "--json", "--id", long).splitlines()
        (state,) = ran("history", "order", long, "--json").splitlines()
    finally:
        cloud.s3.delete_object(Bucket="responses", Key=str(key))
    assert json.loads(told)["entityId"] == json.loads(state)["entityId"] == long


def test_what_is_older_than_is_asked_for_is_not_said_to_be_nowhere() -> None:
    told = CliRunner().invoke(app, ["history", "order", OTHER, "--since", "0s"]).stderr
    assert told == f"nothing is stored of order {OTHER}, or all of it is older\n"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ORDER_PLACED", "order_placed"])
def test_a_day_of_a_full_bucket_takes_a_call_for_a_thousand_objects(name: str) -> None:
    day = datetime(2026, 11, 24)
    bucket = Listing(
        str(Key("order", event_type, day - timedelta(days=back), f"o-{number}", f"e-{number}"))
        for event_type in ("ORDER_PLACED", "ORDER_UPDATED")
        for back in range(20)
        for number in range(2500)
    )
    wanted = Wanted("order", event_type=name, day=date(2026, 11, 24))
    assert len(list(listed(with_bucket(bucket), wanted))) == 2500
    assert bucket.calls == 3


def test_an_event_type_that_nothing_hydrates_any_more_is_found() -> None:
    bucket = Listing([str(Key("order", "OF_BEFORE", NOW, "o-1", "e-1"))])
    assert len(list(listed(with_bucket(bucket), Wanted(event_type="OF_BEFORE")))) == 1
