"""Reads a file with an event of one's own."""

from pathlib import Path
from typing import Any

from accelerator.problem import Problem
from domain.untrusted import parse


def held(file: Path) -> Any:
    """What a file holds: an event, or that of a failure as 'accelerator failures' tells it.

    Raises:
        Problem: it cannot be read, or holds no JSON, or several failures.
    """
    try:
        text = file.read_bytes()
        value = parse(text)
    except OSError as error:
        raise Problem(f"{file} cannot be read: {error.strerror}") from None
    except ValueError as error:
        if lines := text.count(b"\n{"):
            raise Problem(several(file, lines + 1)) from None
        raise Problem(f"{file} is no JSON: {error}") from None
    if isinstance(value, list) and len(value) > 1:
        raise Problem(several(file, len(value)))
    is_failure = isinstance(value, dict) and "event" in value and "detail" not in value
    return value["event"] if is_failure else value


def several(file: Path, count: int) -> str:
    """What to say of a file with more than one event."""
    return (
        f"{file} holds {count} events: write one to a file of its own, such as with "
        f"'grep ID {file} > event.json'; what is still in a queue, 'failures redrive ID' starts"
    )
