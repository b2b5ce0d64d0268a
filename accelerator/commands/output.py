"""Where commands print."""

import time

from rich.console import Console

output = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


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


def printable(text: str) -> str:
    """A text for a terminal: what is no character to print, and no end of a line, is `?`."""
    return "".join(each if each.isprintable() or each == "\n" else "?" for each in text)
