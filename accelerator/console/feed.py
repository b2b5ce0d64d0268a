"""Follows the executions and tells every open page what changed."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

from botocore.exceptions import EndpointConnectionError
from starlette.concurrency import iterate_in_threadpool

from accelerator.executions.source import Source
from accelerator.listening import CLOUD, dead_told
from accelerator.problem import Problem
from domain.untrusted import REASON, short

POLL_SECONDS = 0.5
BATCH_SECONDS = 0.5
KEPT = 10_000
IN_A_MESSAGE = 1_000
# A page that is so many messages behind is not there any more, or is suspended.
UNREAD = 1_000


class Feed:
    """The newest executions in short, and a queue for each page that follows them."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._executions: dict[str, dict[str, Any]] = {}
        self._pages: set[asyncio.Queue[str]] = set()

    async def follow(self) -> None:
        """Follow the executions until cancelled, whatever goes wrong meanwhile."""
        while True:
            try:
                async for changed in iterate_in_threadpool(self._changed()):
                    self._keep(changed)
                    self._tell({"executions": changed})
                self._tell({"problem": None})
            except Exception as error:
                self._tell({"problem": short(words(error), REASON)})
            await asyncio.sleep(POLL_SECONDS)

    def _changed(self) -> Iterator[list[dict[str, Any]]]:
        """What changed, as it is read: what is read within a moment together."""
        batch, began = list[dict[str, Any]](), time.monotonic()
        for told in self._source.changed():
            batch.append(told.told())
            if len(batch) == IN_A_MESSAGE or time.monotonic() > began + BATCH_SECONDS:
                yield batch
                batch, began = [], time.monotonic()
        if batch:
            yield batch

    async def stream(self) -> AsyncIterator[str]:
        """Server-sent events for one page: first all that is known, then what changes."""
        queue: asyncio.Queue[str] = asyncio.Queue(UNREAD)
        known = list(self._executions.values())
        self._pages.add(queue)
        try:
            for start in range(0, max(1, len(known)), IN_A_MESSAGE):
                yield message({"executions": known[start : start + IN_A_MESSAGE]})
            # One that has fallen behind ends here, and its page asks for all of it again.
            while queue in self._pages:
                yield await queue.get()
        finally:
            self._pages.discard(queue)

    def _keep(self, changed: list[dict[str, Any]]) -> None:
        for told in changed:
            self._executions[told["executionArn"]] = told
        if len(self._executions) > KEPT:
            newest = sorted(self._executions.values(), key=first_record)[-KEPT:]
            self._executions = {told["executionArn"]: told for told in newest}

    def _tell(self, told: dict[str, Any]) -> None:
        text = message(told)
        for queue in list(self._pages):
            if queue.full():
                self._pages.discard(queue)
            else:
                queue.put_nowait(text)


def words(error: Exception) -> str:
    """What to say of an error; of a local cloud that is gone, what to do."""
    if isinstance(error, EndpointConnectionError) and "//127.0.0.1:" in str(error):
        return f"dead: {dead_told([CLOUD])}"
    return str(error) if isinstance(error, Problem) else f"{type(error).__name__}: {error}"


def first_record(told: dict[str, Any]) -> str:
    """When something was first known of an execution."""
    return told["firstRecord"] or ""


def message(told: dict[str, Any]) -> str:
    """A server-sent event (HTML standard, section 9.2)."""
    return f"data: {json.dumps(told)}\n\n"
