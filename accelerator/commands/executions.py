"""`accelerator watch` and `accelerator trace`: the way that events take, live and afterwards."""

from datetime import timedelta
from typing import Annotated, Literal

import typer
from rich.text import Text

from accelerator.commands.options import EventType, Id, Json, Local, Reveal, Since
from accelerator.commands.output import errors, output, print_json, say_masked, tell
from accelerator.commands.trace import print_story
from accelerator.commands.watch import watch as show
from accelerator.commands.where import connect
from accelerator.deployment import Deployment
from accelerator.executions.log_groups import LogGroups
from accelerator.executions.named import of_event
from accelerator.executions.source import source
from accelerator.executions.trace import story
from accelerator.executions.watch import Filter, Watch
from accelerator.problem import Problem

Outcome = Literal["stored", "ignored", "postponed", "failed", "uncaught", "unlogged"]


def watch(
    event_type: EventType = None,
    status: Annotated[Outcome | None, typer.Option(help="What became of the event.")] = None,
    id: Id = None,
    since: Since = None,
    follow: Annotated[
        bool, typer.Option(help="Go on until ctrl-C, or only show what there is.")
    ] = True,
    as_json: Json = False,
    local: Local = None,
) -> None:
    """Show executions as they happen: each event's way, attempts, duration and result.

    From now on, or from as long ago as --since says; with --no-follow, without --since, those of
    the last day at the least.

    Example: accelerator watch --status failed --since 1h
    """
    start = since if since is not None else timedelta(0) if follow else None
    cloud = connect(local)
    watched = Watch(source(cloud, start), Filter(event_type, status, id))
    say_untold(cloud)
    show(watched, output, as_json, follow)


def trace(
    event_id: Annotated[
        str, typer.Argument(help="The event's id or its failure's, or how it begins.")
    ],
    since: Since = None,
    reveal: Reveal = False,
    as_json: Json = False,
    local: Local = None,
) -> None:
    """Tell one event's whole story: each state's data, each attempt, and where it ended.

    The log is looked through as far back as --since says, without it the last day at the least.

    Example: accelerator trace 19bdd20e-7380-4057-8ce5-008bd9fc5cd3
    """
    cloud = connect(local)
    try:
        with errors.status("Looking through the executions ..."):
            executions = of_event(cloud, source(cloud, since), event_id)
    except Problem:
        say_untold(cloud)
        raise
    if as_json:
        print_json([story(told, reveal) for told in executions])
        return
    for told in executions:
        print_story(told, cloud, output, reveal)
    say_masked(reveal)


def say_untold(cloud: Deployment) -> None:
    """Say which executions the deployment logs nothing of."""
    if untold := LogGroups(cloud).untold:
        tell(Text(untold), errors)
