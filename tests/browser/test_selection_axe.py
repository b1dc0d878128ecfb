"""Accessibility of selections in the history, and of the page of drawings that are read again."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.selecting import boxes, forget_readings, open_history, send_batch
from tests.browser.test_axe import BOTH, assert_flawless
from tests.site import Site


@pytest.mark.long  # rarer states: 8 s
def test_a_selection_and_its_deletion(alice: Page, service: Site) -> None:
    batch = send_batch(service, 26)
    for view in ("list", "gallery"):
        open_history(alice, service, batch, view=view)
        boxes(alice).nth(1).check()
        assert_flawless(alice, f"two selected, {view}", *BOTH)
    alice.get_by_label("All on this page").check()
    alice.get_by_label("All 26 that match the filters").check()
    assert_flawless(alice, "all selected", *BOTH)
    alice.wait_for_load_state("networkidle")  # a picture that is still under way would be missed in a moment
    alice.get_by_role("button", name="Delete", exact=True).click()
    expect(alice.get_by_text("26 drawings were deleted.")).to_be_visible()
    assert_flawless(alice, "all deleted", *BOTH)


@pytest.mark.long  # rarer states: 5 s
def test_drawings_that_are_read_again(alice: Page, service: Site) -> None:
    batch = send_batch(service, 6)
    forget_readings(service, batch)
    open_history(alice, service, batch)
    alice.get_by_label("All on this page").check()
    alice.get_by_role("button", name="Read again").click()
    expect(alice.get_by_role("heading", name="3 are read otherwise now")).to_be_visible()
    assert_flawless(alice, "read again", *BOTH)
    service.query("UPDATE predictions_readagainrequest SET rest = '{\"before\": 1}' RETURNING 1")
    alice.goto(f"{service.url}/history/read-again/")
    expect(alice.get_by_role("button", name="Read the next ones")).to_be_visible()
    assert_flawless(alice, "read again, more left", *BOTH)
    service.query("DELETE FROM predictions_readagainrequest RETURNING 1")
    alice.goto(f"{service.url}/history/read-again/")
    assert_flawless(alice, "nothing read again")
