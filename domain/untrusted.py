"""What others made, and may be anything: JSON of any form, texts of any length."""

import json
import math
from typing import Any

# Events and answers are a few levels deep; what goes down level by level, as Python's own JSON
# does, ends in a RecursionError some hundred levels later.
MAX_DEPTH = 200
# How much is told of a text, in characters: of one that says why, and of one in a list.
REASON = 1024
SHORT = 256


def parse(text: str | bytes) -> Any:
    """The value of a JSON text, which can then be walked and written as JSON again.

    Raises:
        ValueError: it is none; NaN and infinity, which Python takes too, are none. Or it holds a
            number beyond all size, or is nested deeper than MAX_DEPTH.
    """
    try:
        value = json.loads(text, parse_constant=finite, parse_float=finite)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [inner for each in level for inner in members(each)]
    if level:
        raise ValueError("nested too deeply")
    return value


def finite(text: str) -> float:
    """The number in a text, which has to be one that JSON can hold."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number beyond all size")
    return number


def members(value: Any) -> list[Any]:
    """What is directly in an object or a list; nothing is in any other value."""
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def short(text: str, longest: int = SHORT) -> str:
    """A text, or how it begins."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def text(value: object) -> str | None:
    """A text in short; None where the value is none."""
    return short(value) if isinstance(value, str) else None
