"""Who is starting or stopping the local cloud just now, for whoever meets it half there."""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

from accelerator import state
from accelerator.problem import Problem
from accelerator.processes import STOP_SECONDS, started

STARTED, STOPPED = "started", "stopped"
# Ending a start takes as long as ending its processes, and removing their files.
PATIENCE_SECONDS = 4 * STOP_SECONDS


def begin(folder: Path, what: str) -> None:
    """Tell that this process starts or stops the local cloud of a folder, until `end`."""
    state.write(file_of(folder), [os.getpid(), started(os.getpid()), what])


def end(folder: Path) -> None:
    """Tell that it is started."""
    file_of(folder).unlink(missing_ok=True)


def changing(folder: Path) -> str | None:
    """STARTED or STOPPED where another process that is alive does that, else None."""
    other = another(folder)
    return other[1] if other else None


def told(what: str) -> str:
    """What to say to whoever wants the local cloud meanwhile."""
    hint = "" if what == STOPPED else ", or stop it with 'accelerator down'"
    return f"the local cloud is being {what} just now: wait until it is{hint}"


def wait_for_another(folder: Path) -> None:
    """Interrupt another's start, which then leaves nothing; wait until it, or a stop, is over."""
    other = another(folder)
    if other is None:
        return
    process, what = other
    if what == STARTED:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(process, signal.SIGTERM)
    # The note goes with the other files, of which some may be left: the process is waited for.
    begun, deadline = started(process), time.monotonic() + PATIENCE_SECONDS
    while begun and started(process) == begun and time.monotonic() < deadline:
        time.sleep(0.05)


def another(folder: Path) -> tuple[int, str] | None:
    """The other process that starts or stops it, and which of the two."""
    try:
        noted = state.read(file_of(folder), None, "")
    except Problem:
        return None  # a note that cannot be read is nobody's
    if not isinstance(noted, list) or list(map(type, noted)) != [int, str, str]:
        return None
    process, start, what = noted
    return (process, what) if process != os.getpid() and started(process) == start else None


def file_of(folder: Path) -> Path:
    """Where it is noted, as `[process, when that started, STARTED or STOPPED]`."""
    return folder / "change.json"
