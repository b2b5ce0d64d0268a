"""The mock answers every field of its schemas: a new field of a document is seen at once."""

from collections.abc import Iterator
from typing import Any

import pytest

from domain.published import ORDER, PRODUCT
from graphql import (
    GraphQLSchema,
    build_schema,
    get_named_type,
    is_composite_type,
    is_object_type,
    is_required_argument,
    parse,
    validate,
)
from mock_api.execution import execute
from mock_api.graphql_api import SCHEMA, GraphQLApi
from mock_api.oauth import OAuth
from mock_api.published.api import SCHEMA as PUBLISHED_SCHEMA
from mock_api.published.api import Context
from mock_api.published.queries import Queries
from mock_api.wire import Wire

DEPTH = 5
TRACKER = (
    'packageTrackerInput: {packageTrackerIdentifier: {trackingNumber: "1Z5R89390357567127", '
    'carrierCode: "ups"}}'
)
MOCK = [
    ("order", 'orderId: "322-F7BK-3EVJE7"'),
    ("item", 'identifier: {space: ID, value: "nfvc38bft2o193"}'),
    ("inventoryItem", 'inventoryItemId: "w6ibvyca8tmh83"'),
]
PUBLISHED = [
    ("order", f'orderIdentifier: {{orderId: "{ORDER}"}}'),
    ("packageTracker", TRACKER),
    ("product", f'identifier: {{productId: "{PRODUCT}"}}'),
    ("inventoryItem", f'inventoryItemId: "{PRODUCT}"'),
]

# What the data says that there is nothing of: refunds of an order that has none, and such.
NONE = {
    *("Order_refundPayments", "RollupCharge_value", "PackageMilestone_address"),
    *("PackageInformationDetails_reason", "ReturnPackageDetails_reason"),
    "RefundDetails_refundStatusReason",
}


def everything(schema: GraphQLSchema, kind: Any, depth: int = DEPTH) -> str:
    """A selection of every field of a type, so deep, of each type that it can be."""
    if not is_object_type(kind):
        kinds = schema.get_possible_types(kind)
        return " ".join(f"... on {each.name} {{ {fields(schema, each, depth)} }}" for each in kinds)
    return fields(schema, kind, depth)


def fields(schema: GraphQLSchema, kind: Any, depth: int) -> str:
    """Every field of an object, under names that do not meet those of another type."""
    found = ["__typename"]
    for name, field in kind.fields.items():
        inner = get_named_type(field.type)
        if any(map(is_required_argument, field.args.values())):
            continue
        if not is_composite_type(inner):
            found.append(f"{kind.name}_{name}: {name}")
        elif depth:
            found.append(f"{kind.name}_{name}: {name} {{ {everything(schema, inner, depth - 1)} }}")
    return " ".join(found)


def nothing_at(value: Any, path: Any = "") -> Iterator[str]:
    """The fields of which there is nothing in an answer."""
    if value is None or value == []:
        yield path
    places = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value if type(value) is list else ())
    )
    for place, inner in places:
        yield from nothing_at(inner, place)


def asked(schema: GraphQLSchema, root: dict[str, Any], field: str, given: str) -> Any:
    """The answer for an entity, with every field."""
    query = schema.query_type
    assert query
    selection = everything(schema, get_named_type(query.fields[field].type))
    document = parse(f"{{ {field}({given}) {{ {selection} }} }}")
    assert validate(schema, document) == []
    result = execute(schema, document, root, {}, Context(target_id="bp-1"))
    assert result.errors is None
    assert result.data
    return result.data[field]


@pytest.mark.parametrize(("field", "given"), MOCK)
def test_the_mock_answers_every_field(field: str, given: str) -> None:
    api = GraphQLApi(Wire(lambda _: None, 0), OAuth(1))
    assert set(nothing_at(asked(SCHEMA, api._root, field, given))) <= NONE


@pytest.mark.parametrize(("field", "given"), PUBLISHED)
def test_the_published_mock_answers_every_field(field: str, given: str) -> None:
    answer = asked(PUBLISHED_SCHEMA, Queries().root(), field, given)
    assert set(nothing_at(answer)) <= NONE


def test_a_field_that_is_added_to_the_schema_is_answered() -> None:
    schema = build_schema(
        """
        type Query { shipment(id: ID): Shipment }
        type Shipment { id: ID, trackUrl: String, weight: Float, state: State, legs: [Leg!]! }
        type Leg { from: String, arrivedAt: String }
        enum State { MOVING, ARRIVED }
        """
    )
    document = parse("{ shipment { id trackUrl weight state legs { from arrivedAt } } }")
    assert execute(schema, document, {}, {}, Context()).data == {
        "shipment": {
            "id": "some id",
            "trackUrl": "https://shop.example/page",
            "weight": 1.0,
            "state": "MOVING",
            "legs": [{"from": "some from", "arrivedAt": "2026-11-24T08:18:50Z"}],
        }
    }
