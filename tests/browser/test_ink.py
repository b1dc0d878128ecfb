"""Ink: undo, redo, eraser, pens, wide paper, a stylus and the palm beside it, and a grid for the keyboard."""

import json
import time
from typing import Any

import pytest
from playwright.sync_api import Page, StorageState, expect

from tests.browser.conftest import OpenPage
from tests.browser.person import SEVEN, Stroke, dark_share, draw, draw_by_finger, read_it
from tests.site import Site

BAR: Stroke = [(0.2, 0.9), (0.8, 0.9)]
ONE_KEYS = ["Space", *["Shift+ArrowDown"] * 9]
TWO_ONES: list[Stroke] = [[(0.2, 0.2), (0.2, 0.8)], [(0.6, 0.2), (0.6, 0.8)]]


def _tool(page: Page, name: str) -> Any:
    return page.get_by_role("group", name="Tools").get_by_role("button", name=name)


def _kept(page: Page) -> dict[str, Any]:
    """Return the drawing as the page keeps it over a reload."""
    kept: dict[str, Any] = json.loads(page.evaluate("Object.values(sessionStorage)[0]"))
    return kept


def test_every_change_can_be_undone_and_redone_by_button_and_key(alice: Page) -> None:
    draw(alice, [*SEVEN, BAR])
    both = dark_share(alice)
    alice.keyboard.press("z")
    seven = dark_share(alice)
    assert 0 < seven < both
    _tool(alice, "Redo").click()
    assert dark_share(alice) == both
    alice.keyboard.press("Control+z")
    assert dark_share(alice) == seven
    for key in ("y", "z", "Shift+Z", "z", "Control+y"):
        alice.keyboard.press(key)
    assert dark_share(alice) == both
    old = _kept(alice)["canvas"]
    alice.keyboard.press("Escape")
    assert dark_share(alice) == 0
    assert _kept(alice)["canvas"] != old
    _tool(alice, "Undo").click()
    assert (dark_share(alice), _kept(alice)["canvas"]) == (both, old)


def test_buttons_that_would_do_nothing_are_disabled(alice: Page) -> None:
    names = ("Undo", "Redo", "Eraser", "Clear")

    def enabled() -> list[str]:
        return [name for name in names if _tool(alice, name).is_enabled()]

    assert enabled() == []
    draw(alice)
    assert enabled() == ["Undo", "Eraser", "Clear"]
    _tool(alice, "Undo").click()
    assert enabled() == ["Redo"]
    expect(_tool(alice, "Undo")).to_be_focused()  # which a button that is really disabled would not be
    _tool(alice, "Redo").click()
    _tool(alice, "Clear").click()
    assert enabled() == ["Undo"]


def test_the_eraser_removes_whole_strokes(alice: Page) -> None:
    draw(alice)
    seven = dark_share(alice)
    draw(alice, [BAR])
    alice.keyboard.press("e")
    expect(_tool(alice, "Eraser")).to_have_attribute("aria-pressed", "true")
    draw(alice, [[(0.7, 0.97), (0.7, 0.88)]])
    assert dark_share(alice) == seven
    draw(alice, [[(0.05, 0.05), (0.1, 0.05)]])  # touches nothing
    alice.keyboard.press("z")
    assert len(_kept(alice)["strokes"]) == 2
    alice.keyboard.press("e")
    draw(alice, [[(0.1, 0.1)]])
    assert len(_kept(alice)["strokes"]) == 3


def test_the_pen_changes_all_ink_and_is_sent(alice: Page) -> None:
    draw(alice)
    shares = []
    for size in ("medium", "thick", "thin"):
        expect(_tool(alice, f"Pen: {size}")).to_be_visible()
        shares.append(dark_share(alice))
        alice.keyboard.press("p")
    assert shares[2] < shares[0] < shares[1]
    _tool(alice, "Pen: medium").click()
    with alice.expect_request(lambda request: request.method == "POST") as sent:
        assert "7" in read_it(alice)
    assert sent.value.post_data_json["pen_px"] == 32


def test_wide_paper_is_chosen_and_survives_a_reload(alice: Page) -> None:
    box = alice.locator("[data-canvas]").bounding_box() or {}
    assert box["width"] == box["height"]
    _tool(alice, "Wide paper").click()
    draw(alice, [[(x / 2, y) for x, y in SEVEN[0]], [(0.5 + x / 2, y) for x, y in SEVEN[0]]])
    alice.reload()
    box = alice.locator("[data-canvas]").bounding_box() or {}
    assert box["width"] == pytest.approx(2 * box["height"], abs=1)
    with alice.expect_request(lambda request: request.method == "POST") as sent:
        assert "77" in read_it(alice)
    assert (sent.value.post_data_json["width"], sent.value.post_data_json["height"]) == (560, 280)


def test_writing_a_number_to_the_edge_makes_the_paper_grow(alice: Page) -> None:
    width = "document.querySelector('[data-draw]').style.getPropertyValue('--paper-ratio')"
    draw(alice, [[(0.1, 0.5), (0.98, 0.5)]])  # one stroke is no number
    assert alice.evaluate(width) == "1"
    alice.keyboard.press("Escape")
    draw(alice, TWO_ONES)
    assert alice.evaluate(width) == "1"
    draw(alice, [[(0.95, 0.2), (0.95, 0.8)]])
    assert alice.evaluate(width) == "1.5"
    assert max(x for stroke in _kept(alice)["strokes"] for x, *_ in stroke) == pytest.approx(266, abs=1)
    alice.keyboard.press("Escape")
    assert alice.evaluate(width) == "1"


