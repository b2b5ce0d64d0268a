"""The demo: events of each kind and fault, each followed through the local cloud to its end."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from accelerator.deployment import Deployment
from accelerator.executions.emulator import EmulatorHistory
from accelerator.executions.execution import Execution
from accelerator.executions.source import Source
from accelerator.failures.failure import parsed
from domain.event_types import FIRED, families, fired
from domain.failures import is_readable
from domain.family import MOCK
from domain.keys import parse
from mock_api import events
from mock_api.event_api import put_events

DEADLINE_SECONDS = 120

POLL_SECONDS = 0.25


@dataclass
class Fired:
    """An event of the demo: what it is, and the id that EventBridge gave it."""

    what: str
    entry: dict[str, Any]
    event_id: str = ""


@dataclass
class Outcome:
    """Where the fired events ended, by event id."""

    stored: dict[str, str]
    failed: dict[str, dict[str, Any]]
    ignored: set[str]
    executions: dict[str, Execution]

    def counts(self, fired: list[Fired]) -> dict[str, int]:
        """`{"sent", "stored", "failed", "ignored", "lost"}`."""
        ended = self.stored.keys() | self.failed.keys() | self.ignored
        return {
            "sent": len(fired),
            "stored": len(self.stored),
            "failed": len(self.failed),
            "ignored": len(self.ignored),
            "lost": len({event.event_id for event in fired} - ended),
        }


def demo_events(contract: str) -> list[Fired]:
    """An event of each type or, of the published ones, family, and some that fail on purpose."""
    names = fired(MOCK)
    if contract != MOCK:
        names = [next(iter(family.types)) for family in families(contract)]
    order = next(name for name in names if FIRED[name].name == "order")
    sku = {"identifierType": "sku", "identifierValue": "SKU-1001"}
    ignored = [Fired("a sku, no item id", events.entry("buyability", item=sku))]
    return [
        *(Fired(name, events.entry(name)) for name in names),
        Fired("unknown order", events.entry(order, "322-NONE-SUCH01")),
        Fired("API answers 503", events.entry(order, "error-503")),
        Fired("no order id", events.entry(order, orderIdentifier={}) | {"Resources": []}),
        *(ignored if contract == MOCK else ()),
    ]


def fire(cloud: Deployment) -> list[Fired]:
    """Put the demo's events on the bus."""
    fired = demo_events(cloud.contract)
    event_ids = put_events(cloud.events, cloud.outputs.event_bus_name, [f.entry for f in fired])
    for event, event_id in zip(fired, event_ids, strict=True):
        event.event_id = event_id
    return fired


def follow(cloud: Deployment, fired: list[Fired]) -> Iterator[Outcome]:
    """What has become of the events so far, again and again until all have ended or it is late.

    It is told by the history, whatever is logged.
    """
    outcome, executions = Outcome({}, {}, set(), {}), EmulatorHistory(cloud)
    deadline = time.monotonic() + DEADLINE_SECONDS
    while True:
        look(cloud, executions, outcome)
        yield outcome
        if not outcome.counts(fired)["lost"] or time.monotonic() > deadline:
            return
        time.sleep(POLL_SECONDS)


def look(cloud: Deployment, executions: Source, outcome: Outcome) -> None:
    """Add what has ended since the last look."""
    outcome.executions |= {str(each.event_id): each for each in executions.changed()}
    outcome.ignored |= {
        event_id for event_id, each in outcome.executions.items() if each.outcome == "ignored"
    }
    bucket = cloud.outputs.response_bucket_name
    for page in cloud.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for stored in page.get("Contents", []):
            if key := parse(stored["Key"]):
                outcome.stored[key.event_id] = stored["Key"]
    received = cloud.sqs.receive_message(
        QueueUrl=cloud.outputs.failure_queue_url, MaxNumberOfMessages=10
    )
    for message in received.get("Messages", []):
        failure = parsed(message["Body"])
        if is_readable(failure):
            outcome.failed[failure["eventId"]] = failure
