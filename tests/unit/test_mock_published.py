"""The mock speaks the published contract, strictly; its documents ask for what is known alone."""

import json
import re
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from mangum import Mangum
from starlette.requests import Request

from domain.names import MOCK_TOKEN
from functions.query_api.graphql import DOCUMENTS
from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    FragmentSpreadNode,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    InlineFragmentNode,
    ObjectFieldNode,
    OperationDefinitionNode,
    TypeInfo,
    TypeInfoVisitor,
    VariableDefinitionNode,
    Visitor,
    parse,
    type_from_ast,
    validate,
    visit,
)
from mock_api.app import create_app
from mock_api.published.api import SCHEMA
from mock_api.published.shop import Shop, read, shop
from tests.harness import gateway
from tests.harness.gateway import loop
from tests.unit.test_mock_api import HEADERS

__all__ = ["loop"]

PAGES = sorted((DOCUMENTS / "2024-11-01").glob("*.graphql"))
TARGET = "bp-30b55436-5c42-4864-b3cb-4e4d014d8744"
CLIENT = {
    "grant_type": "client_credentials",
    "client_id": "mock-client",
    "client_secret": "mock-secret",
}
ORDER = "322-LIFE-5R8T2K"
# What each document is asked with, about an entity of each id.
VARIABLES: dict[str, Callable[[str], dict[str, Any]]] = {
    "order": lambda id: {"orderIdentifier": {"orderId": id}},
    "product": lambda id: {"identifier": {"productId": id}},
    "inventoryItem": lambda id: {"inventoryItemId": id},
    "packageTracker": lambda id: {
        "packageTrackerInput": {
            "packageTrackerIdentifier": {"trackingNumber": id, "carrierCode": carrier(id)}
        }
    },
}
HELD = {
    "order": tuple(shop().orders),
    "product": tuple(shop().products),
    "inventoryItem": tuple(shop().inventory_items),
    "packageTracker": tuple(shop().trackers),
}
ENTITIES = [(name, id) for name, ids in HELD.items() for id in ids]
NO_SKU = "z8c1v6t3n0q5wr"


def carrier(number: str) -> str:
    tracker = read("trackers").get(number)
    return str(tracker["packageTrackerIdentifier"]["carrierCode"]) if tracker else "ups"


class Mock:
    """Asks an application of its own as a gateway does."""

    def __init__(self, **given: Any) -> None:
        self.reset: list[Request] = []
        app = create_app(None, "bus", self.reset.append, **given)
        self._handler = Mangum(app, lifespan="off")
        self.token = self.grant()[1]["access_token"]

    def ask(
        self, path: str, body: str, headers: dict[str, str], method: str = "POST"
    ) -> tuple[int, Any]:
        status, text = gateway.ask(self._handler, path, body, headers, method=method)
        told = text.startswith("{") and text.endswith("}")
        return status, json.loads(text) if told else text

    def grant(self, **form: str) -> tuple[int, Any]:
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.ask("/token", urlencode(CLIENT | form), kind)

    def query(
        self, text: str, variables: dict[str, Any] | None = None, /, **headers: str | None
    ) -> tuple[int, Any]:
        """The answer; headers are added by names with _ for -, or left out by None."""
        sent = {
            "authorization": f"Bearer {self.token}",
            "x-api-target-id": TARGET,
            "x-api-version": "2024-11-01",
        } | {name.replace("_", "-"): value for name, value in headers.items()}
        body = json.dumps({"query": text, "variables": variables})
        return self.ask("/graphql", body, {k: v for k, v in sent.items() if v is not None})

    def about(self, name: str, id: str) -> tuple[int, Any]:
        return self.query(document(name), VARIABLES[name](id))


@pytest.fixture(scope="module")
def mock(loop: None) -> Mock:
    return Mock()


def document(name: str) -> str:
    return (DOCUMENTS / "2024-11-01" / f"{name}.graphql").read_text(encoding="utf-8")


def classification(body: Any) -> tuple[str, str, int, str | None]:
    """The one error's; every error is whole."""
    (error,) = body["errors"]
    assert error.keys() == {"message", "locations", "path", "extensions"}
    found = error["extensions"]["classification"]
    assert found.keys() - {"code", "details"} == {"type", "errorType", "errorCode"}
    return found["type"], found["errorType"], found["errorCode"], found.get("code")


