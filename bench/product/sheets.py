"""Send a photograph of a page of 240 cells, measure until its table is there, then check it by a script of key presses.

    INKLING_BROWSER=/usr/bin/chromium .venv/bin/python -m bench.product.sheets --pages 3

Starts a temporary site with one worker, and a browser. Pages are printed from the site's own PDF, filled in by a made
hand and photographed by a script, 12 megapixels, tilted and turned a little. Seconds count from the upload to the
settled table, as a client that waits for it sees them; the worker's memory is the most it took meanwhile. The script
checks what is doubtful: Enter for a right value, otherwise the keys of the right one and Enter, or E for an empty cell.
"""

import argparse
import os
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Thread
from typing import Any

import cv2
import numpy as np
from playwright.sync_api import Page, sync_playwright
from pypdfium2 import PdfDocument

from bench.resource_usage import ResourceUsage, memory_mb
from ml.data.sheets.demo import make_writer
from ml.data.sheets.filling import FilledPage, fill_page
from ml.data.sheets.photographs import Conditions, photograph
from ml.sheets.layout import lay_out
from ml.sheets.registration import find_page
from ml.sheets.template import parse_template
from tests.browser.person import log_in, open_browser
from tests.site import PASSWORDS, Site, open_site

COLUMNS, ROWS = 12, 20
NUMBER = {"kind": "number", "decimal": "none", "min": 0, "max": 999}
FORM = {
    "title": "Readings",
    "rows": ROWS,
    "columns": [{"name": f"No {number}", "expects": NUMBER} for number in range(1, COLUMNS + 1)],
}
PROCESSES = ("web", "worker-1", "postgres")
WAIT_S, PATIENCE_S = 10, 300
JPEG_QUALITY = 85
FOUND_EVERY_S = 0.1  # the worker's memory


@dataclass(frozen=True)
class Taken:
    """What one page took.

    Attributes:
        cpu_s: by process.
        worker_mb: the most memory of the worker, PSS.
        wrong: cells whose text is not what was written, before and after checking.
        doubtful: cells that the script was asked about.
    """

    seconds: float
    cpu_s: dict[str, float]
    worker_mb: float
    wrong: tuple[int, int]
    doubtful: int
    keys: int
    check_seconds: float


def make_template(site: Site) -> tuple[str, str]:
    """Create the template on the site; return its id, and the code on its page, as it is printed."""
    created = site.request("POST", "/api/v1/sheet-templates/", json=FORM)
    created.raise_for_status()
    pdf = site.request("GET", created.json()["pdf"]).content
    printed = PdfDocument(pdf)[0].render(scale=3, grayscale=True).to_numpy()
    found = find_page(np.ascontiguousarray(printed.reshape(printed.shape[:2])))
    if found is None or not found.code:
        raise SystemExit("The printed page has no code that can be read.")
    return created.json()["id"], found.code


def take_page(code: str, seed: int) -> tuple[FilledPage, bytes]:
    """Return a filled-in page and a photograph of it."""
    rng = np.random.default_rng(seed)
    template = parse_template(FORM)
    [layout] = lay_out(template)
    texts = {(row, column): str(rng.integers(0, 1000)) for row in range(ROWS) for column in range(COLUMNS)}
    page = fill_page(layout, template, code, make_writer(rng), rng, texts)
    taken = Conditions(
        size=(3000, 4000),
        tilt_degrees=float(rng.uniform(0, 15)),
        turn_degrees=float(rng.normal(0, 4)),
        light=float(rng.uniform(0.7, 1)),
        bend_mm=2,
    )
    seen = photograph(page, taken, rng).pixels
    return page, cv2.imencode(".jpg", seen, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1].tobytes()


@contextmanager
def watched_memory(pid: int) -> Iterator[list[float]]:
    """Yield a list to which the memory of a process tree is added again and again."""
    found: list[float] = [memory_mb(pid)]
    is_over = Event()

    def watch() -> None:
        while not is_over.wait(FOUND_EVERY_S):
            found.append(memory_mb(pid))

    watcher = Thread(target=watch)
    watcher.start()
    try:
        yield found
    finally:
        is_over.set()
        watcher.join()


