"""The bearer token of a query: the mock's, a static one, or one of the OAuth 2.0 grant."""

import os
import re
import time
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any

from domain.environment import variable
from domain.errors import ApiUnauthorized
from functions.query_api.connection import Connection
from functions.query_api.grant import grant

if TYPE_CHECKING:
    from functions.query_api.secret import Secret

# A static token is read anew after so long, or at once when the API refuses it.
SECRET_SECONDS = 300
BEARER = re.compile(r"[!-~]{1,8192}")


class Credentials:
    """Gives a token for each query, and a fresh one when the API refuses it."""

    def __init__(self, token_api: Connection | None) -> None:
        """Prepare, asking nobody for anything yet; without a `token_api` the token is static."""
        self._token_api = token_api
        self._lock = Lock()
        self._token = ""
        self._good_until = 0.0

    def token(self, deadline: float, refused: str = "") -> str:
        """The token to send; another than `refused`, which the API has just not taken.

        It is there by `deadline`, a time.monotonic(), and kept whatever then becomes of the query.
        Calls at once share one refresh: whoever comes second finds the new token.

        Raises:
            ApiUnauthorized: the secret holds no credentials, the token endpoint refuses them, or
                the token is none that a header can carry.
            ApiUnavailable, ApiTimeout, ApiThrottled: the token endpoint does not answer.
        """
        if "CREDENTIALS_SECRET_ARN" not in os.environ:
            return bearer(variable("API_TOKEN"))
        with self._lock:
            if self._token == refused or time.monotonic() >= self._good_until:
                token, seconds = self._fetch(deadline)
                self._token, self._good_until = bearer(token), time.monotonic() + seconds
            return self._token

    @cached_property
    def _secret(self) -> "Secret":
        from functions.query_api.secret import Secret  # not paid for where there is none

        return Secret()

    def _fetch(self, deadline: float) -> tuple[Any, float]:
        """A token and for how many seconds it is good."""
        if self._token_api is None:
            (token,) = self._secret.read(deadline, "apiToken")
            return token, SECRET_SECONDS
        client_id, client_secret = self._secret.read(deadline, "clientId", "clientSecret")
        return grant(self._token_api, client_id, client_secret, deadline)


def bearer(token: object) -> str:
    """A token that a header can carry: what cannot would be quoted by whoever refuses it."""
    if not isinstance(token, str) or not BEARER.fullmatch(token):
        raise ApiUnauthorized("the token is not 1 to 8192 visible ASCII characters")
    return token
