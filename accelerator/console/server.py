"""Serves the console on this machine: `python -m accelerator.console.server DESCRIPTOR`.

The descriptor is that of a socket that listens.
"""

import os
import secrets
import socket
import sys
from datetime import timedelta
from urllib.parse import urlsplit

import uvicorn

from accelerator.console.app import create_app
from accelerator.deployment import Deployment, connect
from accelerator.executions.source import Source, source

TOKEN_VARIABLE = "ACCELERATOR_CONSOLE_TOKEN"  # noqa: S105
# On AWS older executions would first have to be read from the logs.
SINCE = timedelta(hours=1)


def new_token() -> str:
    """A token for one run."""
    return secrets.token_urlsafe(24)


def address(port: int, token: str) -> str:
    """What to open. The token is in the fragment, which a browser sends to nobody."""
    return f"http://127.0.0.1:{port}/#{token}"


def token_of(address: str | None) -> str | None:
    """The token in what `address` returned."""
    return urlsplit(address).fragment or None if address else None


def server(
    cloud: Deployment, port: int, token: str, executions: Source | None = None
) -> uvicorn.Server:
    """A server of the console on 127.0.0.1; its `run()` serves until a signal."""
    executions = executions or source(cloud, None if cloud.has_history else SINCE)
    return uvicorn.Server(
        uvicorn.Config(
            create_app(cloud, executions, port, token),
            host="127.0.0.1",
            port=port,
            log_level="critical",
            timeout_graceful_shutdown=1,
        )
    )


if __name__ == "__main__":
    listening = socket.socket(fileno=int(sys.argv[1]))
    port = listening.getsockname()[1]
    server(connect(local=True), port, os.environ[TOKEN_VARIABLE]).run([listening])
