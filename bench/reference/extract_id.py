"""Takes the id out of the event."""

import json
import logging
from typing import Any

import boto3  # noqa: F401

logging.getLogger().setLevel(logging.INFO)


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    logging.info(json.dumps(event))
    return {"orderId": event["detail"]["orderIdentifier"]["orderId"]}
