"""Takes the README's pictures of a local cloud: `python -m tests.browser.screenshots`."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from playwright.sync_api import Browser, sync_playwright
from rich.console import Console
from rich.terminal_theme import DEFAULT_TERMINAL_THEME

from accelerator.commands.demo import run_demo
from accelerator.commands.watch import watch
from accelerator.deployment import Deployment, local_cloud
from accelerator.executions.source import source
from accelerator.executions.watch import Filter, Watch
from tests.browser.conftest import QUIET, chromium
from tests.harness.local_cloud import accelerator

IMAGES = Path(__file__).parents[2] / "docs" / "images"


def take_console(browser: Browser, cloud: Deployment, scheme: Literal["light", "dark"]) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 980}, color_scheme=scheme)
    page.goto(cloud.console or "")
    page.locator(".row").filter(has_text="error-503").first.click()
    page.locator(".visit").filter(has_text="QueryApi").first.locator("summary").click()
    page.locator("h2").first.click()
    page.wait_for_timeout(2000)
    page.screenshot(path=IMAGES / f"console-{scheme}.png")
    page.close()


def take_terminal(browser: Browser, cloud: Deployment) -> None:
    with open(os.devnull, "w") as nowhere:
        console = Console(record=True, width=136, file=nowhere, highlight=False)
        watch(Watch(source(cloud), Filter()), console, as_json=False, follow=False)
        drawn = console.export_svg(title="accelerator watch", theme=DEFAULT_TERMINAL_THEME)
    with TemporaryDirectory() as folder:
        file = Path(folder) / "watch.svg"
        file.write_text(drawn, encoding="utf-8")
        page = browser.new_page(viewport={"width": 1280, "height": 500})
        page.goto(file.as_uri())
        page.locator("svg").screenshot(path=IMAGES / "watch.png")


if __name__ == "__main__":
    IMAGES.mkdir(exist_ok=True)
    accelerator("up", "--console")
    cloud = local_cloud()
    try:
        run_demo(cloud, Console(quiet=True))
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=chromium(), args=["--no-sandbox", "--disable-gpu", *QUIET]
            )
            take_terminal(browser, cloud)
            take_console(browser, cloud, "light")
            take_console(browser, cloud, "dark")
    finally:
        accelerator("down")
