"""Finds stored objects by their keys, with no more calls than the span's objects need."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from accelerator.deployment import Deployment
from accelerator.problem import Problem
from domain.event_types import ENTITIES, EVENT_TYPES, types_of
from domain.keys import Key, escaped, parse


class Stored(NamedTuple):
    """An object, what its key says, its size in bytes, and when it was stored.

    `entity_id` is None where nobody asked for this entity's and the key does not hold its id whole.
    """

    key: Key
    name: str
    size: int
    stored_at: datetime
    entity_id: str | None = None

    @classmethod
    def of(cls, key: Key, listed: Any, asked_id: str | None = None) -> "Stored":
        """An object as ListObjectsV2 tells of it, whose key says this; of the entity asked for."""
        entity_id = key.entity_id if asked_id is None else asked_id
        return cls(key, listed["Key"], listed["Size"], listed["LastModified"], entity_id)

    def told(self) -> dict[str, Any]:
        """`{"key", "entity", "entityId", "eventType", "eventId", "time", "size" (bytes)}`."""
        return {
            "key": self.name,
            "entity": self.key.entity,
            "entityId": self.entity_id,
            "eventType": self.key.event_type,
            "eventId": self.key.event_id,
            "time": self.key.time.replace(tzinfo=UTC).isoformat(),
            "size": self.size,
        }


@dataclass(frozen=True)
class Wanted:
    """Which stored objects are meant; None is any. `event_type` may be a name that fire knows."""

    entity: str | None = None
    entity_id: str | None = None
    event_type: str | None = None
    since: timedelta | None = None
    day: date | None = None

    def __post_init__(self) -> None:
        """Raise a Problem where there is no such entity, or none can have such an id."""
        if self.entity_id == "":
            raise Problem("an empty id is no entity's: give one")
        if self.entity not in (None, *ENTITIES):
            known = ", ".join(ENTITIES)
            raise Problem(f"nothing is stored of {self.entity}: give one of {known}")

    @property
    def entities(self) -> tuple[str, ...]:
        """The entities whose objects are looked through."""
        return ENTITIES if self.entity is None else (self.entity,)

    def takes(self, key: Key) -> bool:
        """Whether an object among those of these entities and event types is meant."""
        return self.entity_id is None or key.escaped_id == escaped(self.entity_id)


def listed(cloud: Deployment, wanted: Wanted) -> Iterator[Stored]:
    """The stored objects that are meant: those of an event type together, in the events' order.

    One call for a thousand objects of the type and the span; and, where no event type is given, one
    for each entity's event types.
    """
    bucket = cloud.outputs.response_bucket_name
    first = None if wanted.since is None else datetime.now(UTC) - wanted.since
    for prefix in prefixes(cloud, wanted):
        place: Any = {"Bucket": bucket, "Prefix": prefix}
        if wanted.day:
            place["Prefix"] += f"{wanted.day.isoformat()}/"
        if first:
            place["StartAfter"] = f"{prefix}{first:%Y-%m-%d/%Y%m%dT%H%M%SZ}"
        for page in cloud.s3.get_paginator("list_objects_v2").paginate(**place):
            for each in page.get("Contents", []):
                key = parse(each["Key"])
                if key and wanted.takes(key):
                    yield Stored.of(key, each, wanted.entity_id)


def stored_types(name: str) -> set[str]:
    """The event types that are meant by one, or by a name; one that is not known means itself."""
    types = types_of(name)
    return types.intersection(EVENT_TYPES) or types


def prefixes(cloud: Deployment, wanted: Wanted) -> Iterator[str]:
    """`<entity>/<event type>/`, of the event types that are meant, else of all that there are."""
    bucket = cloud.outputs.response_bucket_name
    for entity in wanted.entities:
        if wanted.event_type:
            yield from (f"{entity}/{each}/" for each in sorted(stored_types(wanted.event_type)))
            continue
        pages = cloud.s3.get_paginator("list_objects_v2").paginate(
            Bucket=bucket, Prefix=f"{entity}/", Delimiter="/"
        )
        for page in pages:
            yield from (each["Prefix"] for each in page.get("CommonPrefixes", []))
