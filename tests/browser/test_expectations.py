"""Signs, reasons and alternatives on the drawing page and the page of a submission, and saying what will be written."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, StorageState, expect

from tests.browser.conftest import OpenPage, on_every_screen
from tests.browser.person import Hand, draw, read_it
from tests.factories import make_reading
from tests.site import Site

SIGNED = {
    "verdict": "unsure",
    "written": "28/08/42",
    "reasons": [{"code": "sign", "message": "-"}, {"code": "close_call", "message": "-"}],
    "alternatives": [{"text": text, "probability": 0.02} for text in ("28/08/12", "28/08/42", "2?/08/42")],
    "symbols": [],
    "problem": None,
}


def read_as(page: Page, *, expects: Any = None, **result: Any) -> list[dict[str, Any]]:
    """Let the API read everything as this result; return the list of the drawings that are sent from now on."""
    sent: list[dict[str, Any]] = []

    def change(route: Route) -> None:
        sent.append(route.request.post_data_json)
        answer = route.fetch(headers=route.request.headers | {"prefer": "wait=10"})
        body = answer.json()
        body["result"] = body["result"] | result
        route.fulfill(response=answer, json=body | {"expects": expects})

    page.route("**/api/v1/submissions/", change)
    return sent


def _symbols(page: Page) -> Locator:
    """Return the symbols of a number, as the answer shows them."""
    return page.get_by_role("group", name="Digit by digit").locator("[data-symbol-text]")


@pytest.fixture
def alice(alice: Page) -> Iterator[Page]:
    """Return alice on a fresh drawing page."""
    yield alice
    alice.unroute_all(behavior="wait")


def test_signs_and_reasons_are_shown_and_announced(alice: Page) -> None:
    read_as(alice, **SIGNED, text="280842", confidence=0.97)
    draw(alice)
    alice.get_by_role("button", name="Predict").click()
    expect(_symbols(alice)).to_have_text([*"28/08/42"])
    status = alice.get_by_role("status")
    expect(status).to_contain_text("Not a plain number")
    expect(status).to_contain_text(
        "There are signs between or next to the digits. If they belong to the number, choose"
    )
    said = alice.locator("[data-reasons]").get_by_role("listitem")
    expect(alice.get_by_role("group", name="Or is it one of these?").get_by_role("button")).to_have_count(1)
    expect(said).to_have_text(
        [
            "There are signs between or next to the digits. If they belong to the number, choose what you are writing.",
            "Something else is almost as likely. Draw it more clearly, or say which one it is.",
            "The digits alone are 280842.",
        ]
    )
    alice.get_by_role("button", name="Clear").click()
    expect(said.first).to_be_hidden()
    expect(alice.get_by_role("group", name="Or is it one of these?")).to_be_hidden()


def test_a_value_that_breaks_the_rule_is_told(alice: Page) -> None:
    told = {"problem": {"code": "date", "message": "-"}, "reasons": [{"code": "unexpected", "message": "-"}]}
    read_as(alice, expects={"kind": "date"}, **(SIGNED | told), text="31/02/24", confidence=0.9)
    draw(alice)
    alice.get_by_role("button", name="Predict").click()
    expect(_symbols(alice)).to_have_text([*"31/02/24"])
    expect(alice.locator("[data-reasons]").get_by_role("listitem")).to_have_text(
        ["There is no such date.", "Everything that stands there: 28/08/42"]
    )


@on_every_screen
def test_an_alternative_corrects_the_reading(alices_hand: Hand, service: Site) -> None:
    page = alices_hand.page
    read_as(page, **SIGNED, text="280842", confidence=0.97)
    alices_hand.draw()
    alices_hand.press("button", "Predict")
    alices_hand.press("button", "28/08/12 2.0%")
    expect(page.get_by_role("status")).to_contain_text("Corrected: 28/08/12")
    expect(page.get_by_role("button", name="Take it back")).to_be_focused()
    page.unroute_all(behavior="wait")
    alices_hand.press("link", "All about this drawing")
    expect(page.get_by_role("heading", name="It is 28/08/12, read as 7")).to_be_visible()


def test_a_correction_that_fails_can_be_tried_again(alice: Page, faults: list[str]) -> None:
    read_as(alice, **SIGNED, text="280842", confidence=0.97)
    alice.route("**/review/", lambda route: route.abort())
    draw(alice)
    alice.get_by_role("button", name="Predict").click()
    alice.get_by_role("button", name="28/08/12").click()
    expect(alice.get_by_text("Couldn't save. Try again.")).to_be_visible()
    expect(alice.get_by_role("button", name="28/08/12")).to_be_visible()
    faults.clear()  # the request that failed


@pytest.mark.parametrize(
    ("choice", "sent"),
    [
        ("anything", None),
        ("a number, such as -12", {"kind": "number", "decimal": "none"}),
        ("digits only, such as 0042", "digits"),
        ("a date, such as 28/08/42", "date"),
        ("a time, such as 14:05", "time"),
        ("a decimal number, such as 3.75", "number"),
    ],
)
def test_what_will_be_written_is_sent(alice: Page, choice: str, sent: Any) -> None:
    posted = read_as(alice)
    alice.get_by_label("I am writing").select_option(choice)
    draw(alice)
    read_it(alice)
    assert [body.get("expects") for body in posted] == [sent]
    assert ("expects" in posted[0]) == (sent is not None)


def test_keys_in_the_choice_are_its_own(alice: Page) -> None:
    draw(alice)
    choice = alice.get_by_label("I am writing")
    choice.focus()
    for key in ("ArrowDown", "z", "Enter", "Escape"):
        alice.keyboard.press(key)
    expect(choice).not_to_have_value("")
    kept = json.loads(alice.evaluate("Object.values(sessionStorage)[0]"))
    assert len(kept["strokes"]) == 1
    expect(alice.locator("[data-answer]")).to_have_attribute("data-state", "empty")


def test_the_choice_survives_a_reload_and_a_clear(alice: Page) -> None:
    choice = alice.get_by_label("I am writing")
    choice.select_option("date")
    draw(alice)
    alice.reload()
    expect(choice).to_have_value("date")
    alice.get_by_role("button", name="Clear").click()
    expect(choice).to_have_value("date")


def test_another_choice_clears_the_reading(alice: Page) -> None:
    draw(alice)
    read_it(alice)
    alice.get_by_label("I am writing").select_option("time")
    expect(alice.locator("[data-answer]")).to_have_attribute("data-state", "empty")


@pytest.mark.long  # both languages: 5 s
@pytest.mark.parametrize("language", ["en", "de"])
def test_nothing_sticks_out_on_a_narrow_phone(
    service: Site, logged_in: StorageState, new_page: OpenPage, language: str
) -> None:
    phone = new_page(320, 640, storage_state=logged_in, has_touch=True, is_mobile=True, locale=language)
    long = "1234567890" * 6
    read_as(
        phone, **(SIGNED | {"written": long, "alternatives": [{"text": long[1:], "probability": 0.1}]}), text=long[2:]
    )
    phone.goto(service.url)
    draw(phone)
    phone.locator("[data-predict]").click()
    phone.locator("[data-reasons] li").first.wait_for()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 320
    long_row = "UPDATE predictions_submission SET text = %s, label = %s, label_by = 'owner' WHERE id = %s RETURNING 1"
    id_ = phone.locator("[data-own-page]").get_attribute("href").split("/")[-2]
    service.query(long_row, long, long, id_)
    for path in ("history/", f"history/{id_}/"):
        phone.goto(f"{service.url}/{path}")
        assert phone.evaluate("document.documentElement.scrollWidth") <= 320


def test_a_box_stands_around_each_sign(alice: Page, service: Site) -> None:
    sent = service.request(
        "POST", "/api/v1/submissions/", json={"strokes": [[[9, 9], [9, 90]]]}, headers={"Prefer": "wait=10"}
    )
    symbols = [{"symbol": symbol, "confidence": 0.9, "box": [9 * at, 9, 8, 80]} for at, symbol in enumerate("1/2")]
    reading = make_reading("12") | {"written": "1/2", "symbols": symbols, "reasons": [], "alternatives": []}
    service.query(
        "UPDATE predictions_prediction SET reading = %s WHERE submission_id = (SELECT key FROM predictions_submission"
        " WHERE id = %s) RETURNING 1",
        json.dumps(reading),
        sent.json()["id"],
    )
    alice.goto(f"{service.url}/history/{sent.json()['id']}/")
    expect(alice.locator("[data-boxes] text")).to_have_text(["1", "/", "2"])
