"""Options that mean the same for every command."""

import re
from datetime import date, timedelta
from typing import Annotated

import typer

from domain.event_types import EVENT_TYPES

# Longer ago than anything here, and a time that every service takes.
LONGEST = timedelta(days=3650)
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def duration(text: str) -> timedelta:
    """A duration such as 90s, 15m, 2h or 3d."""
    parsed = re.fullmatch(r"(\d{1,9})([smhd])", text)
    given = timedelta(**{UNITS[parsed[2]]: int(parsed[1])}) if parsed else None
    if given is None or given > LONGEST:
        told = f"give one such as 90s, 15m, 2h or 3d, of {LONGEST.days}d at the most"
        raise typer.BadParameter(f"{text} is no duration: {told}")
    return given


def a_day(text: str) -> date:
    """A day such as 2026-11-24."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text} is no day: give one such as 2026-11-24") from None


Port = Annotated[
    int | None,
    typer.Option(envvar="ACCELERATOR_PORT", help="Port of the local cloud.", min=1, max=65535),
]
MockPort = Annotated[
    int | None,
    typer.Option(
        envvar="ACCELERATOR_MOCK_PORT", help="Port of the mock Buy with Prime.", min=1, max=65535
    ),
]
ConsolePort = Annotated[
    int | None,
    typer.Option(envvar="ACCELERATOR_CONSOLE_PORT", help="Port of the console.", min=1, max=65535),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs to read.")]
Force = Annotated[bool, typer.Option("--force", help="Do it all the same.")]
Local = Annotated[
    bool | None,
    typer.Option(
        "--local/--aws",
        help="On the local cloud, or on AWS; without either, on the local cloud where one is up.",
        show_default=False,
    ),
]
Reveal = Annotated[bool, typer.Option("--reveal", help="Show customer data instead of masking it.")]
Since = Annotated[
    timedelta | None,
    typer.Option(parser=duration, metavar="DURATION", help="How far back, such as 15m, 2h, 3d."),
]
EventType = Annotated[
    str | None, typer.Option(help=f"Such as {EVENT_TYPES[0]}, or a name that fire knows.")
]
Entity = Annotated[str | None, typer.Option(help="Such as order.")]
Id = Annotated[str | None, typer.Option(help="Id of the entity, or a magic id.")]
Day = Annotated[
    date | None,
    typer.Option(parser=a_day, metavar="DAY", help="The events' day, such as 2026-11-24."),
]
