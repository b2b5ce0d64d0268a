"""A request whose body is too large, of which only the beginning is ever sent."""

import http.client
from urllib.parse import urlsplit

from mock_api.bodies import MAX_BODY_BYTES
from tests.harness.environment import PATIENCE_SECONDS


def send_part(
    address: str, path: str, length: int | None, headers: dict[str, str]
) -> tuple[int, dict[str, str]]:
    """The status and headers that answer so much as is too large, of `length` or of a stream."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=PATIENCE_SECONDS)
    try:
        said = {"Transfer-Encoding": "chunked"} if length is None else {"Content-Length": length}
        connection.putrequest("POST", path)
        for name, value in (headers | said).items():
            connection.putheader(name, value)
        part = b"x" * (MAX_BODY_BYTES + 1)
        connection.endheaders(part if length else b"%x\r\n%b\r\n" % (len(part), part))
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders())
    finally:
        connection.close()
