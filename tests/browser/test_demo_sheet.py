"""People without an account try our page: it is there at once, checked by keys, and nothing of it is sent."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, on_every_screen
from tests.browser.person import Hand, arrive
from tests.browser.test_axe import BOTH, DESKTOP_DARK, assert_flawless
from tests.browser.test_guests import sign_up
from tests.site import Site

pytestmark = pytest.mark.long  # 10 s; the quick set has `tests/predictions/sheets/test_demo.py`
DEMO = "Our page to try"


@on_every_screen
def test_a_newcomer_checks_our_page_and_signs_up_for_pages_of_their_own(service: Site, hand: Hand) -> None:
    page, posts = hand.page, []
    page.on("request", lambda request: request.method == "POST" and posts.append(request.url))
    page.goto(service.url)
    hand.press("link", "try it with our page")
    arrive(page, DEMO)
    expect(page.locator("[data-announcement]")).not_to_be_empty()  # the script runs
    expect(page.locator("[data-wrong-sums] li")).to_have_text(["Row 5 · Donald: Sum says 27, the cells add up to 26."])
    image = page.get_by_role("img", name="The page as it was photographed")
    image.scroll_into_view_if_needed()
    assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    while page.locator("[data-card]").is_visible():
        hand.touch(page.locator("[data-card] [value=accept]"))
    expect(page.get_by_role("heading", name="Nothing doubtful is left")).to_be_visible()
    expect(page.locator("[data-status]")).to_contain_text("stored nowhere")
    assert posts == []
    sign_up(hand, then="No sheets yet")
    hand.press("button", "Try it with our page")
    arrive(page, DEMO)
    assert page.url != f"{service.url}/sheets/demo/", "it is a sheet of their own now"


def test_the_page_for_guests(service: Site, new_page: OpenPage) -> None:
    page: Page = new_page()
    page.goto(f"{service.url}/sheets/demo/")
    expect(page.locator("[data-announcement]")).not_to_be_empty()
    assert_flawless(page, "demo", *BOTH)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Nothing doubtful is left")).to_be_visible()
    assert_flawless(page, "demo, checked", DESKTOP_DARK)
    page.keyboard.press("u")
    expect(page.locator("[data-card]")).to_be_visible()
