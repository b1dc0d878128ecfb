"""Time one user's drawings on an idle service, and while thousands of another user's bulk images are queued.

    .venv/bin/python -m bench.product.fairness --bulk 5000 --count 100

Starts a temporary site with one worker. Drawings are sent one after the other, with `Prefer: wait=10`. Needs the
packages that `make check` installs.
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
    """The result.

    Attributes:
        alone_ms: latencies on an idle service.
        with_bulk_ms: latencies while bulk images are queued.
        waiting_first, waiting_last: bulk images queued at the first and at the last of these drawings.
    """

    alone_ms: list[float]
    with_bulk_ms: list[float]
    waiting_first: int
    waiting_last: int

    @property
    def ratio(self) -> float:
        """Return the p95 with bulk images over the p95 alone."""
        return p95(self.with_bulk_ms) / p95(self.alone_ms)


def p95(values: list[float]) -> float:
    """Return the 95th percentile."""
    return statistics.quantiles(values, n=20, method="inclusive")[-1]


def png(digit: int, seed: int) -> bytes:
    """Return a golden drawing as a PNG."""
    drawing = golden_drawing(digit, seed=seed)
    image = Image.new("L", (drawing["width"], drawing["height"]), 255)
    pen = ImageDraw.Draw(image)
    for stroke in drawing["strokes"]:
        pen.line([tuple(point[:2]) for point in stroke], fill=0, width=round(drawing["pen_px"]), joint="curve")
    data = io.BytesIO()
    image.save(data, "PNG")
    return data.getvalue()


def time_drawings(site: Site, count: int) -> list[float]:
    """Return the milliseconds from sending each of alice's drawings to its reading."""
    times = []
    for number in range(count):
        began = time.perf_counter()
        response = site.request("POST", URL, json=golden_drawing(number % 10, seed=1), headers={"Prefer": "wait=10"})
        times.append(1_000 * (time.perf_counter() - began))
        assert response.status_code == 201, response.text  # noqa: S101
    return times


def count_waiting(site: Site) -> int:
    """Return the number of queued bulk images."""
    sql = "SELECT count(*) FROM predictions_submission WHERE lane = 'bulk' AND status = 'queued'"
    return int(site.query(sql)[0][0])


def measure(site: Site, bulk: int, count: int) -> Fairness:
    """Time `count` drawings alone, then with at least `bulk` of bob's images queued at the start."""
    time_drawings(site, 10)  # warm up connections, caches and the network
    alone = time_drawings(site, count)
    images = [("image", (f"{number}.png", png(number % 10, seed=number))) for number in range(BATCH)]
    while (missing := bulk - count_waiting(site)) > 0:
        for _ in range(-(-missing // BATCH)):
            response = site.request("POST", f"{URL}batch/", user="bob", files=images)
            assert response.status_code == 202, response.text  # noqa: S101
    first = count_waiting(site)
    with_bulk = time_drawings(site, count)
    return Fairness(alone, with_bulk, first, count_waiting(site))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bulk", type=int, default=5_000, help="bulk images to queue")
    parser.add_argument("--count", type=int, default=100, help="drawings to time in each case")
    options = parser.parse_args()
    with open_site(IN_FLIGHT_LIMIT=str(2 * options.bulk + 500)) as site:
        for name in ("alice", "bob"):
            site.token(name)
        found = measure(site, options.bulk, options.count)
    print("\n| drawings, one after the other | median ms | p95 ms |\n|---|---|---|")
    for what, times in (("alone", found.alone_ms), ("with bulk images queued", found.with_bulk_ms)):
        print(f"| {what} | {statistics.median(times):.0f} | {p95(times):.0f} |")
    print(f"\nBulk images queued: {found.waiting_first} at the first drawing, {found.waiting_last} at the last")
    print(f"p95 with bulk over p95 alone: {found.ratio:.2f}")


if __name__ == "__main__":
    main()
