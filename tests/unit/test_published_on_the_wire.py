"""What the published API is sent, byte for byte: by a second implementation, not the mock."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs

import pytest

from domain.errors import ApiUnauthorized
from functions.query_api import graphql, handler
from tests.harness.environment import LambdaContext

QUERY = "query order($in: OrderIdentifierInput!) { order(orderIdentifier: $in) { orderId } }"
VARIABLES = {"in": {"orderId": "322-ABCD-EF1234"}}
ORDER = {"data": {"order": {"orderId": "322-ABCD-EF1234"}}}
EVENT = {
    "hydration": {
        "entity": "order",
        "document": "2024-11-01/order",
        "id": "322-ABCD-EF1234",
        "targetId": "bp-5b1f3c1e-0000-4000-8000-000000000001",
        "variables": VARIABLES,
        "key": "order/ORDER_CONFIRMED/2026-11-24/20261124T081850Z_322-ABCD-EF1234_one.json",
        "eventId": "one",
        "eventType": "ORDER_CONFIRMED",
    },
    "executionArn": "arn",
}
HELD = {"clientId": "client-1", "clientSecret": "s&cret ☕"}
FORM = b"grant_type=client_credentials&client_id=client-1&client_secret=s%26cret+%E2%98%95"
CLASSIFICATION = {"type": "AccessDeniedError", "errorType": "AccessDeniedException"}
DENIED = {
    "errors": [
        {
            "message": "denied",
            "path": ["order"],
            "extensions": {"classification": CLASSIFICATION | {"errorCode": 403}},
        }
    ],
    "data": {"order": None},
}


class Request(NamedTuple):
    """What came over the wire, its headers as they were written."""

    path: str
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        return dict(self.headers).get(name)


class Published(ThreadingHTTPServer):
    """The published API, and Secrets Manager beside it; `expire` ends every token there is."""

    def __init__(self, refusal: tuple[int, Any]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.refusal = refusal
        self.requests: list[Request] = []
        self.tokens: list[str] = []
        self.good: set[str] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def expire(self) -> None:
        self.good.clear()

    def granted(self, request: Request) -> tuple[int, Any]:
        form = parse_qs(request.body.decode(), strict_parsing=True)
        if form["client_secret"] != [HELD["clientSecret"]] or request.header("Authorization"):
            return 401, {}
        self.tokens.append(f"token-{len(self.tokens) + 1}")
        self.good.add(self.tokens[-1])
        return 200, {"access_token": self.tokens[-1], "expires_in": "900"}

    def answered(self, request: Request) -> tuple[int, Any]:
        if request.path == "/":
            return 200, {"SecretString": json.dumps(HELD)}
        if request.path == "/token":
            return self.granted(request)
        kind, _, token = (request.header("Authorization") or "").partition(" ")
        return (200, ORDER) if kind == "Bearer" and token in self.good else self.refusal


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Published

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        request = Request(self.path, self.headers.items(), body)
        self.server.requests.append(request)
        status, answer = self.server.answered(request)
        told = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(told)))
        if self.path != "/graphql":
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(told)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def forget() -> None:
    """Let QueryApi begin anew, as a cold start does."""
    for kept in (
        handler.api,
        handler.credentials,
        graphql.document,
        graphql.quoted,
        graphql.digest,
    ):
        kept.cache_clear()


@pytest.fixture(params=[(401, {}), (403, {}), (200, DENIED)], ids=["401", "403", "denied"])
def api(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Published]:
    """The published API, that QueryApi is deployed for by its variables alone."""
    (tmp_path / "2024-11-01").mkdir()
    (tmp_path / "2024-11-01" / "order.graphql").write_text(QUERY)
    monkeypatch.setattr(graphql, "DOCUMENTS", tmp_path)
    forget()
    for name in ("INSTALLATION_ID", "API_TOKEN"):
        monkeypatch.delenv(name)
    with Published(request.param) as api:
        monkeypatch.setenv("API_VERSION", "2024-11-01")
        monkeypatch.setenv("API_URL", f"{api.url}/graphql")
        monkeypatch.setenv("TOKEN_URL", f"{api.url}/token")
        monkeypatch.setenv("AWS_ENDPOINT_URL", api.url)
        monkeypatch.setenv("CREDENTIALS_SECRET_ARN", "arn")
        threading.Thread(target=api.serve_forever, args=(0.01,), daemon=True).start()
        yield api
        handler.api().close()
        api.shutdown()
    forget()


def token_request(api: Published) -> Request:
    headers = {
        "Host": api.url.removeprefix("http://"),
        "Accept-Encoding": "identity",
        "Content-Length": str(len(FORM)),
        "Content-Type": "application/x-www-form-urlencoded",
        "Accept": "application/json",
    }
    return Request("/token", list(headers.items()), FORM)


def query_request(api: Published, token: str) -> Request:
    body = json.dumps({"query": QUERY, "variables": VARIABLES}).encode()
    headers = {
        "Host": api.url.removeprefix("http://"),
        "Accept-Encoding": "identity",
        "Content-Length": str(len(body)),
        "Authorization": f"Bearer {token}",
        "x-api-target-id": "bp-5b1f3c1e-0000-4000-8000-000000000001",
        "x-api-version": "2024-11-01",
        "Content-Type": "application/json",
    }
    return Request("/graphql", list(headers.items()), body)


def published(api: Published) -> list[Request]:
    """What the API and its token endpoint were sent."""
    return [request for request in api.requests if request.path != "/"]


@pytest.mark.slow
def test_a_whole_exchange(api: Published, context: LambdaContext) -> None:
    for _ in range(2):
        answer = handler.handler(EVENT, context)
        assert answer["body"] == ORDER
        assert answer["metadata"]["contract"] == "2024-11-01"
    api.expire()
    for _ in range(2):
        assert handler.handler(EVENT, context)["body"] == ORDER
    assert published(api) == [
        token_request(api),
        *[query_request(api, "token-1")] * 3,
        token_request(api),
        *[query_request(api, "token-2")] * 2,
    ]


def test_the_target_of_the_deployment_wins(
    api: Published, context: LambdaContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TARGET_ID", "bp-deployed")
    handler.handler(EVENT, context)
    assert published(api)[-1].header("x-api-target-id") == "bp-deployed"


def test_what_a_fresh_token_does_not_help_is_refused(
    api: Published, context: LambdaContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "good", frozenset())
    monkeypatch.setattr(api, "granted", lambda _: (200, {"access_token": "token-1"}))
    with pytest.raises(ApiUnauthorized):
        handler.handler(EVENT, context)
    assert published(api) == [token_request(api), query_request(api, "token-1")] * 2
