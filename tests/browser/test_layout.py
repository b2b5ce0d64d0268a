"""The console's layout: data that arrives moves nothing, and a narrow screen holds everything."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from accelerator.deployment import Deployment
from accelerator.problem import Problem
from tests.browser.account import LONG, WAYS, account, execution, fail
from tests.browser.conftest import Steps, console_of, hold, open_view, opened, release

expect.set_options(timeout=30_000)


@pytest.fixture
def cloud() -> Iterator[Deployment]:
    with account() as cloud:
        yield cloud


@pytest.fixture
def source() -> Steps:
    return Steps(lambda arn: execution("failed", int(arn.rpartition(":")[2])))


@pytest.fixture(params=[380, 1280])
def page(request: Any, browser: Browser, cloud: Deployment, source: Steps) -> Iterator[Page]:
    size = {"width": request.param, "height": 800}
    with console_of(source, cloud) as url, opened(browser, url, viewport=size) as page:
        yield page


# What is there before the server has answered, and what no event may move afterwards. In the list
# newer rows push the others down, and in the drawing only the counts on the edges are new.
FRAME = "header, header *, nav, nav *, footer"
ALL = "body :not(.list *, .edge, .edge *)"
BOXES = """(wanted) => [...document.querySelectorAll(wanted)].map((each) => {
  const { x, y, width, height } = each.getBoundingClientRect();
  return [each.localName, x, y, width, height];
})"""
# The shifts that Chromium itself sees, from the first frame on, but those of rows.
WATCH = """
let shifted = 0;
const add = (entries) => {
  for (const { value, sources } of entries)
    if (!sources.every(({ node }) => (node?.closest ? node : node?.parentNode)?.closest(".list")))
      shifted += value;
};
const observer = new PerformanceObserver((list) => add(list.getEntries()));
observer.observe({ type: "layout-shift", buffered: true });
window.shift = () => (add(observer.takeRecords()), shifted);
"""
PARTS = "html, header, nav, .fire, .bar, .list, .detail"
STICKING_OUT = """(parts) => [...document.querySelectorAll(parts)]
  .filter((each) => each.scrollWidth > each.clientWidth).map((each) => each.outerHTML)"""


def boxes(page: Page, wanted: str) -> list[list[Any]]:
    found: list[list[Any]] = page.evaluate(BOXES, wanted)
    return found


def test_nothing_moves_while_executions_arrive(page: Page, source: Steps) -> None:
    page.add_init_script(WATCH)
    about, stream = hold(page, "/api/about"), hold(page, "/api/stream")
    page.reload()
    expect(page.get_by_role("navigation")).to_be_visible()
    frame = boxes(page, FRAME)
    release(page, about)
    expect(page.locator(".machine")).to_be_visible()
    expect(page.get_by_role("status")).to_be_empty()
    assert boxes(page, FRAME) == frame
    release(page, stream)
    empty = boxes(page, ALL)
    top: list[list[Any]] = []
    known = 0
    for count in (1, 10, 100, 1_000, 10_000):
        new = [execution(name, number) for number in range(known, count) for name in WAYS]
        source.next.put(new)
        for name in WAYS:
            expect(page.locator(f"[data-outcome={name}] b")).to_have_text(str(count))
        expect(page.locator(".count")).to_have_text(str(len(WAYS) * count))
        assert boxes(page, ALL) == empty
        top = top or boxes(page, "#row-0, #row-0 *")
        assert boxes(page, "#row-0, #row-0 *") == top
        known = count
    row = boxes(page, ".row *")
    source.next.put([execution("stored", number, "running") for number in range(known)])
    expect(page.locator("[data-outcome=running] b")).to_have_text("0")
    expect(page.locator("[data-outcome=stored] b")).to_have_text("20000")
    assert boxes(page, ALL) == empty
    assert boxes(page, ".row *") == row
    assert page.evaluate("shift()") < 0.001
    # A long problem grows over the page.
    parts = "body :not(main, footer, footer *, .list *, .edge, .edge *)"
    still = boxes(page, parts)
    source.problem = Problem("The logs cannot be read. " * 12)
    expect(page.get_by_role("status")).to_contain_text("The logs cannot be read.")
    assert boxes(page, parts) == still


def test_nothing_sticks_out_of_the_screen_nor_moves_between_the_views(
    page: Page, source: Steps
) -> None:
    def shows() -> None:
        page.evaluate("scrollTo(0, 0)")
        assert page.evaluate(STICKING_OUT, PARTS) == []
        assert boxes(page, FRAME) == frame

    source.next.put([execution(name, 1) for name in WAYS])
    expect(page.locator(".row")).to_have_count(len(WAYS))
    frame = boxes(page, FRAME)
    shows()
    page.locator(".row").filter(has=page.locator(".failed")).click()
    page.locator(".visit summary").last.click()
    expect(page.locator(".visit li").last).to_be_visible()
    shows()
    open_view(page, "Failures")
    expect(page.get_by_role("row")).to_have_count(3)
    shows()
    open_view(page, "Objects")
    page.locator(".keys a").first.click()
    expect(page.get_by_label("Content of the object")).to_contain_text('"number"')
    shows()


def test_failures_that_come_leave_the_columns_where_they_are(page: Page, cloud: Deployment) -> None:
    open_view(page, "Failures")
    expect(page.get_by_role("row")).to_have_count(3)
    before = boxes(page, ".fire, .bar, .bar > *, th")
    fail(cloud, LONG, "AnErrorWithQuiteALongName")
    page.get_by_role("button", name="Refresh").click()
    expect(page.get_by_role("row")).to_have_count(4)
    page.get_by_label("All").check()
    expect(page.get_by_role("button", name="Redrive 3")).to_be_visible()
    assert boxes(page, ".fire, .bar, .bar > *, th") == before


def test_a_story_that_comes_moves_nothing_in_sight(page: Page, source: Steps) -> None:
    def in_sight() -> list[list[Any]]:
        found = boxes(page, "header, nav, .bar, .bar > *, .machine *")
        return [box for box in found if box[2] < 800]

    source.next.put([execution("failed", 1)])
    held = hold(page, "/api/execution")
    page.locator(".row").click()
    expect(page.get_by_role("heading", name="Execution", exact=True)).to_be_focused()
    before = in_sight()
    release(page, held)
    expect(page.locator(".visit")).to_have_count(8)
    assert in_sight() == before


def test_an_object_that_comes_moves_nothing(page: Page) -> None:
    open_view(page, "Objects")
    held = hold(page, "/api/object")
    page.locator(".keys a").first.click()
    shown = page.get_by_label("Content of the object")
    expect(shown).to_be_empty()
    before = boxes(page, ALL)
    release(page, held)
    expect(shown).to_contain_text('"number"')
    assert boxes(page, ALL) == before
