"""Reads a file with an event of one's own."""

from pathlib import Path
from typing import Any

from accelerator.problem import Problem
from domain.untrusted import parse


def held(file: Path) -> Any:
    """What a file holds.

    Raises:
        Problem: it cannot be read, or holds no JSON.
    """
    try:
        return parse(file.read_bytes())
    except OSError as error:
        raise Problem(f"{file} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise Problem(f"{file} is no JSON: {error}") from None
