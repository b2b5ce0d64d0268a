"""The token endpoints: OAuth 2.0's client-credentials grant, with tokens that expire."""

import base64
import binascii
import secrets
import time
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse

CLIENT_ID = "mock-client"


class OAuth:
    """Grants tokens and knows which are good: for so many `seconds`, each beside the others.

    `known`, if any, is a token that is good for ever, without being granted.

    The one client is `mock-client`. Its secret is whatever begins with `mock-secret`, and a secret
    such as `mock-secret-5` gets tokens that are good for 5 seconds; `require` ends them all.
    """

    def __init__(self, seconds: int, known: str | None = None) -> None:
        self._seconds = seconds
        self._known = known
        self._good_until: dict[str, float] = {}
        self.required_secret: str | None = None

    async def basic(self, request: Request) -> JSONResponse:
        """Answer a request whose credentials are in a header (RFC 6749, sections 2.3.1 and 4.4)."""
        form = await form_of(request)
        client_id, secret = basic_credentials(request.headers.get("authorization", ""))
        answer, status = self._grant(form, client_id, secret)
        return JSONResponse(answer | {"token_type": "bearer"}, status)

    async def in_body(self, request: Request) -> JSONResponse:
        """Answer a request whose credentials are in its body, as the published API takes them."""
        form = await form_of(request)
        client_id, secret = form.get("client_id", ""), form.get("client_secret", "")
        return JSONResponse(*self._grant(form, client_id, secret))

    def is_good(self, token: str) -> bool:
        """Whether a token is the known one, or has been granted and has not expired."""
        if self._known and secrets.compare_digest(token.encode(), self._known.encode()):
            return True
        return time.monotonic() < self._good_until.get(token, 0.0)

    def require(self, secret: str | None) -> None:
        """Take this secret only from now on, and none of the tokens granted before."""
        self.required_secret = secret
        self._good_until.clear()

    def _grant(
        self, form: dict[str, str], client_id: str, secret: str
    ) -> tuple[dict[str, Any], int]:
        """A token, or the error, and the status (RFC 6749, sections 5.1 and 5.2)."""
        if form.get("grant_type") != "client_credentials":
            return {"error": "unsupported_grant_type"}, 400
        if client_id != CLIENT_ID or not self._accepts(secret):
            return {"error": "invalid_client"}, 401
        last = secret.rpartition("-")[2]
        seconds = int(last) if last.isdecimal() else self._seconds
        token = secrets.token_urlsafe()
        self._good_until[token] = time.monotonic() + seconds
        return {"access_token": token, "expires_in": seconds}, 200

    def _accepts(self, secret: str) -> bool:
        if self.required_secret is not None:
            return secret == self.required_secret
        return secret.startswith("mock-secret")


async def form_of(request: Request) -> dict[str, str]:
    """The fields of a form-encoded body; none where it says that it is something else."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        return {}
    return dict(parse_qsl((await request.body()).decode(errors="replace")))


def basic_credentials(header: str) -> tuple[str, str]:
    """Client id and secret of a Basic `Authorization` header; empty where there are none."""
    scheme, _, encoded = header.partition(" ")
    try:
        decoded = base64.b64decode(encoded).decode() if scheme.lower() == "basic" else ""
    except (binascii.Error, UnicodeDecodeError):
        decoded = ""
    client_id, _, secret = decoded.partition(":")
    return client_id, secret
