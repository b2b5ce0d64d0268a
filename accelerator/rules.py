"""The rules that start a deployment's state machine, and the events that none of them takes."""

import json
from collections.abc import Iterable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from accelerator.deployment import Deployment
from accelerator.words import few
from domain.event_types import event_type, family_of


def rules_of(cloud: Deployment) -> list[Any]:
    """The rules, as DescribeRule tells them."""
    bus = cloud.outputs.event_bus_name
    names = cloud.events.list_rule_names_by_target(
        TargetArn=cloud.outputs.state_machine_arn, EventBusName=bus
    )["RuleNames"]
    return [cloud.events.describe_rule(Name=name, EventBusName=bus) for name in names]


def untaken(cloud: Deployment, events: Iterable[dict[str, Any]]) -> str | None:
    """What to say of events that no rule takes; None where each is, or no rule may be read."""
    try:
        patterns = [json.loads(rule["EventPattern"]) for rule in rules_of(cloud)]
    except (BotoCoreError, ClientError):
        return None
    left = [event for event in events if not any(takes(each, event) for each in patterns)]
    if not left:
        return None
    names = few({event_type(event) for event in left})
    told = f"no rule of this deployment takes {names}: nothing starts with it"
    contracts = {family.contract for event in left if (family := family_of(event))}
    if cloud.contract in contracts:
        return f"{told} (deploy again, or look at EVENT_SOURCE)"
    return f"{told} (it is of the contract {contracts.pop()})" if contracts else told


def takes(pattern: Any, event: Any) -> bool:
    """Whether an event has at each place of a pattern one of the values that are there."""
    if not isinstance(pattern, dict):
        return event in pattern
    return isinstance(event, dict) and all(
        takes(inner, event.get(name)) for name, inner in pattern.items()
    )
