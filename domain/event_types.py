"""The event types that are hydrated, as one table: the rows of both contracts.

The rules, the extraction, the mock's events, `fire`, `replay`, the dashboard, the masking and the
docs' tables derive from it. docs/add-an-event-type.md adds a row.
"""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from domain import mock, published
from domain.errors import InvalidEvent
from domain.event import read, safe, value_at
from domain.family import MOCK, Family

FAMILIES = (*mock.FAMILIES, *published.FAMILIES)
# The families by the names that their events are fired with.
FIRED = {name: family for family in FAMILIES for name in family.types}
EVENT_TYPES = tuple(FIRED[name].types[name] for name in FIRED)
ENTITIES = tuple(dict.fromkeys(family.entity for family in FAMILIES))


def families(contract: str = MOCK) -> tuple[Family, ...]:
    """The rows of a contract."""
    return tuple(family for family in FAMILIES if family.contract == contract)


def fired(contract: str = MOCK) -> list[str]:
    """The names that a contract's events are fired with."""
    return [name for family in families(contract) for name in family.types]


def types_of(name: str) -> set[str]:
    """The event types that are meant by a type, a name that it is fired with, or a family's."""
    types = {name}
    for family in FAMILIES:
        if name == family.name:
            types |= set(family.types.values())
        elif name in family.types:
            types.add(family.types[name])
    return types


def family_of(event: dict[str, Any]) -> Family | None:
    """The family of an event, as RouteByEventType in the state machine finds it."""
    for family in FAMILIES:
        if read(event, family.type_at) in family.types.values():
            return family
    return None


def entity_of(event: dict[str, Any]) -> tuple[str, Any] | None:
    """The entity that an event is about, and what it says is its id; None where it is of none."""
    family = family_of(event)
    try:
        return (family.entity, value_at(event, family.id_at)) if family else None
    except InvalidEvent:
        return None


def event_type(event: dict[str, Any]) -> str:
    """The event's type as it is told and filtered by; of no known one, what it says it is."""
    family = family_of(event)
    told = read(event, family.type_at) if family else read(event, "detail.eventType")
    return safe(told or event.get("detail-type"))


def sample(name: str, entity_id: str | None = None) -> dict[str, Any]:
    """An event, by the name it is fired with, about an entity or one that the mock API knows.

    Returns:
        `{"detail-type", "detail"}`, and `"resources"` where its contract has them.
    """
    family = FIRED[name]
    event = deepcopy(family.sample)
    put(event, family.type_at, family.types[name])
    if entity_id is not None:
        put(event, family.id_at, entity_id)
    return event


def put(event: dict[str, Any], path: str, value: str) -> None:
    """Put a value at a path whose places but the last are there."""
    if path.startswith("resources/"):
        parts = event["resources"][0].split("/")
        parts[parts.index(path.removeprefix("resources/")) + 1] = value
        event["resources"] = event["detail"]["resources"] = ["/".join(parts)]
        return
    *places, name = path.split(".")
    for place in places:
        event = event[place]
    event[name] = value


def field_names() -> Iterator[str]:
    """The names of all fields of the samples and of the variables that hold a value."""

    def names(value: Any, name: str) -> Iterator[str]:
        if isinstance(value, dict):
            for key, inner in value.items():
                yield from names(inner, key)
        else:
            yield name

    for family in FAMILIES:
        yield family.type_at.rpartition(".")[2]
        for value in (*family.variables, family.sample):
            yield from names(value, "")
