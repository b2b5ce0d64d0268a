"""A local cloud of the tests' own, with the real template deployed on it."""

import fcntl
import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

import psutil
import pytest
from typer.testing import CliRunner

from accelerator import deployment
from accelerator import local_cloud as local
from accelerator.cli import app
from accelerator.deployment import STATE_DIR, Deployment, local_cloud
from domain.event_types import fired
from domain.keys import parse
from tests.harness.environment import PATIENCE_SECONDS, WORKER

QUICK = {"SFN_WAIT_SCALE": "0.2"}

# With automatic redrives within seconds.
CHAOS = QUICK | {"REDRIVE_DELAYS": "1,2,4"}

# What becomes of the demo's events: one of each type is stored, the others fail on purpose.
COUNTS = {"sent": len(fired()) + 4, "stored": len(fired()), "failed": 3, "ignored": 1, "lost": 0}

ACCELERATOR = Path(sys.executable).with_name("accelerator")

# Below the ports that a system gives to whoever asks for any.
BLOCKS = range(21_000, 32_000, 20)


@cache
def own_ports() -> range:
    """A block of ports that no other tests on this machine use: a lock of this process says so.

    It is the same in each run where nobody else runs any, so that templates, which hold ports, are
    kept from one run to the next.
    """
    first = int(WORKER.removeprefix("gw"))
    for start in (*BLOCKS[first:], *BLOCKS[:first]):
        lock = os.open(f"{tempfile.gettempdir()}/accelerator-tests-{start}.lock", os.O_CREAT)
        with suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return range(start, start + BLOCKS.step)
        os.close(lock)
    raise AssertionError("other tests use every port")


def clean_environment() -> dict[str, str]:
    """This machine's environment without anything that configures the product or AWS."""
    kept = ("PATH", "HOME", "LANG", "TMPDIR", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS")
    free = filter(is_free, own_ports())
    return {name: os.environ[name] for name in kept if name in os.environ} | {
        "ACCELERATOR_STATE_DIR": str(STATE_DIR),
        "ACCELERATOR_PORT": str(next(free)),
        "ACCELERATOR_MOCK_PORT": str(next(free)),
        "ACCELERATOR_CONSOLE_PORT": str(next(free)),
    }


def is_free(port: int) -> bool:
    """Whether nothing listens on a port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


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
        timeout=PATIENCE_SECONDS,
    )


def in_process(*arguments: str) -> str:
    """What a command prints: for many in a row, since starting Python takes longer than most.

    The local cloud says at once that a queue is empty.
    """
    with patch("accelerator.failures.queue.WAIT_SECONDS", 0):
        result = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def set_conditions(cloud: Deployment, **fields: Any) -> None:
    """Tell the mock API how it is doing: `mock_api.faults.Conditions`."""
    connection = http.client.HTTPConnection(
        urlsplit(cloud.event_api or "").netloc, timeout=PATIENCE_SECONDS
    )
    connection.request("PUT", "/conditions", json.dumps(fields))
    assert connection.getresponse().status == 200
    connection.close()


def our_processes(folder: Path = STATE_DIR) -> list[list[str]]:
    """Command lines of the processes that a local cloud has, or has left; else this worker's."""
    return [command for command, _ in our_environments(folder)]


def our_environments(folder: Path = STATE_DIR) -> list[tuple[list[str], dict[str, str]]]:
    """Their command lines, each with the environment; of what has its state below a folder."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            command, given = process.cmdline(), process.environ()
            is_ours = given.get("TMPDIR", "").startswith(f"{folder}/")
            if is_ours or str(folder) in " ".join(command):
                found.append((command, given))
    return found


@contextmanager
def cloud_of(*arguments: str, **environment: str) -> Iterator[Deployment]:
    """A local cloud, up for as long as it is used."""
    accelerator("up", *arguments, environment=clean_environment() | environment)
    try:
        yield local_cloud()
    finally:
        accelerator("down")


def without_ports() -> dict[str, str]:
    """An environment that leaves the local cloud where it is."""
    return {n: v for n, v in clean_environment().items() if not n.endswith("_PORT")}


def up_again(**environment: str) -> subprocess.CompletedProcess[str]:
    """Deploy again on the local cloud that is up."""
    return accelerator("up", environment=without_ports() | environment)


def up_beside(environment: dict[str, str]) -> subprocess.Popen[str]:
    """An `accelerator up` that goes on, as in another terminal, of which the steps can be read."""
    return subprocess.Popen(
        [ACCELERATOR, "up"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def keep_state_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have the local cloud keep its state in this folder, and return it."""
    monkeypatch.setattr(local, "STATE_DIR", folder)
    monkeypatch.setattr(local, "PROCESSES", folder / "processes.json")
    monkeypatch.setattr(deployment, "STATUS_FILE", folder / "status.json")
    return folder


def stored_ids(cloud: Deployment) -> set[str]:
    """The ids of the events of which an object is stored."""
    pages = cloud.s3.get_paginator("list_objects_v2").paginate(
        Bucket=cloud.outputs.response_bucket_name
    )
    keys = [parse(item["Key"]) for page in pages for item in page.get("Contents", [])]
    return {key.event_id for key in keys if key}


def wait_until(
    condition: Callable[[], bool],
    seconds: float = PATIENCE_SECONDS,
    told: Callable[[], Any] = lambda: "",
) -> None:
    """Wait for something that other processes bring about; if in vain, say what `told` tells."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"it did not happen in time {told()}"
        time.sleep(0.1)


def wait_for_the_end(cloud: Deployment, seconds: float = 900) -> None:
    """Wait until no execution runs and no automatic redrive is to come."""
    deadline = time.monotonic() + seconds
    quiet = 0
    while quiet < 3:
        assert time.monotonic() < deadline, "executions or redrives go on and on"
        quiet = 0 if busy(cloud) else quiet + 1
        time.sleep(1)


def busy(cloud: Deployment) -> bool:
    """Whether an execution runs or an event waits for its redrive."""
    running = cloud.emulator.list_executions(
        stateMachineArn=cloud.outputs.state_machine_arn, statusFilter="RUNNING", maxResults=1
    )["executions"]
    waiting = cloud.sqs.get_queue_attributes(
        QueueUrl=cloud.outputs.redrive_queue_url,
        AttributeNames=[
            "ApproximateNumberOfMessages",
            "ApproximateNumberOfMessagesDelayed",
            "ApproximateNumberOfMessagesNotVisible",
        ],
    )
    return bool(running) or any(int(number) for number in waiting["Attributes"].values())
