"""One kept-alive HTTP connection to the API, reused by every event this process serves."""

import ssl
import time
from functools import cache
from http.client import (
    HTTPConnection,
    HTTPException,
    HTTPResponse,
    HTTPSConnection,
    RemoteDisconnected,
)
from typing import NamedTuple
from urllib.parse import urlsplit

from functions.query_api.errors import ApiRejected, ApiTimeout, ApiUnavailable

MAX_RESPONSE_BYTES = 32 * 1024 * 1024
CHUNK_BYTES = 64 * 1024


@cache
def tls() -> ssl.SSLContext:
    """The one TLS context: reading the certificates of all authorities takes a while."""
    return ssl.create_default_context()


class Answer(NamedTuple):
    """The status and the whole body of an HTTP response."""

    status: int
    body: bytes


class Connection:
    """Posts to one URL. The connection is opened by the first post and kept for the next."""

    def __init__(self, url: str, timeout: float) -> None:
        """Prepare for posts to `url` (http or https), each to be done within `timeout` seconds."""
        parts = urlsplit(url)
        self._path = parts.path + (f"?{parts.query}" if parts.query else "") or "/"
        self._timeout = timeout
        host = parts.hostname or ""
        self._http = (
            HTTPSConnection(host, parts.port, context=tls())
            if parts.scheme == "https"
            else HTTPConnection(host, parts.port)
        )

    def post(self, body: bytes, headers: dict[str, str]) -> Answer:
        """Post `body` and read the whole answer.

        A connection that the server closed while it was idle is opened anew, once.

        Raises:
            ApiTimeout: the answer was not whole within the timeout.
            ApiUnavailable: no connection, or it broke off.
            ApiRejected: the answer is larger than MAX_RESPONSE_BYTES.
        """
        deadline = time.monotonic() + self._timeout
        try:
            response = self._send(body, headers, deadline)
            answer = Answer(response.status, self._read(response, deadline))
        except TimeoutError:
            self.close()
            raise ApiTimeout(f"no whole answer within {self._timeout:g} seconds") from None
        except (OSError, HTTPException) as error:
            self.close()
            raise ApiUnavailable(f"connection failed: {type(error).__name__}") from None
        except ApiRejected:
            self.close()
            raise
        return answer

    def close(self) -> None:
        """Close the connection; the next post opens another."""
        self._http.close()

    def _send(self, body: bytes, headers: dict[str, str], deadline: float) -> HTTPResponse:
        reused = self._http.sock is not None
        try:
            return self._request(body, headers, deadline)
        except (RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            self.close()
            if not reused:
                raise
        return self._request(body, headers, deadline)

    def _request(self, body: bytes, headers: dict[str, str], deadline: float) -> HTTPResponse:
        self._http.timeout = remaining(deadline)
        if self._http.sock is not None:
            self._http.sock.settimeout(self._http.timeout)
        self._http.request("POST", self._path, body, headers)
        return self._http.getresponse()

    def _read(self, response: HTTPResponse, deadline: float) -> bytes:
        body = bytearray()
        while chunk := response.read1(CHUNK_BYTES):
            body += chunk
            if len(body) > MAX_RESPONSE_BYTES:
                raise ApiRejected(f"the answer is larger than {MAX_RESPONSE_BYTES} bytes")
            if self._http.sock is not None:
                self._http.sock.settimeout(remaining(deadline))
        if response.length:
            raise HTTPException("the answer ended early")
        response.close()
        return bytes(body)


def remaining(deadline: float) -> float:
    """Seconds until `deadline`; raises TimeoutError when there are none."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
