"""Follows the executions and tells every open page what changed."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from starlette.concurrency import run_in_threadpool

from accelerator.executions.source import Source
from accelerator.problem import Problem
from domain.untrusted import REASON, short

POLL_SECONDS = 0.5
KEPT = 10_000
IN_A_MESSAGE = 1_000


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
                changed = [told.told() for told in await run_in_threadpool(self._source.changed)]
                self._keep(changed)
                self._tell({"executions": changed} if changed else {"problem": None})
            except Exception as error:
                told = (
                    str(error) if isinstance(error, Problem) else f"{type(error).__name__}: {error}"
                )
                self._tell({"problem": short(told, REASON)})
            await asyncio.sleep(POLL_SECONDS)

    async def stream(self) -> AsyncIterator[str]:
        """Server-sent events for one page: first all that is known, then what changes."""
        queue: asyncio.Queue[str] = asyncio.Queue()
        known = list(self._executions.values())
        self._pages.add(queue)
        try:
            for start in range(0, max(1, len(known)), IN_A_MESSAGE):
                yield message({"executions": known[start : start + IN_A_MESSAGE]})
            while True:
                yield await queue.get()
        finally:
            self._pages.discard(queue)

    def _keep(self, changed: list[dict[str, Any]]) -> None:
        for told in changed:
            self._executions[told["executionArn"]] = told
        while len(self._executions) > KEPT:
            del self._executions[next(iter(self._executions))]

    def _tell(self, told: dict[str, Any]) -> None:
        text = message(told)
        for queue in self._pages:
            queue.put_nowait(text)


def message(told: dict[str, Any]) -> str:
    """A server-sent event (HTML standard, section 9.2)."""
    return f"data: {json.dumps(told)}\n\n"
