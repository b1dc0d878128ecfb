"""The replay on the page of a drawing: by pointer and keys, at every speed, stroke by stroke with reduced motion."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, StorageState, expect

from tests.browser.kept_pages import OpenPage
from tests.browser.person import dark_share
from tests.browser.test_axe import AXE, OPTIONS
from tests.site import Site

INK = "[data-drawing] canvas"
# Two strokes of a 7 in 4 s: across in one second, a pause of 400 ms as it is shown, and down in 2.6 s.
SEVEN = [
    [[60 + i * 14, 60, i * 100] for i in range(11)],
    [[200 - i * 3, 60 + i * 6, 60_000 + i * 100] for i in range(27)],
]
OpenDrawing = Callable[..., Page]


@pytest.fixture
def open_drawing(service: Site, logged_in: StorageState, new_page: OpenPage) -> OpenDrawing:
    """Return a function that opens the page of strokes that alice has sent, with motion unless told otherwise."""

    def open_drawing(strokes: Any = SEVEN, *, has_clock: bool = False, **options: Any) -> Page:
        body = {"strokes": strokes, "width": 280, "height": 280, "pen_px": 20}
        answer = service.request("POST", "/api/v1/submissions/", json=body, headers={"Prefer": "wait=20"}).json()
        page = new_page(**({"storage_state": logged_in, "reduced_motion": "no-preference"} | options))
        if has_clock:
            page.clock.install(time=0)
        page.goto(f"{service.url}/history/{answer['id']}/")
        if has_clock:
            page.clock.pause_at(60_000)
        return page

    return open_drawing


def _range(page: Page) -> Locator:
    return page.get_by_role("slider", name="Position in the replay")


def test_it_plays_once_when_asked_and_ends_with_the_whole_drawing(open_drawing: OpenDrawing) -> None:
    page = open_drawing(has_clock=True)
    whole = dark_share(page, INK)
    page.clock.run_for(5_000)
    assert _range(page).input_value() == "4000"  # it did not begin by itself
    page.get_by_role("button", name="Replay").click()
    page.clock.run_for(1_200)
    assert 0 < dark_share(page, INK) < 0.6 * whole
    expect(page.get_by_role("button", name="Pause")).to_be_focused()
    page.clock.run_for(3_500)
    expect(page.get_by_role("button", name="Replay")).to_be_focused()
    assert dark_share(page, INK) == pytest.approx(whole, abs=0.0005)
    page.clock.run_for(5_000)
    assert _range(page).get_attribute("aria-valuetext") == "4.0 of 4.0 seconds"


@pytest.mark.long  # four speeds: 7 s
@pytest.mark.parametrize(("speed", "passed_ms"), [("0.5×", 500), ("1×", 1_000), ("2×", 2_000), ("4×", 4_000)])
def test_its_speed_is_chosen(open_drawing: OpenDrawing, speed: str, passed_ms: int) -> None:
    page = open_drawing(has_clock=True)
    page.get_by_label("Speed").select_option(speed)
    page.get_by_role("button", name="Replay").click()
    page.clock.run_for(1_016)
    assert float(_range(page).input_value()) == pytest.approx(passed_ms, abs=130)


def test_everything_is_done_by_keys(open_drawing: OpenDrawing) -> None:
    page = open_drawing(has_clock=True)
    page.get_by_role("button", name="Replay").focus()
    page.keyboard.press("Tab")
    expect(_range(page)).to_be_focused()
    for key, said in {
        "Home": "0.0 of 4.0 seconds",
        "ArrowRight": "0.2 of 4.0 seconds",
        "ArrowUp": "0.4 of 4.0 seconds",
        "ArrowLeft": "0.2 of 4.0 seconds",
        "PageUp": "1.2 of 4.0 seconds",
        "PageDown": "0.2 of 4.0 seconds",
        "ArrowDown": "0.0 of 4.0 seconds",
        "End": "4.0 of 4.0 seconds",
    }.items():
        page.keyboard.press(key)
        assert _range(page).get_attribute("aria-valuetext") == said, key
    page.keyboard.press("Space")
    page.clock.run_for(1_000)
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Replay")).to_be_visible()
    assert 800 < float(_range(page).input_value()) < 1_100
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Space")  # a button is pressed by it
    expect(page.get_by_role("button", name="Pause")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("button", name="Replay")).to_be_focused()


def test_it_is_scrubbed_by_pointer(open_drawing: OpenDrawing) -> None:
    page = open_drawing()
    whole = dark_share(page, INK)
    box = _range(page).bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] - 9, box["y"] + box["height"] / 2)
    page.mouse.down()
    shares = []
    for share in (0.75, 0.5, 0.25):
        page.mouse.move(box["x"] + box["width"] * share, box["y"] + box["height"] / 2)
        shares.append(dark_share(page, INK))
    page.mouse.move(box["x"] + box["width"] + 50, box["y"])
    page.mouse.up()
    assert whole > shares[0] > shares[1] > shares[2] > 0
    assert dark_share(page, INK) == pytest.approx(whole, abs=0.0005)


@pytest.mark.long  # 2 s
def test_with_reduced_motion_it_steps_from_stroke_to_stroke(open_drawing: OpenDrawing) -> None:
    page = open_drawing(has_clock=True, reduced_motion="reduce")
    whole = dark_share(page, INK)
    expect(page.get_by_label("Speed")).to_be_hidden()
    step = page.get_by_role("button", name="Next stroke")
    expect(page.get_by_role("button", name="Replay")).to_have_count(0)
    step.click()
    assert _range(page).get_attribute("aria-valuetext") == "1 of 2 strokes"
    first = dark_share(page, INK)
    assert 0 < first < whole
    page.clock.run_for(2_000)
    assert dark_share(page, INK) == first  # nothing moves
    step.press("Space")
    assert dark_share(page, INK) == pytest.approx(whole, abs=0.0005)
    _range(page).press("Home")
    assert dark_share(page, INK) == 0
    assert _range(page).get_attribute("aria-valuetext") == "0 of 2 strokes"
    _range(page).press("ArrowRight")
    assert dark_share(page, INK) == first
    page.emulate_media(reduced_motion="no-preference")
    expect(page.get_by_role("button", name="Replay")).to_be_visible()
    page.get_by_role("button", name="Replay").click()
    page.clock.run_for(500)
    page.emulate_media(reduced_motion="reduce")  # while it plays
    expect(step).to_be_visible()
    assert dark_share(page, INK) == pytest.approx(whole, abs=0.0005)


@pytest.mark.long  # four drawings: 6 s
@pytest.mark.parametrize(
    "strokes",
    [
        [[[60, 60, 1 - 2**53], [200, 60, 2**53 - 1], [120, 220, 0]]],
        [[[60, 60, 5], [200, 60, 5]], [], [[200, 60, 5], [120, 220, 5]]],
        [[[60, 60], [200, 60, 9, 7]], [[200, 60]], [[200, 60, 900, -3], [120, 220, 1200, 1]]],
        [[[140, 40], [140, 240]]] * 500,
    ],
)
def test_impossible_times_are_replayed_all_the_same(open_drawing: OpenDrawing, strokes: Any) -> None:
    page = open_drawing(strokes, has_clock=True)
    whole = dark_share(page, INK)
    page.get_by_role("button", name="Replay").click()
    page.clock.run_for(200)
    assert 0 < dark_share(page, INK) <= whole
    _range(page).press("End")
    assert dark_share(page, INK) == pytest.approx(whole, abs=0.0005)


def test_the_ink_has_the_pixels_of_the_screen_also_after_the_window_changed(open_drawing: OpenDrawing) -> None:
    page = open_drawing(width=375, device_scale_factor=2)
    sharp = "([canvas]) => canvas.width === Math.round(canvas.clientWidth * 2)"
    page.wait_for_function(f"() => ({sharp})([document.querySelector('{INK}')])")
    whole = dark_share(page, INK)
    page.set_viewport_size({"width": 1280, "height": 800})
    page.wait_for_function(f"() => ({sharp})([document.querySelector('{INK}')])")
    assert dark_share(page, INK) == pytest.approx(whole, abs=0.003)
    expect(page.locator("[data-boxes] text")).to_have_text("7")


@pytest.mark.long  # four looks: 12 s
@pytest.mark.parametrize("width", [375, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_while_it_can_be_played(open_drawing: OpenDrawing, width: int, scheme: str) -> None:
    page = open_drawing(width=width, color_scheme=scheme)
    expect(page.get_by_role("button", name="Replay")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.evaluate(AXE.axe_script)
    assert page.evaluate("options => axe.run(options)", OPTIONS)["violations"] == []


def test_it_is_saved_as_an_animation(open_drawing: OpenDrawing, tmp_path: Path) -> None:
    page = open_drawing()
    with page.expect_download() as download:
        page.get_by_role("link", name="Save as animation (GIF)").click()
    assert download.value.suggested_filename.endswith(".gif")
    download.value.save_as(tmp_path / "seven.gif")
    assert (tmp_path / "seven.gif").read_bytes().startswith(b"GIF89a")


def test_without_scripts_the_animation_and_what_happened_are_there(open_drawing: OpenDrawing) -> None:
    page = open_drawing(java_script_enabled=False)
    expect(page.get_by_role("link", name="Save as animation (GIF)")).to_be_visible()
    expect(_range(page)).to_have_count(0)
    expect(page.get_by_role("region", name="What happened")).to_contain_text("Read by")
    expect(page.get_by_role("region", name="The two likeliest")).to_contain_text("7")
