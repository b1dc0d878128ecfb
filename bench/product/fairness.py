"""Time one person's drawings alone, and beside another's thousands of bulk images that wait.

    .venv/bin/python -m bench.product.fairness --bulk 5000 --count 100

It starts a site of its own, with one worker, and ends it. Each drawing is sent with `Prefer: wait=10`, one after the
other. It needs the tools' set, which `make check` installs.
"""

import argparse
import io
import statistics
import time
from dataclasses import dataclass

from PIL import Image, ImageDraw

from ml.golden import golden_drawing
from tests.site import Site, open_site

URL = "/api/v1/submissions/"
BATCH = 100


@dataclass(frozen=True)
class Fairness:
    """What was measured: milliseconds, and how many bulk images waited from the first to the last drawing."""

    alone_ms: list[float]
    beside_ms: list[float]
    waiting_first: int
    waiting_last: int

    @property
    def ratio(self) -> float:
        """p95 beside the bulk over p95 alone."""
        return p95(self.beside_ms) / p95(self.alone_ms)


def p95(values: list[float]) -> float:
    """Return the 95th percentile."""
    return statistics.quantiles(values, n=20, method="inclusive")[-1]


def png(digit: int, seed: int) -> bytes:
    """Return a drawing of a digit as a canvas' PNG."""
    drawing = golden_drawing(digit, seed=seed)
    image = Image.new("L", (drawing["width"], drawing["height"]), 255)
    pen = ImageDraw.Draw(image)
    for stroke in drawing["strokes"]:
        pen.line([tuple(point[:2]) for point in stroke], fill=0, width=round(drawing["pen_px"]), joint="curve")
    data = io.BytesIO()
    image.save(data, "PNG")
    return data.getvalue()


def time_drawings(site: Site, count: int) -> list[float]:
    """Return how long each of alice's drawings took from sending to its reading, in milliseconds."""
    times = []
    for number in range(count):
        began = time.perf_counter()
        answer = site.request("POST", URL, json=golden_drawing(number % 10, seed=1), headers={"Prefer": "wait=10"})
        times.append(1_000 * (time.perf_counter() - began))
        assert answer.status_code == 201, answer.text  # noqa: S101
    return times


def waiting(site: Site) -> int:
    """Return how many bulk images wait."""
    sql = "SELECT count(*) FROM predictions_submission WHERE lane = 'bulk' AND status = 'queued'"
    return int(site.query(sql)[0][0])


def measure(site: Site, bulk: int, count: int) -> Fairness:
    """Time `count` drawings alone, then beside `bulk` images of bob's, of which more come so that enough wait."""
    time_drawings(site, 10)  # connections, caches, the network's first pass
    alone = time_drawings(site, count)
    images = [("image", (f"{number}.png", png(number % 10, seed=number))) for number in range(BATCH)]
    while (missing := bulk - waiting(site)) > 0:
        for _ in range(-(-missing // BATCH)):
            answer = site.request("POST", f"{URL}batch/", user="bob", files=images)
            assert answer.status_code == 202, answer.text  # noqa: S101
    first = waiting(site)
    beside = time_drawings(site, count)
    return Fairness(alone, beside, first, waiting(site))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bulk", type=int, default=5_000, help="bulk images that wait")
    parser.add_argument("--count", type=int, default=100, help="drawings to time, each way")
    asked = parser.parse_args()
    with open_site(IN_FLIGHT_LIMIT=str(2 * asked.bulk + 500)) as site:
        for name in ("alice", "bob"):
            site.token(name)
        found = measure(site, asked.bulk, asked.count)
    print("\n| drawings, one after the other | median ms | p95 ms |\n|---|---|---|")
    for what, times in (("alone", found.alone_ms), ("beside bulk", found.beside_ms)):
        print(f"| {what} | {statistics.median(times):.0f} | {p95(times):.0f} |")
    print(f"\nBulk images waiting: {found.waiting_first} at the first, {found.waiting_last} at the last drawing")
    print(f"p95 beside over p95 alone: {found.ratio:.2f}")


if __name__ == "__main__":
    main()
