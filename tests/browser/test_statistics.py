"""One's own statistics: reached by keys from the history, with tables behind the pictures and links to the drawings."""

import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, StorageState, expect

from tests.browser.conftest import OpenPage, on_every_screen
from tests.browser.person import Hand, arrive, draw, read_it
from tests.browser.test_forced_colors import MIN_CONTRAST, contrast
from tests.site import Site


def _open_by_key(page: Page, name: str) -> None:
    """Open the table behind a picture, without a pointer."""
    numbers = page.get_by_role("region", name=name).get_by_text("The numbers")
    numbers.focus()
    page.keyboard.press("Enter")


def _correct(page: Page) -> None:
    """Draw a 7 that is read as one, and say that it is a 1."""
    draw(page)
    assert "7" in read_it(page)
    page.get_by_role("link", name="All about this drawing").click()
    arrive(page, "Read as 7")
    page.get_by_role("button", name="No", exact=True).click()
    page.get_by_role("button", name="1", exact=True).click()
    expect(page.get_by_role("heading", name="It is 1, read as 7")).to_be_visible()


@on_every_screen
def test_a_correction_is_in_the_statistics(alices_hand: Hand) -> None:
    page = alices_hand.page
    _correct(page)
    alices_hand.press("link", "History")
    alices_hand.press("link", "Your statistics")
    arrive(page, "Your statistics")
    expect(page.get_by_role("img", name=re.compile(r"drawings? in the last 30 days\. Most in one day"))).to_be_visible()
    expect(page.get_by_text("people tell more often when a reading is wrong")).to_be_visible()
    links = page.get_by_role("main").get_by_role("link", name="Corrected readings with a 7")
    alices_hand.touch(links.first)  # one for each digit that was said to be right
    expect(page.get_by_role("main").get_by_role("listitem").first).to_contain_text("Corrected: 1")


def test_it_is_used_by_keys(alice: Page, service: Site) -> None:
    _correct(alice)
    alice.goto(f"{service.url}/history/statistics/")
    _open_by_key(alice, "How many drawings")
    table = alice.get_by_role("region", name="How many drawings").get_by_role("table")
    expect(table.get_by_role("row")).to_have_count(31)
    alice.get_by_role("link", name="12 months").focus()
    alice.keyboard.press("Enter")
    alice.wait_for_url("**by=month**")
    expect(alice.get_by_role("link", name="12 months")).to_have_attribute("aria-current", "true")
    _open_by_key(alice, "Which digits are confused")
    expect(alice.get_by_role("table", name="What each is read as")).to_be_visible()


@pytest.mark.long  # a zone in its own context: 4 s
def test_days_are_those_of_the_reader(service: Site, logged_in: StorageState, new_page: OpenPage) -> None:
    zone = "Pacific/Kiritimati" if datetime.now(UTC).hour >= 11 else "Pacific/Pago_Pago"  # where it is another day now
    page = new_page(storage_state=logged_in, timezone_id=zone)
    page.goto(service.url)
    draw(page)
    read_it(page)
    page.goto(f"{service.url}/history/")
    page.get_by_role("link", name="Your statistics").click()
    page.wait_for_url("**zone=Pacific**")
    expect(page.get_by_text(f"time zone {zone}")).to_be_visible()
    page.go_back()
    arrive(page, "History")


@pytest.mark.long  # 4 s
def test_pictures_are_visible_in_forced_colors(
    service: Site, alice: Page, logged_in: StorageState, new_page: OpenPage
) -> None:
    _correct(alice)
    page = new_page(storage_state=logged_in, forced_colors="active", color_scheme="dark")
    page.goto(f"{service.url}/history/statistics/")
    pictures = page.get_by_role("main").get_by_role("img")
    expect(pictures).to_have_count(5)
    for number in range(5):
        assert contrast(pictures.nth(number)) > MIN_CONTRAST, number
