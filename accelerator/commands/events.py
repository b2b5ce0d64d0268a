"""`accelerator fire` and `accelerator replay`: events of one's own, and those of before."""

from typing import Annotated

import typer
from rich.progress import Progress

from accelerator.commands.options import Local
from accelerator.commands.output import errors, output
from accelerator.deployment import connect
from accelerator.fire import fire as fire_events
from accelerator.replay import KINDS, moment
from accelerator.replay import replay as replay_events
from domain.event_types import FAMILIES, FIRED
from mock_api.event_api import ENTRIES_A_CALL

# What a family's name alone stands for: its first event type.
SHORT = {(each.contract, each.name): next(iter(each.types)) for each in FAMILIES}
TOLD = [f"{name} (for {first})" for (_, name), first in SHORT.items() if name not in FIRED]


def fire(
    event_type: Annotated[str, typer.Argument(help=f"{', '.join([*TOLD, *FIRED])}.")],
    id: Annotated[str | None, typer.Option(help="Id of the entity, or a magic id.")] = None,
    count: Annotated[int, typer.Option(help="How many events to send.", min=1)] = 1,
    local: Local = False,
) -> None:
    """Put events on the bus of the local cloud or of the sandbox.

    Example: accelerator fire order --id error-503 --count 20
    """
    cloud = connect(local)
    event_type = SHORT.get((cloud.contract, event_type), event_type)
    with Progress(console=errors, transient=True) as progress:
        task = progress.add_task("Sending", total=count)
        while (sent := int(progress.tasks[0].completed)) < count:
            batch = min(ENTRIES_A_CALL, count - sent)
            fire_events(cloud, event_type, id, batch)
            progress.advance(task, batch)
    output.print(f"sent {count}")


def replay(
    start: Annotated[str, typer.Option("--from", help="Such as 2026-11-24T08:00, in UTC.")],
    end: Annotated[str, typer.Option("--to", help="Such as 2026-11-24T09:30, in UTC.")],
    kind: Annotated[
        str | None, typer.Option(help=f"{', '.join(KINDS[:-1])} or {KINDS[-1]}; all without it.")
    ] = None,
    local: Local = False,
) -> None:
    """Send a span of archived events again; each writes the object it wrote before.

    Example: accelerator replay --from 2026-11-24T08:00 --to 2026-11-24T09:30 --kind order
    """
    first, last = moment(start), moment(end)
    for name in replay_events(connect(local), first, last, kind):
        output.print(f"started replay {name}", soft_wrap=True)
