"""The command line, put together."""

import sys

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
    subscriptions,
)
from accelerator.commands.cost import cost
from accelerator.commands.demo import demo
from accelerator.commands.output import errors, shown
from accelerator.problem import Problem
from accelerator.processes import Interrupted, interrupt_on_signals
from domain.untrusted import REASON

app = typer.Typer(
    help="Run, fire at and look into the Enterprise Event Accelerator.",
    epilog="Exit codes: 0 done, 1 a problem or something left, 2 wrong usage, 130 interrupted.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(failures.app, name="failures")
app.add_typer(credentials.app, name="credentials")
app.add_typer(subscriptions.app, name="subscriptions")
for command in (
    *(local.up, local.down, local.status, events.fire, executions.watch, executions.trace, cost),
    *(doctor.doctor, events.replay, events.redrive_event, local.console, demo),
):
    app.command()(command)


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
