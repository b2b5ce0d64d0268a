"""What the page shows of failures, however many there are: the newest, and counts of all."""

import heapq
from collections.abc import Iterable
from typing import Any, NamedTuple

from accelerator.executions.mask import masked
from accelerator.failures.failure import Failure
from accelerator.failures.groups import Groups

SHOWN = 100
SEARCHED = ("id", "errorCode", "eventId", "eventType", "entityId", "failedState")
# What of a failure anybody may have sent.
HELD = ("event", "body")


class Asked(NamedTuple):
    """Which failures the page is to show; what is empty means any."""

    text: str = ""
    category: str = ""
    error_code: str = ""

    def takes(self, told: dict[str, Any]) -> bool:
        """Whether a failure, as it is told, is to be shown."""
        return (
            self.category in ("", told["category"])
            and self.error_code in ("", told["errorCode"])
            and any(self.text.lower() in str(told[name] or "").lower() for name in SEARCHED)
        )


def overview(failures: Iterable[Failure], asked: Asked) -> dict[str, Any]:
    """`{"failures": the newest of those asked for, "count" of these, "errors": counts of all}`."""
    groups, count = Groups("error-code"), 0
    newest: list[tuple[str, int, dict[str, Any]]] = []
    for number, failure in enumerate(failures):
        told = failure.told()
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