DENIED = ("AccessDeniedError", "AccessDeniedException", 403, None)
INVALID = ("ValidationError", "ValidationException", 400, None)


# ---------- documents


def test_there_is_a_document_for_each_entity_by_its_operations_name() -> None:
    assert {page.stem for page in PAGES} == VARIABLES.keys()
    for page in PAGES:
        (operation,) = parse(page.read_text()).definitions
        assert isinstance(operation, OperationDefinitionNode)
        assert operation.name
        assert operation.name.value == page.stem


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_each_document_is_valid_and_asks_for_what_is_known_alone(page: Any) -> None:
    text = parse(page.read_text())
    assert validate(SCHEMA, text) == []
    assert unproven(text) == set()


@pytest.mark.parametrize(
    ("selected", "found"),
    [
        ('order(orderIdentifier: {orderId: "1"}) { recipient { __typename } }', {"recipient"}),
        (
            'order(orderIdentifier: {orderId: "1"}) { lineItems { reversalOffers { _unknown } } }',
            {"_unknown"},
        ),
        ('product(identifier: {sku: "1"}) { asin { value } }', {"asin", "value"}),
        ('product(identifier: {productId: "1"}) { id }', {"productId"}),
        ('return(input: {id: "1"}) { returnDetails { id } }', {"return", "input"}),
        ("products(filter: {}) { pageInfo { endCursor } }", {"filter"}),
        ('product(identifier: {sku: "1"}) { ... on Product { id } }', {"Product"}),
    ],
)
def test_what_is_not_known_would_be_found(selected: str, found: set[str]) -> None:
    assert validate(SCHEMA, parse(f"{{ {selected} }}")) == []
    assert unproven(parse(f"{{ {selected} }}")) == found


def unproven(text: DocumentNode) -> set[str]:
    """The names in a document that no page and no connector shows for this version.

    Fragments name types, and most types' names are inferred.
    """
    found: set[str] = set()
    known = TypeInfo(SCHEMA)

    def judge(node: Any, *described: Any) -> None:
        """The node is known as the first says that has a description, a member before its type."""
        if not proven(next(each.description for each in described if each.description)):
            found.add(node.name.value)

    class Reader(Visitor):
        def enter_field(self, node: FieldNode, *_: Any) -> None:
            if node.name.value != "__typename":
                judge(node, known.get_field_def(), known.get_parent_type())

        def enter_argument(self, node: ArgumentNode, *_: Any) -> None:
            judge(node, known.get_field_def(), known.get_parent_type())
            if isinstance(given := named(known.get_input_type()), GraphQLInputObjectType):
                judge(node, given)

        def enter_object_field(self, node: ObjectFieldNode, *_: Any) -> None:
            parent = named(known.get_parent_input_type())
            judge(node, parent.fields[node.name.value], parent)

        def enter_variable_definition(self, node: VariableDefinitionNode, *_: Any) -> None:
            given = named(type_from_ast(SCHEMA, node.type))
            if isinstance(given, GraphQLInputObjectType):
                judge(node.variable, given)

        def enter_inline_fragment(self, node: InlineFragmentNode, *_: Any) -> None:
            found.add(node.type_condition.name.value)

        def enter_fragment_spread(self, node: FragmentSpreadNode, *_: Any) -> None:
            found.add(node.name.value)

    visit(text, TypeInfoVisitor(known, Reader()))
    return found


def named(of: Any) -> Any:
    while hasattr(of, "of_type"):
        of = of.of_type
    return of


def proven(description: str | None) -> bool:
    return set(mark(description).split(",")) <= {"D", "C", "E"}


def mark(description: str | None) -> str:
    found = re.match(r"\[([^]]+)\]", description or "")
    return found[1] if found else "none"


def test_every_type_and_field_of_the_schema_is_marked() -> None:
    kinds = GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType
    for name, each in SCHEMA.type_map.items():
        if isinstance(each, kinds) and not name.startswith("__"):
            for field in each.fields.values():
                told = mark(field.description or each.description)
                assert re.fullmatch(r"[DCEI?](,[DCE])*( [\w-]+)?", told), (name, told)
            for field in ("_unknown",) if "_unknown" in each.fields else ():
                assert mark(each.fields[field].description or each.description) == "?"


