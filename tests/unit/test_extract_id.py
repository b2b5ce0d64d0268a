"""ExtractId: what is asked for, where the answer goes, and what is no event."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from functions.extract_id.handler import EXTRACTIONS, InvalidEvent, extract_id, handler
from tests.conftest import LambdaContext, log_line
from tests.events import EVENTS, order

ENTITY_EVENTS = [
    ("order", "order_placed"),
    ("item", "buyability"),
    ("inventory", "inventory"),
]

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
    assert extract_id(event, "order") == {
        "id": "322-F7BK-3EVJE7",
        "variables": {"orderId": "322-F7BK-3EVJE7"},
        "key": "order/ORDER_PLACED/2026-11-24/"
        "20261124T081850Z_aaaaaaaa-0000-4000-8000-000000000001.json",
        "eventId": "aaaaaaaa-0000-4000-8000-000000000001",
        "eventType": "ORDER_PLACED",
    }


@pytest.mark.parametrize(("entity", "event_type"), ENTITY_EVENTS)
@pytest.mark.parametrize(
    "entity_id",
    [None, "", "   ", 7, True, ["x"], {"x": 1}, "x" * 257, "a\nb", "a\x00b", "a\u202eb"],
)
def test_an_absurd_id_is_refused(entity: str, event_type: str, entity_id: Any) -> None:
    event = changed(EVENTS[event_type], EXTRACTIONS[entity].id, entity_id)
    with pytest.raises(InvalidEvent, match=EXTRACTIONS[entity].id):
        extract_id(event, entity)


@pytest.mark.parametrize("entity_id", ["x", "x" * 256, "../../etc", "é/☕", "a b"])
def test_an_unusual_id_is_queried_and_kept_out_of_the_key(entity_id: str) -> None:
    request = extract_id(order(entity_id, id="one"), "order")
    assert request["variables"] == {"orderId": entity_id}
    assert request["key"] == "order/ORDER_PLACED/2026-11-24/20261124T081850Z_one.json"


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
        ("detail", None),
        ("detail", "text"),
        ("detail.eventType", "ORDER/../PLACED"),
    ],
)
def test_nothing_odd_reaches_a_key(path: str, value: Any) -> None:
    with pytest.raises(InvalidEvent):
        extract_id(changed(EVENTS["order_placed"], path, value), "order")


def test_an_event_sent_again_keeps_its_key() -> None:
    first = order(id="first", time="2026-11-23T23:59:59Z")
    again = first | {"redrive": {"attempt": 2}}
    assert extract_id(again, "order") == extract_id(first, "order")


def test_a_detail_that_claims_another_identity_has_its_own_key() -> None:
    claimed = {"id": "first", "time": "2026-11-23T23:59:59Z", "attempt": 1}
    forged = changed(order(id="second"), "detail.redrive", claimed)
    assert extract_id(forged, "order") == extract_id(order(id="second"), "order")


def test_the_log_line_tells_the_whole_way(
    context: LambdaContext, printed: Callable[[], str]
) -> None:
    handler(
        {"event": order(id="one"), "hydration": {"entity": "order"}, "executionArn": "arn"}, context
    )
    line = log_line(printed())
    assert line["event_id"] == "one"
    assert line["event_type"] == "ORDER_PLACED"
    assert line["entity_id"] == "322-F7BK-3EVJE7"
    assert line["execution_arn"] == "arn"
