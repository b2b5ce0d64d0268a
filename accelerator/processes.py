"""Background processes, each in a session of its own so that its whole group can be ended."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from accelerator import state

STOP_SECONDS = 5.0
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
ADVICE = "end what is left of the local cloud yourself, then remove this file's folder"


class Interrupted(BaseException):
    """Ctrl-C or a request to end: ends a command cleanly, past every `except Exception`."""


class Processes:
    """The process groups started from here, remembered in a file for whoever is to end them.

    The file holds `[[group, when its leader started, name], ...]`: the number of a group that ended
    may be another's by now. The name is that of its log.
    """

    def __init__(self, file: Path) -> None:
        self._file = file

    def start(
        self,
        command: Sequence[str | Path],
        environment: Mapping[str, str],
        cwd: Path,
        log: Path,
        descriptors: Sequence[int] = (),
    ) -> subprocess.Popen[bytes]:
        """Start a command whose output goes to `log`, with these open files of ours.

        Raises:
            Problem: it cannot be remembered; it is ended again.
        """
        with interrupts_deferred(), log.open("ab") as output:
            process = subprocess.Popen(
                command,
                env=environment,
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=descriptors,
            )
            self._remember(process, log.stem)
        return process

    def stop(self, *names: str) -> None:
        """End the groups of these names, or every group: ask, wait, and kill what is left."""
        groups = self._groups(*names)
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

    def _remember(self, process: subprocess.Popen[bytes], name: str) -> None:
        try:
            entry = [process.pid, started(process.pid), name]
            state.write(self._file, [*self._remembered(), entry])
        except BaseException:
            send(process.pid, signal.SIGKILL)
            process.wait()
            raise

    def _remembered(self) -> list[tuple[int, str, str]]:
        remembered = state.read(self._file, [], ADVICE)
        if not isinstance(remembered, list) or not all(map(is_remembered, remembered)):
            raise state.broken(self._file, ADVICE)
        return remembered

    def _groups(self, *names: str) -> list[int]:
        """Those whose leader is still the process that was started.

        What outlives its leader, which nothing here does for long, is left alone: it cannot be told
        from another's.
        """
        return [
            group
            for group, start, name in self._remembered()
            if (not names or name in names) and started(group) == start
        ]


def is_remembered(entry: Any) -> bool:
    """Whether JSON is a group, when its leader started and its name."""
    return isinstance(entry, list) and list(map(type, entry)) == [int, str, str]


def started(pid: int) -> str | None:
    """When a process started, as its system says it; None where there is no such process."""
    if not Path("/proc/self/stat").exists():
        told = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True)
        return told.stdout.decode().strip() or None
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # Field 22 of proc_pid_stat(5), in clock ticks; a name in parentheses, the second, has any form.
    return stat.rpartition(b")")[2].split()[19].decode()


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
