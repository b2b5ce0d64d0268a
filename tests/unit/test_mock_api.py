"""The mock Buy with Prime answers as the real one does, and fails as it is asked to."""

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

import pytest

from accelerator.guard import foreign
from functions.query_api.graphql import DOCUMENTS, document
from graphql import parse, validate
from mock_api import faults
from mock_api.bodies import MAX_BODY_BYTES
from mock_api.graphql_api import SCHEMA
from tests.harness.bodies import send_part
from tests.harness.environment import PATIENCE_SECONDS, PutEvents

HEADERS = {"Authorization": "bearer custom-authorized", "X-Omni-InstallationId": "i34242"}
QUERIES: list[tuple[str, str, str, str]] = [
    ("singleOrder", "orderId", "order", "322-F7BK-3EVJE7"),
    ("singleOrder", "orderId", "order", "322-6XP3-AQWKKF"),
    ("itemByID", "itemId", "item", "nfvc38bft2o193"),
    ("inventoryItem", "inventoryItemId", "inventoryItem", "w6ibvyca8tmh83"),
]

IDS = {
    "order": 'order(orderId: "%s") { id }',
    "item": 'item(identifier: {space: ID, value: "%s"}) { id }',
    "inventoryItem": 'inventoryItem(inventoryItemId: "%s") { inventoryItemId }',
}
FIELDS = sorted({query[:3] for query in QUERIES})


def post(
    address: str,
    path: str,
    body: Any = None,
    headers: dict[str, str] | None = None,
    method: str = "POST",
) -> tuple[int, Any]:
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=PATIENCE_SECONDS)
    try:
        connection.request(method, path, json.dumps(body), headers or {})
        response = connection.getresponse()
        text = response.read().decode()
        return response.status, json.loads(text) if text.startswith("{") and text.endswith(
            "}"
        ) else text
    finally:
        connection.close()


def query(address: str, name: str, variable: str, entity_id: str) -> tuple[int, Any]:
    body = {"query": document(name), "variables": {variable: entity_id}}
    return post(address, "/graphql", body, HEADERS)


@pytest.mark.parametrize("path", sorted(DOCUMENTS.glob("*.graphql")), ids=lambda p: p.stem)
def test_each_document_is_valid_against_the_schema(path: Any) -> None:
    assert validate(SCHEMA, parse(path.read_text())) == []


@pytest.mark.parametrize("text", ["{ order { id ", '{ order(orderId: "1") { noSuchField } }'])
def test_a_query_that_is_none_is_answered_with_an_error_alone(mock_api: str, text: str) -> None:
    status, body = post(mock_api, "/graphql", {"query": text}, HEADERS)
    assert status == 200
    assert body["data"] is None
    assert [error["errorType"] for error in body["errors"]] == ["ValidationError"]


@pytest.mark.parametrize(("name", "variable", "field", "entity_id"), QUERIES)
def test_known_ids_are_answered(
    mock_api: str, name: str, variable: str, field: str, entity_id: str
) -> None:
    status, body = query(mock_api, name, variable, entity_id)
    assert status == 200
    assert body.keys() == {"data"}
    assert body["data"][field]
    # The documents may ask for other fields.
    told = post(mock_api, "/graphql", {"query": f"{{ {IDS[field] % entity_id} }}"}, HEADERS)[1]
    assert entity_id in told["data"][field].values()


@pytest.mark.parametrize(("name", "variable", "field"), FIELDS)
def test_an_unknown_id_is_answered_as_appsync_does(
    mock_api: str, name: str, variable: str, field: str
) -> None:
    status, body = query(mock_api, name, variable, "no-such-id")
    assert status == 200
    assert body["data"] == {field: None}
    (error,) = body["errors"]
    assert error["path"] == [field]
    assert error["errorType"] == "MappingTemplate"
    assert error["message"] == "Template transformation yielded an empty response."
    assert error.keys() == {"path", "data", "errorType", "errorInfo", "locations", "message"}
    assert error["locations"][0].keys() == {"line", "column", "sourceName"}


@pytest.mark.parametrize(("name", "variable", "field"), FIELDS)
@pytest.mark.parametrize("kib", [1, 200])
def test_large_answers_are_large(
    mock_api: str, name: str, variable: str, field: str, kib: int
) -> None:
    status, body = query(mock_api, name, variable, f"large-{kib}")
    assert status == 200
    assert len(json.dumps(body)) >= kib * 1024
    assert body["data"][field]


@pytest.mark.parametrize("status", [204, 301, 400, 418, 429, 500, 503])
def test_any_status_can_be_asked_for(mock_api: str, status: int) -> None:
    assert query(mock_api, "singleOrder", "orderId", f"error-{status}")[0] == status


def test_flaky_ids_fail_as_often_as_they_say(mock_api: str) -> None:
    answers = [query(mock_api, "singleOrder", "orderId", "flaky-2-mock")[0] for _ in range(4)]
    assert answers == [503, 503, 200, 200]


def test_changing_ids_are_answered_with_another_state_each_time(mock_api: str) -> None:
    told = [query(mock_api, "singleOrder", "orderId", "changing-mock")[1] for _ in range(3)]
    assert told[0] != told[1] != told[2]
    asked = {"query": '{ order(orderId: "changing-other") { id } }'}
    assert post(mock_api, "/graphql", asked, HEADERS)[1]["data"]["order"]["id"] == "changing-other"


