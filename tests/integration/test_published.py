"""The published contract on the local cloud: every event type, the subscriptions, a story."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from accelerator.deployment import Deployment
from domain.event_types import FIRED, fired
from domain.family import PUBLISHED
from domain.keys import parse
from domain.published import CURRENT, STORY
from mock_api import events
from mock_api.event_api import put_events
from tests.harness.local_cloud import (
    QUICK,
    accelerator,
    cloud_of,
    in_process,
    stored_ids,
    up_again,
    wait_for_the_end,
    wait_until,
)

BP, ORDER = "businessProduct/bp-1", "order/322-LIFE-5R8T2K"
# Resources that name no entity, none that is one, or several.
MALFORMED: list[Any] = [
    [],
    [BP],
    [f"{BP}/order"],
    [f"{ORDER}/{BP}"],
    [f"{BP}/order//x/y"],
    [f"{BP}/order/a/order/b"],
    [f"{BP}/order/a", f"{BP}/order/b"],
]
ALSO_GOOD: list[Any] = [
    [f"{BP}/delivery/1/{ORDER}"],
    [f"{BP}/{ORDER}", f"{BP}/{ORDER}/delivery/2"],
]


@pytest.fixture(scope="module")
def cloud() -> Iterator[Deployment]:
    with cloud_of(**QUICK, API_VERSION=PUBLISHED) as cloud:
        yield cloud


def send(cloud: Deployment, entries: list[dict[str, Any]]) -> list[str]:
    """Send events, and wait until each has ended: that nothing runs need not mean that."""
    ids = put_events(cloud.events, cloud.outputs.event_bus_name, entries)
    wait_until(lambda: ended(cloud) >= set(ids), told=uncaught)
    return ids


def uncaught() -> str:
    """The executions of which nothing caught the error: what never ends may be there."""
    return in_process("watch", "--status", "uncaught", "--no-follow", "--json")


def ended(cloud: Deployment) -> set[str]:
    """The ids of the events that ended anywhere."""
    return stored_ids(cloud) | failures().keys()


def stored(cloud: Deployment) -> dict[str, tuple[str, str, Any]]:
    """The entity, event type and body of each object, by its event's id."""
    bucket, found = cloud.outputs.response_bucket_name, {}
    pages = cloud.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    for item in (item for page in pages for item in page.get("Contents", [])):
        body = cloud.s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read()
        if key := parse(item["Key"]):
            found[key.event_id] = key.entity, key.event_type, json.loads(body)
    return found


def failures() -> dict[str, dict[str, Any]]:
    lines = in_process("failures", "list", "--json").splitlines()
    return {failure["eventId"]: failure for failure in map(json.loads, lines)}


def test_every_event_type_is_stored_under_its_entity(cloud: Deployment) -> None:
    names = fired(PUBLISHED)
    # An event may say what it is about, or nothing but the resources.
    filled = [events.entry(name, data={"order": {"id": "another"}}) for name in names]
    bare = [events.entry(name) | {"Detail": "{}"} for name in names]
    ids = send(cloud, [*map(events.entry, names), *filled, *bare])
    found = stored(cloud)
    assert found.keys() >= set(ids), failures()
    for event_id, name in zip(ids, names * 3, strict=True):
        entity, event_type, body = found[event_id]
        family = FIRED[name]
        assert (entity, event_type) == (family.entity, family.types[name])
        (field,) = body["data"]
        assert body["data"][field], name
        assert "errors" not in body
    order = next(found[i][2] for i, n in zip(ids, names, strict=False) if n == "order_confirmed")
    told = order["data"]["order"]
    assert told["packageInformation"]["details"]
    assert told["refunds"]["details"]
    assert told["returns"]["details"]


def test_resources_of_another_form_are_kept_with_a_reason(cloud: Deployment) -> None:
    bad = [events.entry("package_delivered") | {"Resources": each} for each in MALFORMED]
    good = [events.entry("package_delivered") | {"Resources": each} for each in ALSO_GOOD]
    odd = [events.entry("package_delivered", data=[])]
    ids = send(cloud, bad + odd + good)
    kept, found = failures(), stored(cloud)
    for event_id in ids[: len(bad + odd)]:
        assert kept[event_id]["errorCode"] == "InvalidEvent"
        assert "resources" in kept[event_id]["message"] or "envelope" in kept[event_id]["message"]
    assert "several" in kept[ids[len(bad) - 1]]["message"]
    assert found.keys() >= set(ids[len(bad + odd) :])


def test_personal_data_starts_nothing(cloud: Deployment) -> None:
    before = ended(cloud)
    kinds, ends = ("DELETION", "RETRIEVAL"), ("COMPLETED", "FAILED")
    names = [f"PERSONAL_DATA_{kind}_TASK_{end}" for kind in kinds for end in ends]
    told = [events.entry("order_confirmed") | {"DetailType": name} for name in names]
    put_events(cloud.events, cloud.outputs.event_bus_name, told)
    wait_for_the_end(cloud)
    assert ended(cloud) == before


def test_a_story_is_told_from_the_order_to_the_refund(cloud: Deployment) -> None:
    told = accelerator("fire", "story", "--id", "322-NEWO-4T9WX1").stdout
    assert told.count("\n") == len(STORY)
    wait_until(lambda: ended(cloud) >= set(told.split()))
    types = {
        event_type
        for entity, event_type, body in stored(cloud).values()
        if entity == "order" and body["data"]["order"]["id"] == "322-NEWO-4T9WX1"
    }
    assert types == {name for name in STORY.values() if "TRACKER" not in name}


def test_subscriptions_are_made_listed_and_ended(cloud: Deployment) -> None:
    assert accelerator("subscriptions", "list").stdout == "No subscriptions.\n"
    made = accelerator("subscriptions", "create").stdout
    assert all(f"{name}: " in made for name in CURRENT)
    bus = "aws.partner/buywithprime/event-accelerator-000000000000-us-east-1"
    assert f"EVENT_BUS_ARN=arn:aws:events:us-east-1:000000000000:event-bus/{bus}" in made
    again = accelerator("subscriptions", "create", "ORDER_CONFIRMED", "--associate").stdout
    assert cloud.events.describe_event_bus(Name=bus)["Arn"] in again
    assert "ORDER_CONFIRMED: exists already" in again
    taken = accelerator(
        "subscriptions", "create", "REFUND_REQUESTED", "--name", "another", check=False
    )
    assert taken.returncode == 0
    lines = accelerator("subscriptions", "list", "--json").stdout.splitlines()
    listed = [json.loads(line) for line in lines]
    assert {each["event_type"] for each in listed} == set(CURRENT)
    assert len(listed) == len(CURRENT) + 1
    assert accelerator("subscriptions", "delete", check=False).returncode == 1
    told = accelerator("subscriptions", "delete", "--all", "--yes").stdout
    assert f"deleted {listed[0]['id']}" in told
    assert accelerator("subscriptions", "list").stdout == "No subscriptions.\n"


def test_another_contract_replaces_the_rules_of_what_is_up(cloud: Deployment) -> None:
    up_again()
    before = ended(cloud)
    old, new = (events.entry(name) for name in ("order_confirmed", "order_placed"))
    put_events(cloud.events, cloud.outputs.event_bus_name, [old])
    (placed,) = send(cloud, [new])
    wait_for_the_end(cloud)
    assert ended(cloud) == before | {placed}
    assert placed in stored_ids(cloud)
