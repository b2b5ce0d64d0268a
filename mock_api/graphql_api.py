"""The GraphQL API: `schema.graphql` executed over `data/`, answering as Buy with Prime does."""

import asyncio
import json
import secrets
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLResolveInfo,
    build_schema,
    execute_sync,
    parse,
    validate,
)
from mock_api.faults import Conditions, Fault, Faults
from mock_api.oauth import OAuth

HERE = Path(__file__).parent

SCHEMA = build_schema((HERE / "schema.graphql").read_text(encoding="utf-8"))


class GraphQLApi:
    """An ASGI endpoint for `POST /graphql`.

    Needs the header `Authorization: bearer <token>`, with `token` or one of the token endpoint's,
    and any `X-Omni-InstallationId`.
    `reset` ends the connection of the request it is given without an answer.
    """

    def __init__(
        self, reset: Callable[[Request], None], oauth: OAuth, token: str, silent_seconds: float
    ) -> None:
        self._reset = reset
        self._oauth = oauth
        self._token = token
        self._silent_seconds = silent_seconds
        self._faults = Faults()
        self.conditions = Conditions()
        self._root = {
            "order": self._resolver("orders", "orderId"),
            "item": self._resolver("items", "identifier"),
            "inventoryItem": self._resolver("inventory_items", "inventoryItemId"),
        }

    async def __call__(self, request: Request) -> Response:
        """Answer one query."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not self._is_good(token):
            return JSONResponse({"errors": [{"errorType": "UnauthorizedException"}]}, 401)
        if not request.headers.get("x-omni-installationid"):
            return JSONResponse({"message": "X-Omni-InstallationId is missing"}, 400)
        try:
            body = await request.json()
            query, variables = body["query"], body.get("variables") or {}
        except (ValueError, KeyError, TypeError, AttributeError):
            return JSONResponse({"message": 'the body is not {"query", "variables"}'}, 400)
        try:
            await self.conditions.pass_through()
        except Fault as fault:
            return await self._fault(request, fault.kind)
        result = self._execute(query, variables)
        errors = result.errors or []
        for error in errors:
            if isinstance(error.original_error, Fault):
                return await self._fault(request, error.original_error.kind)
        answer: dict[str, Any] = {"data": result.data}
        if errors:
            answer["errors"] = [appsync_error(error) for error in errors]
        return JSONResponse(answer)

    def _is_good(self, token: str) -> bool:
        known = secrets.compare_digest(token.encode(), self._token.encode())
        return known or self._oauth.is_good(token)

    def _execute(self, query: str, variables: dict[str, Any]) -> ExecutionResult:
        try:
            document, errors = checked(query)
        except GraphQLError as error:
            return ExecutionResult(None, [error])
        if errors:
            return ExecutionResult(None, errors)
        return execute_sync(SCHEMA, document, self._root, variable_values=variables)

    def _resolver(self, entities: str, argument: str) -> Callable[..., Any]:
        known = json.loads((HERE / "data" / f"{entities}.json").read_text(encoding="utf-8"))

        def resolve(_info: GraphQLResolveInfo, **arguments: Any) -> Any:
            given = arguments[argument]
            entity_id = given["value"] if isinstance(given, dict) else given
            wish = self._faults.wish(entity_id)
            if wish is not None:
                return padded(next(iter(known.values())), wish.kib)
            if entity_id not in known:
                raise GraphQLError("Template transformation yielded an empty response.")
            return known[entity_id]

        return resolve

    async def _fault(self, request: Request, kind: str) -> Response:
        match kind:
            case "graphql":
                error = appsync_error(GraphQLError("Asked for by the id.", path=["order"]))
                return JSONResponse({"data": None, "errors": [error]})
            case "missing":
                return JSONResponse({"data": {"order": None}})
            case "malformed":
                return Response('{"data": {"order": {"id": "error-malf', media_type="text/html")
            case "timeout":
                await asyncio.sleep(self._silent_seconds)
                return Response(status_code=504)
            case "reset":
                self._reset(request)
                return Response()
        return Response(status_code=int(kind))


@lru_cache(maxsize=64)
def checked(query: str) -> tuple[DocumentNode, list[GraphQLError]]:
    """A query's document and what is wrong with it; the same queries come again and again.

    Raises:
        GraphQLError: the text is no document.
    """
    document = parse(query)
    return document, validate(SCHEMA, document)


def padded(entity: dict[str, Any], kib: int) -> dict[str, Any]:
    """The entity with one text so long that a response of the known documents has `kib` KiB."""
    padding = "x" * (kib * 1024)
    if "lineItems" in entity:
        line = entity["lineItems"][0]
        product = line["product"] | {"description": padding}
        return entity | {"lineItems": [line | {"product": product}]}
    if "mappingProduct" in entity:
        return entity | {"mappingProduct": entity["mappingProduct"] | {"url": padding}}
    return entity | {"description": padding}


def appsync_error(error: GraphQLError) -> dict[str, Any]:
    """An entry of `errors` as AppSync writes it."""
    return {
        "path": error.path,
        "data": None,
        "errorType": "MappingTemplate" if error.path else "ValidationError",
        "errorInfo": None,
        "locations": [
            {"line": place.line, "column": place.column, "sourceName": None}
            for place in error.locations or []
        ],
        "message": error.message,
    }
