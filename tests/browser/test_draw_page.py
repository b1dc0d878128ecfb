"""The drawing page with mouse, finger and keyboard, on a real worker."""

import json
import re

import pytest
from playwright.sync_api import Page, Request, Route, StorageState, expect

from predictions.services.formatting import with_article
from tests.browser.conftest import Account, OpenPage
from tests.browser.outages import forgive_outage
from tests.browser.person import (
    SEVEN,
    Stroke,
    dark_share,
    draw,
    draw_by_finger,
    log_in,
    paused_worker,
    provoked,
    read_it,
)
from tests.site import Site

BAR: Stroke = [(0.2, 0.9), (0.8, 0.9)]  # a stroke in addition to the seven


def test_a_drawn_seven_is_read(alice: Page) -> None:
    draw(alice)
    assert "7" in read_it(alice)
    expect(alice.locator("[data-text]")).to_have_text("7")
    bars = alice.get_by_role("list", name="Probability of each digit").get_by_role("listitem")
    expect(bars).to_have_count(10)
    expect(alice.locator(".bar[data-read] [data-name]")).to_have_text("7")
    expect(alice.get_by_text(re.compile(r"(Almost certain|Very likely): \d+\.\d%"))).to_be_visible()


def test_the_network_input_is_shown(alice: Page) -> None:
    draw(alice)
    read_it(alice)
    seen = alice.get_by_role("img", name="The 28 by 28 pixels that the network saw")
    expect(seen).to_be_visible()
    assert seen.evaluate("canvas => [canvas.width, canvas.height]") == [28, 28]
    assert 0.03 < dark_share(alice, "[data-seen]") < 0.4


def test_a_finger_draws_without_scrolling_the_page(service: Site, logged_in: StorageState, new_page: OpenPage) -> None:
    phone = new_page(375, 500, storage_state=logged_in, has_touch=True, is_mobile=True)
    phone.goto(service.url)
    draw_by_finger(
        phone, [[(0.5, 0.9), (0.5, 0.6), (0.5, 0.3), (0.5, 0.1)]]
    )  # upwards, which scrolls the page elsewhere
    assert phone.evaluate("scrollY") == 0
    assert dark_share(phone) > 0.02
    phone.get_by_role("button", name="Clear").click()
    top = phone.evaluate("scrollY")
    draw_by_finger(phone)
    assert phone.evaluate("scrollY") == top
    assert "7" in read_it(phone)
    expect(phone.get_by_role("status")).to_be_in_viewport()


def test_a_second_finger_draws_nothing(service: Site, logged_in: StorageState, new_page: OpenPage) -> None:
    phone = new_page(375, 740, storage_state=logged_in, has_touch=True, is_mobile=True)
    phone.goto(service.url)
    box = phone.locator("[data-canvas]").bounding_box() or {}
    screen = phone.context.new_cdp_session(phone)

    def touch(kind: str, *shares: tuple[float, float]) -> None:
        points = [
            {"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"], "id": i}
            for i, (x, y) in enumerate(shares)
        ]
        screen.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", (0.3, 0.3))
    touch("touchMove", (0.6, 0.3))
    touch("touchStart", (0.6, 0.3), (0.2, 0.8))
    touch("touchMove", (0.6, 0.3), (0.8, 0.8))
    touch("touchEnd")
    [stroke] = json.loads(phone.evaluate("Object.values(sessionStorage)[0]"))["strokes"]
    assert max(y for _, y, *_ in stroke) == pytest.approx(0.3 * 280, abs=1)
    assert dark_share(phone) > 0


def test_a_blank_canvas_is_refused_without_a_request(alice: Page) -> None:
    asked: list[str] = []
    alice.on("request", lambda request: asked.append(request.method))
    alice.get_by_role("button", name="Predict").click()
    expect(alice.get_by_role("status")).to_have_text("The canvas is blank. Draw a digit first.")
    assert "POST" not in asked
    alice.close()  # with its listener


@pytest.mark.parametrize("by_key", [False, True], ids=["button", "key"])
def test_undo_removes_only_the_last_stroke(alice: Page, by_key: bool) -> None:
    draw(alice)
    seven = dark_share(alice)
    draw(alice, [BAR])
    assert dark_share(alice) > 1.1 * seven
    alice.keyboard.press("z") if by_key else alice.get_by_role("button", name="Undo").click()
    assert dark_share(alice) == seven > 0


@pytest.mark.parametrize("by_key", [False, True], ids=["button", "key"])
def test_clearing_starts_a_new_canvas(alice: Page, by_key: bool) -> None:
    canvases: list[str] = []

    def note_canvas(request: Request) -> None:
        if request.post_data:
            canvases.append(json.loads(request.post_data)["canvas"])

    alice.on("request", note_canvas)
    for _ in range(2):
        draw(alice)
        read_it(alice)
        alice.locator("[data-canvas]").focus()
        alice.keyboard.press("Escape") if by_key else alice.get_by_role("button", name="Clear").click()
        assert dark_share(alice) == 0
        expect(alice.locator("[data-text]")).to_have_count(0)
    assert len(set(canvases)) == 2
    alice.close()  # with its listener


def test_enter_on_the_canvas_predicts(alice: Page) -> None:
    draw(alice)
    alice.keyboard.press("Enter")
    expect(alice.locator("[data-text]")).to_have_text("7")


def test_keys_outside_the_drawing_pad_do_not_change_the_drawing(alice: Page) -> None:
    draw(alice)
    ink = dark_share(alice)
    alice.get_by_role("link", name="History").focus()
    for key in ("z", "Escape"):
        alice.keyboard.press(key)
    assert dark_share(alice) == ink > 0


