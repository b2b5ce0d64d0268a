"""Failures by what they have in common, since nobody reads twenty thousand rows."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

BY: dict[str, Callable[[dict[str, Any]], str]] = {
    "error-code": lambda told: str(told["errorCode"]),
    "event-type": lambda told: str(told["eventType"]),
    "category": lambda told: str(told["category"]),
    "state": lambda told: str(told["failedState"]),
    "hour": lambda told: f"{told['time'][:13]}:00",
}


@dataclass
class Group:
    """How many failures share a value; when the oldest failed, and the id of one of them."""

    value: str
    example: str
    oldest: str
    count: int = 0

    def told(self) -> dict[str, Any]:
        """`{"value", "count", "oldest", "example"}`."""
        return {
            "value": self.value,
            "count": self.count,
            "oldest": self.oldest,
            "example": self.example,
        }


@dataclass
class Groups:
    """The failures that were added, by one of `BY`."""

    by: str
    _groups: dict[str, Group] = field(default_factory=dict)

    def add(self, told: dict[str, Any]) -> None:
        """Count a failure as it is told."""
        value = BY[self.by](told)
        group = self._groups.setdefault(value, Group(value, told["id"], told["time"]))
        group.count += 1
        group.oldest = min(group.oldest, told["time"])

    def largest_first(self) -> list[Group]:
        """The groups; hours in their order."""
        if self.by == "hour":
            return sorted(self._groups.values(), key=lambda group: group.value)
        return sorted(self._groups.values(), key=lambda group: (-group.count, group.value))
