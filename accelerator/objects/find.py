"""Finds all that is kept about an entity: each version of it, and what failed of its events."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from accelerator.deployment import Deployment
from accelerator.failures.failure import Failure, Filter, parsed
from accelerator.failures.look import MAX_UNSENT_BYTES, look
from accelerator.objects.versions import Version, versions
from accelerator.threads import mapped
from domain.event_types import entity_of
from domain.keys import FAILURES, escaped, parse
from domain.start import NotRedrivable, original_event


class Entity(NamedTuple):
    """An entity, such as an order, and its id."""

    entity: str
    id: str


def about(failure: Failure, cloud: Deployment) -> tuple[str, Any] | None:
    """The entity that a failure's event is about, wherever that event is kept."""
    message = failure.message
    if message["entityId"] is not None:
        return message["entity"], message["entityId"]
    event = message["event"] or parsed(failure.body or "")
    if not event and message["eventObject"]:
        try:
            event = original_event(message, cloud.s3, cloud.outputs.response_bucket_name)
        except NotRedrivable:
            return None
    return entity_of(event)


def is_of_none(entity: tuple[str, Any] | None) -> bool:
    """Whether an event says of no entity, or of several, that it is about it."""
    return entity is None or entity[1] is None


@dataclass
class Found:
    """What is stored of an entity: versions, and the ids of failures that are in queues."""

    versions: list[Version] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    # Objects whose keys are of before and say no entity, of this one or another.
    unnamed: int = 0
    # Events that failed, of no entity or of several.
    of_none: int = 0
    # Failures that somebody else looked at.
    hidden: int = 0
    # Events, of whatever entity, that wait for their automatic redrive.
    waiting: int = 0

    def __bool__(self) -> bool:
        return bool(self.versions or self.failures)


Seen = Callable[[int], object]


def find(cloud: Deployment, wanted: Entity, seen: Seen, known: set[str] | None = None) -> Found:
    """All that is stored about an entity, and all versions of `known` keys."""
    found, keys = Found(), known or set()
    for each in versions(cloud, f"{wanted.entity}/", seen):
        key = parse(each.key)
        if each.key in keys or (key and key.escaped_id == escaped(wanted.id)):
            found.versions.append(each)
        elif key and not key.escaped_id and not each.is_marker:
            found.unnamed += 1
    kept = list(versions(cloud, FAILURES, seen))
    about_it, found.of_none = keys_about(cloud, wanted, kept, seen)
    found.versions += [each for each in kept if each.key in keys | about_it]
    with look(cloud, Filter(), with_waiting=True) as looked:
        for failure in looked.queued():
            entity = about(failure, cloud)
            if entity == wanted:
                found.failures.append(failure.id)
            found.of_none += is_of_none(entity)
            seen(1)
        found.hidden, found.waiting = looked.held_by_others(), looked.waiting()
    return found


def keys_about(
    cloud: Deployment, wanted: Entity, kept: list[Version], seen: Seen
) -> tuple[set[str], int]:
    """The keys of kept events and failures, of which a version is about an entity.

    And how many versions are of no entity, or of several.
    """
    bucket = cloud.outputs.response_bucket_name

    def entity(each: Version) -> tuple[str, Any] | None:
        seen(1)
        if each.size > MAX_UNSENT_BYTES:
            return None
        read: Any = {"Bucket": bucket, "Key": each.key, "VersionId": each.version_id}
        try:
            held = parsed(cloud.s3.get_object(**read)["Body"].read())
        except cloud.s3.exceptions.NoSuchKey:
            return None
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchVersion":
                return None
            raise
        event = held.get("event", held)
        return entity_of(event) if isinstance(event, dict) else None

    there = [each for each in kept if not each.is_marker]
    entities = list(mapped(entity, there))
    keys = {each.key for each, it in zip(there, entities, strict=True) if it == wanted}
    return keys, sum(map(is_of_none, entities))
