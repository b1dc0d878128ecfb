"""Pictures on the drawing page before they are sent: refused, waiting for a connection, left; and the way back."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.person import draw, provoked, read_it
from tests.browser.picture_files import HEIC, choose, draw_picture, encode, panel, payload, send

pytestmark = pytest.mark.long  # waits with pictures that are not sent: 15 to 45 s


def test_the_reading_of_the_drawing_comes_back_and_is_not_asked_for_again(alice: Page) -> None:
    draw(alice)
    read_it(alice)
    asked: list[str] = []
    alice.on("request", lambda request: asked.append(request.method))
    choose(alice, payload(encode(draw_picture("1"))))
    assert "1" in send(alice)
    panel(alice).get_by_role("button", name="Back to drawing").click()
    expect(alice.locator("[data-text]")).to_have_text("7")
    assert "7" in read_it(alice)
    alice.wait_for_timeout(1_500)  # longer than until a drawing is read by itself
    assert asked.count("POST") == 1  # the picture
    alice.close()  # with its listener


@pytest.mark.parametrize("count", [1, 2])
def test_leaving_the_page_with_a_picture_that_was_not_sent_asks_first(alice: Page, count: int) -> None:
    kinds: list[str] = []
    alice.on("dialog", lambda dialog: (kinds.append(dialog.type), dialog.accept()))
    choose(alice, *[payload()] * count)
    button = alice.get_by_role("button", name="Send all" if count > 1 else "Send", exact=True)
    expect(button).to_be_focused()
    alice.locator("h1").click()  # since a browser asks only after the page was touched
    alice.reload()
    assert kinds == ["beforeunload"]
    choose(alice, *[payload()] * count)
    button.click()
    expect(alice.get_by_role("status")).to_contain_text("7" if count == 1 else "Done.")
    alice.reload()
    assert kinds == ["beforeunload"]
    alice.close()  # with its listener


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (HEIC, "IMG_0001.HEIC", "HEIC files can't be read. Save the picture as JPEG or PNG."),
        (b"", "empty.png", "This file is empty."),
        (
            b"not a picture",
            "text.png",
            "This is not a PNG, JPEG or WebP, or it is damaged. Save it again as JPEG or PNG.",
        ),
        (b"<?xml version='1.0'?><svg/>", "a.svg", "SVG files can't be read. Save the picture as JPEG or PNG."),
    ],
    ids=["HEIC", "empty", "text", "SVG"],
)
def test_a_file_that_cannot_be_read_is_refused_by_name_and_not_sent(
    alice: Page, content: bytes, name: str, sentence: str
) -> None:
    asked: list[str] = []
    alice.on("request", lambda request: asked.append(request.method))
    choose(alice, payload(content, name, ""))
    expect(alice.get_by_role("status")).to_have_text(sentence)
    expect(panel(alice).get_by_text(name)).to_be_visible()
    expect(panel(alice).get_by_role("button", name="Another picture")).to_be_focused()
    for button in ("Send", "Rotate"):
        expect(panel(alice).get_by_role("button", name=button)).to_be_hidden()
    assert "POST" not in asked
    choose(alice, payload())
    assert "7" in send(alice)
    alice.close()  # with its listener


def test_a_file_that_only_the_service_may_be_able_to_read_waits_for_send(alice: Page, faults: list[str]) -> None:
    asked: list[str] = []
    alice.on("request", lambda request: asked.append(request.method))
    choose(alice, payload(encode(draw_picture())[:8] + bytes(50), "cut.png"))
    expect(alice.get_by_role("status")).to_contain_text("Your browser can't show this file.")
    expect(panel(alice).get_by_text("cut.png")).to_be_visible()
    expect(panel(alice).get_by_role("button", name="Send")).to_be_focused()
    assert "POST" not in asked
    with provoked(alice, faults, "400"):
        panel(alice).get_by_role("button", name="Send").click()
    expect(alice.get_by_role("status")).to_contain_text("or it is damaged")
    alice.close()  # with its listener


def test_offline_the_picture_stays(alice: Page, faults: list[str]) -> None:
    choose(alice, payload())
    expect(panel(alice).get_by_role("button", name="Send")).to_be_focused()
    alice.context.set_offline(True)
    with provoked(alice, faults, "ERR_INTERNET_DISCONNECTED"):
        panel(alice).get_by_role("button", name="Send").click()
    expect(alice.get_by_role("status")).to_contain_text("Can't reach the service. Your picture stays here")
    alice.context.set_offline(False)
    expect(alice.get_by_role("status")).to_have_text("You're back. Send it again.")
    assert "7" in send(alice)
