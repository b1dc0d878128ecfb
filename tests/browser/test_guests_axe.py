"""axe-core finds no problem on the landing page, nor on the question what to keep."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.person import Hand, draw, paused_worker, read_it
from tests.browser.test_axe import assert_flawless
from tests.browser.test_guests import ONE, sign_up
from tests.site import Site


@pytest.mark.long  # rarer states: 9 s
def test_the_landing_page_and_the_question(service: Site, new_page: OpenPage) -> None:
    page = new_page()
    page.goto(service.url)
    assert_flawless(page, "landing")
    draw(page)
    read_it(page)
    assert_flawless(page, "landing, read")
    for _ in range(7):
        page.locator("[data-canvas]").press("Escape")
        draw(page, ONE)
        read_it(page)
    with paused_worker(service):
        page.locator("[data-canvas]").press("Escape")
        draw(page)
        page.get_by_role("button", name="Predict").click()
        expect(page.get_by_role("status")).to_contain_text("in the queue")
        assert_flawless(page, "landing, waiting")
        page.set_viewport_size({"width": 1280, "height": 800})
        sign_up(Hand(page, is_finger=False))
        expect(page.get_by_text("and 3 more")).to_be_visible()
        assert_flawless(page, "question")
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_text("9 drawings are now in your history.")).to_be_visible()
    assert_flawless(page, "history, nine kept")


def test_the_landing_page_in_german(service: Site, new_page: OpenPage) -> None:
    page: Page = new_page(locale="de")
    page.goto(service.url)
    expect(page.get_by_role("heading", name="Inkling liest")).to_be_visible()
    assert_flawless(page, "landing in German")
