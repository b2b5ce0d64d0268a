"""The console keeps its place: in its address, over restarts, and when something goes wrong."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from accelerator.deployment import Deployment
from accelerator.executions.execution import Attempt, Execution
from accelerator.executions.log_groups import UNTOLD
from accelerator.problem import Problem
from domain.keys import Key, escaped
from tests.browser.account import STARTED, WAYS, account, execution, fail
from tests.browser.conftest import (
    Steps,
    console_of,
    first,
    hold,
    open_view,
    opened,
    release,
    serious,
)
from tests.harness.environment import unused_port

expect.set_options(timeout=30_000)

MASK = "•••"


@pytest.fixture(scope="module")
def cloud() -> Iterator[Deployment]:
    with account() as cloud:
        yield cloud


def failed_as(message_id: str | None) -> Execution:
    """A failed execution that told the id of its failure, or did not."""
    whole = execution("failed", 1)
    sent = Attempt(STARTED, STARTED, {"MessageId": message_id} if message_id else None)
    whole.visits = [replace(visit, attempts=[sent]) for visit in whole.visits]
    return whole


@pytest.fixture
def source() -> Steps:
    source = Steps(lambda arn: execution(arn.split(":")[2], 1))
    source.next.put([execution(name, 1) for name in WAYS])
    return source


@pytest.fixture
def url(source: Steps, cloud: Deployment) -> Iterator[str]:
    with console_of(source, cloud) as url:
        yield url


@pytest.fixture
def page(browser: Browser, url: str) -> Iterator[Page]:
    with opened(browser, url) as page:
        expect(page.locator(".row")).to_have_count(len(WAYS))
        yield page


def heading(page: Page, name: str) -> Any:
    return page.get_by_role("heading", name=name, exact=True)


def row(page: Page, outcome: str) -> Any:
    return page.locator(".row").filter(has=page.locator(f".outcome.{outcome}"))


def test_the_address_tells_what_is_shown_and_not_the_token(page: Page, url: str) -> None:
    assert "token" not in page.url
    page.get_by_label("Show executions with").fill("order-0")
    page.get_by_label("Outcome", exact=True).select_option("failed")
    expect(page.locator(".row")).to_have_count(1)
    page.reload()
    expect(page.locator(".row")).to_have_count(1)
    expect(page.get_by_label("Show executions with")).to_have_value("order-0")
    page.locator(".row").click()
    expect(heading(page, "Execution")).to_be_visible()
    link = page.url
    page.reload()
    expect(page.locator(".result .failed")).to_be_visible()
    with opened_link(page.context, link) as other:
        expect(other.locator(".result .failed")).to_be_visible()
    open_view(page, "Failures")
    page.get_by_label("Show failures with").fill("none of them")
    expect(heading(page, "Failures")).to_be_visible()
    page.go_back()
    expect(page.locator(".result .failed")).to_be_visible()
    page.go_back()
    expect(page.locator(".row")).to_have_count(1)
    expect(page.get_by_label("Outcome", exact=True)).to_have_value("failed")
    page.go_forward()
    page.go_forward()
    expect(page.get_by_label("Show failures with")).to_have_value("none of them")


@contextmanager
def opened_link(context: BrowserContext, link: str) -> Iterator[Page]:
    other = context.new_page()
    other.goto(link)
    yield other
    other.close()


def test_a_link_to_a_failure_and_to_an_object_opens_it(page: Page) -> None:
    for view, content in (("Failures", "Failure message"), ("Objects", "Content of the object")):
        open_view(page, view)
        page.locator("[data-opens]").first.click()
        expect(page.get_by_label(content, exact=True)).not_to_be_empty()
        page.reload()
        expect(page.get_by_label(content, exact=True)).not_to_be_empty()


@pytest.mark.parametrize("view", ["Executions", "Failures", "Objects"])
def test_escape_closes_what_is_open_and_goes_back_to_where_it_was_opened(
    page: Page, view: str
) -> None:
    open_view(page, view)
    expect(heading(page, view)).to_be_visible()
    first = page.locator(".row, [data-opens]").first
    name = first.get_attribute("data-opens")
    first.click()
    expect(page.locator(".detail")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".detail")).to_have_count(0)
    expect(page.locator(f"[data-opens='{name}']" if name else "[role=listbox]")).to_be_focused()


def test_a_page_goes_on_with_the_console_that_was_started_again(
    browser: Browser, cloud: Deployment, source: Steps
) -> None:
    port, context = unused_port(), browser.new_context()
    page = context.new_page()
    with console_of(source, cloud, port, "one") as url:
        page.goto(url)
        page.get_by_label("Outcome", exact=True).select_option("stored")
        expect(page.locator(".row")).to_have_count(1)
        page.locator(".row").click()
        expect(page.locator(".visit")).not_to_have_count(0)
    told = page.get_by_role("status")
    expect(told).to_contain_text("The console does not answer: start it again")
    # The same run is back, such as when the machine has slept.
    with console_of(source, cloud, port, "one"):
        expect(told).to_be_empty()
    with console_of(source, cloud, port, "two") as url:
        expect(told).to_contain_text("open the address that it printed")
        # What is stable takes the new token from whichever tab it was given to.
        other = context.new_page()
        other.goto(url)
        expect(told).to_be_empty()
        expect(page.locator(".visit")).not_to_have_count(0)
        assert "open=" in page.url
        page.reload()
        expect(page.locator(".visit")).not_to_have_count(0)
    with console_of(source, cloud, port, "three") as url:
        expect(told).to_contain_text("open the address that it printed")
        # It may be given to the page's own tab, which shows again what it did.
        page.evaluate("(url) => { location.href = url }", url)
        expect(told).to_be_empty()
        expect(page.locator(".visit")).not_to_have_count(0)
        assert "three" not in page.url
    context.close()


STREAMS = """
window.streams = [];
const Opened = window.EventSource;
window.EventSource = class extends Opened {
  constructor(url) { super(url); window.streams.push(this); }
};
"""
HIDE = """(hidden) => {
  Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
  dispatchEvent(new Event("visibilitychange"));
}"""


def test_a_tab_that_nobody_sees_keeps_no_connection_from_the_others(
    browser: Browser, url: str
) -> None:
    context = browser.new_context()
    context.add_init_script(STREAMS)
    page = context.new_page()
    page.goto(url)
    expect(page.locator(".row")).to_have_count(len(WAYS))
    page.evaluate(HIDE, True)
    assert page.evaluate("streams.map((each) => each.readyState)") == [2]
    expect(page.locator(".row")).to_have_count(len(WAYS))
    page.evaluate(HIDE, False)
    page.wait_for_function("() => streams.length === 2 && streams[1].readyState === 1")
    expect(page.locator(".row")).to_have_count(len(WAYS))
    context.close()


def test_an_address_of_another_run_locks_nobody_out(browser: Browser, url: str) -> None:
    context = browser.new_context()
    page, other = context.new_page(), context.new_page()
    page.goto(url)
    expect(page.locator(".row")).to_have_count(len(WAYS))
    other.goto(f"{url.split('#')[0]}#another")
    expect(other.locator(".row")).to_have_count(len(WAYS))
    page.reload()
    expect(page.locator(".row")).to_have_count(len(WAYS))
    context.close()


def test_whoever_comes_back_is_where_it_was_opened_whatever_has_arrived(
    browser: Browser, cloud: Deployment
) -> None:
    source = Steps(lambda arn: execution("stored", 1))
    source.next.put([execution("stored", number) for number in range(100)])
    with console_of(source, cloud) as url, opened(browser, url) as page:
        listed = page.get_by_role("listbox")
        expect(page.locator(".count[data-count='100']")).to_be_visible()
        page.locator(".row").nth(3).click()
        expect(heading(page, "Execution")).to_be_visible()
        source.next.put([execution("failed", number) for number in range(100, 160)])
        expect(page.locator("[data-outcome=failed] b")).to_have_text("60")
        page.keyboard.press("Escape")
        expect(listed).to_be_focused()
        expect(page.locator(".row.active")).to_be_in_viewport()
        page.keyboard.press("ArrowUp")
        source.next.put([execution("ignored", number) for number in range(160, 200)])
        expect(page.locator("[data-outcome=ignored] b")).to_have_text("40")
        expect(page.locator(".row.active")).to_be_in_viewport()


def test_what_is_opened_begins_in_sight_on_a_narrow_page(browser: Browser, url: str) -> None:
    with opened(browser, url, viewport={"width": 380, "height": 800}) as page:
        expect(page.locator(".row")).to_have_count(len(WAYS))
        # Its story comes late, and grows between what is begun and what is below.
        held = hold(page, "/api/execution")
        page.evaluate("scrollTo(0, 580)")
        row(page, "failed").dispatch_event("click")
        expect(heading(page, "Execution")).to_be_in_viewport()
        release(page, held)
        expect(page.locator(".result .failed")).to_be_visible()
        expect(heading(page, "Execution")).to_be_in_viewport()


def test_a_stranger_is_told_how_to_go_on(browser: Browser, url: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(url.split("#")[0])
    expect(page.get_by_role("alert")).to_contain_text("open the address that it printed")
    page.goto(url)
    expect(heading(page, "Executions")).to_be_visible()
    context.close()


def test_an_error_is_told_for_as_long_as_it_lasts(page: Page, source: Steps) -> None:
    told = page.get_by_role("status")
    source.problem = Problem("The logs cannot be read.")
    expect(told).to_have_text("The logs cannot be read.")
    source.problem = None
    expect(told).to_be_empty()


def test_an_error_of_a_view_is_over_with_it(browser: Browser, url: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.route(
        "**/api/objects?*",
        lambda route: route.fulfill(status=502, body=json.dumps({"problem": "No bucket."})),
    )
    page.goto(url)
    open_view(page, "Objects")
    expect(page.get_by_role("status")).to_have_text("No bucket.")
    page.unroute("**/api/objects?*")
    expect(page.get_by_role("status")).to_be_empty()
    expect(page.locator(".keys a")).not_to_have_count(0)
    context.close()


def test_fire_says_that_it_sends_and_sends_once(browser: Browser, url: str) -> None:
    with opened(browser, url) as page:
        held = hold(page, "/api/fire")
        page.get_by_role("button", name="Fire").click()
        expect(page.get_by_role("status")).to_have_text("Sending 1 ...")
        asked = first(page, held)
        page.get_by_role("button", name="Fire").click()
        asked.fulfill(body=json.dumps({"sent": 1, "untaken": "no rule takes it"}))
        expect(page.get_by_role("status")).to_have_text("Sent 1: no rule takes it")
        assert len(held) == 1
        # What went wrong is over with the view.
        open_view(page, "Objects")
        expect(page.get_by_role("status")).to_be_empty()


@pytest.mark.parametrize("width", [380, 600, 768, 801, 1024, 1280, 1920])
def test_the_state_machine_fits_its_panel(browser: Browser, url: str, width: int) -> None:
    with opened(browser, url, viewport={"width": width, "height": 900}) as page:
        expect(page.locator("g.state")).not_to_have_count(0)
        expect(page.locator(".row")).to_have_count(len(WAYS))
        over, text = page.evaluate(FITS)
        assert over == []
        # Nobody reads what is smaller.
        assert text > 8


# What of the drawing is out of its panel, and how high its texts are, in pixels.
FITS = """() => {
  const panel = document.querySelector(".machine .scroll").getBoundingClientRect();
  const parts = [...document.querySelectorAll(".machine svg .state, .machine svg .edge")];
  const over = parts.filter((part) => {
    const { left, right, top, bottom } = part.getBoundingClientRect();
    const isBeside = left < panel.left || right > panel.right;
    return isBeside || top < panel.top || bottom > panel.bottom;
  });
  const svg = document.querySelector(".machine svg");
  return [over.map((part) => part.textContent), 12 * svg.getScreenCTM().a];
}"""


def test_none_yet_is_not_none_that_match(page: Page) -> None:
    page.get_by_label("Show executions with").fill("no such id")
    expect(page.locator(".none")).to_have_text(f"None of the {len(WAYS)} executions match.")
    open_view(page, "Failures")
    page.get_by_label("Show failures with").fill("no such id")
    expect(page.locator(".none")).to_contain_text("failures match.")
    open_view(page, "Objects")
    page.get_by_label("Entity", exact=True).select_option("order")
    page.get_by_label("Id of an entity").fill("no such id")
    page.get_by_role("button", name="Show its states").click()
    expect(page.locator(".none")).to_have_text("Nothing is stored of order no such id.")


def test_a_deployment_that_is_new_has_none_yet(browser: Browser) -> None:
    source = Steps(lambda arn: execution("failed", 1))
    with (
        account(0, "new") as new,
        console_of(source, new) as url,
        opened(browser, url) as page,
    ):
        expect(page.locator(".none")).to_have_text("No executions yet.")
        open_view(page, "Failures")
        expect(page.locator(".none")).to_contain_text("No failures:")
        open_view(page, "Objects")
        expect(page.locator(".none")).to_have_text("No objects yet.")


def test_that_successes_are_not_logged_is_told(browser: Browser) -> None:
    with account(0, "errors") as cloud:
        cloud.stepfunctions.update_state_machine(
            stateMachineArn=cloud.outputs.state_machine_arn, loggingConfiguration={"level": "ERROR"}
        )
        source = Steps(lambda arn: execution("failed", 1))
        with console_of(source, cloud) as url, opened(browser, url) as page:
            expect(page.get_by_text(f"{UNTOLD}.")).to_be_visible()


@pytest.mark.parametrize("logged", [True, False])
def test_a_failed_execution_leads_to_its_failure_and_back(
    browser: Browser, cloud: Deployment, logged: bool
) -> None:
    whole = failed_as(fail(cloud, "linked", "ApiUnavailable", f"arn:{logged}") if logged else None)
    whole.arn = f"arn:{logged}"
    source = Steps(lambda arn: whole)
    source.next.put([whole])
    with console_of(source, cloud) as url, opened(browser, url) as page:
        row(page, "failed").click()
        page.get_by_role("link", name="Its failure").click()
        if not logged:
            # Where the logs hold no data, it is among those of its event.
            expect(page.get_by_label("Show failures with")).to_have_value(whole.event_id or "")
            return
        expect(page.get_by_label("Failure message")).to_contain_text("linked")
        page.get_by_role("link", name="Its execution").click()
        expect(page.locator(".result .failed")).to_be_visible()


def test_customer_data_comes_to_the_page_when_it_is_asked_for_alone(page: Page) -> None:
    open_view(page, "Objects")
    page.locator("[data-opens]").first.click()
    content = page.get_by_label("Content of the object")
    expect(content).to_contain_text(f'"number": "{MASK}"')
    page.get_by_role("switch", name="Reveal customer data").check()
    expect(content).to_contain_text('"number": 0')
    page.get_by_role("switch", name="Reveal customer data").uncheck()
    expect(content).to_contain_text(f'"number": "{MASK}"')
    open_view(page, "Executions")
    row(page, "stored").click()
    state = page.locator(".visit").filter(has_text="QueryApi")
    state.locator("summary").click()
    expect(state.get_by_label("Input of QueryApi")).to_contain_text(MASK)
    page.get_by_role("switch", name="Reveal customer data").check()
    expect(state.get_by_label("Input of QueryApi")).not_to_contain_text(MASK)
    expect(state).to_have_attribute("open", "")
    page.get_by_role("switch", name="Reveal customer data").uncheck()
    expect(state.get_by_label("Input of QueryApi")).to_contain_text(MASK)
    expect(state).to_have_attribute("open", "")
    page.get_by_role("switch", name="Reveal customer data").check()
    # A link or a reload reveals nothing.
    page.reload()
    expect(page.get_by_role("switch", name="Reveal customer data")).not_to_be_checked()


def test_an_entity_is_followed_from_state_to_state(page: Page, cloud: Deployment) -> None:
    store(cloud, "ORDER_PLACED", 0, state="PLACED", name="Jane Roe")
    store(cloud, "ORDER_UPDATED", 1, state="PAID", name="Jane Roe", parcel="7")
    store(cloud, "REFUND_SUCCESS", 2, state="PAID", parcel="7")
    open_view(page, "Objects")
    page.get_by_role("link", name="an id", exact=True).first.click()
    states = page.get_by_role("list", name="States, newest first").locator("> li")
    expect(states.locator("b")).to_have_text(["REFUND_SUCCESS", "ORDER_UPDATED", "ORDER_PLACED"])
    expect(states.nth(0).locator(".change")).to_have_text(
        [f'- removed data.order.name "{MASK}"'], use_inner_text=True
    )
    expect(states.nth(1).locator(".change")).to_have_text(
        [
            f'± changed data.order.state "{MASK}" "{MASK}"',
            f'+ added data.order.parcel "{MASK}"',
        ],
        use_inner_text=True,
    )
    expect(states.nth(2)).to_contain_text("The first state.")
    assert serious(page) == []
    page.get_by_role("switch", name="Reveal customer data").check()
    expect(states.nth(0).locator("del")).to_have_text('"Jane Roe"')
    expect(states.nth(1).locator("ins")).to_have_text(['"PAID"', '"7"'])
    states.nth(0).get_by_role("link").click()
    expect(page.get_by_label("Content of the object")).to_contain_text('"parcel": "7"')
    page.keyboard.press("Escape")
    expect(states.nth(0).get_by_role("link")).to_be_focused()
    page.reload()
    expect(states).to_have_count(3)
    page.get_by_role("link", name="Show all").click()
    expect(page.get_by_label("Id of an entity")).to_have_value("")
    expect(page.locator(".keys li")).not_to_have_count(0)


def store(cloud: Deployment, event_type: str, minute: int, **entity: str) -> None:
    """Put a state of one order in the bucket."""
    when = STARTED.replace(tzinfo=None) + timedelta(minutes=minute)
    cloud.s3.put_object(
        Bucket=cloud.outputs.response_bucket_name,
        Key=str(Key("order", event_type, when, escaped("an id"), f"e-{minute}")),
        Body=json.dumps({"data": {"order": entity}}).encode(),
    )