def send(site: Site, data: bytes) -> dict[str, Any]:
    """Send a photograph and return the sheet once it is read."""
    answer = site.request("POST", "/api/v1/sheets/", files={"file": ("page.jpg", data, "image/jpeg")})
    answer.raise_for_status()
    sheet: dict[str, Any] = answer.json()
    deadline = time.monotonic() + PATIENCE_S
    while sheet["state"] == "reading":
        if time.monotonic() > deadline:
            raise SystemExit(f"The sheet was not read within {PATIENCE_S} s.")
        sheet = site.request("GET", sheet["url"], params={"wait": WAIT_S}).json()
    if sheet["state"] != "read":
        raise SystemExit(f"The sheet was not read: {sheet['pages']}.")
    return sheet


def read_texts(site: Site, sheet: dict[str, Any]) -> dict[tuple[int, int], str]:
    """Return the text of each cell of a sheet."""
    table = site.request("GET", sheet["table"]).json()
    return {(cell["row"], cell["column"]): cell["text"] for row in table["rows"] for cell in row["cells"]}


def check(page: Page, site: Site, sheet: dict[str, Any], written: dict[tuple[int, int], str]) -> tuple[int, int]:
    """Check a sheet as somebody who knows what is written; return the cells asked about, and the keys pressed."""
    shown, asked, pressed = read_texts(site, sheet), 0, 0
    while not page.get_by_role("heading", name="Nothing doubtful is left").is_visible():
        row, column = (part.rsplit(" ", 1)[1] for part in page.locator("[data-cell-name]").inner_text().split(" · "))
        place = int(row) - 1, int(column) - 1
        right = written[place]
        keys = ["Enter"] if shown[place] == right else ["e"] if not right else [*right, "Enter"]
        for key in keys:
            page.keyboard.press(key)
        asked, pressed = asked + 1, pressed + len(keys)
    page.locator("[data-unsaved]").wait_for(state="hidden")
    return asked, pressed


def measure(site: Site, browser: Page, code: str, seed: int) -> Taken:
    """Send a page and check it."""
    filled, data = take_page(code, seed)
    pids = {name: process.pid for name in PROCESSES if (process := site.service(name).process)}
    began = time.perf_counter()
    with watched_memory(pids["worker-1"]) as memory, ResourceUsage(pids) as usage:
        sheet = send(site, data)
        seconds = time.perf_counter() - began
    before = read_texts(site, sheet)
    browser.goto(f"{site.url}/sheets/{sheet['id']}/check/")
    browser.locator("[data-announcement]:not(:empty)").wait_for(state="attached")
    began = time.perf_counter()
    doubtful, keys = check(browser, site, sheet, filled.texts)
    check_seconds = time.perf_counter() - began
    after = read_texts(site, sheet)
    wrong = tuple(sum(texts[place] != text for place, text in filled.texts.items()) for texts in (before, after))
    return Taken(seconds, usage.cpu_s, max(memory), (wrong[0], wrong[1]), doubtful, keys, check_seconds)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=3)
    options = parser.parse_args()
    with open_site(workers=1) as site, sync_playwright() as playwright:
        _, code = make_template(site)
        browser = open_browser(playwright, os.environ["INKLING_BROWSER"])
        page = browser.new_context(locale="en").new_page()
        log_in(page, site.url, "alice", PASSWORDS["alice"])
        measure(site, page, code, seed=99)  # the first page loads OpenCV
        taken = [measure(site, page, code, seed) for seed in range(options.pages)]
        browser.close()
    print_table(taken)


def print_table(taken: list[Taken]) -> None:
    """Print a row a page, and the medians."""
    print(
        "\n| seconds to the table | CPU s: web | worker | Postgres | worker MB | asked about | keys | seconds to check "
        "| wrong before | after |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    for one in taken:
        cpu = " | ".join(f"{one.cpu_s[name]:.2f}" for name in PROCESSES)
        print(
            f"| {one.seconds:.1f} | {cpu} | {one.worker_mb:.0f} | {one.doubtful} of {COLUMNS * ROWS} | {one.keys} "
            f"| {one.check_seconds:.1f} | {one.wrong[0]} | {one.wrong[1]} |"
        )
    print(f"\nMedian: {statistics.median(one.seconds for one in taken):.1f} s to the table.")


if __name__ == "__main__":
    main()
