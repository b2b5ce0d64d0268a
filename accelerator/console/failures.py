"""What the page shows of failures, however many there are: the newest, and counts of all."""

import heapq
import time
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from accelerator.deployment import Deployment
from accelerator.executions.mask import masked
from accelerator.failures.failure import Failure, Filter
from accelerator.failures.groups import Groups
from accelerator.failures.look import look

SHOWN = 100
# A look at more is not kept for what else is asked of it.
KEPT = 10_000
SEARCHED = ("id", "errorCode", "eventId", "eventType", "entityId", "failedState")
# What of a failure anybody may have sent.
HELD = ("event", "body")


class Asked(NamedTuple):
    """Which failures the page is to show; what is empty means any.

    `look` names a look at the queues: with the name of the last one, what it found is shown again.
    """

    text: str = ""
    category: str = ""
    error_code: str = ""
    look: str = ""

    def takes(self, told: dict[str, Any]) -> bool:
        """Whether a failure, as it is told, is to be shown."""
        return (
            self.category in ("", told["category"])
            and self.error_code in ("", told["errorCode"])
            and any(self.text.lower() in str(told[name] or "").lower() for name in SEARCHED)
        )


class Looks:
    """Looks at the failures for the page, which asks again and again for others of one look."""

    def __init__(self, cloud: Deployment) -> None:
        self._cloud = cloud
        self._name = ""
        self._kept: list[dict[str, Any]] = []
        self._seconds = 0.0

    def overview(self, asked: Asked) -> dict[str, Any]:
        """What `overview` tells, and `"seconds"`, which the look at the queues took."""
        is_kept = asked.look and asked.look == self._name
        told = overview(self._kept, asked) if is_kept else self._looked(asked)
        return told | {"seconds": self._seconds}

    def _looked(self, asked: Asked) -> dict[str, Any]:
        self._name, self._kept, began = "", [], time.monotonic()
        with look(self._cloud, Filter()) as found:
            told = overview(self._keeping(found), asked)
        self._seconds = time.monotonic() - began
        if len(self._kept) > KEPT:
            self._kept = []
        else:
            self._name = asked.look
        return told

    def _keeping(self, found: Iterable[Failure]) -> Iterator[dict[str, Any]]:
        for failure in found:
            told = failure.told()
            if len(self._kept) <= KEPT:
                self._kept.append(told)
            yield told


def overview(failures: Iterable[dict[str, Any]], asked: Asked) -> dict[str, Any]:
    """`{"failures": the newest of those asked for, "count" of these, "errors": counts of all}`.

    `failures` are as they are told.
    """
    groups, count = Groups("error-code"), 0
    newest: list[tuple[str, int, dict[str, Any]]] = []
    for number, told in enumerate(failures):
        groups.add(told)
        if asked.takes(told):
            count += 1
            keep = heapq.heappush if len(newest) < SHOWN else heapq.heappushpop
            keep(newest, (told["time"], number, told))
    return {
        "failures": [told for *_, told in sorted(newest, reverse=True)],
        "count": count,
        "errors": [
            {"errorCode": group.value, "count": group.count, "oldest": group.oldest}
            for group in groups.largest_first()
        ],
    }


def without_data(failure: dict[str, Any]) -> dict[str, Any]:
    """A failure whose event, or the body that holds none, is masked."""
    return failure | {name: masked(failure[name]) for name in HELD if name in failure}