# ---------- data


@pytest.mark.parametrize(("name", "id"), ENTITIES)
def test_each_entity_is_answered_whole(mock: Mock, name: str, id: str) -> None:
    status, body = mock.about(name, id)
    assert status == 200
    assert body["data"][name]
    if id == NO_SKU:
        assert classification(body)[3] == "MissingAmazonSkuConfiguration"
    else:
        assert body.keys() == {"data"}


@pytest.mark.parametrize("name", HELD)
def test_each_field_that_is_asked_for_has_a_value_somewhere(mock: Mock, name: str) -> None:
    asked = set(paths_asked(parse(document(name))))
    found = {
        path for id in HELD[name] for path in paths_filled(mock.about(name, id)[1]["data"][name])
    }
    assert asked - found == set()


def paths_asked(text: DocumentNode) -> Iterator[str]:
    def below(node: Any, path: str) -> Iterator[str]:
        for field in node.selection_set.selections:
            here = f"{path}.{(field.alias or field.name).value}"
            if field.selection_set:
                yield from below(field, here)
            else:
                yield here

    (root,) = text.definitions[0].selection_set.selections  # type: ignore[attr-defined]
    return below(root, "")


def paths_filled(value: Any, path: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from paths_filled(inner, f"{path}.{name}")
    elif isinstance(value, list):
        for inner in value:
            yield from paths_filled(inner, path)
    elif value is not None:
        yield path


# PUBLISHED_API.md, section 2.1: the states of a life.
STATES: dict[str, set[str]] = {
    "metadata.executionState": {"NOT_STARTED", "STARTED"},
    "packageInformation.summary.state": {"PENDING", "IN_TRANSIT", "DELIVERED", "CANCELLED"},
    "packageInformation.details.state": {"PENDING", "IN_TRANSIT", "DELIVERED", "CANCELLED"},
    "packageInformation.details.reason": {"CUSTOMER_REQUESTED", "UNFULFILLABLE", "UNDELIVERABLE"},
    "refunds.details.state": {"PENDING", "FAILURE", "PARTIAL", "SUCCESS", "REJECTED"},
    "returns.details.state": {"DRAFT", "CREATED", "CANCELLED", "COMPLETED"},
    "returns.details.returnPackageDetails.state": {
        *("CREATED", "DROPPED_OFF", "IN_TRANSIT", "DELIVERED", "FAILED")
    },
    "milestones.status.code": {
        *("PENDING", "INFO_RECEIVED", "IN_TRANSIT", "DELAYED", "OUT_FOR_DELIVERY"),
        *("AVAILABLE_FOR_PICKUP", "DELIVERY_ATTEMPTED", "DELIVERED", "EXCEPTION", "LOST"),
        *("UNDELIVERABLE", "RETURN_TO_SENDER", "CUSTOMER_ACTION"),
    },
    "buyability.status": {"BUYABLE", "NOT_BUYABLE", "UNKNOWN"},
}


@pytest.mark.parametrize("path", STATES)
def test_a_life_has_all_its_states(path: str) -> None:
    entities: Shop = shop()
    held = [*entities.orders.values(), *entities.trackers.values(), *entities.products.values()]
    found = {state for entity in held for state in values_at(entity, path.split("."))}
    assert found == STATES[path]


def values_at(value: Any, names: list[str]) -> Iterator[str]:
    if isinstance(value, list):
        for inner in value:
            yield from values_at(inner, names)
    elif not names and value is not None:
        yield value
    elif isinstance(value, dict) and names[0] in value:
        yield from values_at(value[names[0]], names[1:])


FORMS = {
    "id": r"322-[0-9A-Z]{4}-[0-9A-Z]{6}",
    "lineItems.id": r"[0-9a-f]{10}-[0-9a-f]{10}",
    "refunds.details.id": r"[0-9a-f]{64}",
    "returns.details.id": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(#RF)?",
    "packageInformation.details.id": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "lineItems.product.productId.value": r"[0-9a-z]{14}",
}


@pytest.mark.parametrize("path", FORMS)
def test_ids_are_of_the_published_forms_and_each_an_orders_own(path: str) -> None:
    found = [id for order in shop().orders.values() for id in values_at(order, path.split("."))]
    assert all(re.fullmatch(FORMS[path], id) for id in found)
    if not path.startswith("lineItems"):
        assert len(found) == len(set(found))


def test_what_belongs_together_is_joined(mock: Mock) -> None:
    text = """query($id: OrderIdentifierInput!) { order(orderIdentifier: $id) {
      refunds { details { id refundFor { causedBy { __typename id state }
        orderLineItems { lineItem { id amount { value } } } } } }
      returns { details { id returnLineItems { refundDetails { id state } } } }
      lineItems { id packageInformation { details { id } } }
      packageInformation { details { id packageInformationDetailsFor {
        orderLineItems { lineItem { id } } } } } } }"""
    order = mock.query(text, {"id": {"orderId": ORDER}})[1]["data"]["order"]
    (refund,), (returned,) = order["refunds"]["details"], order["returns"]["details"]
    assert refund["refundFor"]["causedBy"] == {
        "__typename": "ReturnDetails",
        "id": returned["id"],
        "state": "COMPLETED",
    }
    assert refund["refundFor"]["orderLineItems"][0]["lineItem"]["amount"] == {"value": 2}
    assert returned["returnLineItems"][0]["refundDetails"] == {
        "id": refund["id"],
        "state": "SUCCESS",
    }
    split = mock.query(text, {"id": {"orderId": "322-SPLT-3B6HJ8"}})[1]["data"]["order"]
    for line in split["lineItems"]:
        (package,) = line["packageInformation"]["details"]
        (whole,) = (
            each for each in split["packageInformation"]["details"] if each["id"] == package["id"]
        )
        held = whole["packageInformationDetailsFor"]["orderLineItems"]
        assert [each["lineItem"]["id"] for each in held] == [line["id"]]


# ---------- requests


def test_a_request_without_a_version_is_of_the_mock_accelerators_contract(mock: Mock) -> None:
    body = json.dumps({"query": '{ order(orderId: "322-F7BK-3EVJE7") { id } }'})
    assert mock.ask("/graphql", body, HEADERS)[1] == {"data": {"order": {"id": "322-F7BK-3EVJE7"}}}
    assert mock.about("order", "322-F7BK-3EVJE7")[1]["data"] == {"order": None}


@pytest.mark.parametrize(
    ("header", "value", "expected"),
    [
        ("authorization", None, DENIED),
        ("authorization", "Bearer made-up", DENIED),
        ("authorization", f"Bearer {MOCK_TOKEN}", DENIED),
        ("authorization", "bearer {token}", DENIED),
        ("authorization", "Basic {token}", DENIED),
        ("x_api_target_id", None, INVALID),
        ("x_api_target_id", "i34242", INVALID),
        ("x_api_version", "2024-04-01", INVALID),
        ("x_api_version", "", INVALID),
    ],
)
def test_each_header_is_required(
    mock: Mock, header: str, value: str | None, expected: tuple[str, str, int, str | None]
) -> None:
    sent = value and value.replace("{token}", mock.token)
    text = f'{{ mine: order(orderIdentifier: {{orderId: "{ORDER}"}}) {{ id }} }}'
    status, body = mock.query(text, **{header: sent})
    assert status == 200
    assert classification(body) == expected
    assert body["data"] == {"mine": None}
    assert body["errors"][0]["path"] == ["mine"]
    assert body["errors"][0]["locations"] == [{"line": 1, "column": 3}]


def test_nothing_of_the_schema_is_told_without_a_token(mock: Mock) -> None:
    _, body = mock.query("{ order { noSuchField } }", authorization=None)
    assert classification(body) == DENIED


@pytest.mark.parametrize("body", ["[]", "{", '{"query": 7}', '{"query": "{a}", "variables": [1]}'])
def test_a_body_that_is_none_is_refused(mock: Mock, body: str) -> None:
    for headers in ({"x-api-version": "2024-11-01"}, HEADERS):
        assert mock.ask("/graphql", body, headers)[0] == 400


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("{ order { id ", None),
        ("fragment a on Order { id }", None),
        ('{ order(orderIdentifier: {orderId: "1"}) { noSuch } }', ["order", "noSuch"]),
        ('{ order(orderId: "1") { id } }', ["order"]),
        ("query($id: OrderIdentifierInput!) { order(orderIdentifier: $id) { id } }", None),
    ],
)
def test_a_query_that_is_none_is_told_where(mock: Mock, text: str, path: Any) -> None:
    status, body = mock.query(text)
    assert status == 200
    assert body["data"] is None
    assert body["errors"]
    for error in body["errors"]:
        assert classification(body | {"errors": [error]}) == INVALID
        assert error["path"] == path
    if path:
        assert body["errors"][0]["locations"][0]["line"] == 1


