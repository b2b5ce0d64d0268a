"""Serves the mock Buy with Prime: `python -m accelerator.mock_server DESCRIPTOR BUS CONTRACT`.

The descriptor is that of a socket that listens.
"""

import asyncio
import socket
import struct
import sys
from typing import Any

import boto3
import uvicorn
from starlette.requests import Request
from uvicorn.protocols.http.h11_impl import H11Protocol

from accelerator.guard import LocalOnly
from domain.family import MOCK
from mock_api.app import create_app

transports: dict[tuple[str, int], asyncio.Transport] = {}


class ResettableProtocol(H11Protocol):
    """HTTP/1.1 that remembers each client's transport, so that `reset` can find it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Remember the transport of a new connection."""
        super().connection_made(transport)
        transports[transport.get_extra_info("peername")] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it again."""
        transports.pop(self.transport.get_extra_info("peername"), None)
        super().connection_lost(exc)


def reset(request: Request) -> None:
    """Reset the request's TCP connection: lingering for no time makes the close a reset."""
    assert request.client is not None
    transport = transports[request.client.host, request.client.port]
    connection: socket.socket = transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


def server(port: int, events: Any, bus: str, contract: str = MOCK) -> uvicorn.Server:
    """A server of the mock Buy with Prime on 127.0.0.1; its `run()` serves until a signal."""
    return uvicorn.Server(
        uvicorn.Config(
            LocalOnly(create_app(events, bus, reset, contract=contract), port),
            host="127.0.0.1",
            port=port,
            http=ResettableProtocol,
            lifespan="off",
            log_level="warning",
            timeout_graceful_shutdown=1,
        )
    )


if __name__ == "__main__":
    listening = socket.socket(fileno=int(sys.argv[1]))
    port = listening.getsockname()[1]
    server(port, boto3.client("events"), *sys.argv[2:4]).run([listening])
