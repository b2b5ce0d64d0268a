"""Serves the console on this machine: `python -m accelerator.console.server PORT`."""

import os
import secrets
import sys
from datetime import timedelta

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
    server(connect(local=True), int(sys.argv[1]), os.environ[TOKEN_VARIABLE]).run()
