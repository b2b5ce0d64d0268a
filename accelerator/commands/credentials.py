"""`accelerator credentials`: the API's credentials, from `.env` to Secrets Manager."""

import typer

from accelerator.commands.options import Local
from accelerator.commands.output import output
from accelerator.commands.where import connect
from accelerator.credentials import push_credentials

app = typer.Typer(help="Put the API's credentials where QueryApi reads them.", no_args_is_help=True)


@app.callback()
def credentials() -> None:
    """Put the API's credentials where QueryApi reads them."""


@app.command()
def push(local: Local = None) -> None:
    """Put CLIENT_ID, CLIENT_SECRET and API_TOKEN of `.env` into the stack's secret.

    Takes effect without a deployment: at the latest after five minutes, and at once when the API
    refuses the old ones.

    Example: accelerator credentials push
    """
    output.print(f"pushed {', '.join(push_credentials(connect(local)))}")
