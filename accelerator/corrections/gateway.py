"""The way in: the local cloud is open to whoever has the access key of its run, and no web page."""

import os
import re
import secrets
from typing import Any
from urllib.parse import parse_qs

from ministack import app
from ministack.core.responses import (
    _account_from_sts_session,
    error_response_json,
    error_response_xml,
)
from ministack.core.router import detect_service, extract_access_key_id
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from accelerator.guard import LocalOnly

# What nobody signs: the question whether it is ready, and requests to deployed APIs.
UNSIGNED = re.compile(r"/_ministack/ready|/restapis/[^/]+/[^/]+/_user_request_(/.*)?", re.DOTALL)
CODE = "InvalidClientTokenId"
REFUSAL = "This local cloud lets in only the credentials that 'accelerator status' tells."


def correct_access() -> None:
    """Refuse other sites and whoever lacks the access key of this run; ministack takes any request.

    It lets every page that a browser shows read its answers too: here it lets none. Signatures are
    not checked, so that the id of the key, which each request tells, is as good as a password.
    """
    answer, key = app.app, os.environ["AWS_ACCESS_KEY_ID"]

    async def answer_holders(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_to_no_page(message: Message) -> None:
            if "headers" in message:
                message["headers"] = list(without_cors(message["headers"]))
            await send(message)

        may = scope["type"] == "lifespan" or UNSIGNED.fullmatch(scope["path"])
        responding = answer if may or is_let_in(scope, key) else refusal(scope)
        await responding(scope, receive, send_to_no_page)

    app.app = LocalOnly(answer_holders, int(os.environ["GATEWAY_PORT"]))


def without_cors(headers: Any) -> Any:
    """Headers without those that let another site's page read an answer."""
    return (each for each in headers if not each[0].lower().startswith(b"access-control-"))


def is_let_in(scope: Scope, key: str) -> bool:
    """Whether a request tells this access key, or one that was made of it by assuming a role."""
    told: str = extract_access_key_id(*headers_and_query(scope))
    is_own = secrets.compare_digest(told.encode(), key.encode())
    return is_own or _account_from_sts_session(told) is not None


def refusal(scope: Scope) -> Response:
    """The answer to whoever has no access key, in a form that the asked service's clients read."""
    headers, query = headers_and_query(scope)
    reads_xml = "form" in headers.get("content-type", "") or (
        detect_service(scope.get("method", "GET"), scope["path"], headers, query) == "s3"
    )
    form = error_response_xml if reads_xml else error_response_json
    status, told, body = form(CODE, REFUSAL, 403)
    return Response(body, status, told)


def headers_and_query(scope: Scope) -> tuple[dict[str, str], dict[str, list[str]]]:
    """A request's headers and query, as ministack reads them."""
    return dict(Headers(scope=scope)), parse_qs(scope["query_string"].decode("latin-1"))
