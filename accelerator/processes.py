"""Background processes, each in a session of its own so that its whole group can be ended."""

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

STOP_SECONDS = 5.0
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(BaseException):
    """Ctrl-C or a request to end: ends a command cleanly, past every `except Exception`."""


class Processes:
    """The process groups started from here, remembered in a file for whoever is to end them."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def start(
        self, command: Sequence[str | Path], environment: Mapping[str, str], cwd: Path, log: Path
    ) -> subprocess.Popen[bytes]:
        """Start a command whose output goes to `log`."""
        with interrupts_deferred(), log.open("ab") as output:
            process = subprocess.Popen(
                command,
                env=environment,
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            self._file.write_text(json.dumps([*self._groups(), process.pid]))
        return process

    def stop(self) -> None:
        """End every group: ask, wait, and kill what is left."""
        groups = self._groups()
        for group in groups:
            send(group, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while any(map(is_alive, groups)) and time.monotonic() < deadline:
            time.sleep(0.05)
        for group in groups:
            send(group, signal.SIGKILL)
        while any(map(is_alive, groups)):
            time.sleep(0.01)

    def any_alive(self) -> bool:
        """Whether a process of any group is left."""
        return any(map(is_alive, self._groups()))

    def _groups(self) -> list[int]:
        return json.loads(self._file.read_text()) if self._file.exists() else []


def send(group: int, number: int) -> None:
    """Send a signal to a process group, which may be gone."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def is_alive(group: int) -> bool:
    """Whether a group has a process left; reaps its leader where that was our child."""
    with suppress(ChildProcessError):
        os.waitpid(group, os.WNOHANG)
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


# The interrupts that are deferred now, if any are.
deferred: list[int] | None = None


@contextmanager
def interrupts_deferred() -> Iterator[list[int]]:
    """Finish what is inside before an interrupt takes effect; yields the interrupts so far.

    Within itself it changes nothing: they take effect at the end of the outermost.
    """
    global deferred
    if threading.current_thread() is not threading.main_thread():
        yield []  # signals come to the main thread alone
        return
    if deferred is not None:
        yield deferred
        return
    caught: list[int] = []
    handlers: dict[signal.Signals, Any] = {}
    try:
        deferred = caught
        for number in SIGNALS:
            handlers[number] = signal.signal(number, lambda n, _: caught.append(n))
        yield caught
    finally:
        deferred = None
        for number, handler in handlers.items():
            signal.signal(number, handler)
    if caught:
        raise Interrupted


def interrupt_on_signals() -> None:
    """Let ctrl-C, SIGTERM and SIGHUP end a command cleanly."""

    def interrupt(number: int, frame: object) -> None:
        raise Interrupted

    for number in SIGNALS:
        signal.signal(number, interrupt)
