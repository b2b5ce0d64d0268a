"""The demo: events through the local cloud, each followed to where it ends."""

import os
import sys
from pathlib import Path
from shlex import quote

from rich import box
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from accelerator import local_cloud
from accelerator.commands.options import Json, MockPort, Port
from accelerator.commands.output import errors, output, print_json, shown, step, tell
from accelerator.commands.watch import end_of_way, way
from accelerator.demo import Fired, Outcome, fire, follow
from accelerator.deployment import Deployment
from accelerator.local_options import new_options
from accelerator.plural import plural
from accelerator.problem import Problem
from domain.untrusted import REASON
from stacks.settings import rows

# What stands beside an event's name and its way: the name of an error, and the spaces.
BESIDE = 16 + 8


def demo(port: Port = None, mock_port: MockPort = None, as_json: Json = False) -> None:
    """Start the local cloud, send it events, show where each ends, and stop it.

    A port that is not given is 4566 or 4567, or the next that is free.

    Example: accelerator demo --json
    """
    with local_cloud.start(new_options(port, mock_port), step) as cloud:
        fired, outcome = run_demo(cloud, errors if as_json else output)
        if not as_json:
            print_outcome(fired, outcome, output)
        local_cloud.down()
    counts = outcome.counts(fired)
    if as_json:
        print_json(counts)
    else:
        output.print("To look into events of your own, and open the address that it prints:")
        output.print(shown(f"{settings()}{program()} up --console", "bold"), soft_wrap=True)
    if counts["lost"]:
        raise Problem(f"{plural(counts['lost'], 'event')} ended nowhere")


def settings() -> str:
    """The settings that the environment has for this alone, as they can be typed before a command.

    AWS_REGION, which a shell has for everything, is left out, and so are secrets.
    """
    names = [row.metadata["row"].name for row in rows()]
    given = [name for name in names if name in os.environ and name != "AWS_REGION"]
    return "".join(f"{name}={quote(os.environ[name])} " for name in given)


def program() -> str:
    """The command line as it can be typed here, whatever is on the path."""
    path, here = Path(sys.executable).with_name("accelerator"), Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def run_demo(cloud: Deployment, console: Console) -> tuple[list[Fired], Outcome]:
    """Fire the demo's events and show the way of each until all have ended."""
    fired = fire(cloud)
    # While it goes on, each event has one line, so that all are in sight on the smallest screen.
    room = console.width - max(len(event.what) for event in fired) - BESIDE
    with Live(
        console=console,
        refresh_per_second=8,
        auto_refresh=console.is_terminal,
        transient=True,
    ) as live:
        for outcome in follow(cloud, fired):
            if console.is_terminal:
                live.update(way_table(fired, outcome, room))
    console.print(way_table(fired, outcome))
    return fired, outcome


def way_table(fired: list[Fired], outcome: Outcome, room: int | None = None) -> Table:
    """Each event's way through the state machine so far, or as much of its end as has room."""
    table = Table("event", "way", "ended", box=box.SIMPLE_HEAD)
    for event in fired:
        execution = outcome.executions.get(event.event_id)
        taken = way(execution) if execution else "..."
        taken = taken if room is None else end_of_way(taken, room)
        table.add_row(event.what, taken, end_of(event.event_id, outcome))
    return table


def end_of(event_id: str, outcome: Outcome) -> Text:
    """Where an event ended, in a word."""
    if event_id in outcome.stored:
        return Text("stored", "green")
    if event_id in outcome.failed:
        return shown(outcome.failed[event_id]["errorCode"], "red")
    return Text("ignored", "yellow") if event_id in outcome.ignored else Text("...")


def print_outcome(fired: list[Fired], outcome: Outcome, console: Console) -> None:
    """Print the stored keys, the failure messages and the counts."""
    console.print("\n[bold]Stored in S3")
    for key in sorted(outcome.stored.values()):
        console.print(Text.assemble("  ", shown(key)), soft_wrap=True)
    console.print("[bold]In the failure queue")
    for failure in outcome.failed.values():
        told = "  {category} {errorCode} in {failedState}: {message}".format_map(failure)
        tell(shown(told, longest=REASON), console)
    counts = outcome.counts(fired)
    console.print(", ".join(f"{name} {count}" for name, count in counts.items()))
