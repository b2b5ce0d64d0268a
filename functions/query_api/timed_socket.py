"""Sockets whose every step ends by one deadline, however the other end behaves.

A timeout of Python's begins anew with each byte: one byte now and then would hold a call for ever.
"""

import io
import socket
import ssl
import time
from contextlib import suppress
from functools import cache
from typing import Any, cast


class TimedSocket(socket.socket):
    """A TCP connection; what it does after `deadline` raises TimeoutError.

    `deadline` is a moment of time.monotonic(), `heard` whether anything came since it was last set
    to False, and `unread` whether more came than was read.
    """

    deadline = 0.0
    heard = False
    unread = False

    def idle(self) -> bool:
        """Whether it is open, and the other end has said nothing that it was not asked for."""
        self.settimeout(0)
        try:
            self.recv(1)
        except (BlockingIOError, ssl.SSLWantReadError):
            return not self.unread
        except OSError:
            return False
        return False

    def recv_into(self, *given: Any, **named: Any) -> int:
        """Receive in what time remains."""
        self.settimeout(remaining(self.deadline))
        received = super().recv_into(*given, **named)
        self.heard = self.heard or received > 0
        return received

    def send(self, *given: Any, **named: Any) -> int:
        """Send in what time remains, as TLS does record by record."""
        self.settimeout(remaining(self.deadline))
        return super().send(*given, **named)

    def sendall(self, *given: Any, **named: Any) -> None:
        """Send in what time remains."""
        self.settimeout(remaining(self.deadline))
        super().sendall(*given, **named)

    def makefile(self, *_: Any, **__: Any) -> Any:
        """A file to read one answer from."""
        return AnswerFile(super().makefile("rb", buffering=0), self)


class AnswerFile(io.BufferedReader):
    """Tells its socket, when it is closed, whether it leaves anything unread."""

    def __init__(self, raw: socket.SocketIO, over: TimedSocket) -> None:
        super().__init__(raw)
        self._over = over

    def close(self) -> None:
        """Close the file, not the socket."""
        if not self.closed:
            self._over.deadline = 0  # so that peek tells of what was received, and receives no more
            with suppress(OSError):
                self._over.unread = bool(self.peek())
        super().close()


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

    Looking up the host's name is the one step that cannot be ended, only noticed when it is over.

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
