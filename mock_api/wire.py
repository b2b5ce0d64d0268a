"""How queries come and answers go, in both contracts: late, broken or never where that is asked."""

import asyncio
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from mock_api.faults import Conditions, Fault

# Makes the answer `{"data"[, "errors"]}` of a query and its variables.
Execute = Callable[[str, dict[str, Any]], dict[str, Any]]


class Wire:
    """Lets queries through as the conditions are.

    `reset` ends the connection of the request it is given without an answer.
    """

    def __init__(self, reset: Callable[[Request], None], silent_seconds: float) -> None:
        self._reset = reset
        self._silent_seconds = silent_seconds
        self.conditions = Conditions()

    async def answer(self, request: Request, execute: Execute) -> Response:
        """Answer a request, with status 200 unless a Fault says otherwise."""
        try:
            query, variables = query_of(await request.json())
        except ValueError:
            return JSONResponse({"message": 'the body is not {"query", "variables"}'}, 400)
        try:
            await self.conditions.pass_through()
            return JSONResponse(execute(query, variables))
        except Fault as fault:
            return await self._fault(request, fault.kind)

    async def _fault(self, request: Request, kind: str) -> Response:
        match kind:
            case "malformed":
                return Response('{"data": {"order": {"id": "error-malf', media_type="text/html")
            case "timeout":
                await asyncio.sleep(self._silent_seconds)
                return Response(status_code=504)
            case "reset":
                self._reset(request)
                return Response()
        return Response(status_code=int(kind))


def query_of(body: Any) -> tuple[str, dict[str, Any]]:
    """A body's query and variables; raises ValueError where it has none."""
    query, variables = (
        (body.get("query"), body.get("variables") or {}) if isinstance(body, dict) else (None, None)
    )
    if not isinstance(query, str) or not isinstance(variables, dict):
        raise ValueError
    return query, variables
