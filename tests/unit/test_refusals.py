"""What the published API's errors mean, and what is told of them."""

from typing import Any

import pytest

from domain import errors
from functions.query_api import graphql
from tests.unit.test_query_api import answer


def classified(*path: Any, **classification: Any) -> dict[str, Any]:
    """An error as the published API writes it."""
    return {
        "message": "Ana Gómez",
        "locations": [{"line": 1, "column": 3}],
        "path": list(path),
        "extensions": {"classification": classification},
    }


def refusal(*given: Any, data: Any = None) -> errors.ApiError:
    """What an answer with these errors raises."""
    with pytest.raises(errors.ApiError) as raised:
        graphql.response(answer({"errors": given, "data": data}))
    return raised.value


DENIED = {"type": "AccessDeniedError", "errorType": "AccessDeniedException", "errorCode": 403}
INVALID = {"type": "ValidationError", "errorType": "ValidationException", "errorCode": 400}
BUSY = {"type": "ConflictError", "errorType": "ConflictException", "errorCode": 409}


@pytest.mark.parametrize(
    ("classification", "error"),
    [
        ({"type": "ThrottlingError"}, errors.ApiThrottled),
        ({"errorType": "ThrottlingException"}, errors.ApiThrottled),
        ({"errorCode": 429}, errors.ApiThrottled),
        ({"errorCode": "429"}, errors.ApiThrottled),
        ({"type": "InternalServerError"}, errors.ApiUnavailable),
        ({"errorCode": 500}, errors.ApiUnavailable),
        ({"errorCode": 503}, errors.ApiUnavailable),
        ({"type": "AccessDeniedError"}, errors.ApiUnauthorized),
        ({"errorType": "AccessDeniedException"}, errors.ApiUnauthorized),
        ({"errorCode": 401}, errors.ApiUnauthorized),
        ({"errorCode": 403}, errors.ApiUnauthorized),
        (DENIED, errors.ApiUnauthorized),
        (INVALID, errors.GraphQLErrors),
        (BUSY, errors.GraphQLErrors),
        ({"type": "ResourceNotFoundError", "errorCode": 404}, errors.GraphQLErrors),
        ({"errorCode": 4290}, errors.GraphQLErrors),
        ({"errorCode": True, "type": ["ThrottlingError"]}, errors.GraphQLErrors),
        ({"details": {"message": "ThrottlingError"}}, errors.GraphQLErrors),
        ({}, errors.GraphQLErrors),
    ],
)
def test_a_classification_decides(classification: Any, error: type[Exception]) -> None:
    assert type(refusal(classified("order", **classification))) is error


@pytest.mark.parametrize(
    ("others", "error"),
    [
        ([DENIED, {"errorCode": 500}, {"errorCode": 429}], errors.ApiThrottled),
        ([DENIED, {"errorCode": 500}], errors.ApiUnavailable),
        ([INVALID, DENIED], errors.ApiUnauthorized),
    ],
)
def test_of_several_errors_the_one_that_may_pass_decides(
    others: list[Any], error: type[Exception]
) -> None:
    assert type(refusal(*(classified("order", **each) for each in others))) is error


def test_a_denial_says_that_an_unknown_id_looks_alike() -> None:
    assert str(refusal(classified("order", **DENIED), data={"order": None})) == (
        "1 GraphQL error: 403, AccessDeniedError, AccessDeniedException at order: "
        "the credentials lack a permission, or there is no such id"
    )


def test_a_query_that_the_service_cannot_take_is_told_as_graphql_java_does() -> None:
    error = {"message": "Ana", "extensions": {"classification": "ValidationError"}}
    assert str(refusal(error)) == "1 GraphQL error: ValidationError"


@pytest.mark.parametrize("code", ["MissingAmazonSkuConfiguration", "InvalidAmazonSkuConfiguration"])
def test_an_inventory_item_without_its_quantity_is_a_failure_that_says_why(code: str) -> None:
    details = {"message": "Ana Gómez", "id": "q3w8ne5r7t1y2u"}
    error = classified("inventoryItem", "buyableQuantity", **INVALID, code=code, details=details)
    item = {"inventoryItemId": "q3w8ne5r7t1y2u", "buyableQuantity": None}
    refused = refusal(error, data={"inventoryItem": item})
    assert type(refused) is errors.GraphQLErrors
    assert not refused.transient
    assert str(refused) == (
        f"1 GraphQL error: 400, {code}, ValidationError, ValidationException "
        "at inventoryItem.buyableQuantity"
    )


