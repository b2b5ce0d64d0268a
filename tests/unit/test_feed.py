"""What the console keeps is bounded, however long it runs and whoever has left its page open."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import EndpointConnectionError

from accelerator.console import feed
from accelerator.executions.execution import Execution
from tests.unit.test_console import NoExecutions

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def told(seconds: int) -> dict[str, object]:
    return Execution(f"arn-{seconds}", first=NOW + timedelta(seconds=seconds)).told()


def test_the_newest_are_kept_in_whatever_order_they_are_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(feed, "KEPT", 3)
    kept = feed.Feed(NoExecutions())
    for seconds in (5, 4, 3, 2, 1, 6):
        kept._keep([told(seconds)])
    assert sorted(kept._executions) == ["arn-4", "arn-5", "arn-6"]


def test_a_page_that_does_not_read_is_let_go_and_begins_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(feed, "UNREAD", 2)
    kept = feed.Feed(NoExecutions())

    async def page() -> list[str]:
        stream = kept.stream()
        read = [await anext(stream)]
        for number in range(5):
            kept._tell({"problem": number})
        return read + [each async for each in stream]

    read = asyncio.run(page())
    assert json.loads(read[0].removeprefix("data: ")) == {"executions": []}
    assert len(read) < 5
    assert not kept._pages


def test_of_a_local_cloud_that_is_gone_it_is_told_what_to_do() -> None:
    gone, away = (
        EndpointConnectionError(endpoint_url=url, error="refused")
        for url in ("http://127.0.0.1:4566/", "https://logs.eu-west-1.amazonaws.com/")
    )
    assert feed.words(gone).startswith("dead: local cloud: see ")
    assert feed.words(away).startswith(
        "EndpointConnectionError: Could not connect to the endpoint URL"
    )
