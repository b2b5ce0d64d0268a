"""ExtractId: validates a thin event and says what to query and where to store it."""

import re
from datetime import datetime
from typing import Any, NamedTuple

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

logger = Logger()
metrics = Metrics()

MAX_ID_LENGTH = 256
EVENT_ID = re.compile(r"[0-9A-Za-z-]{1,64}")
EVENT_TYPE = re.compile(r"[0-9A-Za-z_.-]{1,64}")
EVENT_TIME = "%Y-%m-%dT%H:%M:%SZ"


class InvalidEvent(Exception):
    """The event lacks something hydration needs, or has it in an unusable form. Permanent."""


class Extraction(NamedTuple):
    """Where an entity's event type and id are in the event, and the document's variable for it."""

    event_type: str
    id: str
    variable: str


EXTRACTIONS = {
    "order": Extraction("detail.eventType", "detail.orderIdentifier.orderId", "orderId"),
    "item": Extraction("detail-type", "detail.item.identifierValue", "itemId"),
    "inventory": Extraction("detail-type", "detail.inventoryItemId", "inventoryItemId"),
}


@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Extract the id of one event.

    Args:
        event: `{"event": <the EventBridge event>, "hydration": {"entity", "document"},
            "executionArn"}`, as the state ExtractId passes it.
        context: the Lambda context; not used.

    Returns:
        `{"id", "variables", "key", "eventId", "eventType"}`: the entity's id, the variables of
        the entity's GraphQL document and the S3 key of the response.

    Raises:
        InvalidEvent: the id, the event's own id or its time is missing or absurd.
    """
    logger.append_keys(execution_arn=event["executionArn"], entity=event["hydration"]["entity"])
    try:
        request = extract_id(event["event"], event["hydration"]["entity"])
    except InvalidEvent as error:
        logger.append_keys(event_id=event["event"].get("id"), event_type=None, entity_id=None)
        logger.warning("event is invalid", reason=str(error))
        count("invalid")
        raise
    logger.append_keys(
        event_id=request["eventId"], event_type=request["eventType"], entity_id=request["id"]
    )
    logger.info("id extracted", key=request["key"])
    count(request["eventType"])
    return request


def count(event_type: str) -> None:
    """Count an event of a type."""
    metrics.add_dimension("eventType", event_type)
    metrics.add_metric("EventReceived", MetricUnit.Count, 1)


def extract_id(event: dict[str, Any], entity: str) -> dict[str, Any]:
    """What to ask for `event`, an event about an `entity`, and where the answer goes.

    The key is the same for every delivery of one event, and no two events share one. Nothing of
    the event reaches it that has not been matched against the characters allowed there.
    """
    extraction = EXTRACTIONS[entity]
    if entity == "item" and read(event, "detail.item.identifierType") != "itemId":
        raise InvalidEvent("detail.item.identifierType is missing or not a string")
    entity_id = read(event, extraction.id)
    if not is_sane(entity_id):
        raise InvalidEvent(
            f"{extraction.id} must be 1 to {MAX_ID_LENGTH} printable characters in a string"
        )
    event_type = matching(event, extraction.event_type, EVENT_TYPE)
    event_id, time = identity(event)
    day, stamp = f"{time:%Y-%m-%d}", f"{time:%Y%m%dT%H%M%SZ}"
    return {
        "id": entity_id,
        "variables": {extraction.variable: entity_id},
        "key": f"{entity}/{event_type}/{day}/{stamp}_{event_id}.json",
        "eventId": event_id,
        "eventType": event_type,
    }


def identity(event: dict[str, Any]) -> tuple[str, datetime]:
    """The id and time that EventBridge gave the event."""
    event_id = matching(event, "id", EVENT_ID)
    try:
        return event_id, datetime.strptime(read(event, "time"), EVENT_TIME)
    except (TypeError, ValueError):
        raise InvalidEvent("time is not one such as 2026-11-24T08:18:50Z") from None


def matching(event: dict[str, Any], path: str, pattern: re.Pattern[str]) -> str:
    """The string at `path`, which has to match `pattern` whole."""
    value = read(event, path)
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise InvalidEvent(f"{path} is missing or not of the form {pattern.pattern}")
    return value


def is_sane(entity_id: object) -> bool:
    """Whether this can be an id: a string that is not empty, endless or unprintable."""
    return (
        isinstance(entity_id, str)
        and 0 < len(entity_id) <= MAX_ID_LENGTH
        and entity_id.isprintable()
        and not entity_id.isspace()
    )


def read(event: object, path: str) -> Any:
    """The value at a dotted path, or None where the event has no such path."""
    for name in path.split("."):
        event = event.get(name) if isinstance(event, dict) else None
    return event
