"""ExtractId: what is asked for, where the answer goes, and what is no event."""

import copy
import json
from hashlib import sha256
from typing import Any

import pytest

from domain.errors import InvalidEvent, UnsupportedEvent
from domain.event_types import families
from domain.family import Family
from functions.extract_id.extraction import extract_id
from functions.extract_id.handler import handler
from tests.harness.environment import LambdaContext
from tests.harness.events import EVENTS, order

each_family = pytest.mark.parametrize("family", families(), ids=lambda family: family.name)
ABSURD_IDS = [None, "", "   ", 7, True, ["x"], {"x": 1}, "x" * 257, "a\nb", "a\x00b", "a\u202eb"]


def changed(event: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy of the event with another value at a path."""
    event = copy.deepcopy(event)
    *parents, name = path.split(".")
    place = event
    for parent in parents:
        place = place[parent]
    place[name] = value
    return event


def test_the_request_says_what_to_query_and_where_to_store_it() -> None:
    event = order("322-F7BK-3EVJE7", id="aaaaaaaa-0000-4000-8000-000000000001")
    assert extract_id(event) == {
        "entity": "order",
        "document": "singleOrder",
        "id": "322-F7BK-3EVJE7",
        "variables": {"orderId": "322-F7BK-3EVJE7"},
        "key": "order/ORDER_PLACED/2026-11-24/"
        "20261124T081850Z_322-F7BK-3EVJE7_aaaaaaaa-0000-4000-8000-000000000001.json",
        "eventId": "aaaaaaaa-0000-4000-8000-000000000001",
        "eventType": "ORDER_PLACED",
    }


@each_family
@pytest.mark.parametrize(
    "entity_id",
    [None, "", "   ", 7, True, ["x"], {"x": 1}, "x" * 257, "a\nb", "a\x00b", "a\u202eb"],
)
def test_an_absurd_id_is_refused(family: Family, entity_id: Any) -> None:
    event = changed(EVENTS[next(iter(family.types))], family.id_at, entity_id)
    with pytest.raises(InvalidEvent, match=family.id_at):
        extract_id(event)


@pytest.mark.parametrize(
    ("entity_id", "written"),
    [
        ("x", "x"),
        ("x" * 256, f"{'x' * 94}__{sha256(b'x' * 256).hexdigest()}"),
        ("../../etc", ".._2f.._2fetc"),
        ("é/☕", "_c3_a9_2f_e2_98_95"),
        ("a b_c", "a_20b_5fc"),
    ],
)
def test_an_unusual_id_is_queried_and_escaped_in_the_key(entity_id: str, written: str) -> None:
    request = extract_id(order(entity_id, id="one"))
    assert request["variables"] == {"orderId": entity_id}
    assert request["key"] == f"order/ORDER_PLACED/2026-11-24/20261124T081850Z_{written}_one.json"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("id", None),
        ("id", "../x"),
        ("id", "x" * 65),
        ("id", "x\n"),
        ("time", None),
        ("time", "yesterday"),
        ("time", 5),
        ("time", "2026-13-24T08:18:50Z"),
    ],
)
def test_nothing_odd_reaches_a_key(path: str, value: Any) -> None:
    with pytest.raises(InvalidEvent):
        extract_id(changed(EVENTS["order_placed"], path, value))


def test_an_event_sent_again_keeps_its_key() -> None:
    first = order(id="first", time="2026-11-23T23:59:59Z")
    again = first | {"redrive": {"attempt": 2}}
    assert extract_id(again) == extract_id(first)


def test_a_detail_that_claims_another_identity_has_its_own_key() -> None:
    claimed = {"id": "first", "time": "2026-11-23T23:59:59Z", "attempt": 1}
    forged = changed(order(id="second"), "detail.redrive", claimed)
    assert extract_id(forged) == extract_id(order(id="second"))


@pytest.mark.parametrize(
    ("path", "value"),
    [("detail", None), ("detail", "text"), ("detail.eventType", "ORDER/../PLACED")],
)
def test_an_event_of_no_known_type_is_unsupported(path: str, value: Any) -> None:
    with pytest.raises(UnsupportedEvent):
        extract_id(changed(EVENTS["order_placed"], path, value))


def test_what_is_printed_is_counts_by_type_alone(
    context: LambdaContext, capsys: pytest.CaptureFixture[str]
) -> None:
    handler(order("322-CANARY", id="one"), context)
    with pytest.raises(InvalidEvent):
        handler(order("", id="two"), context)
    printed = capsys.readouterr().out
    lines = [json.loads(line) for line in printed.splitlines()]
    assert [line["eventType"] for line in lines] == ["ORDER_PLACED", "invalid"]
    assert "322-CANARY" not in printed
