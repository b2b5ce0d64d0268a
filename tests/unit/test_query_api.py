"""QueryApi: how an answer is judged, how the connection is kept, what is logged."""

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
import pytest

from domain.environment import MissingVariable
from functions.query_api import connection as connection_module
from functions.query_api import errors, graphql, handler
from functions.query_api.connection import Answer, Connection
from tests.conftest import PATIENCE_SECONDS, PROJECT, LambdaContext, log_line, unused_port
from tests.harness.aws import strict_aws

EVENT = {
    "hydration": {
        "entity": "order",
        "document": "singleOrder",
        "request": {
            "id": "322-F7BK-3EVJE7",
            "variables": {"orderId": "322-F7BK-3EVJE7"},
            "key": "order/ORDER_PLACED/2026-11-24/20261124T081850Z_one.json",
            "eventId": "one",
            "eventType": "ORDER_PLACED",
        },
    },
    "executionArn": "arn",
}


def answer(body: Any, status: int = 200) -> Answer:
    return Answer(status, body if isinstance(body, bytes) else json.dumps(body).encode())


JUDGED = [
    (answer({}, 401), errors.ApiUnauthorized),
    (answer({}, 403), errors.ApiUnauthorized),
    (answer({}, 429), errors.ApiThrottled),
    (answer({}, 500), errors.ApiUnavailable),
    (answer({}, 599), errors.ApiUnavailable),
    (answer({"data": {}}, 201), errors.ApiRejected),
    (answer({}, 301), errors.ApiRejected),
    (answer({}, 400), errors.ApiRejected),
    (answer(b""), errors.ApiUnavailable),
    (answer(b"<html>"), errors.ApiUnavailable),
    (answer(b'{"data": {"x": NaN}}'), errors.ApiUnavailable),
    (answer(b'{"data": {"x": 1e999}}'), errors.ApiUnavailable),
    (answer(b'{"data": "\xff"}'), errors.ApiUnavailable),
    (answer('{"data": {}}'.encode("utf-16")), errors.ApiUnavailable),
    (answer(b"[" * 100_000), errors.ApiUnavailable),
    (answer([]), errors.ApiUnavailable),
    (answer("data"), errors.ApiUnavailable),
    (answer({}), errors.ApiUnavailable),
    (answer({"errors": []}), errors.ApiUnavailable),
    (answer({"data": {}, "errors": "x"}), errors.ApiUnavailable),
    (answer({"data": {}, "errors": {"x": 1}}), errors.ApiUnavailable),
    (answer({"data": {"order": {}}, "errors": [{}]}), errors.GraphQLErrors),
    (answer({"errors": ["text"]}), errors.GraphQLErrors),
    (answer({"errors": [{"errorType": "MappingTemplate"}]}), errors.GraphQLErrors),
    (answer({"errors": [{"errorType": "ThrottlingException"}]}), errors.ApiThrottled),
    (answer({"errors": [{"extensions": {"code": "RATE_LIMITED"}}]}), errors.ApiThrottled),
    (
        answer({"errors": [{"extensions": {"code": "INTERNAL_SERVER_ERROR"}}]}),
        errors.ApiUnavailable,
    ),
    (answer({"errors": [{"errorType": "ExecutionTimeout"}]}), errors.ApiUnavailable),
]


@pytest.mark.parametrize(
    "body",
    [
        {"data": {"order": {"id": "1"}}},
        {"data": {"order": {"errors": [{"message": "a field"}]}}},
        {"data": {"order": None}, "errors": []},
        {"data": {}, "errors": None, "extensions": {}},
        {"data": None},
    ],
)
def test_a_response_with_data_and_no_errors_is_one(body: Any) -> None:
    assert graphql.response(answer(body)) == body


@pytest.mark.parametrize(("given", "error"), JUDGED)
def test_anything_else_is_a_typed_error(given: Answer, error: type[Exception]) -> None:
    with pytest.raises(errors.ApiError) as raised:
        graphql.response(given)
    assert type(raised.value) is error


def test_every_error_has_an_answer_that_raises_it() -> None:
    raised = {error for _, error in (*JUDGED, *BROKEN)}
    assert raised == set(errors.ApiError.__subclasses__())


def test_an_error_tells_nothing_of_the_data() -> None:
    error = {"message": "Ana Gómez", "path": ["ana@mail.example"], "errorType": "Ana Gómez!"}
    with pytest.raises(errors.GraphQLErrors) as raised:
        graphql.response(answer({"data": {"name": "Ana"}, "errors": [error]}))
    assert str(raised.value) == "1 GraphQL error(s): no code given"


def test_ids_travel_as_variables_only() -> None:
    order_id = '"}) { secrets } #'
    body = json.loads(graphql.request_body("singleOrder", {"orderId": order_id}))
    assert body == {"query": graphql.document("singleOrder"), "variables": {"orderId": order_id}}
    assert order_id not in body["query"]


