"""QueryApi's connection: it is kept, it holds its deadline, and what breaks is a typed error."""

import fcntl
import os
import socket
import ssl
import termios
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from bench.server import certificate
from domain import errors
from functions.query_api import connection as connection_module
from functions.query_api.connection import Answer, Connection
from functions.query_api.timed_socket import tls
from tests.harness.environment import PATIENCE_SECONDS, unused_port

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


class Api(BaseHTTPRequestHandler):
    """An API whose behaviour a test gives as `respond`."""

    protocol_version = "HTTP/1.1"
    respond: Callable[["Api"], Any]
    # The client's address for each post, and so which connection it came over.
    posts: list[tuple[str, int]]

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.posts.append(self.client_address)
        type(self).respond(self)

    def answer(self, body: bytes, length: int | None = None) -> Any:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def server_tls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ssl.SSLContext]:
    """The TLS of a server that clients trust."""
    files: tuple[Path, Path] = certificate(tmp_path_factory.mktemp("certificate"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)
    with patch.dict(os.environ, {"SSL_CERT_FILE": str(files[0])}):
        tls.cache_clear()
        yield context
    tls.cache_clear()


@pytest.fixture(params=["http", "https"])
def context(request: pytest.FixtureRequest) -> ssl.SSLContext | None:
    """The TLS of a server, or none."""
    return request.getfixturevalue("server_tls") if request.param == "https" else None


@contextmanager
def served(
    respond: Callable[[Api], Any], context: ssl.SSLContext | None = None
) -> Iterator[tuple[Connection, list[tuple[str, int]]]]:
    """A connection to an API that responds so, and the posts that the API gets."""
    posts: list[tuple[str, int]] = []
    handler = type("Handler", (Api,), {"respond": staticmethod(respond), "posts": posts})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        url = f"http://127.0.0.1:{server.server_port}/graphql"
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True)
            url = f"https://localhost:{server.server_port}/graphql"
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        connection = Connection(url)
        try:
            yield connection, posts
        finally:
            connection.close()
            server.shutdown()


def post(connection: Connection, seconds: float = PATIENCE_SECONDS) -> Answer:
    return connection.post(b"{}", {}, time.monotonic() + seconds)


def test_one_connection_serves_many_posts(context: ssl.SSLContext | None) -> None:
    with served(lambda it: it.answer(b"{}"), context) as (connection, posts):
        assert [post(connection) for _ in range(3)] == [Answer(200, b"{}")] * 3
    assert len(set(posts)) == 1


def test_a_connection_closed_while_idle_is_opened_anew(context: ssl.SSLContext | None) -> None:
    def answer_and_close(it: Api) -> None:
        it.answer(b"{}")
        it.close_connection = True

    with served(answer_and_close, context) as (connection, posts):
        assert [post(connection).status for _ in range(3)] == [200] * 3
    assert len(set(posts)) == 3


def acknowledged(sent_over: socket.socket) -> None:
    """Wait until the other machine has all that was sent (tcp(7), SIOCOUTQ)."""
    while any(fcntl.ioctl(sent_over, termios.TIOCOUTQ, bytes(4))):
        time.sleep(0.001)


EXTRA = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nextra"


def test_an_answer_too_many_is_nobody_elses(context: ssl.SSLContext | None) -> None:
    """The second answer comes once the first is read, before the next post."""
    read, came = threading.Event(), threading.Event()

    def answer_twice(it: Api) -> None:
        it.answer(b"{}")
        read.wait(PATIENCE_SECONDS)
        it.wfile.write(EXTRA)
        acknowledged(it.connection)
        came.set()

    with served(answer_twice, context) as (connection, posts):
        assert post(connection).body == b"{}"
        read.set()
        assert came.wait(PATIENCE_SECONDS)
        assert post(connection).body == b"{}"
    assert len(set(posts)) == 2


@pytest.mark.parametrize(
    "first", [OK + b"Content-Length: 2\r\n\r\n{}", CHUNKED + b"2\r\n{}\r\n0\r\n\r\n"]
)
def test_what_came_along_with_an_answer_is_nobody_elses(
    first: bytes, context: ssl.SSLContext | None
) -> None:
    """The beginning of a second answer is received with the first, its end after the next post."""

    def answer_more(it: Api) -> None:
        it.wfile.write(EXTRA if len(set(posts)) < len(posts) else first + b"x")

    with served(answer_more, context) as (connection, posts):
        assert [post(connection).body for _ in range(3)] == [b"{}"] * 3
    assert len(set(posts)) == 3


def test_a_kept_connection_that_is_closed_unanswered_is_opened_anew(
    context: ssl.SSLContext | None,
) -> None:
    def answer_once(it: Api) -> None:
        if len(posts) == 2:
            it.connection.shutdown(socket.SHUT_RDWR)
        else:
            it.answer(b"{}")

    with served(answer_once, context) as (connection, posts):
        assert [post(connection).body for _ in range(2)] == [b"{}"] * 2
    assert posts[0] == posts[1] != posts[2]


