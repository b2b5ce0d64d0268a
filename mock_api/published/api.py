"""The published GraphQL API, of version 2024-11-01: `schema.graphql` executed over the shop."""

import re
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response

from graphql import GraphQLError, build_schema
from mock_api import execution
from mock_api.execution import checked, execute
from mock_api.oauth import OAuth
from mock_api.published.errors import (
    Refused,
    data_of,
    denied,
    invalid,
    invalid_document,
    operation_of,
    published,
    refused,
)
from mock_api.published.queries import Queries
from mock_api.published.subscriptions import Subscriptions
from mock_api.wire import Wire

# The header that tells a request of this contract.
VERSION_HEADER = "x-api-version"
VERSION = "2024-11-01"
TARGET_ID = re.compile(r"bp-[0-9A-Za-z-]+")

SCHEMA = build_schema((Path(__file__).parent / "schema.graphql").read_text(encoding="utf-8"))


@dataclass
class Context(execution.Context):
    """What resolvers know of a request, and where they put errors beside data."""

    target_id: str = ""
    partial: list[GraphQLError] = field(default_factory=list)


class PublishedApi:
    """An ASGI endpoint for `POST /graphql`.

    Needs the headers `Authorization: Bearer <token>`, with a token that is good to `oauth`,
    `x-api-target-id: bp-...` and `x-api-version: 2024-11-01`.
    """

    def __init__(self, wire: Wire, oauth: OAuth) -> None:
        self._wire = wire
        self._oauth = oauth
        self._root = Queries().root() | Subscriptions().root()

    async def __call__(self, request: Request) -> Response:
        """Answer one query."""
        return await self._wire.answer(request, partial(self._execute, request.headers))

    def _execute(self, headers: Headers, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        try:
            document, errors = checked(SCHEMA, query)
            operation = operation_of(document)
        except GraphQLError as error:
            return {"data": None, "errors": [published(error)]}
        if refusal := self._refusal(headers):
            return refused(operation, refusal)
        if errors:
            return invalid_document(document, errors)
        context = Context(target_id=headers["x-api-target-id"])
        result = execute(SCHEMA, document, self._root, variables, context)
        errors = [*(result.errors or []), *context.partial]
        if not errors:
            return {"data": result.data}
        told = [published(error) for error in errors]
        return {"data": data_of(operation, result.data), "errors": told}

    def _refusal(self, headers: Headers) -> Refused | None:
        """Why a request is refused by its headers; which comes first is not known of the real."""
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or not self._oauth.is_good(token):
            return denied()
        if not TARGET_ID.fullmatch(headers.get("x-api-target-id", "")):
            return invalid("x-api-target-id must be the id of a business product.")
        if headers[VERSION_HEADER] != VERSION:
            return invalid(f"{VERSION_HEADER} must be {VERSION}.")
        return None
