"""The admin's start page and its lists by keyboard alone, and what somebody reads who waits in a paused lane."""

import json

import pytest
from playwright.sync_api import Download, Page, StorageState, expect

from tests.browser.admin_site import ADMIN
from tests.browser.conftest import OpenPage
from tests.browser.person import draw
from tests.browser.test_axe import BOTH, assert_flawless
from tests.site import Site

pytestmark = pytest.mark.long  # two people, and a lane that stands still: 10 s each


@pytest.fixture
def adam(service: Site, sessions: dict[str, StorageState], new_page: OpenPage) -> Page:
    """Open the start page as an admin, on a desktop."""
    page = new_page(1280, 900, storage_state=sessions[ADMIN])
    page.goto(f"{service.url}/admin/")
    return page


def test_a_lane_is_paused_and_resumed_by_keyboard_and_who_waits_is_told(
    service: Site, adam: Page, alice: Page, faults: list[str]
) -> None:
    adam.get_by_role("button", name="Pause: Single drawings").focus()
    adam.keyboard.press("Enter")
    expect(adam.get_by_text("Single drawings: paused.")).to_be_visible()
    assert_flawless(adam, "a paused lane", *BOTH)
    try:
        draw(alice)
        alice.get_by_role("button", name="Predict").click()
        told = "Reading is paused right now. Your drawing is saved"
        expect(alice.get_by_role("status")).to_contain_text(told, timeout=20_000)
        alice.goto(f"{service.url}/history/")
        alice.locator(".row-link").first.click()
        expect(alice.get_by_role("status")).to_contain_text(told)
    finally:
        adam.get_by_role("button", name="Resume: Single drawings").focus()
        adam.keyboard.press("Enter")
    expect(adam.get_by_text("Single drawings: resumed.")).to_be_visible()
    expect(alice.get_by_role("heading", name="Read as 7")).to_be_visible(timeout=20_000)


def test_drawings_are_exported_and_a_filter_is_saved_by_keyboard(
    service: Site, adam: Page, alice: Page, faults: list[str]
) -> None:
    drawing = {"strokes": [[[60, 60], [200, 60], [120, 220]]], "width": 280, "height": 280, "pen_px": 20}
    service.request("POST", "/api/v1/submissions/", "alice", json=drawing, headers={"Prefer": "wait=10"})
    adam.goto(f"{service.url}/admin/predictions/submission/?q=alice")
    adam.get_by_role("checkbox").nth(1).focus()
    adam.keyboard.press("Space")
    adam.get_by_label("Action:").focus()
    adam.keyboard.type("Export as JSON")
    adam.keyboard.press("Tab")
    with adam.expect_download() as caught:
        adam.keyboard.press("Enter")
    download: Download = caught.value
    [row] = json.loads(download.path().read_text(encoding="utf-8"))
    assert (download.suggested_filename, row["owner"]) == ("submissions.json", "alice")

    adam.get_by_text("Save this filter").focus()
    adam.keyboard.press("Enter")
    adam.get_by_label("Name of the filter").fill("Of Alice")
    assert_flawless(adam, "a filter to save", *BOTH)
    adam.keyboard.press("Enter")
    saved = adam.get_by_role("link", name="Of Alice")
    expect(saved).to_have_attribute("aria-current", "true")
    assert_flawless(adam, "saved filters", *BOTH)
    adam.get_by_role("button", name="Delete the filter Of Alice").focus()
    adam.keyboard.press("Enter")
    expect(adam.get_by_text("The filter “Of Alice” is deleted.")).to_be_visible()
    expect(saved).to_have_count(0)