def test_what_was_answered_in_part_is_not_sent_again() -> None:
    def answer_once(it: Api) -> None:
        if len(posts) == 1:
            it.answer(b"{}")
        else:
            it.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            it.close_connection = True

    with served(answer_once) as (connection, posts):
        post(connection)
        with pytest.raises(errors.ApiUnavailable):
            post(connection)
    assert len(posts) == 2


BROKEN: list[tuple[Callable[[Api], Any], type[Exception]]] = [
    (lambda it: it.connection.shutdown(socket.SHUT_RDWR), errors.ApiUnavailable),
    (lambda it: it.wfile.write(b"not HTTP\r\n\r\n"), errors.ApiUnavailable),
    (lambda it: it.answer(b"{", 9) or it.connection.shutdown(2), errors.ApiUnavailable),
    (lambda it: it.answer(b"{", 9), errors.ApiTimeout),
    (lambda it: it.rfile.read(1), errors.ApiTimeout),
]


@pytest.mark.slow
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

    with served(once) as (connection, _):
        with pytest.raises(errors.ApiError) as raised:
            post(connection, 0.2 if error is errors.ApiTimeout else PATIENCE_SECONDS)
        assert type(raised.value) is error
        assert post(connection) == Answer(200, b"{}")


def slowly(start: bytes, more: bytes) -> Callable[[Api], None]:
    """Answers that begin and then never end, a little at a time."""

    def respond(it: Api) -> None:
        with suppress(OSError):  # once the client has closed the connection
            it.wfile.write(start)
            while True:
                time.sleep(0.01)
                it.wfile.write(more)

    return respond


SLOW = {
    "status line": slowly(b"HTTP/1.1 200 ", b"O"),
    "headers": slowly(OK + b"X: ", b"x"),
    "interim responses": slowly(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "body": slowly(OK + b"Content-Length: 999999\r\n\r\n", b"x"),
    "body of a closing connection": slowly(
        OK + b"Connection: close\r\nContent-Length: 999999\r\n\r\n", b"x"
    ),
    "body until the end": slowly(OK + b"\r\n", b"x"),
    "chunk extension": slowly(CHUNKED + b"1;", b"x"),
    "chunks": slowly(CHUNKED, b"1\r\nx\r\n"),
    "trailers": slowly(CHUNKED + b"0\r\n", b"X: x\r\n"),
}
# What ends by a deadline of a fraction of a second ends in this, however busy the machine is.
SOON_SECONDS = 60


@contextmanager
def timing_out() -> Iterator[None]:
    """Assert that what is done ends, as ApiTimeout."""
    started = time.monotonic()
    with pytest.raises(errors.ApiTimeout):
        yield
    assert time.monotonic() - started < SOON_SECONDS


@pytest.mark.slow
@pytest.mark.parametrize("respond", SLOW.values(), ids=SLOW)
def test_the_deadline_ends_an_answer_that_never_does(
    respond: Callable[[Api], None], context: ssl.SSLContext | None
) -> None:
    with served(respond, context) as (connection, _), timing_out():
        post(connection, 0.2)


def test_the_deadline_ends_a_tls_handshake_that_never_does(server_tls: ssl.SSLContext) -> None:
    def shake_hands_slowly(listening: socket.socket) -> None:
        with listening.accept()[0] as accepted, suppress(OSError):
            accepted.sendall(b"\x16\x03\x03\x40\x00")  # a handshake record of 16 KiB
            while True:
                time.sleep(0.01)
                accepted.sendall(b"\x02")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=shake_hands_slowly, args=(listening,), daemon=True).start()
        with timing_out():
            post(Connection(f"https://127.0.0.1:{listening.getsockname()[1]}/"), 0.2)


def test_the_deadline_is_for_all_addresses_of_a_host_together() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listening, socket.socket() as queued:
        address = listening.getsockname()
        queued.connect(address)  # it is never accepted, so that nobody else gets in
        found = [(socket.AF_INET, socket.SOCK_STREAM, 0, "", address)] * 1000
        connection = Connection(f"http://127.0.0.1:{address[1]}/")
        with patch("socket.getaddrinfo", lambda *_, **__: found), timing_out():
            post(connection, 0.2)


def test_after_the_deadline_nothing_is_sent() -> None:
    with served(lambda it: it.answer(b"{}")) as (connection, posts):
        post(connection)
        with pytest.raises(errors.ApiTimeout):
            post(connection, -1)
    assert len(posts) == 1


def test_an_answer_beyond_all_size_is_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_module, "MAX_RESPONSE_BYTES", 100)
    with (
        served(lambda it: it.answer(b"x" * 101)) as (connection, _),
        pytest.raises(errors.ApiRejected, match="larger than 100 bytes"),
    ):
        post(connection)


def test_no_connection_is_unavailable() -> None:
    with pytest.raises(errors.ApiUnavailable):
        post(Connection(f"http://127.0.0.1:{unused_port()}/"))
