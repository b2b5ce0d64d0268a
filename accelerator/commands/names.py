"""Names that may be wider than their place: of each, both ends are kept, which tell it apart."""

from rich.console import Console, ConsoleOptions, Group, RenderResult
from rich.measure import Measurement
from rich.text import Text

from accelerator.commands.output import shown

# What a column leaves of a name at the least.
FEWEST = 11


class Name:
    """A name as a table's cell."""

    def __init__(self, name: str) -> None:
        self._name = shown(name).plain

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        """How wide it is, whole and at the least."""
        width = len(self._name)
        return Measurement(min(width, FEWEST), width).with_maximum(options.max_width)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """As much of it as has room."""
        yield Text(middle_cut(self._name, options.max_width), no_wrap=True)


def names(*each: str) -> Group:
    """Names, each on a line."""
    return Group(*map(Name, each))


def middle_cut(name: str, room: int) -> str:
    """A name, without its middle where it has less room than it needs."""
    if len(name) <= room:
        return name
    end = max(room - 1, 0) // 2
    return f"{name[: max(room - 1, 0) - end]}…{name[len(name) - end :]}"
