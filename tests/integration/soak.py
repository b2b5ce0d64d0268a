"""Soak and chaos: events flow while the API turns faulty, slow and dead, and none may be lost.

`python -m tests.integration.soak SECONDS [hostile]` prints a table; see `make soak`.
"""

import json
import random
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table

from accelerator.deployment import Deployment, local_cloud
from accelerator.executions.source import source
from accelerator.failures.failure import Filter
from accelerator.failures.look import look
from domain.event_types import fired
from mock_api import events
from mock_api.event_api import put_events
from tests.harness.hostile import answers, entries, hostile_api, is_object, order
from tests.harness.local_cloud import (
    CHAOS,
    accelerator,
    clean_environment,
    set_conditions,
    wait_for_the_end,
)

# Each condition of the API gets an equal part of the time.
CONDITIONS: dict[str, dict[str, Any]] = {
    "calm": {},
    "half of all answers are 503": {"failure_rate": 0.5},
    "slow": {"latency_seconds": 0.3},
    "dead": {"dead": True},
    "429 above two at once": {"max_concurrent": 2, "latency_seconds": 0.02},
    "calm again": {},
}
SECONDS_A_WAVE = 1.0
EVENTS_A_WAVE = 10
# Those whose id can be read, so that where they end can be told.
HOSTILE = [each for each in (*entries(), *map(order, answers())) if is_object(each["Detail"])]


@dataclass
class Report:
    """Where every event ended, by its id."""

    sent: dict[str, str] = field(default_factory=dict)
    stored: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    ignored: Counter[str] = field(default_factory=Counter)
    answers: Counter[bool] = field(default_factory=Counter)

    @property
    def ended(self) -> Counter[str]:
        """How often each event ended, in whatever place."""
        return self.stored + self.failed + self.ignored

    @property
    def lost(self) -> set[str]:
        """The events that ended nowhere."""
        return self.sent.keys() - self.ended.keys()

    @property
    def twice(self) -> set[str]:
        """The events that ended more than once."""
        return {event_id for event_id, times in self.ended.items() if times > 1}

    @property
    def faulty(self) -> float:
        """The share of queries that failed."""
        return self.answers[False] / max(1, self.answers.total())

    def table(self) -> Table:
        """The report for a person, by the condition under which events were sent."""
        table = Table("the API was", "sent", "stored", "failed", "ignored", "lost", "twice")
        for condition in dict.fromkeys(self.sent.values()):
            ids = {event_id for event_id, under in self.sent.items() if under == condition}
            table.add_row(condition, *self.counts(ids))
        table.add_section()
        table.add_row("all of it", *self.counts(set(self.sent)))
        return table

    def counts(self, ids: set[str]) -> list[str]:
        """A row's numbers."""
        places = (self.stored, self.failed, self.ignored, self.lost, self.twice)
        return [str(n) for n in (len(ids), *(len(ids & set(place)) for place in places))]


def some_event() -> dict[str, Any]:
    """An event of one of the kinds that come, in about the shares that they might."""
    kinds: dict[Callable[[], dict[str, Any]], int] = {
        lambda: events.entry(random.choice(fired())): 60,
        lambda: events.entry("order_placed", f"flaky-1-{uuid.uuid4()}"): 25,
        lambda: events.entry("order_placed", "322-NONE-SUCH01"): 4,
        lambda: events.entry("order_placed", "error-404"): 3,
        lambda: events.entry("order_placed", orderIdentifier={}): 4,
        lambda: events.entry(
            "buyability", item={"identifierType": "sku", "identifierValue": "S-1"}
        ): 4,
    }
    (kind,) = random.choices(list(kinds), list(kinds.values()))
    return kind()


def soak(
    cloud: Deployment, seconds: float, event: Callable[[], dict[str, Any]] = some_event
) -> Report:
    """Send events under each condition, then wait until all have ended."""
    report = Report()
    witness(cloud)
    with ThreadPoolExecutor(1) as sender:
        for condition, fields in CONDITIONS.items():
            set_conditions(cloud, **fields)
            for _ in range(round(seconds / len(CONDITIONS) / SECONDS_A_WAVE)):
                next_wave = time.monotonic() + SECONDS_A_WAVE
                wave = [event() for _ in range(EVENTS_A_WAVE)]
                ids = sender.submit(put_events, cloud.events, cloud.outputs.event_bus_name, wave)
                report.sent |= dict.fromkeys(ids.result(), condition)
                time.sleep(max(0.0, next_wave - time.monotonic()))
    wait_for_the_end(cloud)
    collect(cloud, report)
    return report


