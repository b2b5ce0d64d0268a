"""The mock accelerator's GraphQL API: `schema.graphql` executed over `data/`, as AppSync does."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from graphql import ExecutionResult, GraphQLError, GraphQLResolveInfo, build_schema
from mock_api.execution import Context, checked, execute, path_to
from mock_api.faults import Fault, Faults
from mock_api.oauth import OAuth
from mock_api.wire import Wire

HERE = Path(__file__).parent

SCHEMA = build_schema((HERE / "schema.graphql").read_text(encoding="utf-8"))

EMPTY = "MappingTemplate"
# AppSync's names for the errors that are asked for by an id.
ERROR_TYPES = {
    "graphql": EMPTY,
    "throttled": "ThrottlingException",
    "internal": "InternalFailure",
    "denied": "UnauthorizedException",
    "expired": "UnauthorizedException",
}


class GraphQLApi:
    """An ASGI endpoint for `POST /graphql`.

    Needs the header `Authorization: bearer <token>`, with a token that is good to `oauth`, and any
    `X-Omni-InstallationId`.
    """

    def __init__(self, wire: Wire, oauth: OAuth) -> None:
        self._wire = wire
        self._oauth = oauth
        self._faults = Faults()
        self._root = {
            "order": self._resolver("orders", "orderId"),
            "item": self._resolver("items", "identifier"),
            "inventoryItem": self._resolver("inventory_items", "inventoryItemId"),
        }

    async def __call__(self, request: Request) -> Response:
        """Answer one query."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not self._oauth.is_good(token):
            return JSONResponse({"errors": [{"errorType": "UnauthorizedException"}]}, 401)
        if not request.headers.get("x-omni-installationid"):
            return JSONResponse({"message": "X-Omni-InstallationId is missing"}, 400)
        return await self._wire.answer(request, self._execute)

    def _execute(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        try:
            result = self._result(query, variables)
        except Fault as fault:
            return asked_for(fault)
        answer: dict[str, Any] = {"data": result.data}
        if result.errors:
            answer["errors"] = [appsync_error(error) for error in result.errors]
        return answer

    def _result(self, query: str, variables: dict[str, Any]) -> ExecutionResult:
        try:
            document, errors = checked(SCHEMA, query)
        except GraphQLError as error:
            return ExecutionResult(None, [error])
        for each in errors:
            each.path = path_to(each.nodes[0], document) if each.nodes else None
        if errors:
            return ExecutionResult(None, errors)
        return execute(SCHEMA, document, self._root, variables, Context())

    def _resolver(self, entities: str, argument: str) -> Callable[..., Any]:
        known = json.loads((HERE / "data" / f"{entities}.json").read_text(encoding="utf-8"))

        def resolve(info: GraphQLResolveInfo, **arguments: Any) -> Any:
            given = arguments[argument]
            entity_id = given["value"] if isinstance(given, dict) else given
            wish = self._faults.wish(entity_id)
            if wish is not None:
                info.context.kib = wish.kib
                return wish.of(known.values())
            if entity_id not in known:
                raise GraphQLError("Template transformation yielded an empty response.")
            return known[entity_id]

        return resolve


def asked_for(fault: Fault) -> dict[str, Any]:
    """The answer to a query that asked for a fault by an id; raises the fault if it is none."""
    if fault.kind == "missing":
        return {"data": {"order": None}}
    if fault.kind not in ERROR_TYPES:
        raise fault
    error = appsync_error(GraphQLError("Asked for by the id.", path=["order"]))
    return {"data": None, "errors": [error | {"errorType": ERROR_TYPES[fault.kind]}]}


def appsync_error(error: GraphQLError) -> dict[str, Any]:
    """An entry of `errors` as AppSync writes it."""
    return {
        "path": error.path,
        "data": None,
        "errorType": EMPTY if error.original_error else "ValidationError",
        "errorInfo": None,
        "locations": [
            {"line": place.line, "column": place.column, "sourceName": None}
            for place in error.locations or []
        ],
        "message": error.message,
    }