def test_the_other_faults(mock_api: str) -> None:
    assert query(mock_api, "singleOrder", "orderId", "error-graphql")[1]["errors"]
    status, text = query(mock_api, "singleOrder", "orderId", "error-malformed")
    assert status == 200
    assert isinstance(text, str)
    with pytest.raises(ConnectionResetError):
        query(mock_api, "singleOrder", "orderId", "error-reset")


def test_the_table_of_magic_ids_names_each() -> None:
    for word in (
        "status",
        "graphql",
        "malformed",
        "timeout",
        "reset",
        "flaky",
        "large",
        "throttled",
        "expired",
    ):
        assert word in faults.MAGIC_ID.pattern
        assert word in (faults.__doc__ or "")


def test_both_headers_are_required(mock_api: str) -> None:
    body = {"query": "{ __typename }"}
    assert post(mock_api, "/graphql", body)[0] == 401
    assert post(mock_api, "/graphql", body, {"Authorization": "bearer wrong"})[0] == 401
    assert post(mock_api, "/graphql", body, {"Authorization": HEADERS["Authorization"]})[0] == 400
    assert post(mock_api, "/graphql", body, HEADERS)[0] == 200
    assert post(mock_api, "/graphql", ["no object"], HEADERS)[0] == 400


@pytest.mark.parametrize("path", ["/graphql", "/put-event/order?event-type=order_placed"])
def test_a_body_too_large_is_refused_before_it_is_there(
    mock_api: str, bus: PutEvents, path: str
) -> None:
    bus.entries.clear()
    for length in (734 * 1024 * 1024, None):
        assert send_part(mock_api, path, length, HEADERS)[0] == 413
    assert not bus.entries
    assert post(mock_api, path, "x" * (MAX_BODY_BYTES - 2), HEADERS)[0] != 413


FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:1"},
    {"Host": "evil.example"},
    {"Host": "127.0.0.1:1"},
]


@pytest.mark.parametrize("foreign", FOREIGN, ids=str)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/graphql"),
        ("POST", "/put-event/order?event-type=order_placed"),
        ("POST", "/oauth/token"),
        ("POST", "/token"),
        ("PUT", "/oauth/secret"),
        ("PUT", "/conditions"),
        ("OPTIONS", "/conditions"),
    ],
)
def test_another_site_is_refused(
    mock_api: str, bus: PutEvents, method: str, path: str, foreign: dict[str, str]
) -> None:
    bus.entries.clear()
    status, told = post(mock_api, path, {}, HEADERS | foreign, method)
    assert status == 403
    assert told.endswith("what is served here.\n")
    assert not bus.entries


def test_a_server_on_the_default_port_is_asked_without_it() -> None:
    asked = {"type": "http", "headers": [(b"host", b"localhost")]}
    assert foreign(asked, 80) is None
    assert foreign(asked, 4567)


@pytest.mark.parametrize(
    ("path", "detail_type", "part"),
    [
        ("order?event-type=order_placed", "order.status.change", '"ORDER_PLACED"'),
        ("order?event-type=order_updated", "order.status.change", '"ORDER_UPDATED"'),
        ("order?event-type=order_refund_success", "order.status.change", '"REFUND_SUCCESS"'),
        (
            "buyability?event-type=buyability",
            "santos.buyability.status.change",
            '"identifierType": "itemId"',
        ),
        (
            "inventory?event-type=inventory",
            "INVENTORY_AVAILABILITY_CHANGED",
            '"inventoryItemId": "w6ibvyca8tmh83"',
        ),
    ],
)
def test_the_event_api_puts_events(
    mock_api: str, bus: PutEvents, path: str, detail_type: str, part: str
) -> None:
    bus.entries.clear()
    status, body = post(mock_api, f"/put-event/{path}")
    assert (status, body) == (200, {"eventIds": ["id-0"]})
    (entry,) = bus.entries
    assert entry["EventBusName"] == "the-bus"
    assert entry["DetailType"] == detail_type
    assert part in entry["Detail"]


def test_the_event_api_takes_an_id_and_a_count(mock_api: str, bus: PutEvents) -> None:
    bus.entries.clear()
    status, body = post(mock_api, "/put-event/order?event-type=order_placed&id=error-503&count=23")
    assert status == 200
    assert len(body["eventIds"]) == len(bus.entries) == 23
    assert all('"orderId": "error-503"' in entry["Detail"] for entry in bus.entries)


@pytest.mark.parametrize(
    ("path", "status", "told"),
    [
        ("order?event-type=order_eaten", 400, "order_placed, order_updated, order_refund_success"),
        ("order", 400, "order_placed"),
        ("order?event-type=buyability", 400, "order_placed"),
        ("pizza?event-type=pizza", 404, "order, buyability, inventory"),
        ("order?event-type=order_placed&count=0", 400, "count must be 1 to 1000"),
        ("order?event-type=order_placed&count=many", 400, "count must be 1 to 1000"),
    ],
)
def test_the_event_api_names_what_is_right(
    mock_api: str, path: str, status: int, told: str
) -> None:
    answered, body = post(mock_api, f"/put-event/{path}")
    assert answered == status
    assert told in body["message"]
