"""A live view of executions: a line for each that ended, below it a table of those that run."""

import time
from collections.abc import Iterable

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from accelerator.commands.output import errors, print_json, shown
from accelerator.executions.execution import Execution
from accelerator.executions.watch import Watch
from domain.untrusted import REASON

POLL_SECONDS = 0.5
SHOWN_RUNNING = 10
# What stands between two states of a way.
STEP = " > "
COLORS = {
    "stored": "green",
    "ignored": "yellow",
    "postponed": "yellow",
    "failed": "red",
    "uncaught": "bold red",
    "unlogged": "magenta",
}


def watch(watched: Watch, console: Console, as_json: bool, follow: bool) -> None:
    """Show executions until ctrl-C, or only what there is."""
    if as_json or not console.is_terminal:
        while True:
            for execution in watched.ended(patient=follow):
                if as_json:
                    print_json(execution.told())
                else:
                    console.print(line(execution), soft_wrap=True)
            tell_none(watched, follow)
            if not follow:
                return
            time.sleep(POLL_SECONDS)
    with Live(console=console, transient=True, refresh_per_second=4) as live:
        while True:
            for execution in watched.ended(patient=follow):
                console.print(line(execution))
            tell_none(watched, follow)
            if not follow:
                return
            live.update(running_table(filter(watched.wanted.takes, watched.running.values())))
            time.sleep(POLL_SECONDS)


def tell_none(watched: Watch, follow: bool) -> None:
    """Say, once, that a filter lets nothing through, or that there is nothing."""
    if not watched.meant and not watched.told_none and (watched.others or not follow):
        watched.told_none = True
        errors.print(shown(watched.none() + (", so far" if follow else "")))


def line(told: Execution) -> Text:
    """An execution that ended: what became of it, its way, and its object's key.

    The execution itself is told where its event has no id.
    """
    started = f"{told.started.astimezone():%H:%M:%S}" if told.started else "not logged"
    seconds = "" if told.seconds is None else f"{told.seconds:.2f} s"
    first = (
        Text(started),
        shown(told.event_type or "?", "bold"),
        shown(told.entity_id or ""),
        Text(seconds),
        Text(told.outcome, COLORS[told.outcome]),
        shown(told.error_code or ""),
        shown(told.event_id or told.arn, "dim"),
    )
    below = [shown(way(told), longest=REASON), *([shown(told.key, "dim")] if told.key else [])]
    return Text("\n          ").join([Text("  ").join(first), *below])


def way(told: Execution) -> str:
    """The path, with the number of attempts where there was more than one."""
    tries = told.attempts
    return STEP.join(
        f"{name} ×{tries[name]}" if tries.get(name, 1) > 1 else name  # noqa: RUF001
        for name in told.path
    )


def running_table(executions: Iterable[Execution]) -> Table:
    """The executions that run, with the state that each is in."""
    table = Table("event type", "entity id", "way", box=None, header_style="dim")
    running = list(executions)
    for told in running[:SHOWN_RUNNING]:
        before, _, current = way(told).rpartition(STEP)
        path = Text.assemble(shown(f"{before}{STEP}", "dim"), shown(current, "bold cyan"))
        table.add_row(shown(told.event_type or "?"), shown(told.entity_id or ""), path)
    if len(running) > SHOWN_RUNNING:
        table.add_row("", "", Text(f"and {len(running) - SHOWN_RUNNING} more", "dim"))
    return table
