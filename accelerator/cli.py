"""The command line, put together."""

import sys
from importlib.metadata import version
from typing import Annotated, NoReturn

import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.text import Text
from typer.exceptions import TyperException

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
from accelerator.commands.output import errors, output, shown, tell
from accelerator.problem import Problem
from accelerator.processes import Interrupted, interrupt_on_signals
from domain.names import PREFIX
from domain.untrusted import REASON

app = typer.Typer(
    epilog="Exit codes: 0 done, 1 a problem or something left, 2 wrong usage, 130 interrupted.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
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
    """Run the command line; a problem is one line on standard error and exit code 1, or 2."""
    interrupt_on_signals()
    if {"--local", "--aws"} <= set(sys.argv):
        end("--local and --aws are two places: give one of them", 2)
    try:
        code = app(standalone_mode=False)
    except TyperException as error:
        end(mistake(error), error.exit_code)
    except (Problem, ClientError, BotoCoreError) as error:
        end(str(error), 1)
    except typer.Abort:
        errors.print("aborted")
        sys.exit(1)
    except Interrupted:
        errors.print("interrupted")
        sys.exit(130)
    sys.exit(code or 0)


def mistake(error: TyperException) -> str:
    """What is wrong with what was typed, and where to read more; nothing where help was shown."""
    # What Typer has from Pydantic begins with the name of an exception.
    told = error.format_message().replace("Value error, ", "").rstrip(".")
    context = getattr(error, "ctx", None)
    return f"{told}: see '{context.command_path} -h'" if told and context else told


def end(told: str, code: int) -> NoReturn:
    """End with an error in one line."""
    if told:
        tell(Text.assemble(("error: ", "red"), shown(told, longest=REASON)), errors)
    sys.exit(code)
