"""`accelerator objects` and `accelerator history`: what is stored, and how an entity changed."""

import json
from typing import Annotated

import typer
from rich.text import Text

from accelerator.commands.export import export, none
from accelerator.commands.options import Day, Entity, EventType, Id, Json, Local, Reveal, Since
from accelerator.commands.output import errors, output, print_json, say_masked, shown
from accelerator.commands.where import connect
from accelerator.executions.mask import hidden
from accelerator.objects import history as states
from accelerator.objects.differences import Difference
from accelerator.objects.history import State
from accelerator.objects.listing import Wanted, listed
from accelerator.objects.stored import read

app = typer.Typer(help="List and read what is stored.", no_args_is_help=True)
COLORS = {"added": "green", "removed": "red", "changed": "yellow", "moved": "yellow"}


@app.command("list")
def list_objects(
    entity: Entity = None,
    id: Id = None,
    event_type: EventType = None,
    since: Since = None,
    day: Day = None,
    as_json: Json = False,
    local: Local = None,
) -> None:
    """List stored objects as they are found, of each event type in the events' order.

    Example: accelerator objects list --entity order --event-type order_placed --since 7d
    """
    cloud, wanted, found = connect(local), Wanted(entity, id, event_type, since, day), False
    for stored in listed(cloud, wanted):
        found = True
        if as_json:
            print_json(stored.told())
        else:
            output.print(shown(stored.name, longest=len(stored.name)), soft_wrap=True)
    if not found:
        errors.print(none(wanted))


app.command()(export)


@app.command()
def get(
    key: Annotated[str, typer.Argument(help="Its key, as list tells it.")],
    reveal: Reveal = False,
    local: Local = None,
) -> None:
    """Print a stored object as JSON, and on standard error which event it is of.

    Example: accelerator objects get order/ORDER_PLACED/2026-11-24/20261124T081850Z_322_one.json
    """
    found = read(connect(local), key)
    value = found.value()
    print_metadata(found.metadata)
    print_json(value if reveal else hidden(value), indent=2)
    say_masked(reveal)


def print_metadata(metadata: dict[str, str]) -> None:
    """Print what is told beside an object, apart from what it holds."""
    for name, value in metadata.items():
        errors.print(shown(f"{name}: {value}", "dim", longest=2048), soft_wrap=True)


def history(
    entity: Annotated[str, typer.Argument(help="Such as order.")],
    id: Annotated[str, typer.Argument(help="Its id.")],
    since: Since = None,
    full: Annotated[bool, typer.Option("--full", help="Each state whole, too.")] = False,
    reveal: Reveal = False,
    as_json: Json = False,
    local: Local = None,
) -> None:
    """Tell each stored state of an entity in the order of its events, and what changed.

    Example: accelerator history order 322-F7BK-3EVJE7
    """
    found = False
    for state in states.history(connect(local), Wanted(entity, id, since=since)):
        found = True
        seen = state if reveal else state.masked()
        if as_json:
            print_json(seen.told() | ({"state": seen.held} if full else {}))
        else:
            print_state(seen, full)
    if not found:
        older = ", or all of it is older" if since is not None else ""
        errors.print(shown(f"nothing is stored of {entity} {id}{older}"))
    elif not as_json:
        say_masked(reveal)


def print_state(state: State, full: bool) -> None:
    """Print a state: when it was, its object, what changed, and all of it if that is wanted."""
    key, name = state.stored.key, state.stored.name
    output.print(f"{key.time:%Y-%m-%d %H:%M:%S}", shown(key.event_type, "bold"))
    output.print(shown(f"  {name}", "dim", len(name) + 2), soft_wrap=True)
    if state.held is None:
        output.print("  it cannot be read")
    if state.other_document:
        output.print("  asked for with another document than the last")
    if state.changes == []:
        output.print("  nothing changed")
    for each in state.changes or ():
        output.print(line(each), soft_wrap=True)
    if full:
        print_json(state.held, indent=2)


def line(each: Difference) -> Text:
    """A difference in a line."""
    values = {"added": (each.after,), "removed": (each.before,)}
    meant = values.get(each.what, (each.before, each.after))
    told = " → ".join(json.dumps(value, ensure_ascii=False) for value in meant)
    return Text.assemble(
        "  ", (each.what, COLORS[each.what]), " ", shown(each.place), " ", shown(told)
    )
