"""A bucket of any number of keys, that counts the calls it answers as ListObjectsV2 does."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from accelerator.deployment import Deployment
from tests.harness.deployments import deployment

# S3 API reference, "ListObjectsV2", MaxKeys; a common prefix counts as a key does.
A_CALL = 1000
STORED_AT = datetime(2026, 11, 24, tzinfo=UTC)


class Listing:
    """A client of S3, as much of it as it takes to list; `calls` so far."""

    def __init__(self, keys: Iterable[str]) -> None:
        self.keys, self.calls = sorted(keys), 0

    def get_paginator(self, _: str) -> "Listing":
        return self

    def paginate(
        self, Bucket: str, Prefix: str, StartAfter: str = "", Delimiter: str = ""
    ) -> Iterator[Any]:
        place = max(bisect_left(self.keys, Prefix), bisect_right(self.keys, StartAfter))
        while True:
            self.calls += 1
            contents: list[Any] = []
            prefixes: list[Any] = []
            while len(contents) + len(prefixes) < A_CALL and self._is_under(Prefix, place):
                key = self.keys[place]
                inner, found, _ = key.removeprefix(Prefix).partition(Delimiter or "\n")
                if found:
                    prefixes.append({"Prefix": f"{Prefix}{inner}{found}"})
                    place = bisect_left(self.keys, f"{Prefix}{inner}{chr(ord(found) + 1)}")
                else:
                    contents.append({"Key": key, "Size": 1, "LastModified": STORED_AT})
                    place += 1
            yield {"Contents": contents, "CommonPrefixes": prefixes}
            if not self._is_under(Prefix, place):
                return

    def _is_under(self, prefix: str, place: int) -> bool:
        return place < len(self.keys) and self.keys[place].startswith(prefix)


def with_bucket(listing: Listing) -> Deployment:
    """A deployment whose bucket this is."""
    cloud = deployment(response_bucket_name="responses")
    object.__setattr__(cloud, "s3", listing)
    return cloud
