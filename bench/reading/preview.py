"""Measure the preview in a real browser: agreement with the service, silence about other drawings, and latency.

    INKLING_BROWSER=/usr/bin/chromium .venv/bin/python -m bench.reading.preview --count 500

Everything is drawn from the project's own templates; signs are of families that no network was trained on. Latency is
from the lifted pen to the digit, and to the frame after it. Needs the packages that `make check` installs.
"""

import argparse
import os
from typing import Any

import numpy as np
from playwright.sync_api import Page, sync_playwright

from ml.artifacts import load_shipped
from ml.recognition.loading import load_reader
from tests.browser.person import open_browser
from tests.browser.preview_lab import (
    Drawing,
    Lab,
    lone_letters,
    lone_signs,
    numbers,
    numbers_with_signs,
    opinions_of,
    single_digits,
)

MOVES_HZ = 120
TIME = """
async ({ drawings, pauseMs }) => {
    const { createPreview } = await import("inkling/preview");
    const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
    const frame = () => new Promise(requestAnimationFrame);
    const longTasks = [];
    let [onResult, readings] = [() => {}, 0];
    const preview = createPreview({ networkUrl: "/network.bin", onResult: () => (readings++, onResult()) });
    const read = async (drawing) => {
        const since = performance.now();
        const result = new Promise((done) => (onResult = done));
        preview.draw(drawing);
        await result;
        const digit = performance.now();
        await frame();
        return [digit - since, performance.now() - since];
    };
    await read(drawings[0]);
    await sleep(1000);
    new PerformanceObserver((list) => longTasks.push(...list.getEntries().map(({ duration }) => duration)))
        .observe({ entryTypes: ["longtask"] });
    const [laps, calls] = [[], []];
    for (const drawing of drawings) {
        const all = drawing.strokes.flat();
        for (let count = 1; count < all.length; count++) {
            const since = performance.now();
            preview.draw({ ...drawing, strokes: [all.slice(0, count)] }, { isMoving: true });
            calls.push(performance.now() - since);
            await sleep(pauseMs);
        }
        laps.push(await read(drawing));
        await sleep(100);
    }
    return { laps, calls, longTasks, readings };
}
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=500, help="drawings of each kind")
    parser.add_argument("--timed", type=int, default=100, help="drawings whose latency is measured")
    options = parser.parse_args()
    with sync_playwright() as playwright:
        browser = open_browser(playwright, os.environ["INKLING_BROWSER"])
        page = browser.new_page()
        lab = Lab(page)
        report_agreement(lab, single_digits(options.count, seed=options.count))
        report_silence(lab, options.count)
        report_latency(page, single_digits(options.timed, seed=1))
        browser.close()


def report_agreement(lab: Lab, drawings: list[Drawing]) -> None:
    """Print how the preview compares with the service on single digits."""
    pairs = list(zip(lab.read(drawings), opinions_of(load_reader(load_shipped()), drawings), strict=True))
    seen = [(mine["seen"], theirs) for mine, theirs in pairs if mine["seen"]]
    off = [np.abs(np.array(mine["pixels"]) - theirs.pixels).max() for mine, theirs in seen]
    apart = [np.abs(np.array(mine["probabilities"]) - theirs.probabilities).max() for mine, theirs in seen]
    apart_digit = [abs(mine["isDigit"] - theirs.is_digit) for mine, theirs in seen]
    same = sum(mine["digit"] == theirs.probabilities.argmax() for mine, theirs in seen)
    shown = [(str(mine["result"]["digit"]), theirs.text) for mine, theirs in pairs if mine["result"]]
    print(f"{len(drawings)} single digits, {len(seen)} seen as one piece or overlapping strokes")
    print(f"  same input, pixel for pixel: {sum(one == 0 for one in off)}; greatest difference {max(off)} of 255")
    print(
        f"  same digit: {same} of {len(seen)}; probabilities differ by at most {max(apart):.4f}, {max(apart_digit):.4f}"
    )
    print(f"  shown: {len(shown)}; as the service reads: {sum(mine == text for mine, text in shown)}")


def report_silence(lab: Lab, count: int) -> None:
    """Print how often the preview shows a digit for what is not one."""
    kinds = {
        "numbers": numbers,
        "numbers with signs": numbers_with_signs,
        "signs alone": lone_signs,
        "letters alone": lone_letters,
    }
    for name, draw in kinds.items():
        shown = sum(read["result"] is not None for read in lab.read(draw(count, seed=count)))
        print(f"{count} {name}: a digit is shown for {shown} ({shown / count:.1%})")


def report_latency(page: Page, drawings: list[Drawing]) -> None:
    """Print how long the digit takes, and what drawing costs the page."""
    found: dict[str, Any] = page.evaluate(TIME, {"drawings": drawings, "pauseMs": 1000 / MOVES_HZ})
    for name, taken in zip(("digit", "next frame"), np.array(found["laps"]).T, strict=True):
        print(f"pen up to {name}: p50 {np.median(taken):.1f} ms, p95 {np.percentile(taken, 95):.1f} ms")
    slowest_ms = max(found["calls"])
    print(f"{len(found['calls'])} movements of the pen, each at most {slowest_ms:.1f} ms in the page's thread")
    print(f"{found['readings']} readings meanwhile")
    print(f"long tasks: {[round(one) for one in found['longTasks']]}; load of this machine: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
