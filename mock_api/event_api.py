"""The Event API: puts events on the bus, as a shop's day would.

`POST /put-event/{family}?event-type=<type>[&id=<entity id>][&count=<n>]`
"""

from collections.abc import Iterable, Sequence
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse

from domain.event_types import families
from mock_api.events import entry

MAX_COUNT = 1000
ENTRIES_A_CALL = 10


class EventApi:
    """An ASGI endpoint for a contract's events. `events` is a boto3 client of EventBridge."""

    def __init__(self, events: Any, bus: str, max_count: int, contract: str) -> None:
        # The paths, each with the event types that it takes.
        self._types = {family.name: tuple(family.types) for family in families(contract)}
        self._events = events
        self._bus = bus
        self._max_count = max_count

    async def __call__(self, request: Request) -> JSONResponse:
        """Put `count` events on the bus and answer `{"eventIds": [...]}`."""
        types = self._types.get(request.path_params["family"], ())
        event_type = request.query_params.get("event-type")
        if event_type not in types:
            told = (
                f"event-type must be one of {', '.join(types)}"
                if types
                else unknown_path(self._types)
            )
            return JSONResponse({"message": told}, 400 if types else 404)
        count = request.query_params.get("count", "1")
        if not count.isdecimal() or not 1 <= int(count) <= self._max_count:
            return JSONResponse({"message": f"count must be 1 to {self._max_count}"}, 400)
        entries = [entry(event_type, request.query_params.get("id")) for _ in range(int(count))]
        event_ids = await run_in_threadpool(put_events, self._events, self._bus, entries)
        return JSONResponse({"eventIds": event_ids})


def put_events(events: Any, bus: str, entries: Sequence[dict[str, Any]]) -> list[str]:
    """Put entries on a bus, ten a call, and return the ids that EventBridge gave them.

    Raises:
        RuntimeError: EventBridge refused an entry; the entries before its ten are on the bus.
    """
    event_ids = []
    for start in range(0, len(entries), ENTRIES_A_CALL):
        batch = [item | {"EventBusName": bus} for item in entries[start : start + ENTRIES_A_CALL]]
        answer = events.put_events(Entries=batch)
        refused = [item for item in answer["Entries"] if "EventId" not in item]
        if refused:
            raise RuntimeError(f"EventBridge refused an event: {refused[0].get('ErrorMessage')}")
        event_ids += [item["EventId"] for item in answer["Entries"]]
    return event_ids


def unknown_path(known: Iterable[str]) -> str:
    """What to say to a request for a family of events that there is not."""
    return f"the path must be /put-event/ and one of {', '.join(known)}"
