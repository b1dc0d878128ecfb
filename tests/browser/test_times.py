"""Times and the days of the filters are in the reader's time zone."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import StorageState, expect

from tests.browser.conftest import OpenPage
from tests.browser.person import arrive, draw, read_it
from tests.site import Site


@pytest.mark.long  # a zone in its own context: 5 s
def test_times_and_days_are_in_the_readers_time_zone(
    service: Site, logged_in: StorageState, new_page: OpenPage
) -> None:
    zone = "Pacific/Kiritimati" if datetime.now(UTC).hour >= 11 else "Pacific/Pago_Pago"  # where it is another day now
    page = new_page(storage_state=logged_in, timezone_id=zone)
    page.goto(service.url)
    draw(page)
    read_it(page)
    page.get_by_role("link", name="All about this drawing").click()
    arrive(page, "Read as 7")
    sent = page.get_by_role("region", name="Details").locator("time")
    at = datetime.fromisoformat(sent.get_attribute("datetime") or "").astimezone(ZoneInfo(zone))
    clock = f"{at:%b} {at.day}, {at.year}, {at.hour % 12 or 12}:{at:%M} {at:%p}"
    expect(sent).to_have_text(f"{clock} GMT{at.utcoffset() // timedelta(hours=1):+}")
    row = page.locator(f'[data-submission="{page.url.rstrip("/").rpartition("/")[2]}"]')
    page.get_by_role("main").get_by_role("link", name="History").click()
    expect(row.locator("time")).to_have_text(clock)
    page.get_by_text("Filter", exact=True).click()
    expect(page.get_by_text(zone)).to_be_visible()
    for day, count in ((at, 1), (at - timedelta(days=1), 0), (at + timedelta(days=1), 0)):
        for label in ("From", "To"):
            page.get_by_label(label, exact=True).fill(f"{day:%Y-%m-%d}")
        page.get_by_role("button", name="Apply", exact=True).click()
        page.wait_for_url(f"**since={day:%Y-%m-%d}**")
        expect(page.get_by_text(zone)).to_be_visible()
        expect(row).to_have_count(count)


@pytest.mark.long  # 4 s
def test_times_are_in_the_language_of_the_page(service: Site, logged_in: StorageState, new_page: OpenPage) -> None:
    page = new_page(storage_state=logged_in, timezone_id="Europe/Berlin", locale="de")
    page.goto(service.url)
    draw(page)
    page.get_by_role("button", name="Lesen").click()
    page.locator("[data-text]:not(:empty)").wait_for()
    page.goto(f"{service.url}/history/")
    first = page.locator("time").first
    at = datetime.fromisoformat(first.get_attribute("datetime") or "").astimezone(ZoneInfo("Europe/Berlin"))
    expect(first).to_have_text(re.compile(rf"^{at.day}\. \w+\.? {at.year}, 0?{at.hour}:{at:%M}$"))
    assert (first.get_attribute("title") or "").endswith(("MEZ", "MESZ"))
