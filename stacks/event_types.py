"""Checks the table of event types against the state machine before they are deployed."""

import json
from collections.abc import Iterator, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

from domain.errors import InvalidEvent
from domain.event import value_at
from domain.event_types import FAMILIES, put
from domain.family import Family
from stacks.definition import DEFINITION

ROUTE = "RouteByEventType"
ADVICE = "docs/add-an-event-type.md tells how"


class RowError(Exception):
    """Says in a line which rows of the table do not fit, and what they lack."""


def check(families: Sequence[Family] = FAMILIES, definition: Path = DEFINITION) -> None:
    """Check that each row has a branch for each of its types, and a sample that is one.

    Raises:
        RowError: a row lacks one.
    """
    states = json.loads(definition.read_text(encoding="utf-8"))["States"]
    taken = set(branches(states))
    if wrong := [each for family in families for each in mistakes(family, taken)]:
        raise RowError(f"{'; '.join(wrong)} ({ADVICE})")


def mistakes(family: Family, taken: set[tuple[str, str | None]]) -> Iterator[str]:
    """What a row lacks, of branches that take these types for these entities."""
    for event_type in family.types.values():
        if (event_type, family.entity) not in taken:
            yield (
                f"the row {family.name} has {event_type}, which no branch of {ROUTE} leads to a "
                f"state that says the entity {family.entity}: add it to Choices"
            )
    sample = deepcopy(family.sample)
    try:
        put(sample, family.type_at, "")
        has_id = value_at(sample, family.id_at) is not None
    except (InvalidEvent, KeyError, IndexError, TypeError, ValueError):
        has_id = False
    if not has_id:
        yield f"the sample of the row {family.name} has no {family.id_at}, or no {family.type_at}"
    for name in ("detail-type", "detail"):
        if has_id and name not in sample:
            yield f"the sample of the row {family.name} has no {name}, which each event has"


def branches(states: dict[str, Any]) -> Iterator[tuple[str, str | None]]:
    """Each text that a branch compares with, and the entity that the state it leads to says."""
    for choice in states.get(ROUTE, {}).get("Choices", []):
        result = states[choice["Next"]].get("Result", {})
        for value in compared(choice):
            yield value, result.get("hydration", {}).get("entity")


def compared(test: dict[str, Any]) -> Iterator[str]:
    """The texts that a test, or any that it is made of, compares with."""
    if "StringEquals" in test:
        yield test["StringEquals"]
    for each in [*test.get("And", []), *test.get("Or", [])]:
        yield from compared(each)
