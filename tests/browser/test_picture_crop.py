"""A picture's frame on the drawing page: moved by mouse, finger and keys, turned, and boxes on what was sent."""

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.picture_files import (
    SEVENTY_ONE,
    choose,
    draw_picture,
    edge,
    encode,
    newest_picture,
    panel,
    payload,
    send,
)
from tests.site import Site

pytestmark = pytest.mark.long  # crops and rotates by pointer and by keys: 15 to 45 s


def _center(place: Locator) -> tuple[float, float]:
    box = place.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def _boxes_are_left_and_right(page: Page) -> None:
    """Check that one of two boxes is in each half of the picture."""
    boxes = panel(page).locator("[data-boxes] rect")
    expect(boxes).to_have_count(2)
    picture, first, second = (place.bounding_box() or {} for place in (panel(page).locator("canvas"), *boxes.all()))
    middle = picture["x"] + picture["width"] / 2
    assert picture["x"] < first["x"] < first["x"] + first["width"] < middle
    assert middle < second["x"] < second["x"] + second["width"] < picture["x"] + picture["width"]


def test_boxes_fit_a_picture_that_was_made_smaller(alice: Page, service: Site) -> None:
    alice.locator("[data-picture]").evaluate("section => section.dataset.limitPixels = 45000")
    choose(alice, payload(encode(draw_picture("71").rotate(90, expand=True))))
    expect(panel(alice).get_by_role("button", name="Send")).to_be_focused()
    alice.keyboard.press("r")
    assert "71" in send(alice)
    assert newest_picture(service) == ("upload", 300, 150)
    _boxes_are_left_and_right(alice)


def test_a_mouse_crops_by_an_edge_a_corner_and_moves_the_frame(alice: Page, service: Site) -> None:
    choose(alice, SEVENTY_ONE)
    picture = panel(alice).locator("[data-picture-crop]").bounding_box() or {}
    half = (picture["x"] + picture["width"] / 2, picture["y"] + picture["height"] / 2)
    right = panel(alice).locator(".crop-corner[data-edges='right bottom']")
    _drag(alice, _center(right), (half[0], picture["y"] + picture["height"] * 0.9))
    expect(edge(alice, "Right")).to_have_attribute("aria-valuetext", "50%")
    expect(edge(alice, "Bottom")).to_have_attribute("aria-valuetext", "90%")
    _drag(alice, (picture["x"] + picture["width"] / 4, half[1]), (picture["x"] + picture["width"], half[1]))
    for name, at in (("Left", 50), ("Top", 0), ("Right", 100), ("Bottom", 90)):
        expect(edge(alice, name)).to_have_attribute("aria-valuenow", str(at))
    assert "1" in send(alice)
    source, width, height = newest_picture(service)
    assert (source, width, height) == ("upload", pytest.approx(300, abs=3), pytest.approx(270, abs=3))


def _drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*end, steps=4)
    page.mouse.up()


def test_each_edge_of_a_thin_picture_can_be_hit(alice: Page) -> None:
    thin = draw_picture().resize((4000, 10))
    choose(alice, payload(encode(thin)))
    for name, way in (("Left", 60), ("Right", -60)):
        x, y = _outside(alice, name)
        _drag(alice, (x, y), (x + way, y))
        expect(edge(alice, name)).not_to_have_attribute("aria-valuenow", "0" if name == "Left" else "100")
    for name in ("Top", "Bottom"):
        x, y = _center(edge(alice, name))
        hit = alice.evaluate("([x, y]) => document.elementFromPoint(x, y).dataset.edges", [x, y])
        assert hit == name.lower()


def _outside(page: Page, name: str) -> tuple[float, float]:
    """Return a point of the handle that is outside of the frame."""
    x, y = _center(edge(page, name))
    return (x + (-4 if name == "Left" else 4), y)


def test_a_small_frame_can_be_made_larger_again(alice: Page) -> None:
    choose(alice, payload())
    for name in ("Right", "Bottom"):
        edge(alice, name).focus()
        for _ in range(9):
            alice.keyboard.press("Shift+Arrow" + ("Left" if name == "Right" else "Up"))
    x, y = _center(edge(alice, "Bottom"))
    _drag(alice, (x, y), (x, y + 150))
    x, y = _center(edge(alice, "Right"))
    _drag(alice, (x, y), (x + 150, y))
    for name in ("Right", "Bottom"):
        assert int(edge(alice, name).get_attribute("aria-valuenow") or 0) > 20


def test_a_finger_crops_by_large_handles_without_scrolling(phone: Page, service: Site) -> None:
    choose(phone, SEVENTY_ONE)
    picture = panel(phone).locator("[data-picture-crop]").bounding_box() or {}
    for handle in panel(phone).locator("[data-edges]:not(.crop-frame)").all():
        box = handle.bounding_box() or {}
        assert min(box["width"], box["height"]) >= 44
    screen = phone.context.new_cdp_session(phone)
    (x, y), middle = _center(edge(phone, "Right")), picture["x"] + picture["width"] / 2
    for kind, to in (("touchStart", x), ("touchMove", (x + middle) / 2), ("touchMove", middle), ("touchEnd", None)):
        points = [] if to is None else [{"x": to, "y": y}]
        screen.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    expect(edge(phone, "Right")).to_have_attribute("aria-valuenow", "50")
    assert phone.evaluate("scrollY") == 0
    panel(phone).get_by_role("button", name="Send").tap()
    expect(phone.locator("[data-text]")).to_have_text("7")


