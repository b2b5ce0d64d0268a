"""QueryApi: asks the Buy with Prime GraphQL API for the entity an event is about."""

import os
import re
import time
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from domain import telemetry
from domain.errors import ApiError
from functions.query_api import graphql
from functions.query_api.connection import Answer, Connection
from functions.query_api.credentials import Credentials

logger = Logger()
metrics = Metrics()

# The state limit is 256 KiB of JSON, in which a character can take three times its bytes.
MAX_STATE_BYTES = 80 * 1024

SURROGATE = re.compile(rb"\\u[dD]")

credentials = Credentials()
connection = Connection(os.environ["API_URL"], timeout=float(os.environ["API_TIMEOUT_SECONDS"]))


@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Query the API for one event.

    Args:
        event: `{"hydration": <ExtractId's result>, "executionArn"}`.
        context: the Lambda context; not used.

    Returns:
        `{"body"}`: the parsed GraphQL response, `{"data": ...}`; or null, where the state could not
        carry the response and it is stored here, under the event's key.

    Raises:
        ApiError: one of its subclasses, see `domain/errors.py`.
    """
    hydration = event["hydration"]
    logger.append_keys(
        event_id=hydration["eventId"],
        event_type=hydration["eventType"],
        entity_id=hydration["id"],
        execution_arn=event["executionArn"],
    )
    started = time.perf_counter()
    try:
        body, response = query(hydration["document"], hydration["variables"])
    except ApiError as error:
        logger.warning(telemetry.QUERY_FAILED, error=type(error).__name__, reason=str(error))
        raise
    finally:
        latency = (time.perf_counter() - started) * 1000
        metrics.add_metric(telemetry.API_LATENCY, MetricUnit.Milliseconds, latency)
    stored = not fits_state(body)
    if stored:
        store(hydration["key"], body)
    logger.info(
        telemetry.RESPONSE_RECEIVED,
        bytes=len(body),
        latency_ms=round(latency),
        stored=stored,
        key=hydration["key"],
    )
    return {"body": None if stored else response}


def query(document: str, variables: dict[str, str]) -> tuple[bytes, dict[str, Any]]:
    """The answer to a document: the body as it came, and the response it holds.

    A token that the API does not take is refreshed, once.
    """
    body = graphql.request_body(document, variables)
    token = credentials.token()
    answer = post(body, token)
    if answer.status == 401:
        answer = post(body, credentials.token(refused=token))
    return answer.body, graphql.response(answer)


def post(body: bytes, token: str) -> Answer:
    """Post a request to the API with a token."""
    headers = {
        "Authorization": f"bearer {token}",
        "X-Omni-InstallationId": os.environ["INSTALLATION_ID"],
        "Content-Type": "application/json",
    }
    return connection.post(body, headers)


def fits_state(body: bytes) -> bool:
    r"""Whether Step Functions can carry the response.

    It cannot carry a lone surrogate (an escape \ud800 to \udfff without its pair), which JSON
    can: every response with a surrogate escape takes the way around it.
    """
    return len(body) <= MAX_STATE_BYTES and SURROGATE.search(body) is None


def store(key: str, body: bytes) -> None:
    """Put a response in the bucket, as it came."""
    import boto3  # only the rare large response pays for this import

    boto3.client("s3").put_object(
        Bucket=os.environ["RESPONSE_BUCKET_NAME"],
        Key=key,
        Body=body,
        ContentType="application/json",
    )