@pytest.mark.parametrize(
    ("selected", "expected"),
    [
        ('order(orderIdentifier: {orderId: "322-F7BK-3EVJE"})', INVALID),
        ('order(orderIdentifier: {orderId: "322-f7bk-3evje7"})', INVALID),
        ("order(orderIdentifier: {})", INVALID),
        ("order(orderIdentifier: {orderId: null})", INVALID),
        (
            f'order(orderIdentifier: {{orderId: "{ORDER}", alias: '
            '{aliasId: "shop-90001", aliasType: "EXTERNAL_ID"}})',
            INVALID,
        ),
        ('order(orderIdentifier: {orderId: "322-ZZZZ-ZZZZZZ"})', DENIED),
        (
            'order(orderIdentifier: {alias: {aliasId: "shop-1", aliasType: "EXTERNAL_ID"}})',
            DENIED,
        ),
        ('order(orderIdentifier: {alias: {aliasId: "shop-90001", aliasType: "OTHER"}})', DENIED),
        ("product", INVALID),
        ('product(identifier: {sku: "MUG-BLUE", externalId: "1001"})', INVALID),
        ('product(identifier: {sku: "1001"})', DENIED),
    ],
)
def test_what_identifies_nothing_is_refused(mock: Mock, selected: str, expected: Any) -> None:
    _, body = mock.query(f"{{ {selected} {{ id }} }}")
    assert classification(body) == expected
    field = selected.partition("(")[0]
    assert body["data"] == {field: None}
    assert body["errors"][0]["path"] == [field]


