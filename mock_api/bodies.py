"""Bounds the bodies of requests, which nobody else does: neither uvicorn nor Starlette."""

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY_BYTES = 64 * 1024


class BoundedBodies:
    """Reads bodies for an application, and answers 413 once one is larger than MAX_BODY_BYTES.

    No more than that and a chunk is kept, whatever a request says of its length.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body, more = b"", True
        while more and len(body) <= MAX_BODY_BYTES:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        if len(body) > MAX_BODY_BYTES:
            told = f"The body is too large: send {MAX_BODY_BYTES} bytes at most.\n"
            await PlainTextResponse(told, 413)(scope, receive, send)
            return
        read: list[Message] = [{"type": "http.request", "body": body}]

        async def receive_again() -> Message:
            return read.pop() if read else await receive()

        await self._app(scope, receive_again, send)
