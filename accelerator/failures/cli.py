"""`accelerator failures`: the events that failed, and the way back."""

import json
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from accelerator.cloud import Cloud, connect
from accelerator.failures.failure import Failure, Filter, find, redrive
from accelerator.options import EventType, Json, Local, duration
from accelerator.problem import Problem

app = typer.Typer(help="List the events that failed, and send them again.", no_args_is_help=True)
output = Console(highlight=False)
progress_console = Console(stderr=True, highlight=False)

Category = Annotated[
    Literal["transient", "permanent"] | None, typer.Option(help="Whether a retry can help.")
]
ErrorCode = Annotated[str | None, typer.Option(help="Such as ApiUnavailable.")]
Age = Annotated[
    timedelta | None, typer.Option(parser=duration, metavar="DURATION", help="Such as 15m, 2h, 3d.")
]
Ids = Annotated[list[str] | None, typer.Argument(help="Ids, or how they begin.")]


@app.command("list")
def list_failures(
    category: Category = None,
    error_code: ErrorCode = None,
    event_type: EventType = None,
    older_than: Age = None,
    newer_than: Age = None,
    as_json: Json = False,
    local: Local = False,
) -> None:
    """List failed events, the oldest first.

    Example: accelerator failures list --category transient --newer-than 2h
    """
    wanted = Filter((), category, error_code, event_type, older_than, newer_than)
    failures = looked_at(connect(local), wanted)
    if as_json:
        print(json.dumps([failure.told() for failure in failures]))
        return
    if not failures:
        output.print("No failures.")
        return
    output.print(failure_table(failures))


@app.command()
def show(
    id: Annotated[str, typer.Argument(help="The failure's id, or how it begins.")],
    local: Local = False,
) -> None:
    """Show one failure whole, its event included, as JSON.

    Example: accelerator failures show 5d276d16
    """
    failures = looked_at(connect(local), Filter((id,)))
    if len(failures) != 1:
        found = f"{len(failures)} failures begin with" if failures else "there is no failure"
        raise Problem(f"{found} {id}: 'accelerator failures list' tells the ids")
    print(json.dumps(failures[0].whole(), indent=2))


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
        bool, typer.Option("--dry-run", help="Only list what would be sent.")
    ] = False,
    local: Local = False,
) -> None:
    """Put failed events back on their bus: all of them, those of a filter, or those named.

    A failure is deleted only once EventBridge has accepted its event.

    Example: accelerator failures redrive --error-code ApiUnavailable --rate 10
    """
    cloud = connect(local)
    wanted = Filter(tuple(ids or ()), category, error_code, event_type, older_than, newer_than)
    if dry_run:
        failures = looked_at(cloud, wanted)
        output.print(failure_table(failures))
        output.print(f"would redrive {len(failures)}")
        return
    columns = (TextColumn("Redriving"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=progress_console, transient=True) as progress:
        task = progress.add_task("", total=queue_depth(cloud))
        result = redrive(cloud, find(cloud, wanted), rate, lambda: progress.advance(task))
    for failure_id, reason in result.left.items():
        output.print(f"left {failure_id}: {reason}", soft_wrap=True, markup=False)
    output.print(f"redriven {result.count}, left {len(result.left)}")
    if result.left:
        raise typer.Exit(1)


@app.command()
def export(
    file: Annotated[Path, typer.Argument(help="The file to write, one JSON object a line.")],
    category: Category = None,
    error_code: ErrorCode = None,
    event_type: EventType = None,
    older_than: Age = None,
    newer_than: Age = None,
    local: Local = False,
) -> None:
    """Write failures to a file, their events included; they stay where they are.

    Example: accelerator failures export failures.jsonl --category permanent
    """
    wanted = Filter((), category, error_code, event_type, older_than, newer_than)
    failures = looked_at(connect(local), wanted)
    lines = [json.dumps(failure.whole()) + "\n" for failure in failures]
    file.write_text("".join(lines), encoding="utf-8")
    output.print(f"exported {len(failures)}")


@app.command()
def purge(
    ids: Ids = None,
    category: Category = None,
    error_code: ErrorCode = None,
    event_type: EventType = None,
    older_than: Age = None,
    newer_than: Age = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    local: Local = False,
) -> None:
    """Delete failures and the events they hold, for good. Asks first.

    Example: accelerator failures purge --error-code InvalidEvent --older-than 7d
    """
    cloud = connect(local)
    wanted = Filter(tuple(ids or ()), category, error_code, event_type, older_than, newer_than)
    found = looked_at(cloud, wanted)
    if not found:
        output.print("purged 0")
        return
    if not yes:
        typer.confirm(f"Delete {len(found)} failed events for good?", abort=True)
    meant, purged = {failure.id for failure in found}, 0
    for failure in find(cloud, wanted):
        if failure.id in meant:
            failure.delete()
            purged += 1
        else:
            failure.release()
    output.print(f"purged {purged}")


def looked_at(cloud: Cloud, wanted: Filter) -> list[Failure]:
    """The failures that are meant, the oldest first, each released at once."""
    failures = list(find(cloud, wanted))
    for failure in failures:
        failure.release()
    return sorted(failures, key=lambda failure: failure.message["time"])


def queue_depth(cloud: Cloud) -> int:
    """About how many failures there are, for a progress bar."""
    depth = 0
    for url in (cloud.outputs["FailureQueueUrl"], cloud.outputs["DeadLetterQueueUrl"]):
        attributes = cloud.sqs.get_queue_attributes(
            QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"]
        )
        depth += int(attributes["Attributes"]["ApproximateNumberOfMessages"])
    return depth


def failure_table(failures: Iterable[Failure]) -> Table:
    """Failures as a table."""
    table = Table("id", "age", "error", "event", "message", box=box.SIMPLE_HEAD)
    for column in table.columns[:3]:
        column.no_wrap = True
    for failure in failures:
        told = failure.message
        table.add_row(
            failure.id[:8],
            short_age(failure.age),
            escape(f"{told['errorCode']}\n{told['category']}\nin {told['failedState']}"),
            escape(f"{told['eventType']}\n{told['entityId'] or ''}"),
            escape(told["message"]),
        )
    return table


def short_age(age: timedelta) -> str:
    """An age in its largest unit."""
    for unit, seconds in (("d", 86400), ("h", 3600), ("m", 60)):
        if age.total_seconds() >= seconds:
            return f"{age.total_seconds() / seconds:.0f}{unit}"
    return f"{age.total_seconds():.0f}s"
