"""GraphQL over HTTP: what is posted, and how an answer is judged."""

import hashlib
import json
import math
from functools import cache
from pathlib import Path
from typing import Any

from domain.errors import ApiUnavailable, EntityMissing
from functions.query_api.connection import Answer
from functions.query_api.refusals import raise_for_errors, raise_for_status

DOCUMENTS = Path(__file__).parents[2] / "graphql"

# A decimal of so many digits survives as a binary number (IEEE 754); a whole number up to 2^53.
DIGITS, LARGEST = 15, 2**53


class Reader:
    """Reads JSON (RFC 8259), and whether it is `exact`: every value as a state can carry it."""

    def __init__(self) -> None:
        self.exact = True
        self._decoder = json.JSONDecoder(
            object_pairs_hook=self._pairs,
            parse_float=self._number,
            parse_int=self._whole,
            parse_constant=self._number,
        )

    def read(self, body: bytes) -> Any:
        """The value; raises ValueError or RecursionError where there is none."""
        return self._decoder.decode(body.decode())

    def _pairs(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        self.exact = self.exact and len(found) == len(pairs)
        return found

    def _whole(self, text: str) -> int:
        number = int(text)
        self.exact = self.exact and abs(number) <= LARGEST
        return number

    def _number(self, text: str) -> float:
        number = float(text)
        if not math.isfinite(number):
            raise ValueError(text)
        digits = text.lower().partition("e")[0].replace(".", "").strip("-0")
        kept = bool(number or not digits) and len(digits) <= DIGITS
        self.exact = self.exact and (kept or repr(number) == text)
        return number


@cache
def document(name: str) -> str:
    """The text of `graphql/<name>.graphql`."""
    return (DOCUMENTS / f"{name}.graphql").read_text(encoding="utf-8")


@cache
def digest(name: str) -> str:
    """The SHA-256 of a document, as `sha256sum graphql/<name>.graphql` tells it."""
    return hashlib.sha256((DOCUMENTS / f"{name}.graphql").read_bytes()).hexdigest()


@cache
def quoted(name: str) -> str:
    """A document as a JSON string."""
    return json.dumps(document(name))


def request_body(document_name: str, variables: dict[str, Any]) -> bytes:
    """The body to post: `{"query", "variables"}` in JSON (GraphQL over HTTP, section 5.4)."""
    return f'{{"query": {quoted(document_name)}, "variables": {json.dumps(variables)}}}'.encode()


def response(answer: Answer) -> tuple[dict[str, Any], bool]:
    """The parsed GraphQL response, which has an entity and no errors, and whether it is exact.

    Raises:
        ApiThrottled, ApiUnavailable, ApiUnauthorized, ApiRejected: by status, by the code of a
            GraphQL error, or because the body of a 200 is no GraphQL response.
        GraphQLErrors: the response's top-level `errors` list is not empty.
        EntityMissing: there are no errors, and nothing is in `data`.
    """
    reader = Reader()
    if answer.status != 200:
        raise_for_status(answer.status)
    try:
        parsed = reader.read(answer.body)
    except (ValueError, RecursionError):
        raise ApiUnavailable("status 200, but the body is not JSON") from None
    errors = parsed.get("errors") if isinstance(parsed, dict) else None
    if isinstance(errors, list) and errors:
        raise_for_errors(errors)
    if not isinstance(parsed, dict) or "data" not in parsed or errors:
        raise ApiUnavailable("status 200, but the body is no GraphQL response")
    data = parsed["data"]
    if not isinstance(data, dict) or not any(isinstance(each, dict) for each in data.values()):
        raise EntityMissing("the response holds no entity, and no error")
    return parsed, reader.exact
