"""What an execution is started with again: the event of a failure message, wherever it is kept."""

import json
from typing import Any

from domain.event import ENVELOPE, redriven
from domain.keys import EVENTS
from domain.untrusted import parse

# What an execution of an Express state machine can be started with (Step Functions quotas).
MAX_START_BYTES = 262_144


class NotRedrivable(Exception):
    """The event is not to be found, is none, or is too large to start an execution with."""


def original_event(message: dict[str, Any], s3: Any, bucket: str) -> dict[str, Any]:
    """The event of a failure message, wherever the message says it is.

    Args:
        message: a failure message (docs/failure-message.schema.json).
        s3: a boto3 client of S3.
        bucket: the response bucket, the only one in which events are looked for.

    Raises:
        NotRedrivable: the message points elsewhere, or there is nothing where it points.
    """
    event = message["event"]
    if message.get("eventObject"):
        key = stored_event(message, bucket)
        if key is None:
            raise NotRedrivable(f"it points to an object that is not under {EVENTS}")
        try:
            event = parse(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
        except s3.exceptions.NoSuchKey:
            raise NotRedrivable("its event is no longer where it was stored") from None
        except s3.exceptions.ClientError as error:
            code = error.response["Error"]["Code"]
            raise NotRedrivable(f"what is stored of it cannot be read: {code}") from None
        except ValueError:
            raise NotRedrivable("what is stored of it cannot be read") from None
    return sound(event)


def sound(event: Any) -> dict[str, Any]:
    """An event as EventBridge delivers it.

    Raises:
        NotRedrivable: it is none.
    """
    if not isinstance(event, dict) or not all(name in event for name in ENVELOPE):
        raise NotRedrivable(f"it is no event of EventBridge, which has {', '.join(ENVELOPE)}")
    return event


def stored_event(message: dict[str, Any], bucket: str) -> str | None:
    """The key of the event that a failure message points to, where it is one of ours."""
    place = message.get("eventObject")
    if not isinstance(place, dict) or place.get("bucket") != bucket:
        return None
    key = place.get("key")
    return key if isinstance(key, str) and key.startswith(EVENTS) else None


def start_input(event: dict[str, Any], attempt: int) -> str:
    """What to start an execution with, as JSON.

    Raises:
        NotRedrivable: it is too large, counted as Step Functions does, in bytes of UTF-8.
    """
    try:
        told = as_json(redriven(event, attempt))
    except RecursionError:
        raise NotRedrivable("it is nested too deeply") from None
    if len(told.encode()) > MAX_START_BYTES:
        raise NotRedrivable(
            f"it is larger than the {MAX_START_BYTES} bytes that start an execution"
        )
    return told


def as_json(value: Any) -> str:
    """JSON in as few bytes of UTF-8 as it takes."""
    told = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        told.encode()
    except UnicodeEncodeError:  # half a surrogate pair has no UTF-8
        return json.dumps(value, separators=(",", ":"))
    return told
