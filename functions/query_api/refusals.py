"""What an answer means that is no success: by its status, or by its errors."""

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

THROTTLED = re.compile(r"throttl|too_?many_?requests|rate_?limit", re.IGNORECASE)
UNAVAILABLE = re.compile(
    r"internal_?(server_?error|failure)|service_?unavailable|time_?out|bad_?gateway", re.IGNORECASE
)
CODES_TOLD = 10
CODE = re.compile(r"[0-9A-Za-z_.:-]{1,64}")


def raise_for_status(status: int) -> NoReturn:
    """Raise the error for an HTTP status other than 200."""
    if status in (401, 403):
        raise ApiUnauthorized(f"status {status}: check the credentials and their permissions")
    if status == 429:
        raise ApiThrottled("status 429")
    if status >= 500:
        raise ApiUnavailable(f"status {status}")
    raise ApiRejected(f"status {status}")


def raise_for_errors(errors: list[Any]) -> NoReturn:
    """Raise the error for a response's `errors`.

    Of the errors only codes are told, since messages and paths can hold a customer's data.
    """
    codes = sorted({code for error in errors for code in error_codes(error)})
    told = f"{len(errors)} GraphQL error(s): {', '.join(codes[:CODES_TOLD]) or 'no code given'}"
    error: type[ApiError] = GraphQLErrors
    if any(THROTTLED.search(code) for code in codes):
        error = ApiThrottled
    elif any(UNAVAILABLE.search(code) for code in codes):
        error = ApiUnavailable
    raise error(told)


def error_codes(error: object) -> list[str]:
    """An error's codes: AppSync's `errorType` and the customary `extensions.code`."""
    if not isinstance(error, dict):
        return []
    extensions = error.get("extensions")
    codes = [error.get("errorType"), extensions.get("code") if isinstance(extensions, dict) else ""]
    return [code for code in codes if isinstance(code, str) and CODE.fullmatch(code)]
