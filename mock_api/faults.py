"""Magic ids: faults on demand, asked for by the id of what is queried.

| id | the answer |
| --- | --- |
| `error-<status>` | this HTTP status, such as `error-503` |
| `error-graphql` | 200 with a GraphQL error and no data |
| `throttled`, `internal`, `denied`, `expired` | 200 with a GraphQL error of this kind |
| `error-missing` | 200 without an entity and without an error |
| `error-malformed` | 200 with half a JSON document |
| `error-timeout` | none for a minute; in the sandbox on AWS, 504 after 7 seconds |
| `error-reset` | none: the connection is reset |
| `flaky-<n>-<anything>` | 503 for the first n times, then the entity |
| `large-<KiB>` | the entity, padded so that the response is this large, up to 99999 |
| `changing-<anything>` | the entity in another state each time, for an order's `history` |
"""

import asyncio
import random
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

MAGIC_ID = re.compile(
    r"error-(?P<status>[2-5]\d\d)"
    r"|error-(?P<fault>graphql|missing|malformed|timeout|reset)"
    r"|(?P<error>throttled|internal|denied|expired)"
    r"|flaky-(?P<failures>\d{1,4})-.+"
    r"|large-(?P<kib>\d{1,5})"
    r"|(?P<changing>changing)-.+"
)

SILENT_SECONDS = 60.0

EXAMPLES = [
    *("error-503", "error-429", "error-401", "error-graphql", "error-missing"),
    *("error-malformed", "error-timeout", "error-reset", "flaky-2-order", "large-300"),
    "changing-order",
]


class Fault(Exception):
    """Ends a query with a fault: `kind` is a status such as "503" or a word of MAGIC_ID."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class Wish(NamedTuple):
    """What a magic id asks for short of a fault: the entity, padded to so many KiB.

    `turn`, counted from 1, has another entity of the kind answer to the id each time.
    """

    entity_id: str
    kib: int
    turn: int

    def of(self, known: Iterable[dict[str, Any]]) -> dict[str, Any]:
        """The entity to answer."""
        kind = list({each.get("id", at): each for at, each in enumerate(known)}.values())
        return kind[self.turn % len(kind)] | ({"id": self.entity_id} if self.turn else {})


@dataclass
class Conditions:
    """How the whole API is doing, whatever the id; `PUT /conditions` on the local server."""

    failure_rate: float = 0.0
    latency_seconds: float = 0.0
    max_concurrent: int | None = None
    dead: bool = False
    running: int = 0

    async def pass_through(self) -> None:
        """Let one query through, late or never: raises Fault as the conditions are."""
        if self.dead:
            raise Fault("reset")
        if self.max_concurrent is not None and self.running >= self.max_concurrent:
            raise Fault("429")
        self.running += 1
        try:
            await asyncio.sleep(self.latency_seconds)
        finally:
            self.running -= 1
        if random.random() < self.failure_rate:  # noqa: S311
            raise Fault("503")


class Faults:
    """Reads magic ids; remembers only how often each flaky or changing id was asked for."""

    def __init__(self) -> None:
        self._failed: Counter[str] = Counter()
        self._turns: Counter[str] = Counter()

    def wish(self, entity_id: str) -> Wish | None:
        """What the id asks for, or None where it is no magic id. Raises Fault for a fault."""
        magic = MAGIC_ID.fullmatch(entity_id)
        if magic is None:
            return None
        if kind := magic["status"] or magic["fault"] or magic["error"]:
            raise Fault(kind)
        if magic["failures"] and self._failed[entity_id] < int(magic["failures"]):
            self._failed[entity_id] += 1
            raise Fault("503")
        if magic["changing"]:
            self._turns[entity_id] += 1
        return Wish(entity_id, int(magic["kib"] or 0), self._turns[entity_id])
