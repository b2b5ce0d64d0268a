"""Keeps the console to whoever started it: other sites and other users of this machine stay out."""

import secrets
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from accelerator.guard import foreign

# Nothing but what the console serves itself is loaded, run or asked.
HEADERS = {
    "content-security-policy": "default-src 'self'; frame-ancestors 'none'; form-action 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}
# What the page goes on with is in the address that its server printed, and nowhere else.
REFUSED = (
    "The console was started again, or this browser has not opened it before: open the address "
    "that it printed, which 'accelerator status' tells of the local cloud's, and this page goes on."
)


class Guard:
    """Lets a request through that is meant for this console and comes from its own page.

    Other users of the machine lack the token of this run, which everything under `/api/` needs: in
    the Authorization header or, for the stream of events, whose request a page can give no header,
    in the query.
    """

    def __init__(self, app: ASGIApp, port: int, token: str) -> None:
        self._app = app
        self._port = port
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or refuse with 403 or 401."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refused = self._refusal(Request(scope))
        app = self._app if refused is None else refused

        async def send_with_headers(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] += [(n.encode(), v.encode()) for n, v in HEADERS.items()]
            await send(message)

        await app(scope, receive, send_with_headers)

    def _refusal(self, request: Request) -> PlainTextResponse | None:
        if told := foreign(request.scope, self._port):
            return PlainTextResponse(told, 403)
        if request.url.path.startswith("/api/") and not self._has_token(request):
            return PlainTextResponse(REFUSED, 401)
        return None

    def _has_token(self, request: Request) -> bool:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not given and request.url.path == "/api/stream":
            given = request.query_params.get("token", "")
        return secrets.compare_digest(given.encode(), self._token.encode())