def test_turning_the_phone_widens_the_paper(service: Site, logged_in: StorageState, new_page: OpenPage) -> None:
    phone = new_page(375, 667, storage_state=logged_in, has_touch=True, is_mobile=True)
    phone.goto(service.url)
    draw_by_finger(phone)
    phone.set_viewport_size({"width": 667, "height": 375})
    expect(phone.locator("[data-draw][data-wide]")).to_be_visible()
    box = phone.locator("[data-canvas]").bounding_box() or {}
    assert box["width"] == pytest.approx(2 * box["height"], abs=1)
    assert box["y"] + box["height"] < 375
    phone.set_viewport_size({"width": 375, "height": 667})
    expect(phone.locator("[data-draw]:not([data-wide])")).to_be_visible()
    assert "7" in read_it(phone)


def test_a_digit_is_drawn_and_read_by_keys_alone(alice: Page) -> None:
    alice.locator("[data-canvas]").focus()
    alice.keyboard.press("g")
    cells = alice.get_by_role("grid").get_by_role("gridcell")
    expect(cells).to_have_count(14 * 14)
    expect(alice.get_by_role("gridcell", name="row 3, column 4")).to_be_focused()
    for key in ONE_KEYS:
        alice.keyboard.press(key)
    expect(alice.get_by_role("grid").get_by_role("gridcell", selected=True)).to_have_count(10)
    alice.keyboard.press("z")
    expect(alice.get_by_role("gridcell", name="row 12, column 4")).to_have_attribute("aria-selected", "false")
    alice.keyboard.press("Enter")
    expect(alice.get_by_role("status")).to_contain_text("1")
    alice.keyboard.press("g")
    expect(alice.get_by_role("grid")).to_be_hidden()
    assert dark_share(alice) > 0
    alice.reload()
    assert len(_kept(alice)["cells"]) == 9
    assert dark_share(alice) > 0


def test_a_tap_fills_and_empties_a_cell(alice: Page) -> None:
    _tool(alice, "Grid").click()
    cell = alice.get_by_role("gridcell", name="row 7, column 7")
    cell.click()
    expect(cell).to_have_attribute("aria-selected", "true")
    cell.click()
    expect(cell).to_have_attribute("aria-selected", "false")


def _stylus(page: Page, *points: tuple[float, float, float], buttons: int = 1, button: str = "left") -> None:
    """Draw with a stylus: points as shares of the canvas, with the force."""
    screen = page.context.new_cdp_session(page)
    box = page.locator("[data-canvas]").bounding_box() or {}
    for number, (x, y, force) in enumerate([*points, points[-1]]):
        kind = "mousePressed" if number == 0 else "mouseReleased" if number == len(points) else "mouseMoved"
        at = {"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]}
        event = {"type": kind, "pointerType": "pen", "force": force, "button": button, "buttons": buttons}
        screen.send("Input.dispatchMouseEvent", {**event, **at, "clickCount": 1})


@pytest.mark.long  # 5 s
def test_a_stylus_draws_with_its_pressure_and_its_palm_does_not(
    service: Site, logged_in: StorageState, new_page: OpenPage
) -> None:
    tablet = new_page(768, 1024, storage_state=logged_in, has_touch=True)
    tablet.goto(service.url)
    _stylus(tablet, (0.2, 0.3, 0.1), (0.8, 0.3, 0.1))
    light = dark_share(tablet)
    pressures = {pressure for *_, pressure in _kept(tablet)["strokes"][0]}
    assert pressures == {0.1}
    draw_by_finger(tablet, [BAR])  # the hand that holds the stylus
    assert dark_share(tablet) == light > 0
    tablet.keyboard.press("Escape")
    _stylus(tablet, (0.2, 0.3, 1), (0.8, 0.3, 1))
    assert dark_share(tablet) > 1.5 * light
    time.sleep(3.1)  # by the clock of the events, which a page cannot change
    draw_by_finger(tablet, [BAR])
    assert len(_kept(tablet)["strokes"]) == 2


def test_ink_is_sharp_on_a_dense_screen(service: Site, logged_in: StorageState, new_page: OpenPage) -> None:
    page = new_page(375, 667, storage_state=logged_in, device_scale_factor=3)
    page.goto(service.url)
    sizes = page.locator("[data-canvas]").evaluate("canvas => [canvas.width, canvas.clientWidth, canvas.height]")
    assert sizes[0] == sizes[2] == 3 * sizes[1]


def test_a_point_is_painted_in_the_frame_of_its_event(alice: Page) -> None:
    box = alice.locator("[data-canvas]").bounding_box() or {}
    alice.evaluate(
        """() => {
            const has_ink = (canvas) => {
                const offscreen = new OffscreenCanvas(canvas.width, canvas.height);
                const copy = offscreen.getContext('2d', {willReadFrequently: true});
                copy.drawImage(canvas, 0, 0);
                return copy.getImageData(0, 0, canvas.width, canvas.height).data.some(Boolean);
            };
            const [canvas, ahead] = document.querySelectorAll('[data-canvas], [data-ahead]');
            canvas.addEventListener('pointermove', () => (window.painted = [has_ink(canvas), has_ink(ahead)]));
        }"""
    )
    alice.mouse.move(box["x"] + 50, box["y"] + 50)
    alice.mouse.down()
    alice.mouse.move(box["x"] + 90, box["y"] + 50)
    assert alice.evaluate("painted") == [True, True]  # when the event has been handled, without waiting for a frame
    alice.mouse.up()
