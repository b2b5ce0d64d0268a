"""`accelerator credentials`: the API's credentials, from `.env` to Secrets Manager."""

import json
import os

import typer
from dotenv import dotenv_values
from rich.console import Console

from accelerator.deployment import PROJECT, Deployment, connect
from accelerator.options import Local
from accelerator.problem import Problem
from stacks.settings import SECRETS

app = typer.Typer(help="Put the API's credentials where QueryApi reads them.", no_args_is_help=True)

# The names of the values in the secret's JSON, by their variables.
KEYS = {each.name: each.key for each in SECRETS}


@app.callback()
def credentials() -> None:
    """Put the API's credentials where QueryApi reads them."""


@app.command()
def push(local: Local = False) -> None:
    """Put CLIENT_ID, CLIENT_SECRET and API_TOKEN of `.env` into the stack's secret.

    Takes effect without a deployment: at the latest after five minutes, and at once when the API
    refuses the old ones.

    Example: accelerator credentials push
    """
    names = push_credentials(connect(local))
    Console(highlight=False).print(f"pushed {', '.join(names)}")


def push_credentials(cloud: Deployment) -> list[str]:
    """Put the configured values into the secret, and return their names."""
    values = configured()
    if not ("API_TOKEN" in values or {"CLIENT_ID", "CLIENT_SECRET"} <= values.keys()):
        raise Problem("there is nothing to push: set CLIENT_ID and CLIENT_SECRET, or API_TOKEN")
    if not cloud.outputs.credentials_secret_arn:
        raise Problem(
            "the stack has no secret: deploy it with TOKEN_URL or API_CREDENTIALS=TOKEN, then push"
        )
    cloud.secretsmanager.put_secret_value(
        SecretId=cloud.outputs.credentials_secret_arn,
        SecretString=json.dumps({KEYS[name]: value for name, value in values.items()}),
    )
    return list(values)


def configured() -> dict[str, str]:
    """The secrets that `.env` or the environment, which wins, gives, by their variables."""
    given = {**dotenv_values(PROJECT / ".env"), **os.environ}
    return {name: value for name in KEYS if (value := given.get(name))}
