"""Failures as tables on a terminal."""

from bisect import insort
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.live import Live
from rich.table import Table

from accelerator.commands.names import Name, names
from accelerator.commands.output import output, shown
from accelerator.failures.failure import Failure
from accelerator.failures.groups import Groups
from domain.untrusted import REASON


def print_oldest(failures: Iterable[Failure], limit: int | None) -> int:
    """Print the oldest failures as a table, and how many there are; nothing else is kept.

    A terminal shows them from the first one on, while others are still looked for.
    """
    count, oldest = 0, list[dict[str, Any]]()
    with Live(
        console=output,
        transient=True,
        refresh_per_second=4,
        get_renderable=lambda: so_far(oldest, count),
    ) as live:
        for failure in failures:
            count += 1
            insort(oldest, failure.told(), key=failed_at)
            if limit:
                del oldest[limit:]
            if count == 1:
                live.refresh()
        live.update("")
    if count:
        output.print(failure_table(oldest))
    if count > len(oldest):
        output.print(
            f"the oldest {len(oldest)} of {count}: --all shows all, --by error-code counts them"
        )
    return count


def so_far(oldest: list[dict[str, Any]], count: int) -> RenderableType:
    """The oldest of those that were found, and how many were."""
    # A row takes up to four lines, and more than a screen cannot be redrawn.
    shown_now = oldest[: max(1, (output.height - 6) // 4)]
    return Group(*([failure_table(shown_now)] if oldest else []), f"Looking ... {count} so far")


def failed_at(told: dict[str, Any]) -> datetime:
    """When a failure happened."""
    return datetime.fromisoformat(told["time"])


def counted(failures: Iterable[Failure], by: str) -> Groups:
    """Failures counted by what they have in common."""
    groups = Groups(by)
    for failure in failures:
        groups.add(failure.told())
    return groups


def failure_table(failures: Iterable[dict[str, Any]]) -> Table:
    """Failures as a table."""
    table = Table("id", "age", "error", "event", "message", box=box.SIMPLE_HEAD)
    for column in table.columns[:2]:
        column.no_wrap = True
    table.columns[-1].overflow = "fold"
    for told in failures:
        table.add_row(
            shown(told["id"][:8]),
            short_age(told["time"]),
            names(told["errorCode"], told["category"], f"in {told['failedState']}"),
            names(told["eventType"], told["entityId"] or ""),
            shown(told["message"], longest=REASON),
        )
    return table


def group_table(groups: Groups) -> Table:
    """Counts of failures as a table."""
    table = Table(groups.by, "failures", "oldest", "such as", box=box.SIMPLE_HEAD)
    table.columns[1].justify = "right"
    for group in groups.largest_first():
        age = short_age(group.oldest)
        table.add_row(Name(group.value), str(group.count), age, shown(group.example[:8]))
    return table


def short_age(time: str) -> str:
    """How long ago a moment was, in its largest unit."""
    age = datetime.now(UTC) - datetime.fromisoformat(time)
    for unit, seconds in (("d", 86400), ("h", 3600), ("m", 60)):
        if age.total_seconds() >= seconds:
            return f"{age.total_seconds() / seconds:.0f}{unit}"
    return f"{age.total_seconds():.0f}s"
