"""Where things are in the bucket."""

from datetime import datetime
from typing import NamedTuple

from domain.event_types import ENTITIES

# Events that are too large for a failure message, which points to them.
EVENTS = "failures/events/"
# Failures that no queue took, as ClassifyError would have been given them.
UNSENT = "failures/unsent/"
# Every stored response is under one of these.
RESPONSES = tuple(f"{entity}/" for entity in ENTITIES)
STAMP = "%Y%m%dT%H%M%SZ"


class Key(NamedTuple):
    """What the key of a stored response says."""

    entity: str
    event_type: str
    time: datetime
    event_id: str

    def __str__(self) -> str:
        """Such as `order/<event type>/2026-11-24/20261124T081850Z_<event id>.json`.

        The same for every delivery of one event, and no two events share one.
        """
        day = self.time.date().isoformat()
        stamp = f"{day.replace('-', '')}T{self.time:%H%M%S}Z"
        return f"{self.entity}/{self.event_type}/{day}/{stamp}_{self.event_id}.json"


def parse(key: str) -> Key | None:
    """What a key says; None where it is no key of a stored response."""
    try:
        entity, event_type, _, name = key.split("/")
        stamp, event_id = name.removesuffix(".json").split("_", 1)
        found = Key(entity, event_type, datetime.strptime(stamp, STAMP), event_id)
    except ValueError:
        return None
    return found if str(found) == key and entity in ENTITIES else None
