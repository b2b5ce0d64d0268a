"""Sends a span of archived events again."""

import uuid
from datetime import UTC, datetime

from botocore.exceptions import ClientError

from accelerator.deployment import Deployment
from accelerator.problem import Problem
from accelerator.rules import rules_of
from domain.event_types import FAMILIES, families
from domain.names import OPERATIONS_STACK, STACK, archive

KINDS = tuple(dict.fromkeys(family.name for family in FAMILIES))


def moment(text: str) -> datetime:
    """A moment such as 2026-11-24 or 2026-11-24T08:00, in UTC unless it says otherwise.

    Raises:
        Problem: it is none.
    """
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        raise Problem(f"{text} is no time: give one such as 2026-11-24T08:00") from None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def replay(cloud: Deployment, start: datetime, end: datetime, family: str | None) -> list[str]:
    """Start a replay of each family's archive, and return the replays' names.

    Raises:
        Problem: there is no such family or archive, or the span is none.
    """
    kinds = [each.name for each in families(cloud.contract)]
    if family is not None and family not in kinds:
        raise Problem(f"there is no kind {family}: give one of {', '.join(kinds)}")
    if start >= end:
        raise Problem("the span ends before it begins: give --from an earlier time than --to")
    rules = filter_of(cloud)
    names = []
    for each in [family] if family else kinds:
        found = find_archive(cloud, each)
        name = f"{each}-{uuid.uuid4()}"
        cloud.events.start_replay(
            ReplayName=name,
            EventSourceArn=found["ArchiveArn"],
            EventStartTime=start,
            EventEndTime=end,
            Destination={"Arn": found["EventSourceArn"], "FilterArns": rules},
        )
        names.append(name)
    return names


def filter_of(cloud: Deployment) -> list[str]:
    """The ARNs of the rules that start this deployment's state machine.

    Without them a replay would reach every rule of the bus, other people's among them
    (StartReplay in the EventBridge API reference, "FilterArns").

    Raises:
        Problem: there are none.
    """
    found = [str(rule["Arn"]) for rule in rules_of(cloud)]
    if not found:
        bus = cloud.outputs.event_bus_name
        raise Problem(f"no rule of {bus} starts the state machine: deploy {STACK}")
    return found


def find_archive(cloud: Deployment, family: str) -> dict[str, str]:
    """The archive of a family: its own ARN and its bus's."""
    try:
        found = cloud.events.describe_archive(
            ArchiveName=archive(family, cloud.outputs.event_bus_name)
        )
    except ClientError:
        if cloud.is_local:
            raise Problem(
                f"the local cloud archives nothing: {OPERATIONS_STACK}, which does, is deployed on "
                "AWS only"
            ) from None
        raise Problem(
            f"there is no archive of {family} events: "
            f"set ARCHIVE_DAYS and deploy {OPERATIONS_STACK}"
        ) from None
    return {"ArchiveArn": found["ArchiveArn"], "EventSourceArn": found["EventSourceArn"]}
