"""Looking through a long history: older pages while scrolling, the way back, list and gallery, search by keyboard."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, StorageState, expect

from predictions.pages.history.listing import PAGE_SIZE
from tests.browser.conftest import Account
from tests.browser.kept_pages import OpenPage
from tests.browser.person import arrive, log_in
from tests.site import Site

COUNT = 3 * PAGE_SIZE + 5
ZONE = "Asia/Kathmandu"  # a quarter of an hour off the others
STROKES = [[[60, 60], [200, 60], [120, 220]]]
SPREAD = """
UPDATE predictions_submission
    SET created_at = now() - ((SELECT max(key) FROM predictions_submission) - key) * interval '5 hours'
    WHERE owner_id = (SELECT id FROM accounts_user WHERE username = 'bob') RETURNING 1
"""
FORGOTTEN = """
UPDATE predictions_submission SET superseded_at = now()
    WHERE owner_id = (SELECT id FROM accounts_user WHERE username = 'bob') RETURNING 1
"""


@pytest.fixture(scope="module")
def long_history(service: Site, make_account: Account, browser: Browser) -> Iterator[StorageState]:
    """Log bob in, who has sent COUNT drawings, one in five hours."""
    service.query(FORGOTTEN)
    for _ in range(COUNT):
        service.request("POST", "/api/v1/submissions/", "bob", json={"strokes": STROKES})
    service.query(SPREAD)
    waiting = "SELECT count(*) FROM predictions_submission WHERE status IN ('queued', 'running')"
    service.wait_until(lambda: service.query(waiting) == [(0,)], 90)
    with browser.new_context(locale="en") as context:
        log_in(context.new_page(), service.url, *make_account("bob"))
        yield context.storage_state()
    service.query(FORGOTTEN)


@pytest.fixture
def history(service: Site, long_history: StorageState, new_page: OpenPage) -> Page:
    """Return bob's history."""
    page = new_page(storage_state=long_history, timezone_id=ZONE)
    page.goto(f"{service.url}/history/")
    page.wait_for_load_state("networkidle")
    return page


def _days_of_rows(page: Page) -> list[str]:
    """Return the day under which each drawing stands, checked against its own time."""
    found: list[list[str]] = page.locator("[data-submission]").evaluate_all(
        """rows => rows.map(row => [row.closest("[data-day]").dataset.day,
            new Intl.DateTimeFormat("sv").format(new Date(row.querySelector("time").dateTime))])"""
    )
    assert all(day == own for day, own in found)
    return [day for day, _ in found]


def _scroll_to_the_end(page: Page) -> None:
    rows = page.locator("[data-submission]")
    while rows.count() < COUNT:
        before = rows.count()
        page.mouse.wheel(0, 20_000)
        expect(rows.nth(before)).to_be_attached()


def test_older_drawings_come_while_scrolling_each_day_under_one_heading(history: Page) -> None:
    _scroll_to_the_end(history)
    expect(history.locator("[data-added]")).to_have_text(re.compile("More drawings: [1-9]"))
    days = _days_of_rows(history)
    assert len(days) == COUNT and days == sorted(days, reverse=True)
    headings = history.locator("[data-day-heading]").all_inner_texts()
    assert headings[0] == "Today" and len(headings) == len(set(headings)) == len(set(days))
    assert history.get_by_role("link", name="Older").count() == 0
    ids = history.locator("[data-submission]").evaluate_all("rows => rows.map(row => row.dataset.submission)")
    assert len(set(ids)) == COUNT


@pytest.mark.long  # 5 s
def test_coming_back_from_a_drawing_shows_the_same_place(history: Page) -> None:
    _scroll_to_the_end(history)
    row = history.locator("[data-submission]").nth(2 * PAGE_SIZE + 3)
    row.scroll_into_view_if_needed()
    id_, top = row.get_attribute("data-submission"), history.evaluate("scrollY")
    row.get_by_role("link").click()
    arrive(history, "Read as 7")
    for _ in range(2):  # again, from where it was restored
        history.go_back()
        expect(history.locator("[data-submission]")).to_have_count(COUNT)
        history.wait_for_function("top => Math.abs(scrollY - top) < 2", arg=top)
        expect(history.locator(f'[data-submission="{id_}"]')).to_be_in_viewport()
        history.go_forward()
        arrive(history, "Read as 7")


def test_links_lead_through_the_history_without_scripts(
    service: Site, long_history: StorageState, new_page: OpenPage
) -> None:
    page = new_page(storage_state=long_history, java_script_enabled=False)
    page.goto(f"{service.url}/history/?view=gallery")
    rows = page.locator("[data-submission]")
    seen = set()
    for count in (PAGE_SIZE, PAGE_SIZE, PAGE_SIZE, COUNT - 3 * PAGE_SIZE):
        expect(rows).to_have_count(count)
        seen |= {row.get_attribute("data-submission") for row in rows.all()}
        if count == PAGE_SIZE:
            page.get_by_role("link", name="Older").click()
            page.wait_for_url("**before=**")
    assert len(seen) == COUNT
    page.get_by_role("link", name="Newest").click()
    expect(page.locator('[data-view="gallery"]')).to_be_visible()
    page.get_by_label("Search by number").fill("8")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("heading", name="No drawings match these filters")).to_be_visible()


def test_the_gallery_is_chosen_and_remembered(history: Page, service: Site) -> None:
    history.get_by_role("link", name="Gallery").click()
    history.wait_for_url("**view=gallery**")
    frame = history.locator(".thumbnail").first
    image = frame.locator("img")
    assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    sizes = [box["width"] for box in (frame.bounding_box(), image.bounding_box()) if box]
    assert sizes[0] > 120 and sizes[1] == pytest.approx(sizes[0], abs=1)
    history.goto(f"{service.url}/history/")
    expect(history.get_by_role("link", name="Gallery")).to_have_attribute("aria-current", "true")
    history.get_by_role("link", name="List", exact=True).click()
    history.wait_for_url("**view=list**")


@pytest.mark.parametrize("width", [375, 1280])
def test_a_drawing_is_searched_and_filters_are_removed_by_keyboard(history: Page, width: int) -> None:
    history.set_viewport_size({"width": width, "height": 760})
    history.get_by_label("Search by number").focus()
    history.keyboard.type("7")
    history.keyboard.press("Enter")
    history.wait_for_url("**/history/?digit=7")  # and nothing that is not set
    history.get_by_text("Filter", exact=True).focus()
    history.keyboard.press("Enter")
    history.get_by_role("checkbox", name="7", exact=True).focus()
    history.keyboard.press("Space")
    history.get_by_label("How sure").focus()
    history.keyboard.press("ArrowDown")
    history.get_by_role("button", name="Apply").press("Enter")
    history.wait_for_url("**/history/?digit=7&sure=yes&digits=7")
    expect(history.locator("[data-submission]").first).to_contain_text("Read as 7")
    history.get_by_role("link", name=re.compile("Remove the filter: Reading")).press("Enter")
    history.wait_for_url("**/history/?digit=7&digits=7")
    history.get_by_role("link", name="Clear filters").press("Enter")
    history.wait_for_url("**/history/")
