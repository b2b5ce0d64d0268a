"""Keeps what is served on this machine to this machine: other sites stay out."""

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

NAMES = ("127.0.0.1", "localhost")


def foreign(scope: Scope, port: int) -> str | None:
    """What is foreign about a request to a port of this machine, in a line; None if nothing is.

    A site that a browser visits could send requests here, and through DNS rebinding read the
    answers: `Host` and `Origin` tell it apart. Another port of this machine is another site.
    """
    headers = Headers(scope=scope)
    hosts = {f"{name}:{port}" for name in NAMES} | ({*NAMES} if port == 80 else set())
    origin = headers.get("origin")
    if headers.get("host") not in hosts:
        return "This is not the address of what is served here."
    if origin is not None and origin.removeprefix("http://") not in hosts:
        return "Another site may not ask what is served here."
    return None


class LocalOnly:
    """Answers what is foreign with 403, and lets the application answer the rest."""

    def __init__(self, app: ASGIApp, port: int) -> None:
        self._app = app
        self._port = port

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        told = None if scope["type"] == "lifespan" else foreign(scope, self._port)
        app = PlainTextResponse(f"{told}\n", 403) if told else self._app
        await app(scope, receive, send)