@pytest.mark.parametrize(
    ("id", "expected"),
    [("", INVALID), ("abcdef012345678", INVALID), ("abcdef01234567", DENIED)],
)
def test_an_inventory_item_id_has_1_to_14_characters(mock: Mock, id: str, expected: Any) -> None:
    assert classification(mock.about("inventoryItem", id)[1]) == expected


def test_a_tracker_is_its_carriers(mock: Mock) -> None:
    number = HELD["packageTracker"][0]
    known = VARIABLES["packageTracker"](number)
    assert mock.query(document("packageTracker"), known)[1].keys() == {"data"}
    known["packageTrackerInput"]["packageTrackerIdentifier"]["carrierCode"] = "dhl"
    assert classification(mock.query(document("packageTracker"), known)[1]) == DENIED


def test_an_order_is_found_by_its_aliases(mock: Mock) -> None:
    for kind, alias in (("EXTERNAL_ID", "shop-90001"), ("EXTERNAL_DISPLAY_ID", "#90001")):
        asked = {"orderIdentifier": {"alias": {"aliasType": kind, "aliasId": alias}}}
        assert mock.query(document("order"), asked)[1]["data"]["order"]["id"] == ORDER


@pytest.mark.parametrize(
    "identifier",
    [
        {"sku": "MUG-BLUE"},
        {"amazonSku": {"value": "AMZ-MUG-BLUE"}},
        {"externalId": "1001"},
        {"productId": "q3w8ne5r7t1y2u"},
    ],
    ids=str,
)
def test_a_product_is_found_by_each_identifier(mock: Mock, identifier: dict[str, Any]) -> None:
    _, body = mock.query(document("product"), {"identifier": identifier})
    assert body["data"]["product"]["id"] == "q3w8ne5r7t1y2u"
    assert body["data"]["product"]["inventoryItem"]["buyableQuantity"] == {
        "amount": 41,
        "unit": "UNIT",
    }


