"""The client-credentials grant of OAuth 2.0 (RFC 6749, section 4.4)."""

import base64
import json
import math
from typing import Any
from urllib.parse import urlencode

from domain.errors import ApiUnauthorized, ApiUnavailable
from functions.query_api.connection import Answer, Connection
from functions.query_api.contract import version
from functions.query_api.refusals import raise_for_status

# How long a token is kept whose endpoint does not say, and how long at most.
UNTOLD_SECONDS = 60.0
MAX_SECONDS = 24 * 3600.0


def grant(
    api: Connection, client_id: str, client_secret: str, deadline: float
) -> tuple[Any, float]:
    """What the endpoint grants as a token, and for how many seconds to use it.

    The published API reads the credentials from the body (section 2.3.1 of the RFC allows both), as
    Amazon's own connector sends them.

    Raises:
        ApiUnauthorized: the endpoint refuses the credentials.
        ApiUnavailable, ApiTimeout, ApiThrottled, ApiRejected: it does not answer, or with no token.
    """
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    form = {"grant_type": "client_credentials"}
    if version():
        form |= {"client_id": client_id, "client_secret": client_secret}
    else:
        basic = f"{client_id}:{client_secret}".encode(errors="surrogatepass")
        headers["Authorization"] = f"Basic {base64.b64encode(basic).decode()}"
    body = urlencode(form, errors="surrogatepass").encode()
    return granted(api.post(body, headers, deadline))


def granted(answer: Answer) -> tuple[Any, float]:
    """The token of an answer, and for how many seconds to use it (RFC 6749, section 5.1)."""
    if answer.status in (400, 401, 403):
        raise ApiUnauthorized(f"the token endpoint refuses the credentials: status {answer.status}")
    if answer.status != 200:
        raise_for_status(answer.status)
    try:
        told = json.loads(answer.body)
        token, seconds = told["access_token"], lifetime(told.get("expires_in"))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ApiUnavailable("the token endpoint answers without a token") from None
    return token, seconds - min(30.0, seconds / 5)


def lifetime(expires_in: Any) -> float:
    """The seconds that an `expires_in` means, which some endpoints give as a text."""
    try:
        seconds = float(expires_in)
    except (ValueError, TypeError, OverflowError):
        return UNTOLD_SECONDS
    sane = 0 < seconds < math.inf and expires_in is not True
    return min(seconds, MAX_SECONDS) if sane else UNTOLD_SECONDS
