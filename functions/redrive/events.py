"""Puts failed events back on their bus; used by the function Redrive and by the command line."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from functions.classify_error.classification import redrive_of

# PutEvents takes ten entries and, entries and all, 1 MiB a call (its API reference).
MAX_ENTRIES = 10
MAX_CALL_BYTES = 1_048_576
# What an execution of an Express state machine can be started with (Step Functions quotas).
MAX_START_BYTES = 262_144


class NotRedrivable(Exception):
    """The event cannot be put on a bus, or could not start an execution if it were."""


def original_event(message: dict[str, Any], s3: Any) -> dict[str, Any]:
    """The event of a failure message, wherever the message says it is."""
    event: dict[str, Any] = message["event"]
    if place := message["eventObject"]:
        stored = s3.get_object(Bucket=place["bucket"], Key=place["key"])
        event = json.loads(stored["Body"].read())
    return event


def entry(event: dict[str, Any], bus: str, attempt: int) -> dict[str, Any]:
    """The PutEvents entry that sends an event again.

    Under `detail.redrive` it carries the id and time of its first delivery, so that it stays the
    same event, and its `attempt`, which counts automatic redrives.

    Raises:
        NotRedrivable: it lacks a source, detail-type or detail, or is too large for an execution.
    """
    source, detail_type, detail = (event.get(key) for key in ("source", "detail-type", "detail"))
    if not (isinstance(source, str) and isinstance(detail_type, str) and isinstance(detail, dict)):
        raise NotRedrivable("it has no source, detail-type or detail")
    redrive = redrive_of(event) | {"attempt": attempt}
    again = event | {"detail": detail | {"redrive": redrive}}
    if (size := len(json.dumps(again).encode())) > MAX_START_BYTES:
        raise NotRedrivable(
            f"at {size} bytes it is larger than the {MAX_START_BYTES} that start an execution"
        )
    return {
        "Source": source,
        "DetailType": detail_type,
        "Detail": json.dumps(again["detail"]),
        "Resources": event.get("resources") or [],
        "EventBusName": bus,
    }


def put_events(
    events: Any, entries: Sequence[dict[str, Any]], accepted: Callable[[int], None]
) -> dict[int, str]:
    """Put entries on their bus, as many a call as it takes.

    Args:
        events: a boto3 client of EventBridge.
        entries: what PutEvents takes.
        accepted: called with an entry's place in `entries` once EventBridge has accepted it.

    Returns:
        Why EventBridge refused an entry, by its place; empty when it accepted all.
    """
    refused = {}
    for places in batches([len(json.dumps(item)) for item in entries]):
        answer = events.put_events(Entries=[entries[place] for place in places])
        for place, result in zip(places, answer["Entries"], strict=True):
            if "EventId" in result:
                accepted(place)
            else:
                refused[place] = f"{result.get('ErrorCode')}: {result.get('ErrorMessage')}"
    return refused


def batches(sizes: Sequence[int]) -> list[list[int]]:
    """The places of things of these sizes, in batches that one call of PutEvents takes."""
    made: list[list[int]] = []
    room = 0
    for place, size in enumerate(sizes):
        if not made or len(made[-1]) == MAX_ENTRIES or size > room:
            made.append([])
            room = MAX_CALL_BYTES
        made[-1].append(place)
        room -= size
    return made
