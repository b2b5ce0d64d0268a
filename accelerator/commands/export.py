"""`accelerator objects export`: what is stored, in a folder."""

from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.text import Text

from accelerator.commands.options import Day, Entity, EventType, Id, Json, Local, Since
from accelerator.commands.output import counting, errors, output, print_json, shown
from accelerator.commands.where import connect
from accelerator.deployment import Deployment
from accelerator.objects.export import LEFT, OUTCOMES
from accelerator.objects.export import export as exported
from accelerator.objects.listing import Wanted
from accelerator.problem import Problem
from accelerator.processes import Interrupted
from accelerator.words import near_event_type
from domain.untrusted import REASON

SHOWN_REASONS = 100


def folder_named(name: str) -> Path:
    """The folder of a name; none, as of a variable that is unset, is not the current one."""
    if not name:
        raise typer.BadParameter("it is empty: give the name of a folder, or . for this one")
    return Path(name)


def export(
    folder: Annotated[
        Path,
        typer.Argument(metavar="DIR", help="The folder to write to.", parser=folder_named),
    ],
    entity: Entity = None,
    id: Id = None,
    event_type: EventType = None,
    since: Since = None,
    day: Day = None,
    as_json: Json = False,
    local: Local = None,
) -> None:
    """Write stored objects to a folder, each to a file under its key. Customer data is not masked.

    Files are for you alone to read, and none is ever half an object. Interrupted, run it again: a
    file with the size and the time of what is stored is that object, and stays as it is.

    Example: accelerator objects export responses --entity order --since 7d
    """
    cloud, wanted = connect(local), Wanted(entity, id, event_type, since, day)
    counts = Counter[str](dict.fromkeys(OUTCOMES, 0))
    try:
        count(cloud, wanted, folder, counts)
    except Interrupted:
        errors.print(f"interrupted: {told(counts)}: run it again to go on")
        raise typer.Exit(130) from None
    except (Problem, BotoCoreError, ClientError):
        if counts.total():
            errors.print(f"broken off: {told(counts)}: run it again to go on")
        raise
    if as_json:
        print_json(counts)
    else:
        output.print(told(counts) if counts.total() else none(wanted))
    if counts[LEFT]:
        raise typer.Exit(1)


def none(wanted: Wanted) -> Text:
    """What to say where nothing is meant."""
    near = near_event_type(wanted.event_type)
    return shown("nothing that is stored matches" + (f": {near}" if near else ""))


def count(cloud: Deployment, wanted: Wanted, folder: Path, counts: Counter[str]) -> None:
    """Export, and count what becomes of the objects; what is left is told with its reason."""
    with counting(*OUTCOMES) as tasks, closing(exported(cloud, wanted, folder)) as ended:
        advance = dict(zip(OUTCOMES, tasks, strict=True))
        try:
            for key, outcome, reason in ended:
                counts[outcome] += 1
                advance[outcome](1)
                if reason and counts[LEFT] <= SHOWN_REASONS:
                    errors.print(shown(f"left {key}: {reason}", longest=REASON), soft_wrap=True)
        except Interrupted:
            # Which lasts where nobody answers any more.
            errors.print("interrupted: ending what is begun ...")
            raise


def told(counts: Counter[str]) -> str:
    """Such as `exported 12, unchanged 3, left 0`."""
    return ", ".join(f"{outcome} {counts[outcome]}" for outcome in OUTCOMES)
