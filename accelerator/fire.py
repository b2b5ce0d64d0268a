"""Puts events like Buy with Prime's on the bus of a local cloud or a sandbox."""

from difflib import get_close_matches

from accelerator.deployment import Deployment
from accelerator.problem import Problem
from domain.event_types import fired
from mock_api.event_api import put_events
from mock_api.events import entry

# What the name of every partner event bus begins with (EventBridge user guide, "SaaS partners").
PARTNER_BUS = "aws.partner/"


def fire(cloud: Deployment, event_type: str, entity_id: str | None, count: int) -> None:
    """Put `count` events of a type on the bus, about an entity or one that the mock knows.

    Raises:
        Problem: there is no such type, or the events of a real shop are on that bus.
    """
    known = fired(cloud.contract)
    if event_type not in known:
        near = get_close_matches(event_type, known, 1)
        hint = f"did you mean {near[0]}?" if near else f"give {', '.join(known)}"
        raise Problem(f"there is no event type {event_type}: {hint}")
    if not cloud.may_be_fired_at:
        raise Problem(
            "events are fired on the local cloud and the sandbox's bus only: "
            "unset EVENT_BUS_ARN and deploy again to have one"
        )
    bus = cloud.outputs.event_bus_name
    if bus.startswith(PARTNER_BUS):
        raise Problem(
            f"{bus} is a partner's bus, which takes no events: unset EVENT_BUS_ARN to fire"
        )
    entries = [entry(event_type, entity_id) for _ in range(count)]
    put_events(cloud.events, bus, entries)
