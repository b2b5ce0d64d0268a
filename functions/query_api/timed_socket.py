"""Sockets whose every step ends by one deadline, however the other end behaves.

A timeout of Python's begins anew with each byte: one byte now and then would hold a call for ever.
"""

import socket
import ssl
import time
from functools import cache
from typing import Any, cast


class TimedSocket(socket.socket):
    """A TCP connection; what it does after `deadline` raises TimeoutError.

    `deadline` is a moment of time.monotonic().
    """

    deadline = 0.0

    def recv_into(self, *given: Any, **named: Any) -> int:
        """Receive in what time remains."""
        self.settimeout(remaining(self.deadline))
        return super().recv_into(*given, **named)

    def send(self, *given: Any, **named: Any) -> int:
        """Send in what time remains, as TLS does record by record."""
        self.settimeout(remaining(self.deadline))
        return super().send(*given, **named)

    def sendall(self, *given: Any, **named: Any) -> None:
        """Send in what time remains."""
        self.settimeout(remaining(self.deadline))
        super().sendall(*given, **named)


class TimedTLSSocket(TimedSocket, ssl.SSLSocket):
    """A TLS connection."""


@cache
def tls() -> ssl.SSLContext:
    """The one TLS context: reading the certificates of all authorities takes a while."""
    context = ssl.create_default_context()
    context.sslsocket_class = TimedTLSSocket
    return context


def connect(host: str, port: int, secure: bool, deadline: float) -> TimedSocket:
    """A connection to the first of the host's addresses that takes it, over TLS if `secure`.

    Raises:
        TimeoutError: there is none before the deadline.
        OSError: the host is unknown, refuses, or is not who it says (ssl.SSLError).
    """
    failure = OSError("no address")
    for family, kind, protocol, _, address in socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM
    ):
        connected = TimedSocket(family, kind, protocol)
        try:
            connected.settimeout(remaining(deadline))
            connected.connect(address)
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connected.settimeout(remaining(deadline))
            if secure:
                return cast("TimedSocket", tls().wrap_socket(connected, server_hostname=host))
            return connected
        except OSError as error:
            connected.close()
            failure = error
    raise failure


def remaining(deadline: float) -> float:
    """Seconds until `deadline`; raises TimeoutError when there are none."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
