"""Starts an execution with an event that is in no queue, such as one of an execution's log."""

from datetime import UTC, datetime, timedelta
from typing import Any

from accelerator.deployment import Deployment
from accelerator.executions.execution import Execution
from accelerator.executions.named import of_event
from accelerator.executions.source import source
from accelerator.failures.failure import Filter
from accelerator.failures.look import look
from accelerator.problem import Problem
from domain.event import without_redrive
from domain.start import NotRedrivable, sound, start_input
from stacks.parsers import MAX_DELAY_SECONDS

# How long an event waits in the redrive queue, and until the function has taken it.
WAITS = timedelta(seconds=MAX_DELAY_SECONDS + 60)


def from_log(
    cloud: Deployment, event_id: str, since: timedelta | None = None, force: bool = False
) -> dict[str, Any]:
    """An event as the log of its executions holds it, by its id or how that begins.

    Raises:
        Problem: nothing is logged of it, or not its data; or it is kept as a failure or waits for
            its redrive, from where it would be started once more, and that is not to be.
    """
    executions = of_event(cloud, source(cloud, since), event_id)
    if not force:
        refuse_kept(cloud, executions[-1], str(executions[-1].event_id))
    for each in executions:
        if each.event:
            event, _ = without_redrive(each.event)
            return event
    raise Problem(
        f"the log holds {event_id} without its data (LOG_EXECUTION_DATA, EXECUTION_LOGS=ALL): give "
        "a file with the event, or send its span again with 'accelerator replay'"
    )


def refuse_kept(cloud: Deployment, last: Execution, event_id: str) -> None:
    """Raise a Problem where an event is in a queue, as its last execution may have left it."""
    if last.outcome not in ("failed", "postponed"):
        return
    with look(cloud, Filter((event_id,))) as found:
        for failure in found:
            raise Problem(
                f"it is in the {failure.place}: 'accelerator failures redrive {failure.id}' takes "
                "it from there, and --force starts it beside that"
            )
    since = last.ended if last.outcome == "postponed" else None
    if since and datetime.now(UTC) < since + WAITS:
        raise Problem(
            "it waits in the redrive queue and starts by itself, a quarter of an hour after it "
            "failed at the latest; --force starts it beside that"
        )


def redrive_event(cloud: Deployment, event: Any) -> str:
    """Start an execution with an event as EventBridge delivers it, and return the execution's ARN.

    Nothing is put on the bus, and the same event writes the same object again.

    Raises:
        Problem: it is no event of EventBridge, or too large to start an execution with.
    """
    try:
        told = start_input(sound(event), 0)
    except NotRedrivable as error:
        raise Problem(f"the event cannot be redriven: {error}") from None
    started = cloud.stepfunctions.start_execution(
        stateMachineArn=cloud.outputs.state_machine_arn, input=told
    )
    return started["executionArn"]
