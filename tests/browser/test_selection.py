"""Selecting many drawings of the history: deleting and reading them again, by pointer, by keys and without scripts."""

import re

import pytest
from playwright.sync_api import Page, StorageState, expect

from tests.browser.conftest import on_every_screen
from tests.browser.kept_pages import OpenPage
from tests.browser.person import Hand
from tests.browser.selecting import (
    boxes,
    count_kept,
    expect_selected,
    forget_readings,
    open_history,
    rows,
    send_batch,
)
from tests.site import Site


def test_boxes_and_buttons_are_told_apart_by_what_was_read(alice: Page, service: Site) -> None:
    open_history(alice, service, send_batch(service, 2))
    for text in ("7", "1"):
        expect(alice.get_by_role("checkbox", name=f"Select this drawing Read as {text}")).to_have_count(1)
        expect(alice.get_by_role("button", name=f"Delete this drawing Read as {text}")).to_have_count(1)


@on_every_screen
def test_some_are_selected_deleted_and_restored(alices_hand: Hand, service: Site) -> None:
    page, batch = alices_hand.page, send_batch(service, 6)
    open_history(page, service, batch)
    expect(page.get_by_role("main").get_by_role("button", name="Delete", exact=True)).to_have_count(0)
    alices_hand.touch(boxes(page).nth(1))
    expect_selected(page, "1 selected")
    if alices_hand.is_finger:
        for number in (2, 3):
            alices_hand.touch(boxes(page).nth(number))
    else:
        boxes(page).nth(3).click(modifiers=["Shift"])
    expect_selected(page, "3 selected")
    assert [boxes(page).nth(number).is_checked() for number in range(6)] == [False, True, True, True, False, False]
    page.wait_for_load_state("networkidle")  # a picture that is still under way would be missed in a moment
    alices_hand.press("button", "Delete")
    expect(page.get_by_text("3 drawings were deleted.")).to_be_visible()
    expect(rows(page)).to_have_count(3)
    assert 30 < int(page.locator("[data-left]").inner_text()) <= 40
    alices_hand.touch(page.get_by_role("button", name="Undo"))
    expect(page.get_by_text("3 drawings were restored.")).to_be_visible()
    expect(rows(page)).to_have_count(6)
    assert count_kept(service, batch) == 6


@pytest.mark.long  # two ways: 6 s
@pytest.mark.parametrize("count", [1, 2])
def test_undo_is_offered_again_after_a_reload_and_coming_back(alice: Page, service: Site, count: int) -> None:
    open_history(alice, service, send_batch(service, 4))
    alice.wait_for_load_state("networkidle")
    if count == 1:
        rows(alice).first.get_by_role("button", name="Delete").click()
    else:
        for number in range(count):
            boxes(alice).nth(number).check()
        alice.get_by_role("button", name="Delete", exact=True).click()
    undo = alice.get_by_role("button", name="Undo")
    expect(undo).to_be_visible()
    alice.reload()
    expect(undo).to_be_visible()
    rows(alice).first.get_by_role("link").click()
    alice.wait_for_url(lambda url: "deleted" not in url)
    alice.go_back()
    undo.click()
    expect(rows(alice)).to_have_count(4)
    expect(undo).to_have_count(0)


@on_every_screen
def test_all_of_it_works_by_keys(alices_hand: Hand, service: Site) -> None:
    page, batch = alices_hand.page, send_batch(service, 5)
    open_history(page, service, batch)
    keys = page.keyboard
    boxes(page).nth(0).focus()
    keys.press("Space")
    expect_selected(page, "1 selected")
    boxes(page).nth(2).focus()
    keys.press("Shift+Space")
    expect_selected(page, "3 selected")
    keys.press("Escape")
    expect_selected(page, "")
    expect(page.get_by_role("button", name="Clear selection")).to_be_hidden()
    page.get_by_label("All on this page").focus()
    keys.press("Space")
    expect_selected(page, "5 selected")
    for _ in range(10):
        keys.press("Tab")
        if page.evaluate("document.activeElement.textContent.trim()") == "Delete":
            break
    page.wait_for_load_state("networkidle")
    keys.press("Enter")
    expect(page.get_by_text("5 drawings were deleted.")).to_be_visible()
    page.get_by_role("button", name="Undo").focus()
    keys.press("Enter")
    expect(page.get_by_text("5 drawings were restored.")).to_be_visible()
    assert count_kept(service, batch) == 5