WITNESS = "soak-witness"


def witness(cloud: Deployment) -> None:
    """Let a queue hear whatever is put on the bus."""
    url = cloud.sqs.create_queue(QueueName=WITNESS)["QueueUrl"]
    arn = cloud.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    bus, pattern = cloud.outputs.event_bus_name, json.dumps({"account": [{"exists": True}]})
    cloud.events.put_rule(Name=WITNESS, EventBusName=bus, EventPattern=pattern)
    target: Any = {"Id": "one", "Arn": arn["QueueArn"]}
    cloud.events.put_targets(Rule=WITNESS, EventBusName=bus, Targets=[target])


def known_of(cloud: Deployment, event_ids: Iterable[str]) -> str:
    """What the bus, the executions and the queues know of events, as JSON."""
    executions = source(cloud)
    messages = {url: list(bodies(cloud, url)) for url in cloud.sqs.list_queues()["QueueUrls"]}
    known = {
        event_id: {
            "executions": [each.told() for each in executions.of_event(event_id)],
            "queues": {
                url.rsplit("/", 1)[1]: sum(event_id in body for body in found)
                for url, found in messages.items()
            },
        }
        for event_id in event_ids
    }
    return json.dumps(known, indent=2)


def bodies(cloud: Deployment, url: str) -> Iterator[str]:
    """The messages of a queue, which are hidden for a minute by this look."""
    while received := cloud.sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=60
    ).get("Messages"):
        yield from (message["Body"] for message in received)


def collect(cloud: Deployment, report: Report) -> None:
    """Find where every event ended, and how often its queries failed on the way."""
    bucket = cloud.outputs.response_bucket_name
    for page in cloud.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for item in page.get("Contents", []):
            if not item["Key"].startswith("failures/"):
                report.stored[item["Key"].rsplit("_", 1)[1].removesuffix(".json")] += 1
    with look(cloud, Filter()) as found:
        report.failed.update(failure.message["eventId"] for failure in found)
    for arn in executions(cloud):
        ended = cloud.emulator.describe_execution(executionArn=arn)
        if "detail-type" in json.loads(ended.get("output") or "{}"):
            report.ignored[json.loads(ended["input"])["id"]] += 1
        for good in query_results(cloud, arn):
            report.answers[good] += 1


def executions(cloud: Deployment) -> Iterator[str]:
    pages = cloud.emulator.get_paginator("list_executions").paginate(
        stateMachineArn=cloud.outputs.state_machine_arn
    )
    return (item["executionArn"] for page in pages for item in page["executions"])


def query_results(cloud: Deployment, arn: str) -> Iterator[bool]:
    """Whether each attempt of QueryApi succeeded."""
    history = cloud.emulator.get_execution_history(executionArn=arn, maxResults=1000)
    entered = ""
    for entry in history["events"]:
        if details := entry.get("stateEnteredEventDetails"):
            entered = details["name"]
        elif entered == "QueryApi" and entry["type"] in ("TaskSucceeded", "TaskFailed"):
            yield entry["type"] == "TaskSucceeded"


def hostile_event() -> dict[str, Any]:
    """One that somebody would send to break things, or that is answered so."""
    return random.choice(HOSTILE)


def main(seconds: float, hostile: bool) -> None:
    """Run a soak on a local cloud of its own, and fail where an event is lost or twice."""
    with hostile_api() as api:
        asked = {"MOCK_BWP_API": api} if hostile else {}
        run(seconds, hostile_event if hostile else some_event, CHAOS | asked)


def run(seconds: float, event: Callable[[], dict[str, Any]], settings: dict[str, str]) -> None:
    """A soak with these events and settings."""
    accelerator("up", environment=clean_environment() | settings)
    console = Console()
    try:
        report = soak(local_cloud(), seconds, event)
        if report.lost:
            console.print(known_of(local_cloud(), report.lost))
    finally:
        accelerator("down")
    console.print(report.table())
    console.print(f"{report.faulty:.0%} of {report.answers.total()} queries failed")
    sys.exit(bool(report.lost or report.twice))


if __name__ == "__main__":
    main(float(sys.argv[1]), "hostile" in sys.argv)
