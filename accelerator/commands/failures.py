"""`accelerator failures`: the events that failed, and the way back."""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from accelerator.commands.failure_tables import counted, group_table, print_oldest
from accelerator.commands.options import EventType, Force, Json, Local, duration
from accelerator.commands.output import errors, output, print_json, shown, tell
from accelerator.commands.where import connect
from accelerator.deployment import Deployment
from accelerator.failures.export import exported_ids, written
from accelerator.failures.failure import Failure, Filter
from accelerator.failures.groups import Groups
from accelerator.failures.look import Look, look
from accelerator.failures.named import WHOLE, Named, ids_of, named
from accelerator.failures.purge import purged
from accelerator.failures.redrive import redrive
from accelerator.plural import plural
from accelerator.problem import Problem
from accelerator.processes import interrupts_deferred
from domain.errors import ApiUnavailable
from domain.start import NotRedrivable
from domain.untrusted import REASON

app = typer.Typer(help="List the events that failed, and send them again.", no_args_is_help=True)


def failure_id(text: str) -> str:
    """How an id begins, which is something."""
    if not text.strip():
        raise typer.BadParameter(
            "an empty id would mean every failure: give an id, or how one begins"
        )
    return text


Category = Annotated[
    Literal["transient", "permanent"] | None,
    typer.Option(
        help="Whether it may pass by itself; permanent after the last automatic redrive too.",
        case_sensitive=False,
    ),
]
ErrorCode = Annotated[str | None, typer.Option(help=f"Such as {ApiUnavailable.__name__}.")]
Age = Annotated[
    timedelta | None, typer.Option(parser=duration, metavar="DURATION", help="Such as 15m, 2h, 3d.")
]
Ids = Annotated[
    list[str] | None,
    typer.Argument(
        help="Ids of failures or of their events, or how they begin.",
        parser=failure_id,
        metavar="IDS",
    ),
]
Waiting = Annotated[
    bool,
    typer.Option(
        "--waiting", help="Those too whose automatic redrive is due, which nobody has taken yet."
    ),
]
By = Literal["error-code", "event-type", "category", "state", "hour"]


@app.command("list")
def list_failures(
    category: Category = None,
    error_code: ErrorCode = None,
    event_type: EventType = None,
    older_than: Age = None,
    newer_than: Age = None,
    by: Annotated[By | None, typer.Option(help="Count them by this instead.")] = None,
    limit: Annotated[int, typer.Option(help="Show so many of them.", min=1)] = 100,
    all_: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
    waiting: Waiting = False,
    as_json: Json = False,
    local: Local = None,
) -> None:
    """List failed events, the oldest first; with --json all of them, as they come, one a line.

    With --by and --json, one group a line: its value, its count, its oldest's time, and the id of
    one of its failures.

    Example: accelerator failures list --error-code ApiUnavailable --newer-than 2h
    """
    wanted = Filter((), category, error_code, event_type, older_than, newer_than)
    with look(connect(local), wanted, with_waiting=waiting) as found:
        if by:
            print_groups(counted(telling(found), by), as_json)
        elif as_json:
            for failure in telling(found, found):
                print_json(failure.told())
        elif not print_oldest(listing(found), None if all_ else limit):
            tell(shown(found.none, longest=REASON))
        say_hidden(found)


def print_groups(groups: Groups, as_json: bool) -> None:
    """Print counts, for programs one group a line."""
    if as_json:
        for group in groups.largest_first():
            print_json(group.told())
    elif groups.largest_first():
        output.print(group_table(groups))


@app.command()
def show(
    id: Annotated[
        str,
        typer.Argument(help="A failure's id or its event's, or how it begins.", parser=failure_id),
    ],
    local: Local = None,
) -> None:
    """Show one failure whole, its event included, as JSON.

    Where an event failed more than once, its failures are shown as a JSON array.

    Example: accelerator failures show 5d276d16
    """
    cloud = connect(local)
    bucket = cloud.outputs.response_bucket_name
    meant, known, found = Named(id), set[str](), dict[str, dict[str, Any]]()
    with look(cloud, Filter()) as looked:
        for failure in looking(looked):
            known.update(ids_of(failure))
            if meant.add(failure) and (id in ids_of(failure) or not meant.is_ambiguous):
                found[failure.id] = failure.whole_or_why(cloud.s3, bucket)
            if failure.id == id:
                break
    all_told = [found[failure_id] for failure_id in sorted(meant.failures(known))]
    print_json(all_told if len(all_told) > 1 else all_told[0], indent=2)


@app.command("redrive")
def redrive_failures(
    ids: Ids = None,
    category: Category = None,
    error_code: ErrorCode = None,
    event_type: EventType = None,
    older_than: Age = None,
    newer_than: Age = None,
    rate: Annotated[float, typer.Option(help="Events a second at the most.", min=0.1)] = 50,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would be done.")
    ] = False,
    waiting: Waiting = False,
    local: Local = None,
) -> None:
    """Start an execution with each failed event: all there are now, those of a filter, or named.

    A failure goes once its start is accepted; what fails again waits for the next redrive.

    Example: accelerator failures redrive --error-code ApiUnavailable --rate 10
    """
    cloud = connect(local)
    meant, exact = of_ids(cloud, ids or ())
    wanted = Filter(meant, category, error_code, event_type, older_than, newer_than, exact)
    if dry_run:
        with look(cloud, wanted, with_waiting=waiting) as found:
            count = print_oldest(listing(found), 100)
            if not count:
                tell(shown(found.none, longest=REASON))
        output.print(f"would start {count}")
        return
    with interrupts_deferred() as interrupts:
        with showing("Redriving") as (progress, task):
            result = redrive(
                cloud,
                wanted,
                rate,
                lambda done, of: progress.update(task, completed=done, total=of),
                stop=lambda: interrupts,
                with_waiting=waiting,
            )
        for line in result.told():
            tell(shown(line, longest=REASON))
        if result.none and not ids and not result.held_by_others:
            tell(shown(result.none, longest=REASON), errors)
        output.print(f"started {result.started}, left {result.left.total()}")
        if interrupts:
            errors.print("broken off: there may be more that was not begun: run it again to go on")
    if ids and not (result.started or result.left or result.held_by_others or result.problem):
        named(cloud, ids, looking)
    if result.left or result.undeleted or result.held_by_others or result.problem:
        raise typer.Exit(1)


