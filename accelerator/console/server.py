"""Serves the console on this machine: `python -m accelerator.console.server PORT`."""

import os
import secrets
import socket
import sys
from datetime import timedelta

import uvicorn
from rich.console import Console

from accelerator.cloud import Cloud, local_cloud
from accelerator.console.app import create_app
from accelerator.executions.source import Source, source
from accelerator.problem import Problem

# On AWS older executions would first have to be read from the logs.
SINCE = timedelta(hours=1)

TOKEN_VARIABLE = "ACCELERATOR_CONSOLE_TOKEN"  # noqa: S105


def new_token() -> str:
    """A token for one run."""
    return secrets.token_urlsafe(24)


def address(port: int, token: str) -> str:
    """What to open. The token is in the fragment, which a browser sends to nobody."""
    return f"http://127.0.0.1:{port}/#{token}"


def server(cloud: Cloud, executions: Source, port: int, token: str) -> uvicorn.Server:
    """A server of the console on 127.0.0.1; its `run()` serves until a signal."""
    return uvicorn.Server(
        uvicorn.Config(
            create_app(cloud, executions, port, token),
            host="127.0.0.1",
            port=port,
            log_level="critical",
            access_log=False,
            timeout_graceful_shutdown=1,
        )
    )


def serve(cloud: Cloud, port: int, output: Console) -> None:
    """Serve the console until a signal.

    Raises:
        Problem: the port is busy.
    """
    token = new_token()
    console = server(cloud, source(cloud, SINCE), port, token)
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind(("127.0.0.1", port))
        except OSError:
            raise Problem(
                f"port {port} is busy: free it, or choose another with --console-port"
            ) from None
        output.print(f"The console is at {address(port, token)} (ctrl-C ends it)", soft_wrap=True)
        console.run(sockets=[listening])


if __name__ == "__main__":
    cloud = local_cloud()
    server(cloud, source(cloud), int(sys.argv[1]), os.environ[TOKEN_VARIABLE]).run()