def test_an_item_without_a_sku_is_answered_in_part(mock: Mock) -> None:
    status, body = mock.about("inventoryItem", NO_SKU)
    assert status == 200
    assert body["data"]["inventoryItem"]["inventoryItemId"] == NO_SKU
    assert body["data"]["inventoryItem"]["buyableQuantity"] is None
    assert classification(body) == (*INVALID[:3], "MissingAmazonSkuConfiguration")
    assert body["errors"][0]["path"] == ["inventoryItem"]
    assert body["errors"][0]["extensions"]["classification"]["details"]["message"]
    assert mock.about("product", NO_SKU)[1]["errors"][0]["path"] == ["product", "inventoryItem"]


def test_products_are_paged(mock: Mock) -> None:
    text = """query($after: String, $first: Int) { products(after: $after, first: $first) {
      pageInfo { hasNextPage hasPreviousPage endCursor } edges { node { id } } } }"""
    found, after = [], None
    for last in (False, True):
        page = mock.query(text, {"first": 2, "after": after})[1]["data"]["products"]
        assert page["pageInfo"]["hasNextPage"] is not last
        assert page["pageInfo"]["hasPreviousPage"] is last
        after = page["pageInfo"]["endCursor"]
        found += [edge["node"]["id"] for edge in page["edges"]]
    assert tuple(found) == HELD["product"]
    for wrong in ({"first": 21}, {"first": -1}, {"after": "made-up"}):
        assert classification(mock.query(text, wrong)[1]) == INVALID


def test_a_return_is_found_by_its_id(mock: Mock) -> None:
    id = next(values_at(shop().orders[ORDER], ["returns", "details", "id"]))
    text = (
        "query($input: ReturnIdentifierInput!) { return(input: $input) { returnDetails { id } } }"
    )
    assert mock.query(text, {"input": {"id": id}})[1] == {
        "data": {"return": {"returnDetails": {"id": id}}}
    }


# ---------- faults


@pytest.mark.parametrize("name", HELD)
@pytest.mark.parametrize(
    ("id", "expected"),
    [
        ("throttled", ("ThrottlingError", "ThrottlingException", 429, None)),
        ("internal", ("InternalServerError", "InternalServerException", 500, None)),
        ("denied", DENIED),
        ("expired", ("AccessDeniedError", "AccessDeniedException", 401, None)),
        ("error-graphql", INVALID),
    ],
)
def test_errors_can_be_asked_for(mock: Mock, name: str, id: str, expected: Any) -> None:
    status, body = mock.about(name, id)
    assert status == 200
    assert body["data"] == {name: None}
    assert classification(body) == expected


@pytest.mark.parametrize("name", HELD)
def test_faults_can_be_asked_for(mock: Mock, name: str) -> None:
    for status in (401, 403, 429, 503):
        assert mock.about(name, f"error-{status}")[0] == status
    assert mock.about(name, "error-missing") == (200, {"data": {name: None}})
    status, text = mock.about(name, "error-malformed")
    assert (status, type(text)) == (200, str)
    flaky = [mock.about(name, f"flaky-1-{name}") for _ in range(2)]
    assert [status for status, _ in flaky] == [503, 200]
    assert flaky[1][1] == mock.about(name, HELD[name][0])[1]
    large = mock.about(name, "large-200")[1]
    assert len(json.dumps(large)) >= 200 * 1024
    assert large.keys() == {"data"}


def test_a_timeout_and_a_reset_can_be_asked_for() -> None:
    hasty = Mock(silent_seconds=0.01)
    assert hasty.about("order", "error-timeout")[0] == 504
    hasty.about("order", "error-reset")
    assert len(hasty.reset) == 1


@pytest.mark.parametrize(
    ("id", "error_type"),
    [("throttled", "ThrottlingException"), ("denied", "UnauthorizedException")],
)
def test_the_mock_accelerator_answers_them_in_its_own_form(
    mock: Mock, id: str, error_type: str
) -> None:
    body = json.dumps({"query": f'{{ order(orderId: "{id}") {{ id }} }}'})
    status, answer = mock.ask("/graphql", body, HEADERS)
    assert (status, answer["data"]) == (200, None)
    assert [error["errorType"] for error in answer["errors"]] == [error_type]


