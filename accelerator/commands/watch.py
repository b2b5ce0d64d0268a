"""A live view of executions: a line for each that ended, below it a table of those that run."""

import json
import time
from collections.abc import Iterable

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.table import Table

from accelerator.executions.execution import Execution
from accelerator.executions.watch import Watch

POLL_SECONDS = 0.5
SHOWN_RUNNING = 10
COLORS = {"stored": "green", "ignored": "yellow", "postponed": "yellow", "failed": "red"}


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
