"""Where things are in the bucket."""

import re
from datetime import datetime
from typing import NamedTuple

from domain.event import EVENT_ID
from domain.event_types import ENTITIES

# What is not hydrated; each other object is a stored response.
FAILURES = "failures/"
# Events that are too large for a failure message, which points to them.
EVENTS = f"{FAILURES}events/"
# Failures that no queue took, as ClassifyError would have been given them.
UNSENT = f"{FAILURES}unsent/"
# Every stored response is under one of these.
RESPONSES = tuple(f"{entity}/" for entity in ENTITIES)
STAMP = "%Y%m%dT%H%M%SZ"
# An escaped id is no longer, so that a key's last part can be the name of a file (255 bytes).
LONGEST_ID = 160
# What an id that is cut has before its digest: in any other, hexadecimal digits follow a `_`.
CUT = "__"
CUT_ID = re.compile(rf"[0-9A-Za-z._-]+{CUT}[0-9a-f]{{64}}")
UNSAFE = re.compile(r"[^0-9A-Za-z.-]+")
ESCAPE = re.compile(rb"_([0-9a-f]{2})")


class Key(NamedTuple):
    """What the key of a stored response says.

    `escaped_id` is the entity's id as `escaped` writes it: an entity's keys are those with its own.
    It is empty where the key says no entity, as those that were written until 2026-11-25.
    """

    entity: str
    event_type: str
    time: datetime
    escaped_id: str
    event_id: str

    def __str__(self) -> str:
        """Such as `order/<event type>/2026-11-24/20261124T081850Z_<entity id>_<event id>.json`.

        The same for every delivery of one event, and no two events share one.
        """
        day = self.time.date().isoformat()
        stamp = f"{day.replace('-', '')}T{self.time:%H%M%S}Z"
        ids = f"{self.escaped_id}_{self.event_id}" if self.escaped_id else self.event_id
        return f"{self.entity}/{self.event_type}/{day}/{stamp}_{ids}.json"

    @property
    def entity_id(self) -> str | None:
        """The entity's id; None where the key does not hold it whole."""
        return read_back(self.escaped_id)


def parse(key: str) -> Key | None:
    """What a key says; None where it is no key of a stored response."""
    try:
        entity, event_type, _, name = key.split("/")
        stamp, ids = name.removesuffix(".json").split("_", 1)
        escaped_id, _, event_id = ids.rpartition("_")
        time = datetime.strptime(stamp, STAMP)
    except ValueError:
        return None
    found = Key(entity, event_type, time, escaped_id, event_id)
    sound = entity in ENTITIES and EVENT_ID.fullmatch(event_id) and is_escaped(escaped_id)
    return found if sound and str(found) == key else None


def escaped(entity_id: str) -> str:
    """An id of any characters, in characters that S3's documentation and every shell call safe.

    Letters, digits, `.` and `-` stay. A byte of anything else, in UTF-8, is a `_` and its two
    hexadecimal digits. What is then longer than LONGEST_ID is cut, and closed with the SHA-256 of
    the id. No two ids are escaped alike.
    """
    whole = UNSAFE.sub(lambda found: "_" + as_bytes(found[0]).hex("_"), entity_id)
    return whole if len(whole) <= LONGEST_ID else cut(entity_id, whole)


def cut(entity_id: str, whole: str) -> str:
    """How an escaped id begins, and the digest of the id."""
    from hashlib import sha256  # only the rare id that is too long pays for this import

    end = CUT + sha256(as_bytes(entity_id)).hexdigest()
    return whole[: LONGEST_ID - len(end)] + end


def read_back(escaped_id: str) -> str | None:
    """The id that was escaped; None where there is none, or it was cut."""
    if not escaped_id or CUT in escaped_id:
        return None
    raw = ESCAPE.sub(lambda found: bytes.fromhex(found[1].decode()), as_bytes(escaped_id))
    try:
        return raw.decode(errors="surrogatepass")
    except UnicodeDecodeError:
        return None


def is_escaped(text: str) -> bool:
    """Whether `escaped` can have written this; it can also be empty, for no id at all."""
    if not text or (len(text) == LONGEST_ID and CUT_ID.fullmatch(text)):
        return True
    entity_id = read_back(text)
    return entity_id is not None and escaped(entity_id) == text


def as_bytes(entity_id: str) -> bytes:
    """An id in UTF-8; a lone surrogate, which no event's id holds, as if UTF-8 could."""
    return entity_id.encode(errors="surrogatepass")
