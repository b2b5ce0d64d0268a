"""What every tier needs: an environment without any AWS account, and the mock API."""

import io
import json
import logging
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, cast

import botocore.session
import pytest

PROJECT = Path(__file__).parents[1]
# Whoever runs tests beside these (pytest-xdist's workers) has a local cloud and ports of its own.
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
# How long something may take that a busy machine does late, and a broken one never.
PATIENCE_SECONDS = 300

os.environ |= {
    "ACCELERATOR_STATE_DIR": str(PROJECT / "build" / "tests" / WORKER),
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "POWERTOOLS_SERVICE_NAME": "test",
    "POWERTOOLS_METRICS_NAMESPACE": "test",
    "POWERTOOLS_METRICS_DISABLED": "false",
    "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "18,20",
    # What the functions are deployed with; each test gives QueryApi a connection of its own.
    "API_URL": "http://127.0.0.1:1/graphql",
    "API_TIMEOUT_SECONDS": "0.5",
    "API_TOKEN": "custom-authorized",
    "INSTALLATION_ID": "i34242",
    "RESPONSE_BUCKET_NAME": "responses",
    "REDRIVE_DELAYS": "",
    "STATE_MACHINE_ARN": "arn:aws:states:us-east-1:123456789012:stateMachine:HydrateEvent",
}
for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_CA_BUNDLE"):
    os.environ.pop(name, None)
# One loader for all sessions, or each mock_aws would read the services' models from disk again.
botocore.session.create_loader = cache(botocore.session.create_loader)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep a file on one worker, and all that synthesize: the CDK starts slowly."""
    for item in items:
        file = item.path.relative_to(PROJECT / "tests")
        group = "stack" if file.parts[0] == "stack" else str(file)
        item.add_marker(pytest.mark.xdist_group(group))


class LambdaContext:
    """As much of a Lambda context as the functions read."""

    aws_request_id = "6a7dd0ff-8a52-4b0c-9e4e-2f2f6f1c0d5e"
    remaining = 30_000

    def get_remaining_time_in_millis(self) -> int:
        return self.remaining


def log_line(text: str) -> dict[str, Any]:
    """The one log line among what a function printed, which is metrics otherwise."""
    (line,) = [line for line in map(json.loads, text.splitlines()) if "level" in line]
    return cast("dict[str, Any]", line)


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> Callable[[], str]:
    """What a function has printed, its log lines among it."""
    output = io.StringIO()
    monkeypatch.setattr(sys, "stdout", output)
    for handler in logging.getLogger(os.environ["POWERTOOLS_SERVICE_NAME"]).handlers:
        if type(handler) is logging.StreamHandler:
            monkeypatch.setattr(handler, "stream", output)
    return output.getvalue


@pytest.fixture(scope="session")
def context() -> LambdaContext:
    return LambdaContext()


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class PutEvents:
    """A stand-in for EventBridge that remembers what was put."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []

    def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        self.entries += Entries
        return {"Entries": [{"EventId": f"id-{n}"} for n in range(len(Entries))]}


@pytest.fixture(scope="session")
def bus() -> PutEvents:
    return PutEvents()


@pytest.fixture(scope="session")
def mock_api(bus: PutEvents) -> Iterator[str]:
    """The address of the mock Buy with Prime, served in this process."""
    from accelerator.mock_server import server

    port = unused_port()
    uvicorn_server = server(port, bus, "the-bus")
    thread = threading.Thread(target=uvicorn_server.run, daemon=True)
    thread.start()
    while not uvicorn_server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    yield f"http://127.0.0.1:{port}"
    uvicorn_server.should_exit = True
    uvicorn_server.force_exit = True
    thread.join(5)
