"""Helpers that use the site as a person does in a real browser: log in, draw, read."""

import contextlib
import os
import re
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from playwright.sync_api import Browser, Locator, Page, Playwright

from tests.site import Site

Stroke = Sequence[tuple[float, float]]
SEVEN: list[Stroke] = [
    [(0.28, 0.22), (0.50, 0.21), (0.74, 0.22), (0.62, 0.48), (0.48, 0.82)]
]  # in shares of the canvas
FIVE_STROKES: list[Stroke] = [  # a four and a one, drawn in short strokes
    [(0.30, 0.20), (0.20, 0.55)],
    [(0.20, 0.55), (0.50, 0.55)],
    [(0.42, 0.25), (0.42, 0.80)],
    [(0.66, 0.35), (0.75, 0.20)],
    [(0.75, 0.20), (0.75, 0.80)],
]
SENT = 0  # post_office's word for it
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]


def open_browser(playwright: Playwright, path: str) -> Browser:
    """Start the browser at `path`, headless and without background requests."""
    return playwright.chromium.launch(executable_path=path, args=FLAGS)


def log_in(page: Page, url: str, name: str, password: str) -> None:
    """Log in through the form, and end on the drawing page."""
    page.goto(f"{url}/accounts/login/")
    page.get_by_label("Username or email").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("main").get_by_role("button", name="Log in").click()
    arrive(page, "Draw a digit")


def arrive(page: Page, heading: str) -> None:
    """Wait until the page with that heading and its scripts have loaded; earlier clicks would be lost."""
    page.get_by_role("heading", name=heading).wait_for()
    page.wait_for_load_state("load")


def _on_page(page: Page, stroke: Stroke) -> list[tuple[float, float]]:
    paper = page.locator("[data-pad]:not([aria-busy]) [data-canvas]")  # enabled, or it would take no ink
    paper.scroll_into_view_if_needed()  # waits until it is still
    box = paper.bounding_box()
    assert box is not None, "the page has no canvas"
    return [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke]


def draw(page: Page, strokes: Sequence[Stroke] = SEVEN) -> None:
    """Draw `strokes`, points in shares of the canvas, with the mouse."""
    for stroke in strokes:
        first, *rest = _on_page(page, stroke)
        page.mouse.move(*first)
        page.mouse.down()
        for point in rest:
            page.mouse.move(*point, steps=2)
        page.mouse.up()


def draw_by_finger(page: Page, strokes: Sequence[Stroke] = SEVEN) -> None:
    """Draw `strokes` with touch events, which the browser may also take for scrolling."""
    screen = page.context.new_cdp_session(page)
    for stroke in strokes:
        kind = "touchStart"
        for x, y in _on_page(page, stroke):
            screen.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
            kind = "touchMove"
        screen.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def dark_share(page: Page, canvas: str = "[data-canvas]") -> float:
    """Return the share of a canvas's pixels that are dark."""
    return page.locator(canvas).evaluate(
        """canvas => {
            const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", {willReadFrequently: true});
            copy.drawImage(canvas, 0, 0);
            const {data} = copy.getImageData(0, 0, canvas.width, canvas.height);
            let dark = 0;
            for (let i = 0; i < data.length; i += 4) dark += data[i + 3] > 128 && data[i] < 128;
            return dark / (canvas.width * canvas.height);
        }"""
    )


@dataclass(frozen=True)
class Hand:
    """A user of `page`, with a finger on a touch screen or with a mouse."""

    page: Page
    is_finger: bool

    def press(self, role: Literal["button", "link"], name: str) -> None:
        """Tap or click on the button or link of that name in the page's main part."""
        self.touch(self.page.get_by_role("main").get_by_role(role, name=name, exact=True))

    def touch(self, target: Locator) -> None:
        """Tap or click on `target`."""
        target.tap() if self.is_finger else target.click()

    def draw(self, strokes: Sequence[Stroke] = SEVEN) -> None:
        """Draw `strokes`, points in shares of the canvas."""
        (draw_by_finger if self.is_finger else draw)(self.page, strokes)

    def read_it(self) -> str:
        """Press Predict and return the message of the reading."""
        self.press("button", "Predict")
        return _answer(self.page)


def read_it(page: Page) -> str:
    """Press Predict with the mouse and return the message of the reading."""
    page.get_by_role("button", name="Predict").click()
    return _answer(page)


def _answer(page: Page) -> str:
    page.locator("[data-answer]:is([data-state=digit], [data-state=unsure], [data-state=not_a_digit])").wait_for()
    return page.get_by_role("status").inner_text()


@contextlib.contextmanager
def provoked(page: Page, faults: list[str], words: str) -> Iterator[None]:
    """Expect the block to cause a console message with these `words`, and remove it from `faults`."""
    with page.expect_console_message(lambda said: words in said.text):
        yield
    faults.remove(next(fault for fault in faults if words in fault))


@contextlib.contextmanager
def paused_worker(site: Site) -> Iterator[None]:
    """Pause the site's worker with an empty queue, while it still counts as running; then resume it."""
    process = site.service("worker-1").process
    assert process is not None
    left = "SELECT count(*) FROM predictions_submission WHERE status IN ('queued', 'running')"
    site.wait_until(lambda: site.query(left) == [(0,)], 90)  # so that it does not stop during another test's drawing
    os.killpg(process.pid, signal.SIGSTOP)
    try:
        site.query("UPDATE predictions_workerseen SET seen_at = now() + interval '1 hour' RETURNING 1")
        yield
    finally:
        os.killpg(process.pid, signal.SIGCONT)


def mailed_link(site: Site, address: str, subject: str = "%") -> str:
    """Wait until a worker has sent the newest mail with that subject, and return the link in it."""
    newest = """
        SELECT message, status FROM post_office_email WHERE "to" = %s AND subject LIKE %s ORDER BY id DESC LIMIT 1"""

    def found() -> list[str]:
        return [message for message, status in site.query(newest, address, subject) if status == SENT]

    site.wait_until(lambda: bool(found()), 90)
    link = re.search(r"http\S+", found()[0])
    assert link, found()
    return link[0]
