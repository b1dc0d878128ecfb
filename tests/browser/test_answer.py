"""The answer: bars and chips, what is not sure, the reasons, and corrections in two taps on a small phone."""

import json
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, StorageState, expect

from tests.browser.conftest import OpenPage
from tests.browser.person import SEVEN, Stroke, draw, draw_by_finger, provoked, read_it
from tests.browser.test_axe import assert_flawless
from tests.browser.test_expectations import read_as
from tests.factories import make_reading
from tests.site import Site

THREE_SEVENS: list[Stroke] = [[((i + x) / 3, y) for x, y in SEVEN[0]] for i in range(3)]
ANSWER = "[data-answer]"


def _digit(likely: dict[int, float]) -> dict[str, Any]:
    """Return a digit as the API does, with the given probabilities, the likeliest first."""
    digit: dict[str, Any] = make_reading(str(next(iter(likely))))["digits"][0]
    return {**digit, "probabilities": [likely.get(one, 0) for one in range(10)]}


UNSURE = {
    "verdict": "unsure",
    "text": "3",
    "written": "3",
    "confidence": 0.52,
    "digits": [_digit({3: 0.52, 8: 0.4})],
    "symbols": [],
    "reasons": [{"code": "close_call", "message": "-"}],
}
NO_DIGIT = {
    "verdict": "not_a_digit",
    "text": "4",
    "written": "?",
    "digits": [_digit({4: 0.9})],
    "symbols": [],
    "reasons": [{"code": "other_ink", "message": "-"}],
}


def _within_screen(*places: Locator) -> None:
    for place in places:
        expect(place).to_be_in_viewport(ratio=1)


def test_a_wrong_digit_is_corrected_in_two_taps_without_scrolling(phone: Page) -> None:
    draw_by_finger(phone)
    read_it(phone)
    paper, predict = phone.locator("[data-canvas]"), phone.get_by_role("button", name="Predict")
    _within_screen(phone.locator(ANSWER), paper, predict)
    top = (paper.bounding_box() or {})["y"]
    no = phone.get_by_role("button", name="No", exact=True)
    _within_screen(no)
    no.tap()
    one = phone.get_by_role("group", name="What is it?").get_by_role("button", name="1", exact=True)
    _within_screen(one)
    one.tap()
    expect(phone.get_by_role("status")).to_contain_text("Corrected: 1")
    expect(phone.locator(ANSWER)).to_have_attribute("data-label", "corrected")
    assert (phone.evaluate("scrollY"), (paper.bounding_box() or {})["y"]) == (0, top)
    phone.get_by_role("button", name="Take it back").tap()
    phone.get_by_role("button", name="Yes", exact=True).tap()
    expect(phone.get_by_role("status")).to_contain_text("Confirmed: 7")
    expect(phone.locator(ANSWER)).to_have_attribute("data-label", "confirmed")


def test_what_is_no_number_is_refused_where_it_was_typed(phone: Page) -> None:
    draw_by_finger(phone)
    read_it(phone)
    phone.get_by_role("button", name="No", exact=True).tap()
    phone.get_by_role("button", name="Type it").tap()
    field = phone.get_by_role("textbox", name="What is it?")
    for text in ("=1+1", "abc", "-"):
        field.fill(text)
        field.press("Enter")
        expect(field).to_be_focused()
        expect(field).to_have_value(text)
        assert "Digits, and signs" in field.evaluate("field => field.validationMessage")
    field.fill(" -1,5×2 ")
    field.press("Enter")
    expect(phone.get_by_role("status")).to_contain_text("Corrected: -1,5×2")


def test_a_wrong_digit_of_a_number_is_corrected_in_two_taps(phone: Page, service: Site) -> None:
    phone.get_by_role("button", name="Wide paper").tap()
    draw_by_finger(phone, THREE_SEVENS)
    assert "777" in read_it(phone)
    expect(phone.locator("[data-boxes] rect")).to_have_count(3)
    second = phone.get_by_role("group", name="Digit by digit").get_by_role("button").nth(1)
    _within_screen(second)
    second.tap()
    expect(phone.locator("[data-boxes] [data-chosen] text")).to_have_text("7")
    picker = phone.get_by_role("group", name="Number 2 of 3, read as 7: what is it?")
    _within_screen(*picker.get_by_role("button").all())
    expect(phone.get_by_role("list", name="Probability of each digit").get_by_role("listitem")).to_have_count(10)
    picker.get_by_role("button", name="1", exact=True).tap()
    expect(phone.get_by_role("status")).to_contain_text("Corrected: 717")
    phone.get_by_role("group", name="Digit by digit").get_by_role("button").nth(2).tap()
    phone.get_by_role("button", name="Remove").tap()
    expect(phone.get_by_role("status")).to_contain_text("Corrected: 71")
    assert phone.evaluate("scrollY") == 0
    phone.get_by_role("link", name="All about this drawing").tap()
    expect(phone.get_by_role("heading", name="It is 71, read as 777")).to_be_visible()


