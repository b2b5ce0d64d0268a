"""Matches a record against a metric filter's pattern, as CloudWatch Logs does.

Of its syntax for JSON ("Filter pattern syntax for metric filters" in CloudWatch Logs' user guide)
that which the product uses: `=`, `!=` and NOT EXISTS of a field, joined by &&, || and brackets. A
field that is not there equals nothing, and differs from nothing.
"""

import re
from collections.abc import Callable
from typing import Any

TOKEN = re.compile(r'\s*(&&|\|\||!=|=|\(|\)|NOT EXISTS|\$[\w.]+|"[^"]*")')


def matches(pattern: str, record: dict[str, Any]) -> bool:
    """Whether a metric filter counts a record."""
    body = pattern.strip()
    assert (body[0], body[-1]) == ("{", "}"), pattern
    tokens = TOKEN.findall(body[1:-1])
    assert "".join(tokens).replace(" ", "") == body[1:-1].replace(" ", ""), pattern
    found = either(tokens, record)
    assert not tokens, f"{tokens} is left over of {pattern}"
    return found


def either(tokens: list[str], record: dict[str, Any]) -> bool:
    return any(joined("||", both, tokens, record))


def both(tokens: list[str], record: dict[str, Any]) -> bool:
    return all(joined("&&", condition, tokens, record))


def joined(
    operator: str, part: Callable[..., bool], tokens: list[str], record: dict[str, Any]
) -> list[bool]:
    """What each part says of those that an operator joins; all of them are read."""
    found = [part(tokens, record)]
    while tokens and tokens[0] == operator:
        tokens.pop(0)
        found.append(part(tokens, record))
    return found


def condition(tokens: list[str], record: dict[str, Any]) -> bool:
    first = tokens.pop(0)
    if first == "(":
        found = either(tokens, record)
        assert tokens.pop(0) == ")"
        return found
    value: Any = record
    for name in first.removeprefix("$.").split("."):
        value = value.get(name) if isinstance(value, dict) else None
    operator = tokens.pop(0)
    if operator == "NOT EXISTS":
        return value is None
    wanted = tokens.pop(0).strip('"')
    return value is not None and (value == wanted) == (operator == "=")
