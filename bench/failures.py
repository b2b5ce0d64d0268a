"""Failures by the thousand: each command next to a bare loop over as many messages.

`python -m bench.failures 20000` measures with so many, on a local cloud of its own.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from accelerator.deployment import Deployment, local_cloud
from bench.compare import Figure, Row
from domain.errors import GraphQLErrors
from domain.failures import build
from domain.names import STATE_MACHINE
from tests.harness.events import order
from tests.harness.local_cloud import ACCELERATOR, accelerator, clean_environment, wait_for_the_end

COUNT = 5_000
REDRIVEN = 3_000
UNKNOWN = "322-NONE-SUCH01"
AT_MOST = "at most 1.5"


def fill(cloud: Deployment, count: int) -> None:
    """Put failures into the failure queue."""
    now = datetime.now(UTC).isoformat()
    for start in range(0, count, 10):
        entries: Any = [
            {"Id": str(n), "MessageBody": json.dumps(build(failed(), now))}
            for n in range(min(10, count - start))
        ]
        cloud.sqs.send_message_batch(QueueUrl=cloud.outputs.failure_queue_url, Entries=entries)


def failed() -> dict[str, Any]:
    """What ClassifyError is given for an order that the API does not know."""
    return {
        "event": order(UNKNOWN),
        "hydration": {"entity": "order", "id": UNKNOWN},
        "failed": {"QueryApi": {"Error": GraphQLErrors.__name__, "Cause": "1 GraphQL error(s)"}},
        "executionArn": f"arn:aws:states:us-east-1:000000000000:execution:{STATE_MACHINE}:one",
    }


def receive_and_release(cloud: Deployment) -> int:
    """The bare loop: receive ten, until none comes, then release ten a call."""
    url, handles = cloud.outputs.failure_queue_url, []
    while received := cloud.sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=600
    ).get("Messages"):
        handles += [message["ReceiptHandle"] for message in received]
    for start in range(0, len(handles), 10):
        entries: Any = [
            {"Id": str(n), "ReceiptHandle": handle, "VisibilityTimeout": 0}
            for n, handle in enumerate(handles[start : start + 10])
        ]
        cloud.sqs.change_message_visibility_batch(QueueUrl=url, Entries=entries)
    return len(handles)


def start_executions(cloud: Deployment, count: int) -> None:
    """The bare loop: start executions one after the other."""
    arn = cloud.outputs.state_machine_arn
    for _ in range(count):
        told = json.dumps(order(UNKNOWN))
        cloud.stepfunctions.start_execution(stateMachineArn=arn, input=told)


def seconds(run: Callable[[], object]) -> float:
    """How long something takes."""
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def command(*arguments: str) -> tuple[float, float, str]:
    """Seconds, MB at the peak, and the last line of a command."""
    with TemporaryDirectory() as folder:
        output = Path(folder, "output")
        started = time.perf_counter()
        with output.open("w") as printed:
            process = subprocess.Popen(
                [ACCELERATOR, "failures", *arguments], env=clean_environment(), stdout=printed
            )
            megabytes = peak(process)
        took = time.perf_counter() - started
        assert process.returncode == 0, output.read_text()
        return took, megabytes, output.read_text().splitlines()[-1]


def peak(process: subprocess.Popen[bytes]) -> float:
    """MB at the peak of a process, once it has ended.

    What the system tells of a child that has ended holds its parent's memory too.
    """
    megabytes = 0.0
    while process.poll() is None:
        with suppress(OSError):
            lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
            kilobytes = [int(line.split()[1]) for line in lines if line.startswith("VmHWM:")]
            megabytes = max([megabytes, *(each / 1024 for each in kilobytes)])
        time.sleep(0.02)
    return megabytes


def rows_of(name: str, base: Figure, arguments: tuple[str, ...]) -> list[Row]:
    """What a command takes, over a bare loop, and what memory."""
    took, megabytes, last = command(*arguments)
    note = last if len(last) < 40 else ""
    return [
        Row(name, Figure(name, "s", [took]), base, AT_MOST, note),
        Row(f"{name}: memory", Figure(name, "MB", [megabytes]), None, "under 150"),
    ]


def measure(count: int = COUNT) -> list[Row]:
    """Each command once, and the bare loops before and after them."""
    accelerator("up", environment=clean_environment() | {"SFN_WAIT_SCALE": "0.01"})
    try:
        cloud = local_cloud()
        return [*measure_looks(cloud, count), *measure_redrive(cloud)]
    finally:
        accelerator("down")


def measure_looks(cloud: Deployment, count: int) -> list[Row]:
    """The commands that look into the failure queue."""
    fill(cloud, count)
    base = Figure(f"bare receive and release of {count}", "s", [])
    base.values.append(seconds(lambda: receive_and_release(cloud)))
    rows = []
    with TemporaryDirectory() as folder:
        file = str(Path(folder, "failures.jsonl"))
        for arguments in (
            ("list",),
            ("list", "--json"),
            ("list", "--by", "error-code"),
            ("export", file),
            ("purge", "--exported", file, "--yes"),
        ):
            name = f"failures {' '.join(arguments[:1] if file in arguments else arguments)}"
            rows += rows_of(f"{name}, {count}", base, arguments)
            if arguments[0] == "export":
                base.values.append(seconds(lambda: receive_and_release(cloud)))
    return rows


def measure_redrive(cloud: Deployment) -> list[Row]:
    """Failures that all fail again."""
    bare = f"bare start of {REDRIVEN}"
    base = Figure(bare, "s", [seconds(lambda: start_executions(cloud, REDRIVEN))])
    wait_for_the_end(cloud)
    rows = rows_of(f"failures redrive, {REDRIVEN}", base, ("redrive", "--rate", "2000"))
    wait_for_the_end(cloud)
    again = receive_and_release(cloud)
    return [*rows, Row("failed again", Figure("failures", f"of {REDRIVEN}", [float(again)]))]


if __name__ == "__main__":
    for row in measure(int(sys.argv[1]) if len(sys.argv) > 1 else COUNT):
        print(" | ".join(row.cells()))
