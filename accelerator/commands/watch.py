"""A live view of executions: a line for each that ended, below it a table of those that run."""

import time
from collections.abc import Iterable

from rich.console import Console
from rich.live import Live
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from accelerator.commands.names import FEWEST, Name, middle_cut
from accelerator.commands.output import errors, print_json, shown
from accelerator.executions.execution import Execution
from accelerator.executions.watch import Watch
from domain.untrusted import REASON, SHORT

POLL_SECONDS = 0.5
SHOWN_RUNNING = 10
# What stands before the lines below the first.
MARGIN = " " * 10
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
                print_lines(execution, console)
            tell_none(watched, follow)
            if not follow:
                return
            running = filter(watched.wanted.takes, watched.running.values())
            live.update(running_table(running, console.width))
            time.sleep(POLL_SECONDS)


def tell_none(watched: Watch, follow: bool) -> None:
    """Say, once, that a filter lets nothing through, or that there is nothing."""
    if not watched.meant and not watched.told_none and (watched.others or not follow):
        watched.told_none = True
        errors.print(shown(watched.none() + (", so far" if follow else "")))


def line(told: Execution) -> Text:
    """An execution that ended: what became of it, its way, and its object's key."""
    below = [way_of(told), *([shown(told.key, "dim")] if told.key else [])]
    return Text(f"\n{MARGIN}").join([in_a_line(*became(told), event_of(told)), *below])


def print_lines(told: Execution, console: Console) -> None:
    """Print what `line` tells, in lines that fit: an id that does not has one of its own."""
    first, ids = in_a_line(*became(told), event_of(told)), list[Text]()
    if first.cell_len > console.width:
        room = console.width - in_a_line(*became(told, 0)).cell_len
        first, ids = in_a_line(*became(told, max(room, FEWEST))), [event_of(told)]
    console.print(first)
    for each in ids:
        console.print(Text(MARGIN) + each, soft_wrap=True)
    console.print(Padding(way_of(told), (0, 0, 0, len(MARGIN))))
    if told.key:
        console.print(Text(MARGIN) + shown(told.key, "dim"), soft_wrap=True)


def in_a_line(*texts: Text) -> Text:
    """Texts beside each other."""
    return Text("  ").join(texts)


def became(told: Execution, room: int = SHORT) -> list[Text]:
    """When an execution started, of which event, of what, how long it took, and how it ended."""
    started = f"{told.started.astimezone():%H:%M:%S}" if told.started else "not logged"
    seconds = "" if told.seconds is None else f"{told.seconds:.2f} s"
    return [
        Text(started),
        shown(told.event_type or "?", "bold"),
        shown(middle_cut(told.entity_id or "", room)),
        Text(seconds),
        Text(told.outcome, COLORS[told.outcome]),
        shown(told.error_code or ""),
    ]


def event_of(told: Execution) -> Text:
    """The id of its event; the execution itself where that has none."""
    return shown(told.event_id or told.arn, "dim")


def way_of(told: Execution) -> Text:
    """Its way, in short."""
    return shown(way(told), longest=REASON)


def way(told: Execution) -> str:
    """The path, with the number of attempts where there was more than one."""
    tries = told.attempts
    return STEP.join(
        f"{name} ×{tries[name]}" if tries.get(name, 1) > 1 else name  # noqa: RUF001
        for name in told.path
    )


def end_of_way(taken: str, room: int) -> str:
    """The last states of a way, as many as have room; one at the least."""
    _, *others = taken.split(STEP)
    if len(taken) <= room or not others:
        return taken
    while len(others) > 1 and len(STEP.join(("…", *others))) > room:
        del others[0]
    return STEP.join(("…", *others))


def running_table(executions: Iterable[Execution], width: int) -> Table:
    """The executions that run, a line each, with the state that each is in."""
    table = Table("event type", "entity id", "way", box=None, header_style="dim")
    table.columns[-1].no_wrap = True
    running = list(executions)
    for told in running[:SHOWN_RUNNING]:
        before, _, current = end_of_way(way(told), width // 2).rpartition(STEP)
        path = Text.assemble(shown(f"{before}{STEP}", "dim"), shown(current, "bold cyan"))
        table.add_row(Name(told.event_type or "?"), Name(told.entity_id or ""), path)
    if len(running) > SHOWN_RUNNING:
        table.add_row("", "", Text(f"and {len(running) - SHOWN_RUNNING} more", "dim"))
    return table
