"""What to ask for an event, and where the answer goes."""

from typing import Any

from domain.errors import InvalidEvent, UnsupportedEvent
from domain.event import identity, read, resource, value_at
from domain.event_types import family_of
from domain.family import MOCK, Family
from domain.keys import Key, escaped

MAX_ID_LENGTH = 256


def extract_id(event: dict[str, Any]) -> dict[str, Any]:
    """What to ask for an event, and where the answer goes.

    Nothing of the event reaches the key that has not been matched against the characters allowed.
    """
    family = family_of(event)
    if family is None:
        raise UnsupportedEvent("the event is of no type that is hydrated")
    if family.only and read(event, family.only[0]) != family.only[1]:
        raise InvalidEvent(f"{family.only[0]} is missing or not a string")
    event_type, (event_id, time) = read(event, family.type_at), identity(event)
    entity_id = value_at(event, family.id_at)
    if not is_sane(entity_id):
        raise InvalidEvent(
            f"{family.id_at} must be 1 to {MAX_ID_LENGTH} printable characters in a string"
        )
    return {
        "entity": family.entity,
        "document": family.document,
        "id": entity_id,
        "variables": variables(family, event, entity_id),
        "key": str(Key(family.entity, event_type, time, escaped(entity_id), event_id)),
        "eventId": event_id,
        "eventType": event_type,
        **target(family, event),
    }


def variables(family: Family, event: dict[str, Any], entity_id: str) -> dict[str, Any]:
    """The first of the family's variables of which everything is in the event."""
    for template in family.variables:
        try:
            filled: dict[str, Any] = fill(template, event, entity_id)
        except LookupError:
            continue
        return filled
    raise InvalidEvent("the event lacks what its entity is looked up with beside the id")


def fill(template: Any, event: dict[str, Any], entity_id: str) -> Any:
    """A template with what its paths lead to; LookupError where one leads nowhere."""
    if isinstance(template, dict):
        return {name: fill(each, event, entity_id) for name, each in template.items()}
    path = template.strip("{}")
    value = entity_id if path == "id" else value_at(event, path)
    if not is_sane(value):
        raise LookupError(path)
    return value


def target(family: Family, event: dict[str, Any]) -> dict[str, str]:
    """`{"targetId"}`, the business product that a published event is of; nothing in a mock's."""
    if family.contract == MOCK:
        return {}
    data = event["detail"].get("data", {}) if isinstance(event.get("detail"), dict) else None
    if not isinstance(data, dict):
        raise InvalidEvent("detail is no envelope of Buy with Prime, with an object as its data")
    business_product = resource(event, "businessProduct")
    if not is_sane(business_product):
        raise InvalidEvent("resources name no business product")
    return {"targetId": str(business_product)}


def is_sane(entity_id: object) -> bool:
    """Whether this can be an id: a string that is not empty, endless or unprintable."""
    return (
        isinstance(entity_id, str)
        and 0 < len(entity_id) <= MAX_ID_LENGTH
        and entity_id.isprintable()
        and not entity_id.isspace()
    )