def test_conditions_are_of_both_contracts() -> None:
    mock = Mock()
    mock.ask("/conditions", json.dumps({"failure_rate": 1.0}), {}, "PUT")
    assert mock.about("order", ORDER)[0] == 503
    body = json.dumps({"query": '{ order(orderId: "322-F7BK-3EVJE7") { id } }'})
    assert mock.ask("/graphql", body, HEADERS)[0] == 503


# ---------- tokens


def test_tokens_are_granted_for_15_minutes_and_live_side_by_side(mock: Mock) -> None:
    answers = [mock.grant() for _ in range(2)]
    tokens = {body["access_token"] for _, body in answers}
    assert len(tokens) == 2
    for status, body in answers:
        assert status == 200
        assert body.keys() == {"access_token", "expires_in"}
        assert body["expires_in"] == 900
    for token in (mock.token, *tokens):
        _, body = mock.query("{ products { edges { cursor } } }", authorization=f"Bearer {token}")
        assert body.keys() == {"data"}


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"client_id": "somebody"}, 401, "invalid_client"),
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_secret": ""}, 401, "invalid_client"),
    ],
)
def test_wrong_credentials_get_no_token(
    mock: Mock, form: dict[str, str], status: int, error: str
) -> None:
    assert mock.grant(**form) == (status, {"error": error})


def test_credentials_are_taken_from_a_form_alone(mock: Mock) -> None:
    basic = {
        "Authorization": "Basic bW9jay1jbGllbnQ6bW9jay1zZWNyZXQ=",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    assert mock.ask("/oauth/token", "grant_type=client_credentials", basic)[0] == 200
    assert mock.ask("/token", "grant_type=client_credentials", basic)[0] == 401
    told = {"Content-Type": "application/json"}
    assert mock.ask("/token", json.dumps(CLIENT), told)[0] == 400
    assert mock.ask("/token", urlencode(CLIENT), told)[0] == 400


def test_a_token_is_good_until_it_expires(mock: Mock, monkeypatch: pytest.MonkeyPatch) -> None:
    _, body = mock.grant(client_secret="mock-secret-5")
    assert body["expires_in"] == 5
    bearer = f"Bearer {body['access_token']}"
    text = f'{{ order(orderIdentifier: {{orderId: "{ORDER}"}}) {{ id }} }}'
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 4)
    assert mock.query(text, authorization=bearer)[1].keys() == {"data"}
    monkeypatch.setattr(time, "monotonic", lambda: now + 6)
    assert classification(mock.query(text, authorization=bearer)[1]) == DENIED


