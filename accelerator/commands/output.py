"""Where commands print."""

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn
from rich.text import Text

from domain.untrusted import SHORT, short

output = Console(highlight=False, emoji=False)
errors = Console(stderr=True, highlight=False, emoji=False)


class step:
    """Shows a step while it lasts, and how long it took."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._status = errors.status(text + " ...")

    def __enter__(self) -> None:
        self._started = time.monotonic()
        self._status.start()

    def __exit__(self, failed: type[BaseException] | None, *_: object) -> None:
        self._status.stop()
        if failed is None:
            errors.print(f"[green]✓[/] {self._text} ({time.monotonic() - self._started:.1f} s)")


@contextmanager
def counting(*what: str) -> Iterator[list[Callable[[int], object]]]:
    """Counts on a terminal's standard error, gone at the end; each to be given what is added."""
    columns = (SpinnerColumn(), TextColumn("{task.completed:.0f} {task.description}"))
    is_shown = errors.is_interactive
    with Progress(*columns, console=errors, transient=True, disable=not is_shown) as progress:
        tasks = [progress.add_task(each, total=None) for each in what]
        yield [partial(progress.advance, task) for task in tasks]


def shown(value: object, style: str = "", longest: int = SHORT) -> Text:
    """What is not ours, for a terminal: as text, whatever it holds, on one line and in short."""
    return Text("".join(map(printable, short(str(value), longest))), style)


def printable(each: str) -> str:
    """A character, or what stands for one that does not print: controls, directions, surrogates."""
    if each.isprintable():
        return each
    return " " if each.isspace() else "?"


def tell(text: Text, console: Console = output) -> None:
    """Print a line of words; a terminal that is narrower has it broken between two of them."""
    console.print(text, soft_wrap=not console.is_terminal)


def say_masked(reveal: bool) -> None:
    """Say that what was shown is not all, and how to see it."""
    if not reveal:
        errors.print("Customer data is masked: --reveal shows it.", style="dim")


def print_json(told: Any, indent: int | None = None) -> None:
    """Print for programs, at once, so that a reader who has left is noticed here.

    A line is ASCII; what is indented, for people too, has every character that prints as it is.
    """
    text = json.dumps(told, indent=indent, ensure_ascii=indent is None)
    print(re.sub(r"[^\n -~]", as_it_prints, text) if indent else text, flush=True)


def as_it_prints(character: re.Match[str]) -> str:
    """A character of JSON, or how JSON escapes it where it does not print."""
    return character[0] if character[0].isprintable() else json.dumps(character[0])[1:-1]
