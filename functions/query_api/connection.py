"""One kept-alive HTTP connection to the API, reused by every event this process serves."""

from contextlib import suppress
from http.client import (
    HTTPConnection,
    HTTPException,
    HTTPResponse,
    HTTPSConnection,
)
from ssl import SSLEOFError
from typing import NamedTuple, cast
from urllib.parse import urlsplit

from domain.errors import ApiRejected, ApiTimeout, ApiUnavailable
from functions.query_api.timed_socket import TimedSocket, connect, tls

MAX_RESPONSE_BYTES = 32 * 1024 * 1024
CHUNK_BYTES = 64 * 1024


class Answer(NamedTuple):
    """The status and the whole body of an HTTP response."""

    status: int
    body: bytes


class Connection:
    """Posts to one URL. The connection is opened by the first post and kept for the next."""

    def __init__(self, url: str) -> None:
        """Prepare for posts to `url` (http or https)."""
        parts = urlsplit(url)
        self._path = parts.path + (f"?{parts.query}" if parts.query else "") or "/"
        self._secure = parts.scheme == "https"
        host = parts.hostname or ""
        self._http = (
            HTTPSConnection(host, parts.port, context=tls())
            if self._secure
            else HTTPConnection(host, parts.port)
        )

    def post(self, body: bytes, headers: dict[str, str], deadline: float) -> Answer:
        """Post `body` and read the whole answer before `deadline`, a time.monotonic().

        Raises:
            ApiTimeout: the answer was not whole in time.
            ApiUnavailable: no connection, or it broke off.
            ApiRejected: the answer is larger than MAX_RESPONSE_BYTES.
        """
        try:
            with self._send(body, headers, deadline) as response:
                return Answer(response.status, whole_body(response))
        except Exception as error:
            self.close()
            raise failure(error, self._http.host) from None

    def close(self) -> None:
        """Close the connection; the next post opens another."""
        self._http.close()

    def _send(self, body: bytes, headers: dict[str, str], deadline: float) -> HTTPResponse:
        """Send, and once more where a kept connection is closed before anything is answered."""
        kept = cast("TimedSocket | None", self._http.sock)
        if kept is not None and kept.idle():
            try:
                return self._request(kept, body, headers, deadline)
            except ConnectionError:
                if kept.heard:
                    raise
        self.close()
        opened = connect(self._http.host, self._http.port, self._secure, deadline)
        return self._request(opened, body, headers, deadline)

    def _request(
        self, over: TimedSocket, body: bytes, headers: dict[str, str], deadline: float
    ) -> HTTPResponse:
        over.deadline, over.heard = deadline, False
        self._http.sock = over
        # Whoever hangs up before the whole request is sent may have answered what came.
        with suppress(ConnectionError, SSLEOFError):
            self._http.request("POST", self._path, body, headers)
        return self._http.getresponse()


def whole_body(response: HTTPResponse) -> bytes:
    """The body; HTTPException where it ends early, ApiRejected where it is beyond all size."""
    body = bytearray()
    while chunk := response.read1(CHUNK_BYTES):
        body += chunk
        if len(body) > MAX_RESPONSE_BYTES:
            raise ApiRejected(f"the answer is larger than {MAX_RESPONSE_BYTES} bytes")
    if response.length:
        raise HTTPException("the answer ended early")
    return bytes(body)


def failure(error: Exception, host: str) -> Exception:
    """What a failed post is to its caller, who is told which host it was."""
    if isinstance(error, TimeoutError):
        return ApiTimeout(f"no whole answer from {host} in time")
    if isinstance(error, OSError | HTTPException):
        return ApiUnavailable(f"connection to {host} failed: {type(error).__name__}")
    return error
