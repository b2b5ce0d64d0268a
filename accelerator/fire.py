"""Puts events like Buy with Prime's on the bus of a local cloud or a sandbox."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from accelerator.deployment import Deployment
from accelerator.event_file import held
from accelerator.problem import Problem
from domain.event_types import FAMILIES, FIRED, families, fired
from domain.family import MOCK, PUBLISHED
from domain.published import STORY
from mock_api.event_api import ENTRIES_A_CALL, put_events
from mock_api.events import SOURCE, entry

# What the name of every partner event bus begins with (EventBridge user guide, "SaaS partners").
PARTNER_BUS = "aws.partner/"
# What is fired as one order's life, in the order in which it happens.
TALE = "story"
# What to say of the other contract's events, by the one of the deployment.
NEEDS = {
    MOCK: f"is of the published contract: set API_VERSION={PUBLISHED} in .env",
    PUBLISHED: "is of the mock accelerator's contract: unset API_VERSION in .env",
}


def fire(cloud: Deployment, entries: Sequence[dict[str, Any]]) -> Iterator[list[str]]:
    """Put entries of PutEvents on the bus, ten at a time, and tell their events' ids as they are.

    Raises:
        Problem: the events of a real shop are on that bus.
    """
    if not cloud.may_be_fired_at:
        raise Problem(
            "events are fired on the local cloud and the sandbox's bus only: "
            "unset EVENT_BUS_ARN and deploy again to have one"
        )
    bus = cloud.outputs.event_bus_name
    if bus.startswith(PARTNER_BUS):
        raise Problem(
            f"{bus} is a partner's bus, which takes no events: unset EVENT_BUS_ARN to fire"
        )
    for start in range(0, len(entries), ENTRIES_A_CALL):
        yield put_events(cloud.events, bus, entries[start : start + ENTRIES_A_CALL])


def entries(contract: str, event_type: str, entity_id: str | None = None) -> list[dict[str, Any]]:
    """The events that a name stands for: a type's, a family's first, or a whole story.

    Raises:
        Problem: there is no such name in the contract.
    """
    if event_type == TALE and contract == PUBLISHED:
        return told_at_once(
            [entry(name, entity_id if FIRED[name].entity == "order" else None) for name in STORY]
        )
    first = {family.name: next(iter(family.types)) for family in families(contract)}
    known = fired(contract)
    name = event_type if event_type in known else first.get(event_type)
    if name is None and event_type in of_other(contract):
        raise Problem(f"{event_type} {NEEDS[contract]}, then start or deploy again")
    if name is None:
        near = get_close_matches(event_type, known, 1)
        hint = f"did you mean {near[0]}?" if near else f"give {', '.join(known)}"
        raise Problem(f"there is no event type {event_type}: {hint}")
    return [entry(name, entity_id)]


def of_other(contract: str) -> set[str]:
    """The names that stand for events of the other contract."""
    others = [family for family in FAMILIES if family.contract != contract]
    names = {name for family in others for name in (family.name, *family.types)}
    return names | ({TALE} if contract == MOCK else set())


def told_at_once(story: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Entries whose events happened one after another: a second apart, the last one now."""
    now = datetime.now(UTC)
    ages = range(len(story) - 1, -1, -1)
    return [
        each | {"Time": now - timedelta(seconds=age)} for each, age in zip(story, ages, strict=True)
    ]


def read(file: Path) -> dict[str, Any]:
    """The entry for an event in a file, in the form in which EventBridge delivers it.

    Raises:
        Problem: there is none.
    """
    event = held(file)
    if not isinstance(event, dict) or not isinstance(event.get("detail"), dict):
        raise Problem(f'{file} is no event: give {{"detail-type", "detail", "resources"}}')
    return entry_of(event)


def entry_of(event: dict[str, Any]) -> dict[str, Any]:
    """An entry of PutEvents for an event as it is delivered."""
    return {
        "Source": str(event.get("source") or SOURCE),
        "DetailType": str(event.get("detail-type") or "none"),
        "Detail": json.dumps(event["detail"]),
        "Resources": event.get("resources") or [],
    }


def event_of(entry: dict[str, Any]) -> dict[str, Any]:
    """The event of an entry of PutEvents, as far as its sender makes it."""
    return {
        "source": entry["Source"],
        "detail-type": entry["DetailType"],
        "detail": json.loads(entry["Detail"]),
        "resources": entry.get("Resources", []),
    }


def changed(given: dict[str, Any], changes: Sequence[str]) -> dict[str, Any]:
    """An entry with other values, each change a path, `=` and JSON or a text.

    Raises:
        Problem: a change is none.
    """
    event = event_of(given)
    for change in changes:
        path, equals, value = change.partition("=")
        *places, name = path.split(".")
        if not equals or not name or (places or [name])[0] not in event:
            raise Problem(f"{change} is no change: give one such as detail.data.x=1")
        inner: Any = event
        for place in places:
            inner = inner.setdefault(place, {}) if isinstance(inner, dict) else {}
        inner[name] = as_value(value)
    return given | entry_of(event)


def as_value(text: str) -> Any:
    """The value that a text is as JSON, else the text."""
    try:
        return json.loads(text)
    except ValueError:
        return text
