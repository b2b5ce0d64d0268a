"""The token endpoint: OAuth 2.0's client-credentials grant, with tokens that expire."""

import base64
import binascii
import secrets
import time

from starlette.requests import Request
from starlette.responses import JSONResponse

CLIENT_ID = "mock-client"
DEFAULT_SECONDS = 3600.0


class OAuth:
    """Grants tokens and knows which are good.

    The one client is `mock-client`. Its secret is whatever begins with `mock-secret`, and a secret
    such as `mock-secret-5` gets tokens that are good for 5 seconds; `revoke` ends them all.
    """

    def __init__(self) -> None:
        self._good_until: dict[str, float] = {}
        self.required_secret: str | None = None

    async def __call__(self, request: Request) -> JSONResponse:
        """Answer `POST /oauth/token` (RFC 6749, sections 4.4.2 and 4.4.3)."""
        form = (await request.body()).decode(errors="replace")
        if "grant_type=client_credentials" not in form.split("&"):
            return JSONResponse({"error": "unsupported_grant_type"}, 400)
        client_id, secret = basic_credentials(request.headers.get("authorization", ""))
        if client_id != CLIENT_ID or not self._accepts(secret):
            return JSONResponse({"error": "invalid_client"}, 401)
        last = secret.rpartition("-")[2]
        seconds = float(last) if last.isdecimal() else DEFAULT_SECONDS
        token = secrets.token_urlsafe()
        self._good_until[token] = time.monotonic() + seconds
        return JSONResponse({"access_token": token, "token_type": "bearer", "expires_in": seconds})

    def is_good(self, token: str) -> bool:
        """Whether a token has been granted and has not expired."""
        return time.monotonic() < self._good_until.get(token, 0.0)

    def require(self, secret: str | None) -> None:
        """Take this secret only from now on, and none of the tokens granted before."""
        self.required_secret = secret
        self._good_until.clear()

    def _accepts(self, secret: str) -> bool:
        if self.required_secret is not None:
            return secret == self.required_secret
        return secret.startswith("mock-secret")


def basic_credentials(header: str) -> tuple[str, str]:
    """Client id and secret of a Basic `Authorization` header; empty where there are none."""
    scheme, _, encoded = header.partition(" ")
    try:
        decoded = base64.b64decode(encoded).decode() if scheme.lower() == "basic" else ""
    except (binascii.Error, UnicodeDecodeError):
        decoded = ""
    client_id, _, secret = decoded.partition(":")
    return client_id, secret
