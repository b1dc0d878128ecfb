"""Label drawings in review mode by a script of key presses, and measure how long the reviewer waits for each next one.

    INKLING_BROWSER=/usr/bin/chromium .venv/bin/python -m bench.product.reviewing --count 60

Starts a temporary site and a browser. The milliseconds are from a key's event to the frame after the next drawing was
shown, in the browser's own clock. The script presses a key as soon as a drawing is shown and, as a person would, after
`--pause` seconds; every third drawing gets another number, typed, every tenth is skipped or not a digit. Requests and
queries are all that the site answered meanwhile; the worker rests.
"""

import argparse
import contextlib
import os
import re
import signal
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page, Request, sync_playwright

from tests.browser.admin_site import REVIEWER, create_staff, log_in_to_admin
from tests.browser.person import open_browser, paused_worker
from tests.browser.reviewing import open_review_mode, press, queue_drawings, reviews
from tests.site import Site, open_site

# A key's event, and the second frame after the shown drawing has changed: by then the first one is on the screen.
WATCH = """
() => {
  window.nextDrawingMs = [];
  let pressedAt = null;
  addEventListener("keydown", (event) => (pressedAt = event.timeStamp), true);
  const note = () => {
    const since = pressedAt;
    requestAnimationFrame(() => requestAnimationFrame(() => nextDrawingMs.push(performance.now() - since)));
  };
  new MutationObserver((changes) => {
    if (changes.some(({ target }) => "drawing" in target.dataset && !target.hidden)) note();
  }).observe(document.querySelector("[data-stage]"), { attributes: true, attributeFilter: ["hidden"], subtree: true });
}
"""


STATEMENT = re.compile(r"LOG:  (?:statement|execute \S+): \s*(?:SELECT|INSERT|UPDATE|DELETE|WITH)\b", re.IGNORECASE)


@contextlib.contextmanager
def counted_queries(site: Site) -> Iterator[list[int]]:
    """Let Postgres log its statements in the block, and append their number to the list: all but BEGIN and the like."""
    [data] = [path.parent for path in Path(site.env["INKLING_RUN_DIR"]).glob("*/postmaster.pid")]
    settings, log = data / "postgresql.auto.conf", site.supervisor.log_of("postgres")
    before, pid = settings.read_text(), int((data / "postmaster.pid").read_text().split("\n")[0])
    found: list[int] = []

    def configure(text: str) -> None:
        settings.write_text(text)
        os.kill(pid, signal.SIGHUP)
        time.sleep(0.5)  # until every process of Postgres has read it

    configure(before + "log_statement = 'all'\n")
    start = log.stat().st_size
    try:
        yield found
    finally:
        configure(before)
        found.append(len(STATEMENT.findall(log.read_text(errors="replace")[start:])))


@dataclass(frozen=True)
class Reviewing:
    """What the script measured. saved: drawings that have exactly one review, or were skipped."""

    seconds: float
    next_ms: list[float]
    requests: list[str]
    queries: int
    saved: int

    @property
    def p95_ms(self) -> float:
        """The 95th percentile from a key to the next drawing."""
        return statistics.quantiles(self.next_ms, n=20)[-1]


def keys_of(number: int) -> tuple[str, ...]:
    """Return the keys that the script presses for a drawing."""
    if number % 10 == 9:
        return ("s",) if number % 20 == 9 else ("n",)
    return ("4", "2", "Enter") if number % 3 == 2 else (" ",)


def measure(site: Site, page: Page, count: int, pause_s: float = 0.0) -> Reviewing:
    """Label `count` drawings as carol, who is logged in on `page` and sees the readings."""
    keys = queue_drawings(site, count)
    open_review_mode(page, site, is_blind=False)
    page.evaluate(WATCH)
    requests: list[str] = []

    def note(request: Request) -> None:
        requests.append(request.url.removeprefix(site.url))

    page.on("request", note)
    with paused_worker(site), counted_queries(site) as queries:
        began = time.perf_counter()
        for number in range(count):
            time.sleep(pause_s)
            page.locator("[data-drawing]:visible").wait_for()
            press(page, *keys_of(number))
        page.get_by_text("Nothing is waiting for a review.").wait_for()
        seconds = time.perf_counter() - began
        page.wait_for_function("() => Object.keys(localStorage).every((name) => !name.startsWith('inkling.review.'))")
    page.remove_listener("request", note)
    skipped = sum(keys_of(number) == ("s",) for number in range(count))
    saved = sum(len(said) == 1 for said in reviews(site, keys)) + skipped
    return Reviewing(seconds, page.evaluate("nextDrawingMs"), requests, queries[0], saved)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=60, help="drawings to label")
    parser.add_argument("--pause", type=float, default=0.5, help="seconds that the script looks at each drawing")
    options = parser.parse_args()
    with open_site() as site, sync_playwright() as playwright:
        create_staff(site)
        browser = open_browser(playwright, os.environ["INKLING_BROWSER"])
        page = browser.new_context(locale="en").new_page()
        log_in_to_admin(page, site, REVIEWER)
        found = {pause: measure(site, page, options.count, pause) for pause in (0.0, options.pause)}
        browser.close()
    print("\n| pause | seconds | median ms to the next | p95 ms | requests | queries | saved once |")
    print("|---|---|---|---|---|---|---|")
    for pause, one in found.items():
        middle = statistics.median(one.next_ms)
        print(
            f"| {pause:g} s | {one.seconds:.1f} | {middle:.0f} | {one.p95_ms:.0f} | {len(one.requests)} "
            f"| {one.queries} | {one.saved} of {options.count} |"
        )


if __name__ == "__main__":
    main()
