"""The console in a real browser, on a local cloud with the real template."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from accelerator.deployment import Deployment
from accelerator.executions.execution import Execution, Visit
from tests.browser.conftest import Steps, console_of, open_view, opened, serious
from tests.harness.environment import PATIENCE_SECONDS
from tests.harness.events import order
from tests.harness.local_cloud import accelerator

expect.set_options(timeout=PATIENCE_SECONDS * 1000)


def fire(page: Page, entity_id: str, event_type: str = "order_placed", count: int = 1) -> None:
    page.get_by_label("Event type", exact=True).select_option(event_type)
    page.get_by_label("Id of the entity").fill(entity_id)
    page.get_by_label("How many", exact=True).fill(str(count))
    page.get_by_role("button", name="Fire").click()
    expect(page.get_by_role("status")).to_have_text(f"Sent {count}.")


def rows(page: Page, entity_id: str, outcome: str) -> Locator:
    row = page.locator(".row").filter(has_text=entity_id)
    return row.filter(has=page.locator(f".outcome.{outcome}"))


def visit(page: Page, state: str) -> Locator:
    return page.locator(".visit").filter(has=page.locator("summary b", has_text=state))


def test_an_event_that_is_fired_arrives_stored(page: Page) -> None:
    fire(page, "large-3")
    stored = rows(page, "large-3", "stored")
    expect(stored).to_have_count(1)
    expect(page.locator("[data-edge='StoreResponse > EventHydrated'] text")).not_to_be_empty()
    stored.click()
    for state in ("ExtractId", "QueryApi", "StoreResponse", "EventHydrated"):
        expect(visit(page, state)).to_have_count(1)
    expect(page.locator("g.state.chosen")).to_have_count(7)
    page.locator(".result a").click()
    expect(page.get_by_label("Content of the object")).to_contain_text('"orderState"')


def test_a_failed_event_is_sent_again_once_the_fault_is_gone(page: Page) -> None:
    # Its four attempts fail; the fifth, after the redrive, does not.
    fire(page, "flaky-4-again")
    failed = rows(page, "flaky-4-again", "failed")
    expect(failed).to_have_count(1)
    failed.click()
    query = visit(page, "QueryApi")
    expect(query).to_contain_text("4 attempts")
    expect(query).to_contain_text("ApiUnavailable")
    open_view(page, "Failures")
    failure = page.get_by_role("row").filter(has_text="flaky-4-again")
    expect(failure).to_contain_text("status 503")
    failure.get_by_role("checkbox").check()
    page.get_by_role("button", name="Redrive 1").click()
    page.get_by_role("button", name="Send again").click()
    expect(page.get_by_role("status")).to_have_text("Started 1.")
    expect(failure).to_have_count(0)
    open_view(page, "Executions")
    page.get_by_role("button", name="Back to the list").click()
    expect(rows(page, "flaky-4-again", "stored")).to_have_count(1)


def test_a_redrive_that_is_cancelled_sends_nothing(page: Page) -> None:
    fire(page, "error-graphql")
    open_view(page, "Failures")
    page.get_by_label("Show failures with").fill("error-graphql")
    failure = page.get_by_role("row").filter(has_text="error-graphql")
    expect(failure).to_have_count(1)
    failure.get_by_role("checkbox").check()
    page.get_by_role("button", name="Redrive 1").click()
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Refresh").click()
    expect(failure).to_have_count(1)
    failure.get_by_text("GraphQL error").click()
    expect(page.get_by_label("Failure message")).to_contain_text('"detail-type"')


def test_a_click_on_an_error_shows_its_failures_alone(page: Page) -> None:
    fire(page, "error-405", count=3)
    fire(page, "error-graphql")
    open_view(page, "Failures")
    page.get_by_label("Show failures with").fill("error-405")
    table = page.get_by_role("group", name="Failures").get_by_role("row")
    expect(table.filter(has_text="error-405")).to_have_count(3)
    page.get_by_label("Show failures with").fill("")
    rejected = page.get_by_label("Failures by error").get_by_role("button", name="ApiRejected")
    expect(page.get_by_label("Failures by error").get_by_role("button")).not_to_have_count(1)
    rejected.click()
    expect(rejected).to_have_attribute("aria-pressed", "true")
    expect(table.filter(has_text="GraphQLErrors")).to_have_count(0)
    expect(table.filter(has_text="error-405")).to_have_count(3)
    rejected.click()
    expect(table.filter(has_text="GraphQLErrors")).not_to_have_count(0)


SCRIPT = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"


def test_a_script_in_an_order_id_is_text(page: Page) -> None:
    fire(page, SCRIPT)
    row = rows(page, SCRIPT, "failed")
    expect(row).to_have_count(1)
    row.click()
    expect(page.locator(".result")).to_contain_text(SCRIPT)
    visit(page, "ExtractId").locator("summary").click()
    expect(page.get_by_label("Output of ExtractId")).to_contain_text("<img src=x onerror=")
    open_view(page, "Failures")
    expect(page.get_by_role("row").filter(has_text=SCRIPT)).to_have_count(1)
    expect(page).to_have_title("Failures · Event accelerator")
    assert page.locator("img").count() == 0


def test_counts_agree_with_the_bucket_and_the_queue(page: Page, cloud: Deployment) -> None:
    accelerator("fire", "order_refund_success", "--count", "200")
    accelerator("fire", "order_refund_success", "--id", "error-402", "--count", "5")
    page.get_by_label("Show executions with").fill("REFUND_SUCCESS")

    def shows(outcome: str, count: int) -> None:
        page.get_by_label("Outcome", exact=True).select_option(outcome)
        expect(page.locator(f".count[data-count='{count}']")).to_be_visible()

    shows("stored", 200)
    shows("failed", 5)
    listed = cloud.s3.list_objects_v2(
        Bucket=cloud.outputs.response_bucket_name, Prefix="order/REFUND_SUCCESS/"
    )
    assert listed["KeyCount"] == 200
    failed = accelerator("failures", "list", "--event-type", "REFUND_SUCCESS", "--json").stdout
    assert len(failed.splitlines()) == 5


def test_it_can_be_used_without_a_mouse(page: Page) -> None:
    fire(page, "keyboard-1")
    expect(rows(page, "keyboard-1", "failed")).to_have_count(1)
    page.get_by_label("Show executions with").focus()
    page.keyboard.type("keyboard-1")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("listbox")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Execution", exact=True)).to_be_focused()
    expect(page.locator(".result")).to_contain_text("keyboard-1")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(browser: Browser, cloud: Deployment, scheme: Any) -> None:
    accelerator("fire", "order", "--id", "axe-1")
    with opened(browser, cloud.console or "", color_scheme=scheme) as page:
        row = rows(page, "axe-1", "failed").first
        expect(row).to_be_visible()
        assert serious(page) == []
        row.click()
        page.locator(".visit summary").first.click()
        assert serious(page) == []
        open_view(page, "Failures")
        expect(page.get_by_role("table")).to_be_visible()
        assert serious(page) == []
        open_view(page, "Objects")
        page.locator(".keys a").first.click()
        expect(page.get_by_label("Content of the object")).not_to_be_empty()
        assert serious(page) == []


def many(number: int) -> Execution:
    """One of thousands of executions."""
    started = datetime(2026, 11, 24, tzinfo=UTC) + timedelta(seconds=number)
    visits = [Visit(name, "Task", started, None) for name in ("RouteByEventType", "IgnoreEvent")]
    visits[-1].input = {"hydration": {"id": f"many-{number:05}"}}
    event = order(f"many-{number:05}")
    return Execution(f"arn:{number}", "SUCCEEDED", started, started, event, visits)


def test_five_thousand_executions_stay_smooth(browser: Browser, cloud: Deployment) -> None:
    source = Steps(lambda arn: many(int(arn.removeprefix("arn:"))))
    source.next.put([many(number) for number in range(5000)])
    ignored = "[data-outcome=ignored] b"
    with console_of(source, cloud) as url, opened(browser, url) as page:
        listed = page.get_by_role("listbox")
        expect(page.locator(ignored)).to_have_text("5000")
        # Only what is in sight is in the page, wherever it is scrolled to.
        for place in (0, 2500, 4990):
            listed.evaluate(f"(box) => {{ box.scrollTop = 52 * {place} }}")
            page.wait_for_function(SEES, arg=place)
            assert 0 < page.locator(".row").count() < 60
        listed.evaluate("(box) => { box.scrollTop = box.scrollHeight }")
        expect(page.locator(".row").last).to_contain_text("many-00000")
        # What is being read stays where it is while others arrive above it.
        listed.evaluate("(box) => { box.scrollTop = 52 * 2000 + 10 }")
        page.wait_for_function(SEES, arg=2000)
        seen = page.evaluate(TOPMOST)
        source.next.put([many(number) for number in range(5000, 5003)])
        expect(page.locator(ignored)).to_have_text("5003")
        assert page.evaluate(TOPMOST) == seen
        page.get_by_label("Show executions with").fill("many-04321")
        expect(page.locator(".row")).to_have_count(1)


TOPMOST = """() => {
  const box = document.querySelector('[role=listbox]').getBoundingClientRect();
  return document.elementFromPoint(box.x + 30, box.y + 30).closest('.row').innerText;
}"""
# Whether the row at about this place is drawn.
SEES = """(place) => [...document.querySelectorAll('.row')].some(
  (row) => Math.abs(row.getAttribute('aria-posinset') - place) <= 5)"""
