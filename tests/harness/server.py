"""A ministack of the tests' own, over real HTTP."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from accelerator.deployment import PROJECT, local_environment
from accelerator.listening import answers
from accelerator.local_parts import START_SECONDS, ministack_environment
from accelerator.processes import send
from tests.harness.environment import unused_port

REGION = "us-east-1"


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """The address of a server in this process, of an API that answers as a handler does."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/graphql"
        finally:
            server.shutdown()


@contextmanager
def ministack(**environment: str) -> Iterator[str]:
    """The address of a ministack that ends when this does, or when this process does.

    It lets in whoever has the access key of the tests' own environment.
    """
    port = unused_port()
    with tempfile.TemporaryDirectory() as folder, Path(folder, "output").open("w+") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.harness.launcher"],
            env=local_environment(REGION, os.environ["AWS_ACCESS_KEY_ID"])
            | ministack_environment(port, REGION)
            | {"TMPDIR": folder}
            | environment,
            cwd=PROJECT,
            # Once the other end of this is closed, it ends itself and its group: even a kill that
            # lets nothing else of this process run closes it.
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        with process:
            try:
                endpoint = f"http://127.0.0.1:{port}"
                deadline = time.monotonic() + START_SECONDS
                while not answers(f"{endpoint}/_ministack/ready"):
                    alive = process.poll() is None and time.monotonic() < deadline
                    assert alive, Path(output.name).read_text()
                    time.sleep(0.02)
                yield endpoint
            finally:
                send(process.pid, signal.SIGKILL)
