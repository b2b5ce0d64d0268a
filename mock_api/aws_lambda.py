"""Serves the mock Buy with Prime on Lambda, behind API Gateway."""

import json
import os

import boto3
from mangum import Mangum
from starlette.requests import Request

from mock_api.app import create_app


def reset(request: Request) -> None:
    """Fail in the one way that gives a client no answer of ours: API Gateway answers 502."""
    raise ConnectionResetError("asked for by the id")


def token() -> str:
    """The token of this deployment, of which no template and no environment tells."""
    secret = boto3.client("secretsmanager").get_secret_value(
        SecretId=os.environ["TOKEN_SECRET_ARN"]
    )
    held: str = json.loads(secret["SecretString"])["apiToken"]
    return held


secret_token = token()

handler = Mangum(
    create_app(
        boto3.client("events"),
        os.environ["EVENT_BUS_NAME"],
        reset,
        secret_token,
        int(os.environ["MAX_COUNT"]),
        float(os.environ["SILENT_SECONDS"]),
        # The sandbox's gateway has no path to the token endpoint of either contract.
        published_token=secret_token,
        contract=os.environ["CONTRACT"],
    ),
    lifespan="off",
)
