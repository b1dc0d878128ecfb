"""axe finds no problem while a picture, or several, are cropped, sent and read, also in German."""

import pytest
from playwright.sync_api import Page, StorageState, expect

from tests.browser.conftest import OpenPage
from tests.browser.picture_files import HEIC, choose, draw_picture, encode, noise, payload
from tests.browser.test_axe import BOTH, DESKTOP_DARK, assert_flawless
from tests.site import Site

pytestmark = pytest.mark.long  # shows axe each state of a picture: 15 to 45 s

SLOW = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 50_000}
FAST = {**SLOW, "uploadThroughput": -1}


def _speed(page: Page, conditions: dict[str, float]) -> None:
    """Change the speed of the page's network; a kept page gets it back as it was."""
    network = page.context.new_cdp_session(page)
    network.send("Network.emulateNetworkConditions", conditions)


def test_a_picture_in_each_of_its_states(alice: Page) -> None:
    choose(alice, payload(encode(draw_picture("71"))))
    expect(alice.get_by_role("button", name="Send")).to_be_visible()
    assert_flawless(alice, "a whole picture", *BOTH)
    alice.get_by_role("slider", name="Right edge").focus()
    alice.keyboard.press("Shift+ArrowLeft")
    assert_flawless(alice, "a cropped picture", *BOTH)
    alice.get_by_role("button", name="Send").click()
    alice.locator("[data-answer][data-state=digit]").wait_for()
    assert_flawless(alice, "a picture that was read", *BOTH)
    choose(alice, payload(HEIC, "IMG_0001.HEIC", "image/heic"))
    expect(alice.get_by_role("status")).to_contain_text("HEIC files can't be read")
    assert_flawless(alice, "a picture that the browser cannot show", *BOTH)


def test_an_upload_on_its_way(alice: Page) -> None:
    choose(alice, payload(noise(800)))
    expect(alice.get_by_role("button", name="Send")).to_be_focused()
    _speed(alice, SLOW)
    alice.get_by_role("button", name="Send").click()
    expect(alice.get_by_role("progressbar")).to_be_visible()
    assert_flawless(alice, "an upload", *BOTH)
    alice.get_by_role("button", name="Cancel").click()
    _speed(alice, FAST)


def test_several_pictures_in_each_of_their_states(alice: Page) -> None:
    choose(alice, payload(), payload(noise(400)), payload(HEIC, "IMG_0001.HEIC", "image/heic"))
    assert_flawless(alice, "several pictures", *BOTH)
    _speed(alice, SLOW)
    alice.get_by_role("button", name="Send all").click()
    expect(alice.get_by_role("progressbar")).to_be_visible()
    assert_flawless(alice, "several uploads", DESKTOP_DARK)
    _speed(alice, FAST)
    expect(alice.get_by_role("status")).to_contain_text("Done.")
    assert_flawless(alice, "several pictures that were read", *BOTH)
    alice.reload()
    expect(alice.get_by_role("heading", name="History")).to_be_visible()
    assert_flawless(alice, "the history of a batch", *BOTH)


def test_pictures_in_german(service: Site, logged_in: StorageState, new_page: OpenPage) -> None:
    page = new_page(375, 667, storage_state=logged_in, locale="de")
    page.goto(service.url)
    choose(page, payload())
    page.get_by_role("button", name="Senden", exact=True).wait_for()
    assert_flawless(page, "a picture (de)", *BOTH)
    choose(page, payload(), payload())
    page.get_by_role("button", name="Alle senden").click()
    expect(page.get_by_role("status")).to_contain_text("Fertig. Gelesen: 2 von 2.")
    assert_flawless(page, "several pictures (de)", *BOTH)