def test_a_key_picks_the_right_digit_and_the_focus_stays(alice: Page) -> None:
    draw(alice)
    read_it(alice)
    alice.get_by_role("button", name="No", exact=True).press("Enter")
    expect(alice.get_by_role("button", name="0", exact=True)).to_be_focused()
    alice.keyboard.press("Escape")
    expect(alice.get_by_role("button", name="Yes", exact=True)).to_be_focused()
    alice.get_by_role("button", name="No", exact=True).press("Enter")
    alice.keyboard.press("4")
    expect(alice.get_by_role("status")).to_contain_text("Corrected: 4")
    expect(alice.get_by_role("button", name="Take it back")).to_be_focused()


def test_a_drawing_that_goes_on_after_a_correction_is_another_item(alice: Page, service: Site) -> None:
    draw(alice)
    read_it(alice)
    first = json.loads(alice.evaluate("Object.values(sessionStorage)[0]"))["canvas"]
    alice.get_by_role("button", name="Yes", exact=True).click()
    expect(alice.get_by_role("status")).to_contain_text("Confirmed: 7")
    draw(alice, [[(0.2, 0.95), (0.8, 0.95)]])
    read_it(alice)
    alice.locator("[data-canvas]").press("z")
    expect(alice.get_by_role("status")).to_contain_text("Confirmed: 7")  # the drawing that was judged
    rows = service.query("SELECT superseded_at, label FROM predictions_submission WHERE canvas = %s", first)
    assert rows == [(None, "7")]


@pytest.mark.long  # 3 s
@pytest.mark.parametrize(("width", "height"), [(375, 667), pytest.param(1280, 800, marks=pytest.mark.long)])  # 12 s
def test_what_is_not_sure_looks_different(
    service: Site, logged_in: StorageState, new_page: OpenPage, width: int, height: int
) -> None:
    page = new_page(width, height, storage_state=logged_in)
    page.goto(service.url)
    looks = set()
    for result in ({}, UNSURE, NO_DIGIT):
        read_as(page, **result)
        page.locator("[data-canvas]").press("Escape")
        draw(page)
        said = read_it(page)
        big = page.locator("[data-text]").count()
        looks.add(page.locator(ANSWER).evaluate("answer => getComputedStyle(answer).border"))
        bar = page.locator(".bar[data-read] .bar-track").evaluate("bar => getComputedStyle(bar).fill")
        looks.add(bar)
        _within_screen(*page.get_by_role("group", name="Is this correct?").get_by_role("button").all())
        assert_flawless(page, said, (width, "light"))
        page.set_viewport_size({"width": width, "height": height})
        page.unroute_all(behavior="wait")
        assert (big, said.splitlines()[0]) == {
            "digit": (1, "Looks like 7"),
            "unsure": (0, "Not sure"),
            "not_a_digit": (0, "Doesn't look like a digit"),
        }[result.get("verdict", "digit")]
    assert len(looks) == 3 + 2  # three borders; colored and muted bars


def test_an_unsure_reading_says_why_what_to_try_and_offers_the_best_two(alice: Page) -> None:
    read_as(alice, **UNSURE)
    draw(alice)
    said = read_it(alice)
    assert "Something else is almost as likely. Draw it more clearly, or say which one it is." in said
    buttons = alice.get_by_role("group", name="Is this correct?").get_by_role("button")
    expect(buttons).to_have_text(["It is 3", "It is 8", "Another"])
    buttons.nth(1).click()
    expect(alice.get_by_role("status")).to_contain_text("Corrected: 8")
    alice.unroute_all(behavior="wait")


def test_a_reading_says_how_sure_it_is_and_what_comes_next(alice: Page) -> None:
    read_as(alice, verdict="digit", text="3", confidence=0.92, digits=[_digit({3: 0.92, 8: 0.07})], symbols=[])
    draw(alice)
    said = read_it(alice)
    assert "Very likely: 92.0%. The next best is an 8: 7.0%." in said
    alice.unroute_all(behavior="wait")


def test_a_correction_that_fails_leaves_the_answer(alice: Page, faults: list[str]) -> None:
    draw(alice)
    read_it(alice)
    alice.route("**/review/", lambda route: route.fulfill(status=503, body="{}"))
    with provoked(alice, faults, "503"):
        alice.get_by_role("button", name="Yes", exact=True).click()
    expect(alice.get_by_role("status")).to_contain_text("Couldn't save. Try again.")
    alice.unroute_all(behavior="wait")
    alice.get_by_role("button", name="Yes", exact=True).click()
    expect(alice.get_by_role("status")).to_contain_text("Confirmed: 7")


@pytest.mark.long  # 4 s
def test_the_heat_map_is_explained_where_the_reading_stands(alice: Page) -> None:
    draw(alice)
    read_it(alice)
    region = alice.get_by_role("region", name="Why?")
    region.get_by_role("button", name="Explain").click()
    expect(region.get_by_role("img", name="points most strongly to 7")).to_be_visible()
    expect(region).to_contain_text("Orange is not doubt")
    assert_flawless(alice, "explained")
    alice.locator("[data-canvas]").press("Escape")
    expect(region).to_be_hidden()
