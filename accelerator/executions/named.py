"""What an id stands for: an event's or its failure's, or how either begins."""

from collections.abc import Sequence

from accelerator.deployment import Deployment
from accelerator.executions.execution import Execution
from accelerator.executions.source import Source
from accelerator.failures.failure import Filter
from accelerator.failures.look import look
from accelerator.failures.named import WHOLE, unknown
from accelerator.problem import Problem
from accelerator.words import few
from domain.event import EVENT_ID

# Of an id that there is not, so much is taken for right where others are looked for, which
# EventBridge writes in small letters.
RIGHT = 4


def of_event(cloud: Deployment, source: Source, given: str) -> Sequence[Execution]:
    """The executions of the event that an id means.

    Raises:
        Problem: it means none, or may mean several.
    """
    if not given:
        raise Problem("an empty id means no event: give one, or how it begins")
    if not EVENT_ID.fullmatch(given):
        raise Problem(f"{given} is no event id: it is letters, digits and hyphens")
    executions = source.of_event(given)
    if not executions and (event_id := of_failure(cloud, given)):
        executions = source.of_event(event_id)
    ids = {str(each.event_id) for each in executions}
    if given not in ids and len(ids) > 1:
        raise Problem(f"more than one event's id begins with {given}: {few(ids)}")
    if executions:
        return [each for each in executions if given not in ids or each.event_id == given]
    near = {str(each.event_id) for each in source.of_event(given[:RIGHT].lower())}
    told = unknown("execution of event", given, near, "accelerator watch --since 1h")
    raise Problem(told if near else f"{told}, and --since looks further back")


def of_failure(cloud: Deployment, given: str) -> str | None:
    """The event of the failure whose id begins so, where that is one."""
    with look(cloud, Filter((given,))) as found:
        ids = set[str]()
        for failure in found:
            if failure.id.startswith(given) and failure.message["eventId"]:
                ids.add(failure.message["eventId"])
            if len(given) >= WHOLE and ids:
                break
    return ids.pop() if len(ids) == 1 else None
