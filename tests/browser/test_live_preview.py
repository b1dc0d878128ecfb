"""The drawing page shows a preview while a digit is drawn, and the reading in its place."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, StorageState, expect

from tests.browser.conftest import OpenPage
from tests.browser.person import FIVE_STROKES, SEVEN, draw, paused_worker
from tests.site import Site

pytestmark = pytest.mark.preview

CHOOSE = "UPDATE accounts_user SET reads_live = %s WHERE username = 'alice' RETURNING 1"
PREVIEW = "[data-preview]"
PLACE = """
() => {
    const shown = [...document.querySelectorAll(".preview-digit, .answer-text")].filter((one) => one.checkVisibility());
    const boxes = [shown[0], ...document.querySelectorAll("[data-answer], [data-canvas]")];
    return boxes.map((one) => ["x", "y", "width", "height"].map((side) => one.getBoundingClientRect()[side]));
}
"""


@pytest.fixture(params=[375, 1280])
def live(service: Site, logged_in: StorageState, new_page: OpenPage, request: pytest.FixtureRequest) -> Iterator[Page]:
    """Return the drawing page of alice, who has her drawings read while she draws."""
    service.query(CHOOSE, True)
    page = new_page(request.param, 700, storage_state=logged_in)
    page.goto(service.url)
    yield page
    service.query(CHOOSE, False)


def test_a_digit_appears_before_the_pen_is_lifted(live: Page) -> None:
    box = live.locator("[data-pad]:not([aria-busy]) [data-canvas]").bounding_box()
    assert box
    first, *rest = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in SEVEN[0]]
    live.mouse.move(*first)
    live.mouse.down()
    for point in rest:
        live.mouse.move(*point, steps=8)
    expect(live.locator(PREVIEW)).to_contain_text("Looks like 7")
    expect(live.locator(PREVIEW)).to_contain_text("Preview")
    live.mouse.up()


def test_nothing_moves_when_the_reading_takes_its_place(live: Page, service: Site) -> None:
    with paused_worker(service):
        draw(live)
        expect(live.locator(PREVIEW)).to_be_visible()
        before = live.evaluate(PLACE)
    expect(live.locator('[data-answer][data-state="digit"]')).to_be_visible()
    expect(live.locator(PREVIEW)).to_be_hidden()
    assert live.evaluate(PLACE) == before


@pytest.mark.long  # see the quick ones above: 3 to 8 s
def test_a_number_has_no_preview(live: Page) -> None:
    draw(live, FIVE_STROKES)
    expect(live.locator(PREVIEW)).to_be_hidden()
    expect(live.locator("[data-answer]:not([data-state=empty])")).to_be_visible()
    expect(live.locator(PREVIEW)).to_be_hidden()


@pytest.mark.long  # see the quick ones above: 3 to 8 s
def test_undo_and_a_reload_bring_the_preview_back(live: Page, service: Site) -> None:
    with paused_worker(service):
        draw(live)
        expect(live.locator(PREVIEW)).to_be_visible()
        draw(live, [[(0.02, 0.5), (0.02, 0.9)]])
        expect(live.locator(PREVIEW)).to_be_hidden()
        live.get_by_role("button", name="Undo").click()
        expect(live.locator(PREVIEW)).to_be_visible()
        live.reload()
        expect(live.locator(PREVIEW)).to_be_visible()


@pytest.mark.long  # see the quick ones above: 3 to 8 s
def test_the_preview_works_offline(live: Page, faults: list[str]) -> None:
    draw(live)
    expect(live.locator('[data-answer][data-state="digit"]')).to_be_visible()
    live.context.set_offline(True)
    live.get_by_role("button", name="Clear").click()
    draw(live)
    expect(live.locator(PREVIEW)).to_contain_text("Looks like 7")
    expect(live.locator('[data-answer][data-state="notice"]')).to_be_visible()
    expect(live.locator(PREVIEW)).to_contain_text("Looks like 7")
    assert all("ERR_INTERNET_DISCONNECTED" in fault for fault in faults)
    faults.clear()


@pytest.mark.long  # see the quick ones above: 3 to 8 s
def test_without_live_reading_nothing_is_loaded_for_a_preview(
    logged_in: StorageState, new_page: OpenPage, service: Site
) -> None:
    page = new_page(storage_state=logged_in)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(service.url)
    draw(page)
    assert page.locator(PREVIEW).count() == 0
    assert not [url for url in asked if url.endswith(".bin") or "/preview/" in url]
