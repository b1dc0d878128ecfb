"""Live reading: the verdict follows when the person pauses, one canvas is one item, and a setting turns it off."""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Request, StorageState, expect

from tests.browser.conftest import OpenPage
from tests.browser.person import FIVE_STROKES, SEVEN, Stroke, draw, paused_worker
from tests.site import Site

BAR: Stroke = [(0.2, 0.95), (0.8, 0.95)]
ROWS = "SELECT status, superseded_at IS NULL FROM predictions_submission WHERE canvas = %s ORDER BY key"


@pytest.fixture
def live(service: Site, logged_in: StorageState, new_page: OpenPage) -> Iterator[Page]:
    """Return the drawing page of alice, who has her drawings read while she draws."""
    choose = "UPDATE accounts_user SET reads_live = %s WHERE username = 'alice' RETURNING 1"
    service.query(choose, True)
    page = new_page(storage_state=logged_in)
    page.goto(service.url)
    yield page
    service.query(choose, False)


def _posts(page: Page) -> list[Request]:
    """Return the list of the drawings that are sent from now on."""
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request) if request.method == "POST" else None)
    return sent


def _canvas(page: Page) -> str:
    return str(json.loads(page.evaluate("Object.values(sessionStorage)[0]"))["canvas"])


def test_the_verdict_follows_by_itself_and_one_canvas_is_one_item(live: Page, service: Site) -> None:
    expect(live.get_by_role("status")).to_contain_text("It is read when you pause.")
    draw(live)
    expect(live.get_by_role("status")).to_contain_text("Looks like 7")
    canvas = _canvas(live)
    live.evaluate("window.top_of_paper = document.querySelector('[data-canvas]').getBoundingClientRect().top")
    draw(live, [BAR])
    expect(live.locator("[data-answer]")).to_have_attribute("data-stale", "")
    expect(live.get_by_role("status")).to_contain_text("Looks like 7")  # until the next one takes its place
    expect(live.locator("[data-answer]:not([data-stale])")).to_be_visible()
    assert live.evaluate("document.querySelector('[data-canvas]').getBoundingClientRect().top === top_of_paper")
    assert service.query(ROWS, canvas) == [("succeeded", False), ("succeeded", True)]


def test_at_most_one_row_of_a_canvas_is_in_flight(live: Page, service: Site) -> None:
    with paused_worker(service):
        for stroke in FIVE_STROKES[:3]:
            with live.expect_request(lambda request: request.method == "POST"):
                draw(live, [stroke])
        canvas = _canvas(live)
        service.wait_until(lambda: len(service.query(ROWS, canvas)) == 3, 20)
        assert service.query(ROWS, canvas) == [("canceled", False), ("canceled", False), ("queued", True)]
    expect(live.locator("[data-answer]:is([data-state=digit], [data-state=unsure])")).to_be_visible()


def test_nothing_is_sent_before_the_stroke_ends(live: Page) -> None:
    sent = _posts(live)
    box = live.locator("[data-canvas]").bounding_box() or {}
    draw(live)
    live.mouse.move(box["x"] + 20, box["y"] + 20)
    live.mouse.down()
    live.mouse.move(box["x"] + 60, box["y"] + 20)
    live.wait_for_timeout(1_300)
    assert sent == []
    with live.expect_request(lambda request: request.method == "POST"):
        live.mouse.up()


def test_predict_does_not_wait_and_is_not_repeated(live: Page) -> None:
    sent = _posts(live)
    draw(live)
    live.get_by_role("button", name="Predict").click()
    expect(live.get_by_role("status")).to_contain_text("Looks like 7")
    live.wait_for_timeout(1_000)
    assert len(sent) == 1


def test_clearing_the_paper_calls_the_reading_off(live: Page) -> None:
    sent = _posts(live)
    draw(live)
    live.locator("[data-canvas]").press("Escape")
    live.wait_for_timeout(1_000)
    assert sent == []
    expect(live.get_by_role("status")).to_contain_text("Draw a digit or a number.")


@pytest.mark.long  # 4 s
def test_the_setting_turns_it_off_and_on(live: Page, service: Site) -> None:
    live.get_by_role("link", name="alice").click()
    choice = live.get_by_role("checkbox", name="Read my drawing by itself when I pause")
    expect(choice).to_be_checked()
    choice.uncheck()
    live.get_by_role("button", name="Save preferences").click()
    expect(live.get_by_text("Your preferences were saved.")).to_be_visible()
    expect(choice).not_to_be_checked()
    live.goto(service.url)
    sent = _posts(live)
    expect(live.get_by_role("status")).to_contain_text("then press Predict")
    draw(live, SEVEN)
    live.wait_for_timeout(1_300)
    assert sent == []
    live.get_by_role("button", name="Predict").click()
    expect(live.get_by_role("status")).to_contain_text("Looks like 7")
