"""The API's credentials, from `.env` to Secrets Manager."""

import json
import os

from dotenv import dotenv_values

from accelerator.cloud import PROJECT, Cloud
from accelerator.problem import Problem

# The names of the values in `.env` and in the secret's JSON.
VALUES = {"CLIENT_ID": "clientId", "CLIENT_SECRET": "clientSecret", "API_TOKEN": "apiToken"}


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
