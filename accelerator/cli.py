"""The command line, put together."""

import sys
from importlib.metadata import version
from typing import Annotated

import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.text import Text

from accelerator.commands import (
    credentials,
    doctor,
    events,
    executions,
    failures,
    local,
    objects,
    subscriptions,
)
from accelerator.commands.cost import cost
from accelerator.commands.demo import demo
from accelerator.commands.forget import forget
from accelerator.commands.output import errors, output, shown
from accelerator.problem import Problem
from accelerator.processes import Interrupted, interrupt_on_signals
from domain.names import PREFIX
from domain.untrusted import REASON

app = typer.Typer(
    epilog="Exit codes: 0 done, 1 a problem or something left, 2 wrong usage, 130 interrupted.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(failures.app, name="failures")
app.add_typer(credentials.app, name="credentials")
app.add_typer(objects.app, name="objects")
app.add_typer(subscriptions.app, name="subscriptions")
for command in (
    *(local.up, local.down, local.status, events.fire, executions.watch, executions.trace, cost),
    *(objects.history, forget, doctor.doctor, events.replay, events.redrive_event),
    *(local.console, demo),
):
    app.command()(command)


def print_version(asked: bool) -> None:
    """Print the version and end, where it is asked for."""
    if asked:
        output.print(f"accelerator {version(f'enterprise-{PREFIX}')}")
        raise typer.Exit


@app.callback()
def options(
    _: Annotated[
        bool,
        typer.Option("--version", help="Print the version.", callback=print_version, is_eager=True),
    ] = False,
) -> None:
    """Run, fire at and look into the Enterprise Event Accelerator."""


def main() -> None:
    """Run the command line; a problem is one line on standard error and exit code 1."""
    interrupt_on_signals()
    try:
        app(standalone_mode=True)
    except (Problem, ClientError, BotoCoreError) as error:
        told = shown(error, longest=REASON)
        errors.print(Text.assemble(("error: ", "red"), told), soft_wrap=True)
        sys.exit(1)
    except Interrupted:
        errors.print("interrupted")
        sys.exit(130)