@app.command()
def export(
    file: Annotated[Path, typer.Argument(help="The file to write, one JSON object a line.")],
    category: Category = None,
    error_code: ErrorCode = None,
    event_type: EventType = None,
    older_than: Age = None,
    newer_than: Age = None,
    force: Force = False,
    local: Local = None,
) -> None:
    """Write failures to a file, their events included; they stay where they are.

    A file that holds something already is refused, unless --force says that it may be lost: it may
    be all that is left of failures that were purged. Where nothing matches, no file is written.

    'accelerator failures purge --exported FILE' then purges what the file holds, and no other.

    Example: accelerator failures export failures.jsonl --error-code InvalidEvent
    """
    wanted = Filter((), category, error_code, event_type, older_than, newer_than)
    cloud, count, left = connect(local), 0, dict[str, str]()
    bucket = cloud.outputs.response_bucket_name
    with written(file, force) as lines, look(cloud, wanted) as found:
        for failure in telling(found):
            try:
                lines.write(json.dumps(failure.whole(cloud.s3, bucket)) + "\n")
                count += 1
            except NotRedrivable as error:
                left[failure.id] = str(error)
        say_hidden(found)
    for failure_id, reason in left.items():
        tell(shown(f"not exported {failure_id}: {reason}", longest=REASON))
    output.print(f"exported {count}")
    if left:
        raise typer.Exit(1)


@app.command()
def purge(
    ids: Ids = None,
    category: Category = None,
    error_code: ErrorCode = None,
    event_type: EventType = None,
    older_than: Age = None,
    newer_than: Age = None,
    exported: Annotated[
        Path | None, typer.Option(help="Those that 'failures export' wrote to this file.")
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    local: Local = None,
) -> None:
    """Delete failures and the events they hold, for good. Asks first.

    Example: accelerator failures purge --error-code InvalidEvent --older-than 7d
    """
    wanted = Filter(tuple(ids or ()), category, error_code, event_type, older_than, newer_than)
    if wanted == Filter() and exported is None and not all_:
        raise Problem("which? give ids, a filter or --exported FILE, or say --all")
    meant = exported_ids(exported) if exported else None
    cloud = connect(local)
    if ids:
        found_ids, is_exact = of_ids(cloud, ids)
        wanted = replace(wanted, ids=found_ids, exact=is_exact)
    if not yes:
        with look(cloud, wanted) as found:
            meant = {each.id for each in telling(found) if meant is None or each.id in meant}
        if not meant:
            output.print("purged 0")
            return
        told = plural(len(meant), "failed event")
        typer.confirm(f"Delete {told} on {cloud.where} for good?", abort=True, err=True)
    gone, left = purged(cloud, wanted, meant, telling if yes else looking)
    for line in left:
        output.print(line)
    output.print(f"purged {gone}")
    if left:
        raise typer.Exit(1)


def looking(found: Look) -> Iterator[Failure]:
    """The failures of a look, with its progress on a terminal."""
    with showing("Looking") as (progress, task):
        for failure in found:
            progress.update(
                task, advance=1, total=max(found.depth, progress.tasks[0].completed + 1)
            )
            yield failure


def telling(found: Look, failures: Iterable[Failure] | None = None) -> Iterator[Failure]:
    """The failures of a look, with its progress unless shown otherwise; that none is meant is said.

    What is said goes to standard error, apart from what is for a program.
    """
    none = True
    for failure in looking(found) if failures is None else failures:
        none = False
        yield failure
    if none:
        tell(shown(found.none, longest=REASON), errors)


def say_hidden(found: Look) -> None:
    """Say of failures that could not be seen beside those that were."""
    if found.has_any and (hidden := found.hidden):
        tell(shown(hidden), errors)


def of_ids(cloud: Deployment, ids: Sequence[str]) -> tuple[tuple[str, ...], bool]:
    """The failures that ids, or how they begin, mean, and whether these are their own whole ids."""
    if all(len(each) >= WHOLE for each in ids):
        return tuple(ids), False
    return named(cloud, ids, looking), True


def listing(found: Look) -> Iterable[Failure]:
    """The failures of a look; a table that grows on a terminal is its progress."""
    return found if output.is_terminal else looking(found)


@contextmanager
def showing(what: str) -> Iterator[tuple[Progress, Any]]:
    """A progress bar on a terminal's standard error, gone once it is full."""
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn())
    is_shown = errors.is_interactive
    with Progress(*columns, console=errors, transient=True, disable=not is_shown) as progress:
        yield progress, progress.add_task("", total=None)
