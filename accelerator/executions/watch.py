"""A live view of executions: a line for each that ended, below it a table of those that run."""

import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.table import Table

from accelerator.executions.execution import Execution
from accelerator.executions.source import Source

POLL_SECONDS = 0.5
# With execution data off, ids come with the functions' log lines, which may arrive later.
PATIENCE_SECONDS = 10
SHOWN_RUNNING = 10
COLORS = {"stored": "green", "ignored": "yellow", "postponed": "yellow", "failed": "red"}


@dataclass(frozen=True)
class Filter:
    """Which executions are meant; what is None means any."""

    event_type: str | None = None
    status: str | None = None
    entity_id: str | None = None

    def takes(self, told: Execution) -> bool:
        """Whether this execution is meant."""
        return (
            self.event_type in (None, told.event_type)
            and self.status in (None, told.outcome)
            and self.entity_id in (None, told.entity_id)
        )


@dataclass
class Watch:
    """What was seen of the executions so far."""

    source: Source
    wanted: Filter
    running: dict[str, Execution] = field(default_factory=dict)
    waiting: dict[str, tuple[float, Execution]] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)

    def ended(self, patient: bool = True) -> Iterator[Execution]:
        """Those that ended since the last call, each once, and as soon as their ids are known."""
        now = time.monotonic()
        for execution in self.source.changed():
            if execution.outcome == "running":
                self.running[execution.arn] = execution
            elif execution.arn not in self.told:
                since, _ = self.waiting.get(execution.arn, (now, execution))
                self.waiting[execution.arn] = since, execution
                self.running.pop(execution.arn, None)
        for arn, (since, execution) in list(self.waiting.items()):
            if execution.event_id or not patient or now - since > PATIENCE_SECONDS:
                del self.waiting[arn]
                self.told.add(arn)
                if self.wanted.takes(execution):
                    yield execution


def watch(watched: Watch, console: Console, as_json: bool, follow: bool) -> None:
    """Show executions until ctrl-C, or only what there is."""
    if as_json or not console.is_terminal:
        while True:
            for execution in watched.ended(patient=follow):
                if as_json:
                    print(json.dumps(execution.told()), flush=True)
                else:
                    console.print(line(execution), soft_wrap=True)
            if not follow:
                return
            time.sleep(POLL_SECONDS)
    with Live(console=console, transient=True, refresh_per_second=4) as live:
        while True:
            for execution in watched.ended(patient=follow):
                console.print(line(execution))
            if not follow:
                return
            live.update(running_table(filter(watched.wanted.takes, watched.running.values())))
            time.sleep(POLL_SECONDS)


def line(told: Execution) -> str:
    """An execution that ended: what became of it, its way, and its object's key."""
    started = f"{told.started.astimezone():%H:%M:%S}" if told.started else "        "
    seconds = "" if told.seconds is None else f"{told.seconds:.2f} s"
    color = COLORS[told.outcome]
    key = f"\n          [dim]{escape(told.key)}[/]" if told.key else ""
    return (
        f"{started}  [bold]{escape(told.event_type or '?')}[/]  {escape(told.entity_id or '')}  "
        f"{seconds}  [{color}]{told.outcome}[/]  {escape(told.error_code or '')}  "
        f"[dim]{escape(told.event_id or '')}[/]\n"
        f"          {escape(way(told))}{key}"
    )


def way(told: Execution) -> str:
    """The path, with the number of attempts where there was more than one."""
    tries = told.attempts
    return " > ".join(
        f"{name} ×{tries[name]}" if tries.get(name, 1) > 1 else name  # noqa: RUF001
        for name in told.path
    )


def running_table(executions: Iterable[Execution]) -> Table:
    """The executions that run, with the state that each is in."""
    table = Table("event type", "entity id", "way", box=None, header_style="dim")
    shown = list(executions)
    for told in shown[:SHOWN_RUNNING]:
        before, _, current = way(told).rpartition(" > ")
        path = f"[dim]{escape(before)} >[/] [bold cyan]{escape(current)}[/]"
        table.add_row(escape(told.event_type or "?"), escape(told.entity_id or ""), path)
    if len(shown) > SHOWN_RUNNING:
        table.add_row("", "", f"[dim]and {len(shown) - SHOWN_RUNNING} more[/]")
    return table
