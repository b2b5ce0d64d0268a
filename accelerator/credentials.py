"""`accelerator credentials`: the API's credentials, from `.env` to Secrets Manager."""

import json
import os

import typer
from dotenv import dotenv_values
from rich.console import Console

from accelerator.cloud import PROJECT, Cloud, connect
from accelerator.options import Local
from accelerator.problem import Problem

app = typer.Typer(help="Put the API's credentials where QueryApi reads them.", no_args_is_help=True)
# The names of the values in `.env` and in the secret's JSON.
VALUES = {"CLIENT_ID": "clientId", "CLIENT_SECRET": "clientSecret", "API_TOKEN": "apiToken"}


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


def push_credentials(cloud: Cloud) -> list[str]:
    """Put the configured values into the secret, and return their names."""
    given = {**dotenv_values(PROJECT / ".env"), **os.environ}
    values = {name: given[name] for name in VALUES if given.get(name)}
    if not values:
        raise Problem("there is nothing to push: set CLIENT_ID and CLIENT_SECRET, or API_TOKEN")
    if "CredentialsSecretArn" not in cloud.outputs:
        raise Problem(
            "the stack has no secret: deploy it with CLIENT_ID or API_TOKEN set, then push"
        )
    cloud.secretsmanager.put_secret_value(
        SecretId=cloud.outputs["CredentialsSecretArn"],
        SecretString=json.dumps({VALUES[name]: value for name, value in values.items()}),
    )
    return list(values)
