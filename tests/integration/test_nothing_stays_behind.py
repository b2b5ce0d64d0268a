"""Whatever happens to a command, no process and no file of the local cloud stays behind."""

import json
import os
import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from types import FrameType
from typing import Any

import pytest

from accelerator import local_cloud, processes
from accelerator.deployment import CDK, STATE_DIR
from accelerator.local_options import new_options
from tests.harness.environment import PATIENCE_SECONDS
from tests.harness.local_cloud import (
    ACCELERATOR,
    accelerator,
    clean_environment,
    up_beside,
    wait_until,
)

SYNTHESIS = "Synthesizing the stack"
STEPS = [
    "Starting the local cloud",
    "Bootstrapping it",
    SYNTHESIS,
    "Deploying the stack",
    "Starting the mock Buy with Prime",
]


@pytest.mark.parametrize(
    ("done", "number"), [*((n, signal.SIGINT) for n in range(len(STEPS) + 1)), (2, signal.SIGTERM)]
)
def test_an_interrupt_leaves_nothing(
    nothing_up: Callable[[], None], done: int, number: signal.Signals
) -> None:
    # Templates that nobody has kept, where an interrupt is to fall into the synthesis.
    new = {"TAGS": f"run={uuid.uuid4()}"} if STEPS[done:][:1] == [SYNTHESIS] else {}
    process = subprocess.Popen(
        [ACCELERATOR, "demo"],
        env=clean_environment() | new,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    wait_until(STATE_DIR.exists)
    for step in STEPS[:done]:
        assert step in process.stderr.readline()
    process.send_signal(number)
    _, told = process.communicate(timeout=PATIENCE_SECONDS)
    assert told.endswith("interrupted\n")
    assert process.returncode == 130
    nothing_up()


class Nothing:
    """A local cloud of no processes, which is up at once."""

    def __init__(self, *_: object) -> None: ...

    def start(self, _: object) -> "Nothing":
        return self


@contextmanager
def interrupted_at(moment: int) -> Iterator[None]:
    """Interrupt this process at a moment: before it runs so many lines of the local cloud's."""
    moments, traced = count(), {local_cloud.__file__, processes.__file__}

    def trace(frame: FrameType, event: str, _: object) -> Any:
        if frame.f_code.co_filename not in traced:
            return None
        if event == "line" and next(moments) == moment:
            os.kill(os.getpid(), signal.SIGINT)
        return trace

    handlers = {number: signal.getsignal(number) for number in processes.SIGNALS}
    processes.interrupt_on_signals()
    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(None)
        for number, handler in handlers.items():
            signal.signal(number, handler)


def test_no_moment_of_a_start_is_one_in_which_an_interrupt_leaves_something(
    nothing_up: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_cloud, "LocalCloud", Nothing)
    monkeypatch.setattr(local_cloud, "check_machine", lambda: None)
    monkeypatch.setattr(local_cloud, "configured", lambda _: (None, "us-east-1", None))
    for moment in count():
        try:
            with interrupted_at(moment), local_cloud.start(new_options()):
                local_cloud.down()
        except processes.Interrupted:
            nothing_up()
        else:
            break
    assert moment


def test_down_ends_a_start_in_another_terminal(nothing_up: Callable[[], None]) -> None:
    with up_beside(clean_environment()) as starting:
        assert starting.stderr is not None
        assert "Starting the local cloud" in starting.stderr.readline()
        # Its ports are taken from the beginning, so that nobody else is taken for its parts.
        ours = json.loads((STATE_DIR / "options.json").read_text())
        for port in (ours["port"], ours["mock_port"]):
            with pytest.raises(OSError, match="in use"):
                socket.create_server(("127.0.0.1", port))
        # It is not to be done before all three are, however slow the machine is.
        starting.send_signal(signal.SIGSTOP)
        for words in (("status",), ("up",), ("fire", "order")):
            told = accelerator(*words, check=False).stderr
            assert told.startswith("error: the local cloud is being started just now: wait"), told
        starting.send_signal(signal.SIGCONT)
        assert accelerator("down").stdout == "The local cloud is down.\n"
        assert starting.communicate(timeout=PATIENCE_SECONDS)[1].endswith("interrupted\n")
    assert starting.returncode == 130
    nothing_up()


def failing_up(**changes: str) -> str:
    """What a failing `up` says, which has to be one line."""
    environment = clean_environment() | changes
    ran = accelerator("up", environment=environment, check=False)
    assert ran.returncode == 1
    problems = [line for line in ran.stderr.splitlines() if not line.startswith("✓")]
    assert len(problems) == 1, ran.stderr
    return problems[0]


@pytest.mark.parametrize("option", ["ACCELERATOR_PORT", "ACCELERATOR_MOCK_PORT"])
def test_a_busy_port_is_one_clear_line(nothing_up: Callable[[], None], option: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        assert f"port {port} is busy" in failing_up(**{option: str(port)})
    nothing_up()


def test_a_missing_node_is_one_clear_line(nothing_up: Callable[[], None]) -> None:
    assert "Node.js is missing" in failing_up(PATH="/nonexistent")
    nothing_up()


def test_a_wrong_setting_is_one_clear_line(nothing_up: Callable[[], None]) -> None:
    assert "MOCK_BWP_API=nonsense is not the URL of a host" in failing_up(MOCK_BWP_API="nonsense")
    nothing_up()


def test_a_failing_deployment_is_one_clear_line(nothing_up: Callable[[], None]) -> None:
    assert "cdk synth failed: Bucket name must" in failing_up(S3_BUCKET_ARN="arn:aws:s3:::a..b")
    nothing_up()


def test_settings_are_honoured(nothing_up: Callable[[], None]) -> None:
    environment = clean_environment() | {
        "MOCK_BWP_API": "http://127.0.0.1:9/graphql",
        "EVENT_BUS_ARN": "arn:aws:events:us-east-1:123456789012:event-bus/shop",
        "S3_BUCKET_ARN": "arn:aws:s3:::my-responses",
    }
    accelerator("up", environment=environment)
    status = json.loads(accelerator("status", "--json").stdout)
    assert status["mock_api"] == "http://127.0.0.1:9/graphql"
    assert status["outputs"]["EventBusName"] == "shop"
    assert status["outputs"]["ResponseBucketName"] == "my-responses"
    accelerator("down")
    nothing_up()


def test_down_and_status_without_anything_up(nothing_up: Callable[[], None]) -> None:
    assert accelerator("down").stdout == "Nothing was up.\n"
    told = accelerator("status", check=False)
    assert told.returncode == 1
    assert told.stderr == "error: the local cloud is not up: start it with 'accelerator up'\n"
    assert CDK.exists()
