"""The API's credentials, from `.env` to Secrets Manager."""

import json
import re

from accelerator.deployment import Deployment, given_values
from accelerator.problem import Problem
from stacks.settings import SECRETS

# The names of the values in the secret's JSON, by their variables.
KEYS = {each.name: each.key for each in SECRETS}
# What OAuth 2.0 takes as an id and a secret (RFC 6749, appendix A), and a header as a token.
VISIBLE = {name: re.compile("[!-~]+" if name == "API_TOKEN" else "[ -~]+") for name in KEYS}


def push_credentials(cloud: Deployment, given: dict[str, str] | None = None) -> list[str]:
    """Put the configured values, or those that are given, into the secret; return their names.

    Raises:
        Problem: there are none, one is none, or the stack has no secret.
    """
    values = given or credentials_to_push()
    if not cloud.outputs.credentials_secret_arn:
        raise Problem(
            "the stack has no secret: deploy it with TOKEN_URL or API_CREDENTIALS=TOKEN, then push"
        )
    cloud.secretsmanager.put_secret_value(
        SecretId=cloud.outputs.credentials_secret_arn,
        SecretString=json.dumps({KEYS[name]: value for name, value in values.items()}),
    )
    return list(values)


def credentials_to_push() -> dict[str, str]:
    """The configured values, by their variables.

    Raises:
        Problem: there are none, or one is none.
    """
    values = configured()
    if not ("API_TOKEN" in values or {"CLIENT_ID", "CLIENT_SECRET"} <= values.keys()):
        raise Problem("there is nothing to push: set CLIENT_ID and CLIENT_SECRET, or API_TOKEN")
    for name, value in values.items():
        if not VISIBLE[name].fullmatch(value):
            raise Problem(f"{name} has characters that none has: look for blanks and breaks")
    return values


def configured() -> dict[str, str]:
    """The secrets that `.env` or the environment, which wins, gives, by their variables.

    Raises:
        Problem: `.env` cannot be read.
    """
    given = given_values()
    return {name: value for name in KEYS if (value := (given.get(name) or "").strip())}