def test_keys_crop_rotate_send_and_leave(alice: Page, service: Site) -> None:
    choose(alice, payload(encode(draw_picture("71").rotate(90, expand=True))))
    expect(panel(alice).get_by_role("button", name="Send")).to_be_focused()
    canvas = panel(alice).locator("canvas")
    assert canvas.evaluate("canvas => canvas.width / canvas.height") == 0.5
    alice.keyboard.press("r")
    assert canvas.evaluate("canvas => canvas.width / canvas.height") == 2
    edge(alice, "Right").focus()
    for key in (*["Shift+ArrowLeft"] * 4, *["ArrowLeft"] * 11, "ArrowRight", "ArrowUp"):
        alice.keyboard.press(key)
    expect(edge(alice, "Right")).to_have_attribute("aria-valuenow", "50")
    edge(alice, "Top").press("ArrowDown")
    expect(edge(alice, "Top")).to_have_attribute("aria-valuetext", "1%")
    alice.keyboard.press("Enter")
    expect(alice.locator("[data-text]")).to_have_text("7")
    assert newest_picture(service) == ("upload", 300, 297)
    alice.keyboard.press("Escape")
    expect(panel(alice)).to_be_hidden()
    expect(alice.locator("[data-canvas]")).to_be_focused()
    expect(alice.get_by_role("status")).to_contain_text("Draw a digit")


def test_the_frame_turns_with_the_picture(alice: Page) -> None:
    choose(alice, payload())
    edge(alice, "Left").focus()
    for _ in range(2):
        alice.keyboard.press("Shift+ArrowRight")
    panel(alice).get_by_role("button", name="Rotate").click()
    values = {name: edge(alice, name).get_attribute("aria-valuenow") for name in ("Left", "Top", "Right", "Bottom")}
    assert values == {"Left": "0", "Top": "20", "Right": "100", "Bottom": "100"}
    for _ in range(3):
        panel(alice).get_by_role("button", name="Rotate").click()
    expect(edge(alice, "Left")).to_have_attribute("aria-valuenow", "20")


def test_a_photo_is_shown_and_cropped_upright(alice: Page, service: Site) -> None:
    lying = draw_picture("71").rotate(90, expand=True)  # a viewer turns it clockwise
    choose(alice, payload(encode(lying, "JPEG", orientation=6), "photo.jpg", "image/jpeg"))
    assert panel(alice).locator("canvas").evaluate("canvas => canvas.width / canvas.height") == 2
    assert "71" in send(alice)
    expect(panel(alice).locator("[data-boxes] rect")).to_have_count(2)
    panel(alice).get_by_role("button", name="Crop again").click()
    edge(alice, "Right").focus()
    for _ in range(5):
        alice.keyboard.press("Shift+ArrowLeft")
    alice.keyboard.press("Enter")
    expect(alice.locator("[data-text]")).to_have_text("7")
    assert newest_picture(service) == ("upload", 300, 300)


def test_cropping_again_replaces_the_item(alice: Page, service: Site) -> None:
    choose(alice, payload())
    send(alice)
    panel(alice).get_by_role("button", name="Crop again").click()
    edge(alice, "Right").press("ArrowLeft")
    send(alice)
    ((canvas,),) = service.query("SELECT canvas FROM predictions_submission ORDER BY key DESC LIMIT 1")
    rows = service.query("SELECT superseded_at FROM predictions_submission WHERE canvas = %s ORDER BY key", canvas)
    assert [superseded_at is None for (superseded_at,) in rows] == [False, True]


def test_a_number_has_its_boxes_on_the_picture_and_is_corrected_there(alice: Page, service: Site) -> None:
    choose(alice, SEVENTY_ONE)
    assert "71" in send(alice)
    _boxes_are_left_and_right(alice)
    alice.get_by_role("group", name="Digit by digit").get_by_role("button").nth(1).click()
    alice.get_by_role("group", name="Number 2 of 2, read as 1: what is it?").get_by_role("button", name="4").click()
    expect(alice.get_by_role("status")).to_contain_text("Corrected: 74")
    alice.get_by_role("link", name="All about this drawing").click()
    expect(alice.get_by_role("heading", name="It is 74, read as 71")).to_be_visible()


def test_a_large_photo_does_not_freeze_the_page(alice: Page, tmp_path: Path) -> None:
    photo = tmp_path / "photo.jpg"  # a path, since Playwright decodes other files in the page
    photo.write_bytes(encode(draw_picture("7", side=3000).resize((4000, 3000)), "JPEG"))
    alice.evaluate(
        """() => {
            window.longest = 0;
            new PerformanceObserver((list) => {
                for (const {duration} of list.getEntries()) window.longest = Math.max(window.longest, duration);
            }).observe({type: "longtask"});
        }"""
    )
    alice.locator("[data-picture-input=upload]").set_input_files(photo)
    expect(panel(alice).get_by_role("button", name="Send")).to_be_focused()
    edge(alice, "Right").press("ArrowLeft")
    alice.keyboard.press("Enter")
    expect(alice.locator("[data-text]")).to_have_text("7")
    assert alice.evaluate("window.longest") < 200  # on a busy machine; below 50 where it is quiet
    alice.close()  # with its observer
