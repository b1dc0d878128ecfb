"""axe finds no problem while a number is drawn on the grid, read, corrected digit by digit, typed and judged."""

import pytest
from playwright.sync_api import Page, StorageState, expect

from tests.browser.conftest import OpenPage
from tests.browser.person import draw
from tests.browser.test_answer import THREE_SEVENS
from tests.browser.test_axe import PHONE_LIGHT, assert_flawless
from tests.site import Site


@pytest.mark.long  # one look takes 5 s, and the drawing page itself is in the quick set
@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("colors", ["none", "active"])
def test_a_number_on_its_way(
    service: Site, logged_in: StorageState, new_page: OpenPage, language: str, colors: str
) -> None:
    page = new_page(375, 667, storage_state=logged_in, locale=language, forced_colors=colors)
    page.goto(service.url)
    look = f"{language} {colors}"
    page.locator("[data-pad]:not([aria-busy]) .tool[data-wide]").click()
    page.locator(".tool[data-grid]").click()
    assert_flawless(page, f"grid {look}", PHONE_LIGHT)
    page.locator(".tool[data-grid]").click()
    draw(page, THREE_SEVENS)
    page.locator("[data-predict]").click()
    page.locator(".symbol").nth(1).click()
    assert_flawless(page, f"picker {look}", PHONE_LIGHT)
    page.locator(".pick[data-words]").nth(1).click()
    page.locator("[data-typing] input").fill("771")
    assert_flawless(page, f"typing {look}", PHONE_LIGHT)
    page.locator("[data-typing] [type=submit]").click()
    expect(page.locator("[data-answer]")).to_have_attribute("data-label", "corrected")
    assert_flawless(page, f"corrected {look}", PHONE_LIGHT)
    _open_item(page)
    assert_flawless(page, f"item, corrected {look}", PHONE_LIGHT)
    page.get_by_role("navigation").get_by_role("link").nth(1).click()
    page.locator(".row .tag").first.wait_for()
    assert_flawless(page, f"history, corrected {look}", PHONE_LIGHT)


def _open_item(page: Page) -> None:
    page.locator("[data-own-page]").click()
    page.locator("[data-answer]:not([data-state=empty])").wait_for()