def test_a_token_is_good_in_its_own_contract_alone_and_until_the_secret_rotates() -> None:
    mock = Mock()
    text = f'{{ order(orderIdentifier: {{orderId: "{ORDER}"}}) {{ id }} }}'
    basic = {
        "Authorization": "Basic bW9jay1jbGllbnQ6bW9jay1zZWNyZXQ=",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    _, other = mock.ask("/oauth/token", "grant_type=client_credentials", basic)
    bearer = f"Bearer {other['access_token']}"
    assert classification(mock.query(text, authorization=bearer)[1]) == DENIED
    assert mock.query(text)[1].keys() == {"data"}
    mock.ask("/oauth/secret", json.dumps({"secret": "mock-secret-new"}), {}, "PUT")
    assert classification(mock.query(text)[1]) == DENIED
    assert mock.grant()[0] == 401
    assert mock.grant(client_secret="mock-secret-new")[0] == 200


# ---------- subscriptions

CREATE = """mutation($input: CreateEventSubscriptionInput!) {
  createEventSubscription(input: $input) { subscriptionId } }"""
DELETE = (
    "mutation($id: String!) { deleteEventSubscription(subscriptionId: $id) { subscriptionId } }"
)
ONE = """query($id: String!) { eventSubscription(subscriptionId: $id) { subscriptionId targetId
  eventSubscriptionDetails { eventType
    destination { __typename ... on EventBridgeData { arn } } } } }"""
ALL = """query($after: String, $first: Int) { eventSubscriptions(after: $after, first: $first) {
  edges { node { id } cursor } totalCount
  pageInfo { startCursor endCursor hasPreviousPage hasNextPage } } }"""


@pytest.fixture
def subscribing() -> Mock:
    return Mock()


def subscribe(
    mock: Mock,
    event_type: str = "ORDER_CONFIRMED",
    region: str = "us-east-1",
    account: str = "123456789012",
    name: str = "shop",
) -> Any:
    source = {"account": account, "name": name}
    destination = {"eventBridge": {"region": region, "partnerEventSource": source}}
    return mock.query(CREATE, {"input": {"destination": destination, "eventType": event_type}})[1]


def test_a_subscription_is_made_told_and_ended(subscribing: Mock) -> None:
    created = subscribe(subscribing)
    id = created["data"]["createEventSubscription"]["subscriptionId"]
    assert subscribing.query(ONE, {"id": id})[1]["data"]["eventSubscription"] == {
        "subscriptionId": id,
        "targetId": TARGET,
        "eventSubscriptionDetails": {
            "eventType": "ORDER_CONFIRMED",
            "destination": {
                "__typename": "EventBridgeData",
                "arn": "arn:aws:events:us-east-1::event-source/aws.partner/buywithprime/shop",
            },
        },
    }
    assert subscribing.query(DELETE, {"id": id})[1] == {
        "data": {"deleteEventSubscription": {"subscriptionId": id}}
    }
    assert classification(subscribing.query(ONE, {"id": id})[1]) == DENIED
    gone = subscribing.query(DELETE, {"id": id})[1]
    assert classification(gone) == DENIED
    assert gone["data"] is None


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, (*INVALID[:3], "SubscriptionAlreadyExists")),
        ({"region": "eu-west-1"}, (*INVALID[:3], "DestinationNameAlreadyExists")),
        (
            {"account": "210987654321", "event_type": "BUYABILITY_CHANGED"},
            (*INVALID[:3], "DestinationNameAlreadyExists"),
        ),
        ({"region": "mars-1", "name": "other"}, (*INVALID[:3], "ValidationError")),
        ({"account": "1", "name": "other"}, (*INVALID[:3], "ValidationError")),
        ({"event_type": "ORDER_EATEN"}, DENIED),
        ({"event_type": " ORDER_CONFIRMED"}, DENIED),
    ],
)
def test_a_subscription_that_cannot_be_is_refused(
    subscribing: Mock, given: dict[str, str], expected: Any
) -> None:
    assert subscribe(subscribing).keys() == {"data"}
    body = subscribe(subscribing, **given)
    assert classification(body) == expected
    assert body["data"] is None


def test_one_source_takes_several_event_types(subscribing: Mock) -> None:
    for event_type in ("ORDER_CONFIRMED", "REFUND_REQUESTED"):
        assert subscribe(subscribing, event_type).keys() == {"data"}


def test_subscriptions_are_paged_and_none_are_refused(subscribing: Mock) -> None:
    none = subscribing.query(ALL)[1]
    assert classification(none) == DENIED
    assert none["data"] == {"eventSubscriptions": None}
    made = [
        subscribe(subscribing, each)["data"]["createEventSubscription"]["subscriptionId"]
        for each in ("ORDER_CONFIRMED", "PACKAGE_DELIVERED", "RETURN_STARTED")
    ]
    first = subscribing.query(ALL, {"first": 2})[1]["data"]["eventSubscriptions"]
    assert first["totalCount"] == 3
    assert first["edges"][0]["cursor"] == "MA=="
    assert first["pageInfo"]["hasNextPage"] is True
    rest = subscribing.query(ALL, {"after": first["pageInfo"]["endCursor"]})[1]
    second = rest["data"]["eventSubscriptions"]
    assert second["pageInfo"]["hasNextPage"] is False
    assert [edge["node"]["id"] for edge in first["edges"] + second["edges"]] == made


@pytest.mark.parametrize("id", ["", "x" * 51])
def test_a_subscription_id_has_1_to_50_characters(mock: Mock, id: str) -> None:
    assert classification(mock.query(ONE, {"id": id})[1]) == INVALID
    assert classification(mock.query(DELETE, {"id": id})[1]) == INVALID
