"""Calls of ListObjectsV2 that it takes to find what is stored, of a year of a thousand a day."""

from collections import deque
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from botocore.response import StreamingBody

from accelerator.objects.export import export
from accelerator.objects.history import history
from accelerator.objects.listing import Wanted, listed
from bench.compare import Figure, Row
from domain.event_types import FIRED, families, fired
from domain.keys import Key
from tests.harness.listing import A_CALL, STORED_AT, Listing, with_bucket

DAYS, A_DAY = 365, 1000
# An order of yesterday.
ENTITY, TYPE = families()[0].entity, fired()[0]
ID = f"322-{A_DAY // len(fired()):07}"


class Bucket(Listing):
    """A bucket whose objects can be read, each of a byte; `reads` so far."""

    def __init__(self, keys: Iterable[str]) -> None:
        super().__init__(keys)
        self.reads = deque[str]()

    def get_object(self, Bucket: str, Key: str) -> Any:
        self.reads.append(Key)
        body = StreamingBody(BytesIO(b"0"), 1)
        return {"Body": body, "LastModified": STORED_AT, "Metadata": {}}


def keys(today: date) -> Iterable[str]:
    """A year's keys: of each event type as many, and of an entity an event of each of its types."""
    names = fired()
    midnight = datetime.combine(today, time())
    for number in range(DAYS * A_DAY):
        name, entity = names[number % len(names)], f"322-{number // len(names):07}"
        at = midnight - timedelta(days=number // A_DAY)
        family = FIRED[name]
        yield str(Key(family.entity, family.types[name], at, entity, f"event-{number}"))


def measure() -> list[Row]:
    """Each command's calls over those that list the whole bucket."""
    today = datetime.now(UTC).date()
    bucket = Bucket(keys(today))
    cloud = with_bucket(bucket)
    whole = Figure("the whole bucket listed", "calls", [-(-len(bucket.keys) // A_CALL)])

    def row(name: str, run: Iterable[object], target: str = "") -> Row:
        calls, reads = bucket.calls, len(bucket.reads)
        count = sum(1 for _ in run)
        read = len(bucket.reads) - reads
        figure = Figure(name, "calls", [bucket.calls - calls])
        return Row(name, figure, whole, target, f"{count} found, {read} read")

    day, week = today - timedelta(days=1), timedelta(days=7)
    a_type, of_id = Wanted(ENTITY, event_type=TYPE, day=day), Wanted(ENTITY, ID)
    with TemporaryDirectory() as folder:
        return [
            row("objects list, a day and type", listed(cloud, a_type), "at most 1"),
            row("objects list, a day", listed(cloud, Wanted(day=day))),
            row("objects list, a week", listed(cloud, Wanted(since=week))),
            row("objects list, a year", listed(cloud, Wanted())),
            row("objects list, an id over a year", listed(cloud, of_id)),
            row("history, over a year", history(cloud, of_id)),
            row("history, of a week", history(cloud, Wanted(ENTITY, ID, since=week))),
            row("objects export, a day", export(cloud, Wanted(day=day), Path(folder))),
            row("objects export, a day again", export(cloud, Wanted(day=day), Path(folder))),
        ]


if __name__ == "__main__":
    for row in measure():
        print(" | ".join(row.cells()))
