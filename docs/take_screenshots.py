"""Take the README's screenshots, and its animation of drawing a number, in a browser from a running service.

python -m docs.take_screenshots http://127.0.0.1:8000 demo PASSWORD
"""

import argparse
import io
import os
from math import cos, sin
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, StorageState, ViewportSize, sync_playwright

from ml.golden import golden_drawing
from tests.browser.person import SEVEN, Stroke, arrive, draw, log_in, open_browser, read_it

FOLDER = Path(__file__).parent / "images"
LIMIT_BYTES = 150_000
DESKTOP: ViewportSize = {"width": 1280, "height": 780}
PHONE: ViewportSize = {"width": 375, "height": 812}
SCENE: ViewportSize = {"width": 780, "height": 560}
CANVAS_SIDE_PX = 280  # of golden drawings
FRAME_MS, LAST_FRAME_MS = 80, 2_500
PAUSE_MS = 200  # between digits: a preview is shown, and nothing is read yet
TWENTY_SEVEN: list[Stroke] = [
    [(0.27 - 0.13 * cos(turn / 3), 0.38 - 0.12 * sin(turn / 3)) for turn in range(10)]
    + [(0.3, 0.56), (0.22, 0.65), (0.14, 0.73), (0.28, 0.73), (0.42, 0.73)],
    [(0.58, 0.27), (0.7, 0.27), (0.82, 0.27), (0.88, 0.27), (0.84, 0.38), (0.79, 0.5), (0.74, 0.62), (0.69, 0.74)],
]
SCRIBBLE: list[Stroke] = [
    [(0.2, 0.3), (0.5, 0.7), (0.8, 0.3)],
    [(0.2, 0.7), (0.5, 0.3), (0.8, 0.7)],
    [(0.1, 0.5), (0.9, 0.5)],
]


def strokes_of(digit: int) -> list[Stroke]:
    """Return a golden drawing of `digit`, as fractions of the canvas' side."""
    return [
        [(x / CANVAS_SIDE_PX, y / CANVAS_SIDE_PX) for x, y, *_ in stroke]
        for stroke in golden_drawing(digit, seed=digit)["strokes"]
    ]


def open_page(browser: Browser, screen: ViewportSize, state: StorageState | None = None) -> Page:
    """Open a page in a new context, with every setting fixed that changes how it looks."""
    context = browser.new_context(
        viewport=screen,
        has_touch=screen is PHONE,
        storage_state=state,
        color_scheme="light",
        reduced_motion="reduce",
        locale="en",
    )
    return context.new_page()


def draw_and_read(page: Page, strokes: list[Stroke]) -> None:
    """Clear the canvas, draw on it and have it read."""
    page.locator("[data-canvas]").press("Escape")
    draw(page, strokes)
    read_it(page)


def take(page: Page, name: str) -> None:
    """Save a screenshot. Raises ValueError if it is larger than LIMIT_BYTES."""
    path = FOLDER / f"{name}.png"
    page.wait_for_load_state("networkidle")
    page.screenshot(path=path)
    check_size(path)


def check_size(path: Path) -> None:
    """Print the path. Raises ValueError if the file is larger than LIMIT_BYTES."""
    if path.stat().st_size >= LIMIT_BYTES:
        raise ValueError(f"{path} has {path.stat().st_size} bytes; the limit is {LIMIT_BYTES}.")
    print(path)  # noqa: T201


def animate(page: Page, url: str) -> None:
    """Save an animation of a guest who draws 27: previews while the pen moves, then what the service reads."""
    page.goto(url)
    page.locator("[data-pad]:not([aria-busy])").wait_for()
    box = page.locator("[data-canvas]").bounding_box()
    assert box  # noqa: S101  # it is visible; for mypy
    frames = [page.screenshot()]
    for stroke in TWENTY_SEVEN:
        points = [(box["x"] + box["width"] * x, box["y"] + box["height"] * y) for x, y in stroke]
        page.mouse.move(*points[0])
        page.mouse.down()
        for point in points[1:]:
            page.mouse.move(*point, steps=2)
            frames.append(page.screenshot())
        page.mouse.up()
        page.wait_for_timeout(PAUSE_MS)
        frames += [page.screenshot() for _ in range(4)]
    page.locator(".symbol").nth(1).wait_for()
    pictures = [Image.open(io.BytesIO(frame)).convert("RGB") for frame in (*frames, page.screenshot())]
    durations = [*[FRAME_MS] * len(frames), LAST_FRAME_MS]
    path = FOLDER / "drawing.webp"
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=durations, loop=0, quality=50, method=6)
    check_size(path)


def try_sheet(page: Page, url: str) -> None:
    """Have our page of a filled-in sheet read, and take screenshots of its table and of a doubtful cell."""
    page.goto(f"{url}/sheets/")
    page.get_by_role("button", name="Try it with our page").click()
    page.get_by_role("link", name="Check ").wait_for()
    page.wait_for_load_state("networkidle")
    take(page, "sheet")
    page.get_by_role("link", name="Check ").click()
    page.wait_for_url("**/check/")
    page.set_viewport_size(PHONE)
    take(page, "sheet-check")


def main() -> None:
    """Draw digits, have them read, review one, and take a screenshot of each page."""
    parser = argparse.ArgumentParser(prog="python -m docs.take_screenshots", description=__doc__)
    for name in ("url", "name", "password"):
        parser.add_argument(name)
    options = parser.parse_args()
    url = options.url.rstrip("/")
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = open_browser(playwright, os.environ.get("INKLING_BROWSER") or playwright.chromium.executable_path)
        animate(open_page(browser, SCENE), url)
        page = open_page(browser, DESKTOP)
        log_in(page, url, options.name, options.password)
        phone = open_page(browser, PHONE, page.context.storage_state())
        phone.goto(url)
        draw_and_read(phone, strokes_of(3))
        phone.evaluate("scrollTo(0, 0)")
        take(phone, "phone")
        for strokes in (strokes_of(8), strokes_of(2), SCRIBBLE, strokes_of(5)):
            draw_and_read(page, strokes)
        draw_and_read(page, SEVEN)
        page.get_by_role("link", name="All about this drawing").click()
        page.get_by_role("button", name="Yes", exact=True).click()
        page.get_by_role("heading", name="It is 7, as read").wait_for()
        page.reload()  # hides the thanks
        page.set_viewport_size({**DESKTOP, "height": 1120})
        take(page, "item")
        page.set_viewport_size(DESKTOP)
        page.get_by_role("main").get_by_role("link", name="History").click()
        arrive(page, "History")
        take(page, "history")
        try_sheet(page, url)
        browser.close()


if __name__ == "__main__":
    main()