def test_all_that_match_are_more_than_the_page_shows(alice: Page, service: Site) -> None:
    batch = send_batch(service, 30)
    open_history(alice, service, batch)
    expect(alice.get_by_label(re.compile("match the filters"))).to_be_hidden()
    alice.get_by_label("All on this page").check()
    everything = alice.get_by_label("All 30 that match the filters")
    everything.check()
    expect_selected(alice, "30 selected")
    boxes(alice).nth(0).uncheck()
    expect(everything).not_to_be_checked()
    boxes(alice).nth(0).check()
    everything.check()
    alice.mouse.wheel(0, 20_000)  # more is appended, and selected too
    expect(rows(alice)).to_have_count(30)
    expect(alice.locator("[data-submission] :checked")).to_have_count(30)
    alice.wait_for_load_state("networkidle")  # a picture that is still under way would be missed in a moment
    alice.get_by_role("button", name="Delete", exact=True).click()
    expect(alice.get_by_text("30 drawings were deleted.")).to_be_visible()
    assert count_kept(service, batch) == 0
    alice.get_by_role("button", name="Undo").click()
    expect(alice.get_by_text("30 drawings were restored.")).to_be_visible()
    assert count_kept(service, batch) == 30


@on_every_screen
def test_what_is_read_otherwise_now_is_shown_as_it_is_read(alices_hand: Hand, service: Site) -> None:
    page, batch = alices_hand.page, send_batch(service, 6)
    forget_readings(service, batch)
    open_history(page, service, batch)
    alices_hand.touch(page.get_by_label("All on this page"))
    alices_hand.press("button", "Read again")
    expect(page.get_by_role("heading", name="Read again")).to_be_visible()
    expect(page.get_by_text("6 drawings were read again.")).to_be_visible()
    expect(page.get_by_role("heading", name="3 are read otherwise now")).to_be_visible()
    expect(page.get_by_text("3 are read as before.")).to_be_visible()
    expect(rows(page)).to_have_count(3)
    first = rows(page).first
    expect(first).to_contain_text(re.compile(r"Before\s+Read as 4\s+61\.0% sure\s+Now\s+Read as [17]"))
    assert page.locator("[data-read-again]").get_attribute("data-unfinished") is None
    alices_hand.touch(page.get_by_role("link", name="Back to the history"))
    expect(page.get_by_role("heading", name="History")).to_be_visible()


@pytest.mark.long  # 6 s
def test_without_scripts_all_of_it_works_too(
    alice: Page, service: Site, new_page: OpenPage, logged_in: StorageState
) -> None:
    batch = send_batch(service, 26)
    page = new_page(storage_state=logged_in, java_script_enabled=False)
    open_history(page, service, batch)
    boxes(page).nth(0).check()
    page.wait_for_load_state("networkidle")  # the pictures, which are gone after that
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text("1 drawing was deleted.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("1 drawing was restored.")).to_be_visible()
    page.get_by_label("All that match the filters").check()
    page.wait_for_load_state("networkidle")  # the pictures, which are gone after that
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text("26 drawings were deleted.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    assert count_kept(service, batch) == 26
    forget_readings(service, batch)
    page.get_by_label("All that match the filters").check()
    page.get_by_role("button", name="Read again", exact=True).click()
    expect(page.get_by_text(re.compile("Read so far|were read again"))).to_be_visible()


@pytest.mark.long  # two pages more than the journeys above
def test_coming_back_shows_what_is_selected(alice: Page, service: Site) -> None:
    batch = send_batch(service, 3)
    open_history(alice, service, batch)
    boxes(alice).nth(0).check()
    rows(alice).nth(1).get_by_role("link").click()
    alice.wait_for_url(re.compile(r"/history/[^/?]+-[^/?]+/"))
    alice.go_back()
    rows(alice).first.wait_for()
    said = alice.locator("[data-selection] [role=status]")
    expect(said).to_have_text("1 selected" if boxes(alice).nth(0).is_checked() else "")
