"""What an answer means that is no success, in either contract: by its status, or by its errors."""

import re
from typing import Any, NoReturn

from domain.errors import (
    ApiError,
    ApiRejected,
    ApiThrottled,
    ApiUnauthorized,
    ApiUnavailable,
    GraphQLErrors,
)
from domain.graphql_errors import error_codes, member

# What an answer means any of whose codes fits; the numbers are HTTP's.
MEANINGS: dict[type[ApiError], re.Pattern[str]] = {
    ApiThrottled: re.compile(r"throttl|too_?many_?requests|rate_?limit|^429$", re.IGNORECASE),
    ApiUnavailable: re.compile(
        r"internal_?(server_?error|failure)|service_?unavailable|time_?out|bad_?gateway|^5\d\d$",
        re.IGNORECASE,
    ),
    ApiUnauthorized: re.compile(r"access_?denied|^40[13]$", re.IGNORECASE),
}
TOLD = 10
# The published API denies an id that it does not know as it does one that is somebody else's.
UNCLEAR = ": the credentials lack a permission, or there is no such id"
# How AppSync, and Apollo and what follows it, tell that a document is not valid.
INVALID = {"ValidationError", "GRAPHQL_VALIDATION_FAILED"}
NAME = r"[A-Za-z_][0-9A-Za-z_]{0,63}"
FIELD = re.compile(NAME)

# How GraphQL.js, with what follows it, and AppSync tell of a field that there is not.
UNKNOWN = re.compile(
    rf"Cannot query field ['\"]{NAME}['\"] on type ['\"]{NAME}['\"]\."
    rf"( Did you mean [a-z ]*(['\"]{NAME}['\"]( or |, or |, )?){{1,5}}\?)?"
    rf"|Validation error of type FieldUndefined: Field '{NAME}' in type '{NAME}' is undefined"
    rf"( @ '{NAME}(/{NAME}){{0,9}}')?"
)


def raise_for_status(status: int) -> NoReturn:
    """Raise the error for an HTTP status other than 200.

    Retry-After is not read: no answer can set the state machine's waits; redrive delays are longer.
    """
    if status in (401, 403):
        raise ApiUnauthorized(f"status {status}: check the credentials and their permissions")
    if status == 429:
        raise ApiThrottled("status 429")
    if status >= 500:
        raise ApiUnavailable(f"status {status}")
    raise ApiRejected(f"status {status}")


def raise_for_errors(errors: list[Any]) -> NoReturn:
    """Raise the error for a response's `errors`; data beside them is not whole, and not kept.

    That is so for the `inventoryItem` of a product without an Amazon SKU as well, which has no
    `buyableQuantity` (MissingAmazonSkuConfiguration): the quantity is what its event is about. No
    retry helps, but a redrive once the merchant has configured the SKU.

    Codes, fields' names and places in the document are told, and nothing else, which can hold a
    customer's data; of a message that is nothing but names in a known sentence, that too.
    """
    codes = sorted({code for error in errors for code in error_codes(error)})
    fields = sorted({field(error) for error in errors} - {""})
    told = f"{len(errors)} GraphQL error{'s' if len(errors) > 1 else ''}: "
    told += ", ".join(codes[:TOLD]) or "no code given"
    if fields:
        told += f" at {', '.join(fields[:TOLD])}"
    told += "".join(f": {message}" for message in unknown_fields(errors))
    for error, meaning in MEANINGS.items():
        if any(meaning.search(code) for code in codes):
            raise error(told + (UNCLEAR if error is ApiUnauthorized else ""))
    raise GraphQLErrors(told)


def field(error: object) -> str:
    """Where an error is, such as `order.refunds.details.id`, or nothing.

    That is told of published errors, and of those with the document itself; where these have no
    path, as AppSync's, by line and column.
    """
    invalid = is_invalid(error)
    if not invalid and not member(member(error, "extensions"), "classification"):
        return ""
    path = member(error, "path")
    names = (
        [step for step in path if type(step) is not int][:TOLD] if isinstance(path, list) else []
    )
    if names and all(isinstance(name, str) and FIELD.fullmatch(name) for name in names):
        return ".".join(names)
    places = member(error, "locations") if invalid else None
    first = places[0] if isinstance(places, list) and places else None
    line, column = member(first, "line"), member(first, "column")
    known = type(line) is int and type(column) is int
    return f"line {line}, column {column} of the document" if known else ""


def is_invalid(error: object) -> bool:
    """Whether the API says that the document is not valid."""
    return bool(INVALID & set(error_codes(error)))


def unknown_fields(errors: list[Any]) -> list[str]:
    """What is said of fields that the API does not have, in sentences that can hold names alone."""
    messages = [member(error, "message") for error in errors if is_invalid(error)]
    texts = {each for each in messages if isinstance(each, str) and UNKNOWN.fullmatch(each)}
    return sorted(texts)[:TOLD]
