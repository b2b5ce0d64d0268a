"""What a local cloud is started with, kept beside it so that it is deployed again with the same."""

from dataclasses import asdict, dataclass, replace
from typing import Any

from accelerator import state
from accelerator.deployment import ADVICE, STATE_DIR
from accelerator.listening import free_port, ports
from accelerator.problem import Problem

OPTIONS = STATE_DIR / "options.json"
PORT, MOCK_PORT, CONSOLE_PORT = "--port", "--mock-port", "--console-port"


@dataclass(frozen=True)
class Options:
    """Ports of this machine, and what is asked for beside the stack."""

    port: int
    mock_port: int
    console_port: int
    sandbox: bool = False
    console: bool = False

    def but(self, **given: int | None) -> "Options":
        """These, but for what is given: neither None nor False.

        A console that is new takes the next port that is free, unless one is given.
        """
        changes: dict[str, Any] = {name: value for name, value in given.items() if value}
        if changes.get("console") and not self.console:
            free = free_port(self.console_port, self.port, self.mock_port)
            changes = {"console_port": free} | changes
        return replace(self, **changes)

    @property
    def ports(self) -> dict[str, int]:
        """The ports that are served, by the option that each is set with.

        Raises:
            Problem: two are the same.
        """
        ports = {PORT: self.port, MOCK_PORT: self.mock_port}
        if self.console:
            ports[CONSOLE_PORT] = self.console_port
        for option, port in ports.items():
            if same := [other for other in ports if other != option and ports[other] == port]:
                raise Problem(f"{option} and {same[0]} are both {port}: choose another for one")
        return ports

    def keep(self) -> None:
        """Keep them beside the local cloud."""
        state.write(OPTIONS, asdict(self))


def new_options(
    port: int | None = None,
    mock_port: int | None = None,
    console_port: int | None = None,
    sandbox: int | None = False,
    console: int | None = False,
) -> Options:
    """Those of a start, with ports that are free where none are given."""
    port, mock_port, console_port = ports(port, mock_port, console_port)
    return Options(port, mock_port, console_port, bool(sandbox), bool(console))


def kept_options() -> Options:
    """Those that the local cloud is up with.

    Raises:
        Problem: they cannot be read.
    """
    kept: Any = state.read(OPTIONS, None, ADVICE)
    try:
        return Options(**kept)
    except TypeError:
        raise state.broken(OPTIONS, ADVICE) from None
