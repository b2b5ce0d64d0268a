"""Who is changing the local cloud just now, for whoever meets it half there."""

import fcntl
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from accelerator import state
from accelerator.problem import Problem
from accelerator.processes import STOP_SECONDS, started

STARTED, DEPLOYED, STOPPED = "started", "deployed again", "stopped"
# Ending a start takes as long as ending its processes, and removing their files.
PATIENCE_SECONDS = 4 * STOP_SECONDS


def begin(folder: Path, what: str) -> None:
    """Tell that this process changes the local cloud of a folder so, until `end`."""
    state.write(file_of(folder), [os.getpid(), started(os.getpid()), what])


def end(folder: Path) -> None:
    """Tell that it is changed."""
    file_of(folder).unlink(missing_ok=True)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Deploy on the local cloud of a folder while nobody else does.

    Raises:
        Problem: another process does.
    """
    with state.usable(folder):
        lock = (folder / "deploying.lock").open("a")
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Problem(told(DEPLOYED)) from None
        begin(folder, DEPLOYED)
        try:
            yield
        finally:
            end(folder)


def changing(folder: Path) -> str | None:
    """How another process that is alive changes it just now; None where none does."""
    other = another(folder)
    return other[1] if other else None


def told(what: str) -> str:
    """What to say to whoever wants the local cloud meanwhile."""
    hint = "" if what == STOPPED else ", or stop it with 'accelerator down'"
    return f"the local cloud is being {what} just now: wait until it is{hint}"


def wait_for_another(folder: Path) -> None:
    """Interrupt another's start, which then leaves nothing, or deployment; wait until it is over.

    A stop is waited for.
    """
    other = another(folder)
    if other is None:
        return
    process, what = other
    if what != STOPPED:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(process, signal.SIGTERM)
    # The note goes with the other files, of which some may be left: the process is waited for.
    begun, deadline = started(process), time.monotonic() + PATIENCE_SECONDS
    while begun and started(process) == begun and time.monotonic() < deadline:
        time.sleep(0.05)


def another(folder: Path) -> tuple[int, str] | None:
    """The other process that changes it, and how."""
    try:
        noted = state.read(file_of(folder), None, "")
    except Problem:
        return None  # a note that cannot be read is nobody's
    if not isinstance(noted, list) or list(map(type, noted)) != [int, str, str]:
        return None
    process, start, what = noted
    return (process, what) if process != os.getpid() and started(process) == start else None


def file_of(folder: Path) -> Path:
    """Where it is noted, as `[process, when that started, how it changes it]`."""
    return folder / "change.json"
