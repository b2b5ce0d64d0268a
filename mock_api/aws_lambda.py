"""Serves the mock Buy with Prime on Lambda, behind API Gateway."""

import os

import boto3
from mangum import Mangum
from starlette.requests import Request

from mock_api.app import create_app


def reset(request: Request) -> None:
    """Fail in the one way that gives a client no answer of ours: API Gateway answers 502."""
    raise ConnectionResetError("asked for by the id")


handler = Mangum(
    create_app(boto3.client("events"), os.environ["EVENT_BUS_NAME"], reset), lifespan="off"
)
