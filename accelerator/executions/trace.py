"""One event's whole story: each state of each of its executions, and where it ended."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from accelerator.deployment import Deployment
from accelerator.executions.execution import Attempt, Execution, Visit
from accelerator.executions.mask import masked
from domain.executions import UNCAUGHT
from domain.regions import partition


def story(told: Execution, reveal: bool = True) -> dict[str, Any]:
    """An execution whole, for programs to read; customer data is masked unless revealed."""

    def show(data: Any) -> Any:
        return data if reveal else masked(data)

    return told.told() | {
        "traceId": told.trace_id,
        "event": show(told.event or told.unreadable),
        "states": [
            {
                "name": visit.name,
                "type": visit.type,
                "entered": visit.entered.isoformat(timespec="milliseconds"),
                "durationMs": milliseconds(visit),
                "input": show(visit.input),
                "output": show(visit.output),
                "attempts": list(attempts(visit)),
            }
            for visit in told.visits
        ],
    }


def milliseconds(visit: Visit) -> int | None:
    """How long the execution was in a state."""
    return round((visit.exited - visit.entered).total_seconds() * 1000) if visit.exited else None


def attempts(visit: Visit) -> Iterator[dict[str, Any]]:
    """Each try of a task, with the delay before it."""
    before: Attempt | None = None
    for attempt in visit.attempts:
        yield {
            "delayMs": between(before and before.ended, attempt.started),
            "durationMs": between(attempt.started, attempt.ended),
            "error": attempt.error,
            "cause": attempt.cause,
        }
        before = attempt


def between(start: Any, end: Any) -> int | None:
    """Milliseconds from one moment to another; None where one is not known."""
    return round((end - start).total_seconds() * 1000) if start and end else None


def places(told: Execution, cloud: Deployment) -> Iterator[str]:
    """Where the event ended, as something to open or to type; a browser opens AWS's alone."""
    bucket = cloud.outputs.response_bucket_name
    if told.key:
        yield f"object: s3://{bucket}/{told.key}"
        if not cloud.is_local:
            region = cloud.region
            yield (
                f"        https://{region}.{partition(region).console}/s3/object/{bucket}"
                f"?region={region}&prefix={quote(told.key, errors='replace')}"
            )
    elif told.outcome == UNCAUGHT:
        command = (
            f"redrive-event {told.event_id}" if told.event else "replay, or redrive-event FILE"
        )
        yield f"neither in a queue nor in the bucket: accelerator {command}"
    elif told.outcome in ("failed", "postponed"):
        message = message_id(told)
        queue = "failure queue" if told.outcome == "failed" else "redrive queue"
        if told.outcome == "failed" and message:
            yield f"message: accelerator failures show {message}"
        else:
            yield f"message: {message or 'see accelerator failures list'} in the {queue}"


def message_id(told: Execution) -> str | None:
    """The id that SQS gave the failure message."""
    sent = [a.output for visit in told.visits for a in visit.attempts if isinstance(a.output, dict)]
    ids = [output["MessageId"] for output in sent if "MessageId" in output]
    return ids[-1] if ids else None
