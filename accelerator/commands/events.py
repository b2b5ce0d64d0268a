"""`accelerator fire`, `replay` and `redrive-event`: events of one's own, and those of before."""

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from accelerator.commands.options import Force, Id, Json, Local, Since
from accelerator.commands.output import errors, output, print_json, shown, tell
from accelerator.commands.where import connect
from accelerator.event_file import held
from accelerator.fire import TALE, changed, entries, event_of, read
from accelerator.fire import fire as fire_events
from accelerator.processes import interrupts_deferred
from accelerator.redrive_event import from_log
from accelerator.redrive_event import redrive_event as start
from accelerator.replay import KINDS, moment
from accelerator.replay import replay as replay_events
from accelerator.rules import untaken
from domain.event_types import fired
from domain.family import MOCK, PUBLISHED
from domain.untrusted import REASON

Changes = Annotated[
    list[str] | None,
    typer.Option("--set", help="Another value, such as detail.data.x=1; as often as needed."),
]


def fire(
    event_type: Annotated[
        str | None,
        typer.Argument(
            help=f"A family's name, or {', '.join(fired(MOCK))}; with API_VERSION={PUBLISHED}, "
            f"{TALE} or {', '.join(fired(PUBLISHED))}."
        ),
    ] = None,
    id: Id = None,
    file: Annotated[
        Path | None, typer.Option(help="A file with an event of your own, as it is delivered.")
    ] = None,
    changes: Changes = None,
    count: Annotated[int, typer.Option(help="How many times to send it.", min=1)] = 1,
    as_json: Json = False,
    local: Local = None,
) -> None:
    """Put events on the bus of the local cloud or of the sandbox, and print their ids.

    What no rule of the deployment takes is sent too, and told of on standard error.

    Example: accelerator fire order --id error-503 --count 20
    """
    if event_type and file:
        raise typer.BadParameter(f"both {event_type} and --file {file} are given: give one of them")
    if not (event_type or file):
        raise typer.BadParameter("Missing argument 'EVENT_TYPE', or --file EVENT.json")
    cloud = connect(local)
    meant = []
    for _ in range(count):
        given = [read(file)] if file else entries(cloud.contract, event_type or "", id)
        meant += [changed(each, changes or ()) for each in given]
    sent = 0
    # What is printed is for standard output, though the progress is on a terminal.
    bar = is_bar_alone()
    progress = Progress(console=errors, transient=True, disable=not bar, redirect_stdout=False)
    with interrupts_deferred() as interrupts, progress:
        task = progress.add_task("Sending", total=len(meant))
        for event_ids in fire_events(cloud, meant):
            for event_id in event_ids:
                print_json({"eventId": event_id}) if as_json else output.print(event_id)
            sent += len(event_ids)
            progress.advance(task, len(event_ids))
            if interrupts:
                break
        of = "" if sent == len(meant) else f" of {len(meant)}"
        errors.print(f"sent {sent}{of}")
    if told := untaken(cloud, map(event_of, meant[:sent])):
        tell(shown(told, longest=REASON), errors)


def is_bar_alone() -> bool:
    """Whether no ids go by on the terminal of the progress bar, to which a pipe may lead too."""
    return errors.is_terminal and not (output.is_terminal or Path("/dev/stdout").is_fifo())


def redrive_event(
    event: Annotated[
        str,
        typer.Argument(
            help="A file with the event as it was delivered, or with its failure as 'failures "
            "show' or 'failures export' tells it; or the event's id."
        ),
    ],
    since: Since = None,
    force: Force = False,
    local: Local = None,
) -> None:
    """Start an execution with one event that is in no queue: of a file, or of the log by its id.

    What is in a queue or under failures/ is for 'accelerator failures redrive': an id of such an
    event is refused, unless --force says otherwise. The log is looked through as far back as
    --since says, without it the last day at the least.

    Example: accelerator redrive-event event.json
    """
    file = Path(event)
    is_file = file.exists() or bool(file.suffix)
    of_file = held(file) if is_file else None
    cloud = connect(local)
    arn = start(cloud, of_file if is_file else from_log(cloud, event, since, force))
    output.print(f"started {arn}", soft_wrap=True)


def replay(
    start: Annotated[str, typer.Option("--from", help="Such as 2026-11-24T08:00, in UTC.")],
    end: Annotated[str, typer.Option("--to", help="Such as 2026-11-24T09:30, in UTC.")],
    kind: Annotated[
        str | None, typer.Option(help=f"{', '.join(KINDS[:-1])} or {KINDS[-1]}; all without it.")
    ] = None,
    local: Local = None,
) -> None:
    """Send a span of archived events again; each writes the object it wrote before.

    Example: accelerator replay --from 2026-11-24T08:00 --to 2026-11-24T09:30 --kind order
    """
    first, last = moment(start), moment(end)
    for name in replay_events(connect(local), first, last, kind):
        output.print(f"started replay {name}", soft_wrap=True)