class Api(BaseHTTPRequestHandler):
    """An API whose behaviour a test gives as `respond`."""

    protocol_version = "HTTP/1.1"
    respond: Callable[["Api"], None]
    connections: list[tuple[str, int]]

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        type(self).connections.append(self.client_address)
        type(self).respond(self)

    def answer(self, body: bytes, length: int | None = None) -> Any:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def api(
    respond: Callable[[Api], None], timeout: float = PATIENCE_SECONDS
) -> Iterator[tuple[Connection, type]]:
    handler = type("Handler", (Api,), {"respond": staticmethod(respond), "connections": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        connection = Connection(f"http://127.0.0.1:{server.server_port}/graphql", timeout)
        yield connection, handler
        connection.close()
        server.shutdown()


def test_one_connection_serves_many_posts() -> None:
    with api(lambda it: it.answer(b"{}")) as (connection, handler):
        assert [connection.post(b"{}", {}) for _ in range(3)] == [Answer(200, b"{}")] * 3
    assert len(set(handler.connections)) == 1  # type: ignore[attr-defined]


def test_a_connection_closed_while_idle_is_opened_anew() -> None:
    def answer_and_close(it: Api) -> None:
        it.answer(b"{}")
        it.close_connection = True

    with api(answer_and_close) as (connection, handler):
        assert [connection.post(b"{}", {}).status for _ in range(3)] == [200] * 3
    assert len(set(handler.connections)) == 3  # type: ignore[attr-defined]


BROKEN: list[tuple[Callable[[Api], Any], type[Exception]]] = [
    (lambda it: it.connection.shutdown(socket.SHUT_RDWR), errors.ApiUnavailable),
    (lambda it: it.wfile.write(b"not HTTP\r\n\r\n"), errors.ApiUnavailable),
    (lambda it: it.answer(b"{", 9) or it.connection.shutdown(2), errors.ApiUnavailable),
    (lambda it: it.answer(b"{", 9), errors.ApiTimeout),
    (lambda it: it.rfile.read(1), errors.ApiTimeout),
]


@pytest.mark.parametrize(("respond", "error"), BROKEN)
def test_a_broken_answer_is_a_typed_error_and_the_next_post_works(
    respond: Callable[[Api], None], error: type[Exception]
) -> None:
    broken = [True]

    def once(it: Api) -> None:
        if broken.pop() if broken else False:
            respond(it)
        else:
            it.answer(b"{}")

    timeout = 0.2 if error is errors.ApiTimeout else PATIENCE_SECONDS
    with api(once, timeout) as (connection, _):
        with pytest.raises(errors.ApiError) as raised:
            connection.post(b"{}", {})
        assert type(raised.value) is error
        connection._timeout = PATIENCE_SECONDS
        assert connection.post(b"{}", {}) == Answer(200, b"{}")


def test_an_answer_beyond_all_size_is_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_module, "MAX_RESPONSE_BYTES", 100)
    with (
        api(lambda it: it.answer(b"x" * 101)) as (connection, _),
        pytest.raises(errors.ApiRejected, match="larger than 100 bytes"),
    ):
        connection.post(b"{}", {})


def test_no_connection_is_unavailable() -> None:
    with pytest.raises(errors.ApiUnavailable):
        Connection(f"http://127.0.0.1:{unused_port()}/", 1).post(b"{}", {})


class Canned:
    """A connection that always answers the same."""

    def __init__(self, body: bytes) -> None:
        self.body = body

    def post(self, body: bytes, headers: dict[str, str]) -> Answer:
        self.headers = headers
        return Answer(200, self.body)


def run_handler(monkeypatch: pytest.MonkeyPatch, context: Any, body: bytes) -> dict[str, Any]:
    monkeypatch.setattr(handler, "api", lambda: Canned(body))
    result: dict[str, Any] = handler.handler(EVENT, context)
    return result


def test_an_import_needs_no_variable() -> None:
    code = "import functions.query_api.handler"
    subprocess.run([sys.executable, "-c", code], env={}, cwd=PROJECT, check=True)


@pytest.mark.parametrize("name", ["API_URL", "API_TIMEOUT_SECONDS", "API_TOKEN", "INSTALLATION_ID"])
def test_a_missing_variable_is_named(
    monkeypatch: pytest.MonkeyPatch, context: LambdaContext, name: str
) -> None:
    handler.api.cache_clear()
    monkeypatch.delenv(name)
    with pytest.raises(MissingVariable) as raised:
        handler.handler(EVENT, context)
    assert str(raised.value) == f"the function has no {name}: deploy the stack again"


def test_the_response_is_returned_as_it_came(
    monkeypatch: pytest.MonkeyPatch, context: LambdaContext
) -> None:
    body = b'{"data": {"order": {"createdAt": 1668011149000.0}}, "extensions": {}}'
    assert run_handler(monkeypatch, context, body) == json.loads(body)


@pytest.mark.parametrize(
    "body",
    [
        b'{"data": "' + b"x" * 90_000 + b'"}',
        b'{"data": "' + "☕".encode() * 30_000 + b'"}',
        rb'{"data": "\ud83d"}',
        rb'{"data": "\uD83D\uDE00"}',
    ],
)
def test_what_the_state_cannot_carry_is_stored_byte_for_byte(
    monkeypatch: pytest.MonkeyPatch, context: LambdaContext, body: bytes
) -> None:
    with strict_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="responses")
        assert run_handler(monkeypatch, context, body) == {"stored": True}
        key = EVENT["hydration"]["request"]["key"]  # type: ignore[index]
        stored = s3.get_object(Bucket="responses", Key=key)
        assert stored["Body"].read() == body
        assert stored["ContentType"] == "application/json"


def test_logs_tell_the_way_and_no_data(
    monkeypatch: pytest.MonkeyPatch, context: LambdaContext, printed: Callable[[], str]
) -> None:
    run_handler(monkeypatch, context, b'{"data": {"order": {"email": "ana@mail.example"}}}')
    text = printed()
    line = log_line(text)
    assert line["event_id"] == "one"
    assert line["event_type"] == "ORDER_PLACED"
    assert line["entity_id"] == "322-F7BK-3EVJE7"
    assert line["execution_arn"] == "arn"
    assert "ana@mail.example" not in text
    assert "custom-authorized" not in text
