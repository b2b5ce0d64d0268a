"""Hostile events and answers at the whole: none is lost, no command goes blind, nothing leaks."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from accelerator.deployment import Deployment
from domain.keys import parse
from mock_api.event_api import put_events
from tests.harness.hostile import answers, entries, hostile_api, order
from tests.harness.local_cloud import QUICK, accelerator, cloud_of, wait_for_the_end

SENT = [*entries(), *map(order, answers())]


@pytest.fixture(scope="module")
def cloud() -> Iterator[Deployment]:
    with hostile_api() as api, cloud_of(**QUICK, MOCK_BWP_API=api) as cloud:
        yield cloud


@pytest.fixture(scope="module")
def event_ids(cloud: Deployment) -> list[str]:
    """The ids of the events, once all that they start has ended."""
    ids = put_events(cloud.events, cloud.outputs.event_bus_name, SENT)
    wait_for_the_end(cloud)
    return ids


def keys(cloud: Deployment) -> list[str]:
    pages = cloud.s3.get_paginator("list_objects_v2").paginate(
        Bucket=cloud.outputs.response_bucket_name
    )
    return [item["Key"] for page in pages for item in page.get("Contents", [])]


def failures() -> list[dict[str, Any]]:
    return [
        json.loads(line) for line in accelerator("failures", "list", "--json").stdout.splitlines()
    ]


def test_every_event_ends_in_one_place(cloud: Deployment, event_ids: list[str]) -> None:
    stored = {key.event_id for key in map(parse, keys(cloud)) if key}
    failed = {failure["eventId"] for failure in failures()}
    unread = [failure for failure in failures() if failure["eventId"] is None]
    lost = set(event_ids) - stored - failed
    print(len(event_ids), len(stored), len(failed), len(unread), len(lost))
    assert len(lost) <= len(unread)