def test_a_single_point_leaves_ink(alice: Page) -> None:
    draw(alice, [[(0.5, 0.5)]])
    assert dark_share(alice) > 0


def test_rotating_the_phone_keeps_the_drawing(alice: Page) -> None:
    draw(alice)
    before = dark_share(alice)
    width = alice.locator("[data-canvas]").evaluate("canvas => canvas.width")
    alice.set_viewport_size({"width": 740, "height": 375})
    alice.wait_for_function("width => document.querySelector('[data-canvas]').width !== width", arg=width)
    assert dark_share(alice) == pytest.approx(before / 2, rel=0.1)  # of a paper that is twice as wide
    assert "7" in read_it(alice)


def test_a_drawing_that_is_not_a_digit_gets_a_clear_message(alice: Page) -> None:
    star: list[Stroke] = [
        [(0.1, 0.1), (0.9, 0.9)],
        [(0.9, 0.1), (0.1, 0.9)],
        [(0.1, 0.5), (0.9, 0.5)],
        [(0.5, 0.1), (0.5, 0.9)],
    ]
    draw(alice, star)
    assert re.search("Doesn't look like a digit|Not sure", read_it(alice))


def test_the_page_polls_for_a_reading_that_takes_longer(alice: Page) -> None:
    def without_prefer(route: Route) -> None:
        route.continue_(headers={name: v for name, v in route.request.headers.items() if name != "prefer"})

    alice.route("**/api/v1/submissions/", without_prefer)
    draw(alice)
    with alice.expect_response(lambda response: response.request.method == "POST") as posted:
        assert "7" in read_it(alice)
    assert posted.value.status == 202


@pytest.mark.long  # waits: 5 s
def test_changing_the_drawing_cancels_the_wait(alice: Page, service: Site) -> None:
    with paused_worker(service):
        draw(alice)
        alice.get_by_role("button", name="Predict").click()
        expect(alice.get_by_role("status")).to_contain_text("in the queue")
        alice.get_by_role("button", name="Clear").click()
        expect(alice.get_by_role("status")).to_contain_text("press Predict")
    draw(alice)
    assert "7" in read_it(alice)


def test_the_drawing_stays_when_the_service_is_unreachable(alice: Page, faults: list[str]) -> None:
    draw(alice)
    ink = dark_share(alice)
    alice.context.set_offline(True)
    alice.get_by_role("button", name="Predict").click()
    expect(alice.get_by_role("status")).to_contain_text("Offline: kept here")
    assert dark_share(alice) == ink > 0
    alice.context.set_offline(False)
    assert "7" in read_it(alice)
    forgive_outage(faults)


@pytest.mark.parametrize(
    ("status", "body", "sentence"),
    [
        (429, '{"error": {"code": "throttled", "message": "Slow down."}}', "Too many requests"),
        (500, "<h1>Server Error</h1>", "went wrong on our side"),
        (503, '{"error": {"code": "unavailable", "message": "Later."}}', "isn't available right now"),
        (400, '{"error": {"code": "new_code", "message": "Message of the API."}}', "Message of the API."),
    ],
)
def test_an_error_is_shown_as_a_sentence_and_the_drawing_stays(
    alice: Page, faults: list[str], status: int, body: str, sentence: str
) -> None:
    alice.route("**/api/v1/submissions/", lambda route: route.fulfill(status=status, body=body))
    draw(alice)
    ink = dark_share(alice)
    with provoked(alice, faults, str(status)):
        alice.get_by_role("button", name="Predict").click()
    expect(alice.get_by_role("status")).to_contain_text(sentence)
    assert dark_share(alice) == ink > 0


@pytest.mark.long  # two tabs: 3 s
def test_logging_in_again_in_another_tab_keeps_the_drawing(
    service: Site, make_account: Account, new_page: OpenPage, faults: list[str]
) -> None:
    account = make_account("alice")
    page = new_page()
    log_in(page, service.url, *account)
    draw(page)
    page.context.clear_cookies()
    with provoked(page, faults, "401"):
        page.get_by_role("button", name="Predict").click()
    expect(page.get_by_role("status")).to_contain_text("no longer logged in")
    with page.expect_response(f"{service.url}/"):  # pressed again, still logged out
        page.get_by_role("button", name="Predict").click()
    expect(page.get_by_role("status")).to_contain_text("no longer logged in")
    log_in(page.context.new_page(), service.url, *account)
    assert "7" in read_it(page)


def test_strokes_are_sent_with_times_and_inside_the_canvas(alice: Page) -> None:
    with alice.expect_request(lambda request: request.method == "POST") as sent:
        draw(alice, [[(0.9, 0.9), (1.2, 0.9)], *SEVEN])  # the first one leaves the canvas
        alice.get_by_role("button", name="Predict").click()
    drawing = json.loads(sent.value.post_data or "")
    assert len(drawing["strokes"]) == 2
    assert (drawing["width"], drawing["height"], drawing["pen_px"]) == (280, 280, 20)
    points = [point for stroke in drawing["strokes"] for point in stroke]
    assert all(0 <= x <= 280 and 0 <= y <= 280 for x, y, _, _ in points)
    times = [t_ms for _, _, t_ms, _ in points]
    assert times == sorted(times) and times[0] == 0 < times[-1]


def test_an_article_is_the_same_in_scripts_and_on_the_server(alice: Page) -> None:
    numbers = ["7", "8", "11", "18", "80", "110", "180", "1100", "11000", "08"]
    in_script = "numbers => import('inkling/messages').then(messages => numbers.map(messages.numberWithArticle))"
    assert alice.evaluate(in_script, numbers) == [with_article(number) for number in numbers]
