"""A local cloud of the tests' own, with the real template deployed on it."""

import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from accelerator.cloud import STATE_DIR, Cloud, local_cloud
from tests.conftest import unused_port

# Waits a fifth as long, and automatic redrives within seconds.
CHAOS = {"SFN_WAIT_SCALE": "0.2", "REDRIVE_DELAYS": "1,2,4"}
ACCELERATOR = Path(sys.executable).with_name("accelerator")


def clean_environment() -> dict[str, str]:
    """This machine's environment without anything that configures the product or AWS."""
    kept = ("PATH", "HOME", "LANG", "TMPDIR", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS")
    return {name: os.environ[name] for name in kept if name in os.environ} | {
        "ACCELERATOR_PORT": str(unused_port()),
        "ACCELERATOR_MOCK_PORT": str(unused_port()),
        "ACCELERATOR_CONSOLE_PORT": str(unused_port()),
    }


def accelerator(
    *arguments: str, environment: dict[str, str] | None = None, check: bool = True
) -> subprocess.CompletedProcess[str]:
    """Run the command line as a user does."""
    return subprocess.run(
        [ACCELERATOR, *arguments],
        env=environment or clean_environment(),
        capture_output=True,
        text=True,
        check=check,
        timeout=180,
    )


def set_conditions(cloud: Cloud, **fields: Any) -> None:
    """Tell the mock API how it is doing: `mock_api.faults.Conditions`."""
    connection = http.client.HTTPConnection(urlsplit(cloud.event_api or "").netloc, timeout=5)
    connection.request("PUT", "/conditions", json.dumps(fields))
    assert connection.getresponse().status == 200
    connection.close()


def our_processes() -> list[str]:
    """Command lines of processes that the local cloud could have left."""
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
    marks = (
        "ministack",
        "mock_api.server",
        "console.server",
        "bin/cdk",
        "app.py",
        "jsii",
        str(STATE_DIR),
    )
    return [
        line
        for line in listed.stdout.splitlines()
        if any(mark in line for mark in (*marks, str(STATE_DIR))) and "pytest" not in line
    ]


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    assert not STATE_DIR.exists(), "a local cloud is up: run 'accelerator down' first"
    accelerator("up")
    yield local_cloud()
    accelerator("down")


@pytest.fixture
def nothing_up() -> Iterator[Callable[[], None]]:
    """Nothing is up before the test, and nothing may be left of it after it."""

    def nothing_is_left() -> None:
        assert our_processes() == []
        assert not STATE_DIR.exists()

    nothing_is_left()
    yield nothing_is_left
    accelerator("down")


def last_json(text: str) -> dict[str, int]:
    parsed: dict[str, int] = json.loads(text.strip().splitlines()[-1])
    return parsed


def wait_until(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for something that other processes bring about."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)
