"""Hostile events and answers at the whole: none is lost, no command goes blind, nothing leaks."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from accelerator.deployment import STATE_DIR, Deployment
from domain.keys import UNSENT, parse
from tests.harness.hostile import CANARY, CONTROLS, answers, entries, hostile_api, order
from tests.harness.local_cloud import QUICK, accelerator, cloud_of, in_process, wait_for_the_end

SENT = [*entries(), *map(order, answers())]


@pytest.fixture(scope="module")
def cloud() -> Iterator[Deployment]:
    with hostile_api() as api, cloud_of("--console", **QUICK, MOCK_BWP_API=api) as cloud:
        yield cloud


@pytest.fixture(scope="module")
def accepted(cloud: Deployment) -> set[str]:
    """The ids of the events that the bus took, once all that they start has ended."""
    told = []
    for entry in SENT:
        on_bus: Any = entry | {"EventBusName": cloud.outputs.event_bus_name}
        told += cloud.events.put_events(Entries=[on_bus])["Entries"]
    wait_for_the_end(cloud)
    refused = [each["ErrorCode"] for each in told if "EventId" not in each]
    # Python reads no number of 5,000 digits, and so the local cloud takes none.
    assert refused == ["MalformedDetail"]
    return {each["EventId"] for each in told if "EventId" in each}


def keys(cloud: Deployment) -> list[str]:
    pages = cloud.s3.get_paginator("list_objects_v2").paginate(
        Bucket=cloud.outputs.response_bucket_name
    )
    return [item["Key"] for page in pages for item in page.get("Contents", [])]


def failures() -> list[dict[str, Any]]:
    told = in_process("failures", "list", "--json")
    return [json.loads(line) for line in told.splitlines()]


def test_every_event_ends_once(cloud: Deployment, accepted: set[str]) -> None:
    stored = [key.event_id for key in map(parse, keys(cloud)) if key]
    failed = [failure["eventId"] for failure in failures() if failure["eventId"]]
    ended = Counter(stored + failed)
    assert set(ended.values()) == {1}
    # Events so deep that no function can be given them are kept as they are, and shown unread.
    unread = [failure for failure in failures() if not failure["eventId"]]
    assert {failure["place"] for failure in unread} == {"bucket"}
    assert len(accepted - ended.keys()) == len(unread) == 2
    assert len(stored) > 20
    assert len(failed) > 20


def test_every_command_goes_on(cloud: Deployment, accepted: set[str]) -> None:
    known = failures()
    ids = [each["eventId"] for each in known if each["eventId"]]
    shown = [
        accelerator("watch", "--no-follow").stdout,
        accelerator("failures", "list", "--all").stdout,
        accelerator("failures", "list", "--by", "error-code").stdout,
        *(in_process("failures", "show", each["id"]) for each in known),
        *(in_process("trace", event_id) for event_id in ids[:15]),
    ]
    for text in shown:
        assert text
        assert not {each for each in CONTROLS if not each.isprintable()} & set(text)


def test_nothing_of_an_answer_is_anywhere_but_in_the_objects(
    cloud: Deployment, accepted: set[str]
) -> None:
    queue = cloud.outputs.failure_queue_url
    for key in keys(cloud):
        body = cloud.s3.get_object(Bucket=cloud.outputs.response_bucket_name, Key=key)["Body"]
        assert not (key.startswith(UNSENT) and CANARY.encode() in body.read())
    assert cloud.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    assert not any(CANARY in json.dumps(f["message"]) + f["errorCode"] for f in failures())
    groups = cloud.logs.get_paginator("describe_log_groups").paginate()
    for name in (group["logGroupName"] for page in groups for group in page["logGroups"]):
        if name.startswith("/aws/lambda/") or "Functions" in name:
            pages = cloud.logs.get_paginator("filter_log_events").paginate(logGroupName=name)
            assert CANARY not in json.dumps([page["events"] for page in pages])
    for file in STATE_DIR.glob("*.log"):
        assert CANARY not in file.read_text(errors="replace"), file
