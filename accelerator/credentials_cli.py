"""`accelerator credentials`: the API's credentials, from `.env` to Secrets Manager."""

from typing import Annotated

import typer
from rich.console import Console

from accelerator.cloud import connect
from accelerator.credentials import push_credentials

app = typer.Typer(help="Put the API's credentials where QueryApi reads them.", no_args_is_help=True)
output = Console(highlight=False)


@app.callback()
def credentials() -> None:
    """Put the API's credentials where QueryApi reads them."""


@app.command()
def push(
    local: Annotated[
        bool, typer.Option("--local", help="On the local cloud; without it, where one is up.")
    ] = False,
) -> None:
    """Put CLIENT_ID, CLIENT_SECRET and API_TOKEN of `.env` into the stack's secret.

    Takes effect without a deployment: at the latest after five minutes, and at once when the API
    refuses the old ones.

    Example: accelerator credentials push
    """
    names = push_credentials(connect(local))
    output.print(f"pushed {', '.join(names)}")
