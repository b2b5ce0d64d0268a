"""Asks the mock through Lambda's adapter, as API Gateway does."""

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any

import pytest


@pytest.fixture(scope="module", autouse=True)
def loop() -> Iterator[None]:
    """The event loop in which the adapter runs the mock, closed after it."""
    made = asyncio.new_event_loop()
    asyncio.set_event_loop(made)
    yield
    made.close()
    asyncio.set_event_loop(None)


def ask(
    handler: Any,
    path: str,
    body: str,
    headers: Mapping[str, str],
    query: Mapping[str, str] | None = None,
    method: str = "POST",
) -> tuple[int, str]:
    """The status and the body of an answer."""
    event = {
        "resource": path,
        "path": path,
        "httpMethod": method,
        "headers": dict(headers),
        "queryStringParameters": dict(query or {}),
        "requestContext": {},
        "body": body,
        "isBase64Encoded": False,
    }
    answer = handler(event, None)
    return answer["statusCode"], answer["body"]
