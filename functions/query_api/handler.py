"""QueryApi: asks the Buy with Prime GraphQL API for the entity an event is about."""

import os
import re
import time
from functools import cache
from traceback import walk_tb
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from domain import telemetry
from domain.environment import variable
from domain.errors import ApiUnauthorized, HydrationError
from domain.metadata import metadata
from functions.query_api import graphql
from functions.query_api.connection import Connection
from functions.query_api.contract import contract, headers, version
from functions.query_api.credentials import Credentials

logger = Logger()
metrics = Metrics()

# The state limit is 256 KiB of JSON, in which a character can take three times its bytes.
MAX_STATE_BYTES = 80 * 1024

SURROGATE = re.compile(rb"\\u[dD]")


@cache
def api() -> Connection:
    """The connection to the API, which the first invocation makes: an import needs no API_URL."""
    return Connection(variable("API_URL"))


@cache
def credentials() -> Credentials:
    """What gives the tokens, made by the first invocation."""
    url = os.environ.get("TOKEN_URL")
    return Credentials(Connection(url) if url else None)


@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Query the API for one event.

    Args:
        event: `{"hydration": <ExtractId's result>, "executionArn"}`.
        context: the Lambda context; not used.

    Returns:
        `{"body", "metadata"}`: the parsed GraphQL response, `{"data": ...}`, or null, where the
        state could not carry the response and it is stored here, under the event's key; and the
        stored object's user metadata.

    Raises:
        ApiError: one of its subclasses, see `domain/errors.py`.
        MissingVariable: the deployment lacks one.
        Exception: anything else, under its own name and without its text.
    """
    try:
        return hydrate(event)
    except Exception as error:
        told = without_text(error)
        logger.warning(telemetry.QUERY_FAILED, error=type(told).__name__, reason=str(told))
        raise told from None


def without_text(error: Exception) -> Exception:
    """An error that may be told; all but our own can quote a token or a customer in their text.

    The name stays, by which the state machine knows an error, and the place in our code is told.
    """
    if isinstance(error, HydrationError):
        return error
    name = type(error).__name__
    places = [
        f"{module}:{line}"
        for frame, line in walk_tb(error.__traceback__)
        if (module := str(frame.f_globals.get("__name__"))).startswith("functions.")
    ]
    namesake: type[Exception] = type(name, (Exception,), {})
    return namesake(f"{name} in {places[-1]}")


def hydrate(event: dict[str, Any]) -> dict[str, Any]:
    """What the handler returns."""
    hydration = event["hydration"]
    logger.append_keys(
        event_id=hydration["eventId"],
        event_type=hydration["eventType"],
        entity_id=hydration["id"],
        execution_arn=event["executionArn"],
    )
    # Tells, before anything can fail or hang, which event this execution is about.
    logger.info(telemetry.QUERYING, key=hydration["key"])
    started = time.perf_counter()
    try:
        body, response, exact = query(hydration)
    finally:
        latency = (time.perf_counter() - started) * 1000
        metrics.add_metric(telemetry.API_LATENCY, MetricUnit.Milliseconds, latency)
    told = metadata(hydration, contract(), graphql.digest(hydration["document"]))
    stored = not (exact and fits_state(body))
    if stored:
        store(hydration["key"], body, told)
    logger.info(
        telemetry.RESPONSE_RECEIVED, bytes=len(body), latency_ms=round(latency), stored=stored
    )
    return {"body": None if stored else response, "metadata": told}


def query(hydration: dict[str, Any]) -> tuple[bytes, dict[str, Any], bool]:
    """The answer to an event's document: the body, the response in it, and whether that is exact.

    A token that the API does not take is refreshed, once. Whatever is asked for on the way shares
    one deadline: API_TIMEOUT_SECONDS from now.
    """
    deadline = time.monotonic() + float(variable("API_TIMEOUT_SECONDS"))
    body = graphql.request_body(hydration["document"], hydration["variables"])
    token = credentials().token(deadline)
    answer = api().post(body, headers(token, hydration), deadline)
    try:
        return answer.body, *graphql.response(answer)
    except ApiUnauthorized:
        # How the published API tells an expired token is not published: any refusal may mean one.
        if answer.status != 401 and not version():
            raise
    token = credentials().token(deadline, refused=token)
    answer = api().post(body, headers(token, hydration), deadline)
    return answer.body, *graphql.response(answer)


def fits_state(body: bytes) -> bool:
    r"""Whether Step Functions can carry the response.

    It cannot carry a lone surrogate (an escape \ud800 to \udfff without its pair), which JSON
    can: every response with a surrogate escape takes the way around it.
    """
    return len(body) <= MAX_STATE_BYTES and SURROGATE.search(body) is None


def store(key: str, body: bytes, told: dict[str, str]) -> None:
    """Put a response in the bucket, as it came, with its user metadata."""
    import boto3  # only the rare large response pays for this import

    boto3.client("s3").put_object(
        Bucket=variable("RESPONSE_BUCKET_NAME"),
        Key=key,
        Body=body,
        ContentType="application/json",
        Metadata=told,
    )
