"""Chromium, looking at a console of the tests' own."""

import os
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, sync_playwright

from accelerator.console.server import address, server
from accelerator.deployment import Deployment
from accelerator.executions.execution import Execution
from accelerator.executions.source import Source
from accelerator.problem import Problem
from tests.harness.environment import unused_port
from tests.harness.local_cloud import QUICK, cloud_of

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = ["--disable-background-networking", "--disable-component-update", "--disable-sync"]


def chromium() -> str:
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    assert found, "there is no Chromium: 'make chromium' installs it, or set CHROMIUM to one"
    return found


# Its event loop runs for as long as it lives, in which other files' tests could run none of theirs.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # Scrollbars that take room, as most people's do.
        browser = playwright.chromium.launch(
            executable_path=chromium(),
            args=["--no-sandbox", "--disable-gpu", *QUIET],
            ignore_default_args=["--hide-scrollbars"],
        )
        yield browser
        browser.close()


@contextmanager
def opened(browser: Browser, url: str, **options: Any) -> Iterator[Page]:
    """A page of the console; nothing it does may ask another machine or break a script."""
    context: BrowserContext = browser.new_context(**options)
    page = context.new_page()
    foreign: list[str] = []
    broken: list[str] = []
    origin = url.split("#", maxsplit=1)[0]
    page.on(
        "request",
        lambda asked: foreign.append(asked.url) if not asked.url.startswith(origin) else None,
    )
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.on("console", lambda told: broken.append(told.text) if told.type == "error" else None)
    page.goto(url)
    yield page
    context.close()
    assert foreign == []
    assert broken == []


@pytest.fixture(scope="module")
def cloud() -> Iterator[Deployment]:
    """A local cloud with its console, where faults pass quickly."""
    with cloud_of("--console", **QUICK) as cloud:
        yield cloud


@pytest.fixture
def page(browser: Browser, cloud: Deployment) -> Iterator[Page]:
    with opened(browser, cloud.console or "") as page:
        yield page


@contextmanager
def console_of(
    source: Source, cloud: Deployment, port: int | None = None, token: str = "token"
) -> Iterator[str]:
    """The address of a console that shows another source's executions."""
    port = port or unused_port()
    console = server(cloud, port, token, source)
    thread = threading.Thread(target=console.run, daemon=True)
    thread.start()
    while not console.started:
        assert thread.is_alive()
        time.sleep(0.01)
    yield address(port, token)
    console.should_exit = True
    thread.join(5)


class Steps:
    """A source that tells what a test hands it, when the test does, and `whole` of one alone."""

    def __init__(self, whole: Callable[[str], Execution]) -> None:
        self.next: SimpleQueue[list[Execution]] = SimpleQueue()
        self.problem: Problem | None = None
        self._whole = whole

    def changed(self) -> list[Execution]:
        if self.problem:
            raise self.problem
        try:
            return self.next.get_nowait()
        except Empty:
            return []

    def execution(self, arn: str) -> Execution:
        return self._whole(arn)

    def of_event(self, event_id: str) -> Sequence[Execution]:
        return []


def serious(page: Page) -> list[str]:
    """What axe-core finds that keeps people from using the page."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run()")
    return [
        f"{each['id']}: {node['html']}"
        for each in found["violations"]
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]


def open_view(page: Page, name: str) -> None:
    page.get_by_role("navigation").get_by_role("link", name=name).click()


def hold(page: Page, path: str) -> list[Route]:
    """The requests for a path, none of which is answered before the test has it answered."""
    held: list[Route] = []
    page.route(re.compile(rf"{path}(\?|$)"), lambda route: held.append(route))
    return held


def first(page: Page, held: list[Route]) -> Route:
    """The first that is held, once there is one."""
    while not held:
        page.wait_for_timeout(10)
    return held[0]


def release(page: Page, held: list[Route]) -> None:
    """Have what is held answered as ever, once there is any."""
    first(page, held)
    held.pop().continue_()
