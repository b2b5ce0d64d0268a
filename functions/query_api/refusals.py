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
FIELD = re.compile(r"[A-Za-z_][0-9A-Za-z_]{0,63}")


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

    Codes and fields' names are told, and nothing else, which can hold a customer's data.
    """
    codes = sorted({code for error in errors for code in error_codes(error)})
    fields = sorted({field(error) for error in errors} - {""})
    told = f"{len(errors)} GraphQL error(s): {', '.join(codes[:TOLD]) or 'no code given'}"
    if fields:
        told += f" at {', '.join(fields[:TOLD])}"
    for error, meaning in MEANINGS.items():
        if any(meaning.search(code) for code in codes):
            raise error(told + (UNCLEAR if error is ApiUnauthorized else ""))
    raise GraphQLErrors(told)


def field(error: object) -> str:
    """Where a published error is, such as `order.refunds.details.id`, or nothing."""
    path = member(error, "path")
    if not isinstance(path, list) or not member(member(error, "extensions"), "classification"):
        return ""
    names = [step for step in path if type(step) is not int][:TOLD]
    known = all(isinstance(name, str) and FIELD.fullmatch(name) for name in names)
    return ".".join(names) if known else ""
