"""GraphQL over HTTP: what is posted, and how an answer is judged."""

import json
import math
import re
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

from domain.errors import (
    ApiError,
    ApiRejected,
    ApiThrottled,
    ApiUnauthorized,
    ApiUnavailable,
    GraphQLErrors,
)
from functions.query_api.connection import Answer

DOCUMENTS = Path(__file__).parents[2] / "graphql"
THROTTLED = re.compile(r"throttl|too_?many_?requests|rate_?limit", re.IGNORECASE)
UNAVAILABLE = re.compile(
    r"internal_?(server_?error|failure)|service_?unavailable|time_?out|bad_?gateway", re.IGNORECASE
)
CODE = re.compile(r"[0-9A-Za-z_.:-]{1,64}")


def finite(number: str) -> float:
    """Read a number, but refuse what JSON (RFC 8259) could not write again: NaN and infinity."""
    value = float(number)
    if not math.isfinite(value):
        raise ValueError(number)
    return value


DECODER = json.JSONDecoder(parse_float=finite, parse_constant=finite)


@cache
def document(name: str) -> str:
    """The text of `graphql/<name>.graphql`."""
    return (DOCUMENTS / f"{name}.graphql").read_text(encoding="utf-8")


@cache
def quoted(name: str) -> str:
    """A document as a JSON string."""
    return json.dumps(document(name))


def request_body(document_name: str, variables: dict[str, str]) -> bytes:
    """The body to post: `{"query", "variables"}` in JSON (GraphQL over HTTP, section 5.4)."""
    return f'{{"query": {quoted(document_name)}, "variables": {json.dumps(variables)}}}'.encode()


def response(answer: Answer) -> dict[str, Any]:
    """The parsed GraphQL response, which has `data` and no errors.

    Raises:
        ApiThrottled, ApiUnavailable, ApiUnauthorized, ApiRejected: by status, by the code of a
            GraphQL error, or because the body of a 200 is no GraphQL response.
        GraphQLErrors: the response's top-level `errors` list is not empty.
    """
    if answer.status != 200:
        raise_for_status(answer.status)
    try:
        parsed = DECODER.decode(answer.body.decode())
    except (ValueError, RecursionError):
        raise ApiUnavailable("status 200, but the body is not JSON") from None
    errors = parsed.get("errors") if isinstance(parsed, dict) else None
    if isinstance(errors, list) and errors:
        raise_for_errors(errors)
    if not isinstance(parsed, dict) or "data" not in parsed or errors:
        raise ApiUnavailable("status 200, but the body is no GraphQL response")
    return parsed


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
    told = f"{len(errors)} GraphQL error(s): {', '.join(codes) or 'no code given'}"
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