def at(*paths: Any) -> str:
    """What a message tells of paths."""
    told = str(refusal(*(classified(*path, type="X") for path in paths)))
    return told.partition(" at ")[2]


def test_partial_data_is_a_failure_that_says_which_fields_failed() -> None:
    price, name = ["order", "lineItems", 0, "price"], ["order", "name"]
    assert (
        at(price, ["order", "lineItems", 1, "price"], name) == "order.lineItems.price, order.name"
    )


NO_FIELDS: list[Any] = [
    "ana@mail.example",
    "Ana Gómez",
    "1Z",
    "",
    "x" * 65,
    "a.b",
    None,
    1.5,
    True,
    {},
    ["a"],
]


@pytest.mark.parametrize("step", NO_FIELDS, ids=ascii)
def test_a_path_that_holds_no_field_is_not_told(step: Any) -> None:
    assert at(["order", step]) == ""


def test_no_answer_makes_a_message_endless() -> None:
    assert at(["a"] * 100) == ".".join("a" * 10)
    assert at(*([f"field{number}"] for number in range(100))).count(",") == 9


@pytest.mark.parametrize("path", [None, "order", {"order": 1}, 5])
def test_an_odd_path_is_not_told(path: Any) -> None:
    assert str(refusal(classified(type="X") | {"path": path})) == "1 GraphQL error: X"


def test_the_mock_accelerators_paths_are_not_told() -> None:
    error = {"path": ["order"], "errorType": "MappingTemplate", "message": "Ana"}
    assert str(refusal(error)) == "1 GraphQL error: MappingTemplate"


UNDEFINED = {
    "path": None,
    "locations": [{"line": 6, "column": 7, "sourceName": None}],
    "errorType": "ValidationError",
    "message": "Ana",
}


def test_an_invalid_document_is_told_by_its_place_or_its_path() -> None:
    told = "1 GraphQL error: ValidationError at "
    assert str(refusal(UNDEFINED)) == told + "line 6, column 7 of the document"
    path = ["order", "orderState", "placedOn"]
    assert str(refusal(UNDEFINED | {"path": path})) == told + "order.orderState.placedOn"
    apollo = {"extensions": {"code": "GRAPHQL_VALIDATION_FAILED"}, "locations": [{"line": 1}]}
    assert str(refusal(apollo)) == "1 GraphQL error: GRAPHQL_VALIDATION_FAILED"


@pytest.mark.parametrize("odd", [None, 5, [], [5], [{}], [{"line": "Ana", "column": 1}]])
def test_an_odd_place_is_not_told(odd: Any) -> None:
    told = str(refusal(UNDEFINED | {"locations": odd}))
    assert told == "1 GraphQL error: ValidationError"


@pytest.mark.parametrize(
    "message",
    [
        "Cannot query field 'placedOn' on type 'OrderState'. Did you mean 'placedAt'?",
        "Cannot query field 'x' on type 'Order'. Did you mean 'a', 'b', or 'c'?",
        "Cannot query field 'sku' on type 'Item'. Did you mean to use an inline fragment on 'A'?",
        'Cannot query field "x" on type "Order".',
        "Validation error of type FieldUndefined: Field 'x' in type 'Order' is undefined "
        "@ 'order/x'",
    ],
)
def test_a_field_that_there_is_not_is_told_in_the_apis_words(message: str) -> None:
    assert str(refusal(UNDEFINED | {"message": message})).endswith(f" of the document: {message}")
    classified = {"classification": {"type": "ValidationError"}}
    assert message in str(refusal({"message": message, "extensions": classified}))


@pytest.mark.parametrize(
    "message",
    [
        "Cannot query field 'Ana Gómez' on type 'Order'.",
        "Cannot query field 'x' on type 'Order'. Did you mean ana@mail.example?",
        "Ana",
        None,
        5,
    ],
)
def test_words_that_can_hold_more_than_names_are_not_told(message: Any) -> None:
    assert str(refusal(UNDEFINED | {"message": message})).endswith(" of the document")
