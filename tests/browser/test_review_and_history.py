"""Correcting, filtering, deleting and drawing on, on phones and desktops, with finger and mouse."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import on_every_screen
from tests.browser.person import FIVE_STROKES, Hand, arrive
from tests.site import Site

pytestmark = on_every_screen


@pytest.fixture
def seven(alices_hand: Hand) -> Hand:
    """Return alice on the page of a seven that she has just drawn."""
    alices_hand.draw()
    assert "7" in alices_hand.read_it()
    alices_hand.press("link", "All about this drawing")
    arrive(alices_hand.page, "Read as 7")
    return alices_hand


def test_the_owner_confirms_corrects_or_rejects_a_reading(seven: Hand) -> None:
    page = seven.page
    seven.press("button", "Yes")
    expect(page.get_by_role("heading", name="It is 7, as read")).to_be_visible()
    expect(page.get_by_role("status")).to_contain_text("Confirmed: 7")
    seven.press("button", "Take it back")
    expect(page.get_by_role("heading", name="Read as 7")).to_be_visible()
    seven.press("button", "No")
    seven.press("button", "1")
    expect(page.get_by_role("heading", name="It is 1, read as 7")).to_be_visible()
    expect(page.get_by_role("status")).to_contain_text("Corrected: 1")
    seven.press("link", "History")
    row = page.get_by_role("listitem").filter(has_text="Corrected: 1").first
    expect(row).to_contain_text("Read as 7")
    seven.touch(row.get_by_role("link"))
    seven.press("button", "Take it back")
    seven.press("button", "No")
    seven.press("button", "Not a digit")
    expect(page.get_by_role("heading", name="Not a digit, read as 7")).to_be_visible()


def test_the_history_is_filtered(seven: Hand) -> None:
    page = seven.page
    seven.press("button", "No")
    seven.press("button", "Type it")
    page.get_by_role("textbox", name="What is it?").fill("4")
    seven.press("button", "Save")
    expect(page.get_by_role("heading", name="It is 4, read as 7")).to_be_visible()
    seven.press("link", "History")
    seven.touch(page.get_by_text("Filter", exact=True))
    page.get_by_label("Search by number").fill("7")
    page.get_by_label("What you said").select_option("corrected")
    seven.press("button", "Apply")
    expect(page.get_by_role("main").get_by_role("link", name="Clear filters")).to_be_visible()
    rows = page.get_by_role("main").get_by_role("listitem")
    expect(rows.first).to_contain_text("Read as 7")
    assert all("Corrected:" in said for said in rows.all_inner_texts())
    page.get_by_label("From").fill("2099-01-01")
    seven.press("button", "Apply")
    expect(page.get_by_role("heading", name="No drawings match these filters")).to_be_visible()
    seven.touch(page.get_by_role("main").get_by_role("link", name="Clear filters").first)
    expect(rows.first).to_contain_text("Read as 7")


def test_a_deleted_drawing_can_be_restored_for_a_moment(seven: Hand) -> None:
    page = seven.page
    page.clock.install(time=0)
    page.clock.pause_at(1_000)
    row = page.locator(f'a[href="{urlsplit(page.url).path}"]')
    seven.press("button", "Delete")
    expect(page.get_by_text("The drawing was deleted.")).to_be_visible()
    expect(row).to_have_count(0)
    undo = page.get_by_role("button", name="Undo")
    seven.touch(undo)
    expect(row).to_have_count(1)
    page.wait_for_load_state("networkidle")  # a picture that is still under way would be missed in a moment
    seven.touch(row.locator("xpath=..").get_by_role("button", name="Delete"))
    undo.wait_for()
    page.wait_for_load_state("load")
    left_s = int(page.locator("[data-left]").inner_text())
    assert 1 < left_s <= 10
    page.clock.run_for(1_000 * (left_s - 1))
    assert undo.is_visible()
    page.clock.run_for(1_500)
    assert undo.count() == 0
    assert "deleted" not in page.url
    expect(row).to_have_count(0)
    page.close()  # no other test shall have its clock


def test_readings_of_one_canvas_are_one_entry_of_the_history(alices_hand: Hand, service: Site) -> None:
    page = alices_hand.page
    with page.expect_response(lambda response: response.request.method == "POST") as posted:
        alices_hand.draw(FIVE_STROKES[:1])
        alices_hand.read_it()
    canvas = posted.value.request.post_data_json["canvas"]
    for stroke in FIVE_STROKES[1:]:
        alices_hand.draw([stroke])
        alices_hand.read_it()
    rows = service.query("SELECT id, superseded_at FROM predictions_submission WHERE canvas = %s ORDER BY key", canvas)
    *older, (newest, superseded_at) = rows
    assert len(older) == 4 and all(superseded for _, superseded in older) and superseded_at is None
    alices_hand.touch(page.get_by_role("navigation").get_by_role("link", name="History"))
    arrive(page, "History")
    links = page.get_by_role("main").get_by_role("listitem").get_by_role("link")
    shown = links.evaluate_all("links => links.map(link => link.getAttribute('href').split('/').at(-2))")
    assert [id_ for id_ in shown if id_ in {str(row[0]) for row in rows}] == [str(newest)]
