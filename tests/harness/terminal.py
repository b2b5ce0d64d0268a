"""A terminal of 80 columns and 24 lines with a shell in it, and its screen."""

import re
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import pexpect
import pyte

from tests.harness.environment import PATIENCE_SECONDS

COLUMNS, LINES = 80, 24
# The number of a command and the exit code of the one before it, so that no two are alike.
PROMPT = r"\#:$?$ "
PROMPTED = re.compile(r"(\(\S+\) )?(?P<number>\d+):(?P<code>\d+)\$ $")
CTRL_C = "\x03"
# How Rich begins to draw anew what is there, at which each picture is whole.
PICTURE = re.compile(rb"(?=\r\x1b\[2K)")
# What the lines of a table or a panel end with.
EDGES = "─━│┃╮╯┓┩┤┘"
# What a line of JSON begins with.
JSON = ("{", "[", '"')
# A cell that was cut at its end; what was cut in the middle shows both its ends.
CUT = re.compile(r"…(?![\w.-]| >)")


class Terminal:
    """A shell in a terminal; what it writes is drawn as a terminal draws it."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._screen = pyte.HistoryScreen(COLUMNS, LINES, history=10_000)
        self._stream = pyte.ByteStream(self._screen)
        self._shell: pexpect.spawn[bytes] = pexpect.spawn(
            "bash",
            ["--norc", "--noprofile", "--noediting"],
            cwd=str(folder),
            env={**environment, "TERM": "xterm-256color", "PS1": PROMPT},
            dimensions=(LINES, COLUMNS),
        )
        self._pictures: list[bytes] = []
        self._typed, self._begin = "", 0
        self._wait(lambda: self._prompt() is not None)

    def type(self, command: str) -> None:
        """Type a command and the return key."""
        prompt = self._prompt()
        assert prompt, f"there is no prompt for {command}:\n{self.screen}"
        self._typed = prompt["number"]
        lines = (self._screen.cursor.x + len(command) - 1) // COLUMNS + 1
        self._begin = self._line() + lines
        self._shell.sendline(command)

    def answer(self, text: str) -> None:
        """Type an answer to what a command asks, and the return key."""
        self._shell.sendline(text)

    def interrupt(self) -> tuple[int, str]:
        """Press ctrl-C: the exit code of what was typed last, and what it has left to read."""
        self._shell.send(CTRL_C)
        return self.ended()

    def ended(self) -> tuple[int, str]:
        """The exit code of what was typed last, once it has ended, and what it has left to read."""
        self._wait(self._has_ended)
        prompt = self._prompt()
        assert prompt
        *lines, last = self._lines()[self._begin :]
        rest = last[: prompt.start()]
        return int(prompt["code"]), fitting([*lines, *([rest] if rest else [])])

    def see(self, pattern: str) -> re.Match[str]:
        """Wait until what is in sight matches a pattern."""
        return self._find(pattern, lambda: self.screen)

    def read(self, pattern: str) -> re.Match[str]:
        """Wait until what was typed last has left something to read that matches a pattern."""
        return self._find(pattern, lambda: fitting(self._lines()[self._begin :]))

    def _find(self, pattern: str, text: Callable[[], str]) -> re.Match[str]:
        found: list[re.Match[str]] = []

        def is_there() -> bool:
            found[:] = re.finditer(pattern, text())
            return bool(found) or self._has_ended()

        self._wait(is_there, pattern)
        assert found, f"it ended without {pattern}; in sight is\n{self.screen}"
        return found[0]

    @property
    def screen(self) -> str:
        """The lines that are in sight."""
        return "\n".join(line.rstrip() for line in self._screen.display)

    def close(self) -> None:
        """Close the terminal, as its window's button does."""
        self._shell.close(force=True)

    def _wait(self, condition: Callable[[], bool], what: str = "the prompt") -> None:
        """Draw what comes, picture after picture, until something is so."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            if not self._pictures:
                self._pictures = PICTURE.split(self._written(what, deadline - time.monotonic()))
            self._stream.feed(self._pictures.pop(0))

    def _written(self, what: str, seconds: float) -> bytes:
        with suppress(pexpect.TIMEOUT, pexpect.EOF):
            return self._shell.read_nonblocking(65536, max(seconds, 0))
        raise AssertionError(f"{what} does not come; in sight is\n{self.screen}")

    def _line(self) -> int:
        return len(self._screen.history.top) + int(self._screen.cursor.y)

    def _lines(self) -> list[str]:
        """All lines down to the cursor's, those too that have left the screen."""
        left = ["".join(line[x].data for x in range(COLUMNS)) for line in self._screen.history.top]
        return [line.rstrip() for line in [*left, *self._screen.display]][: self._line() + 1]

    def _prompt(self) -> re.Match[str] | None:
        """The prompt, where the cursor is behind one."""
        cursor = self._screen.cursor
        line = self._screen.buffer[cursor.y]
        return PROMPTED.search("".join(line[x].data for x in range(cursor.x)))

    def _has_ended(self) -> bool:
        prompt = self._prompt()
        return prompt is not None and prompt["number"] != self._typed


def fitting(lines: list[str]) -> str:
    """What was printed, which has to fit the terminal; what the terminal broke is whole again.

    Where a line is full the terminal breaks it: within a word of prose nobody wants that, within
    JSON or a name that is longer than a line, alone or behind its label, nobody can help it.
    """
    text = ""
    for line, following in pairwise([*lines, ""]):
        assert not CUT.search(line), line
        assert "Traceback" not in line, "\n".join(lines)
        is_broken = len(line) == COLUMNS and line[-1] not in EDGES and following[:1].strip()
        begin = (text.rpartition("\n")[2] + line).lstrip()
        is_prose = len(line.split()) > 2 and not begin.startswith(JSON)
        assert not (is_broken and is_prose), f"a word is broken:\n{line}\n{following}"
        text += line if is_broken else f"{line}\n"
    return text
