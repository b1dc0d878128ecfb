"""Measure the throughput of 1, 2 and 4 workers when the workers are the bottleneck.

    .venv/bin/python -m bench.product.scale

Each worker sleeps 50 ms for a picture (`tests.readers.Slow`), so that the number of cores is not the limit. Starts
temporary sites. The time is that from the first `started_at` to the last `finished_at`.
"""

import argparse
import statistics

from bench.product.fairness import BATCH, URL, png
from tests.site import open_site

WORKERS = (1, 2, 4)
SPAN = """
    SELECT extract(epoch FROM max(row.finished_at) - min(row.started_at)), count(DISTINCT read.worker)
    FROM predictions_prediction AS read JOIN predictions_submission AS row ON row.key = read.submission_id
    WHERE lane = 'bulk'
"""
LEFT = "SELECT count(*) FROM predictions_submission WHERE lane = 'bulk' AND finished_at IS NULL"


def rate(workers: int, count: int) -> float:
    """Return the readings/s of `workers` workers over `count` queued pictures."""
    images = [("image", (f"{number}.png", png(number % 10, seed=number))) for number in range(BATCH)]
    slow = {"READER": "tests.readers.Slow", "TESTING": "1", "IN_FLIGHT_LIMIT": str(2 * count)}
    with open_site(workers, None, lambda site: None, True, **slow) as site:
        site.token()
        for _ in range(count // BATCH):
            response = site.request("POST", f"{URL}batch/", files=images)
            assert response.status_code == 202, response.text  # noqa: S101
        site.wait_until(lambda: not site.query(LEFT)[0][0], 300)
        [[seconds, readers]] = site.query(SPAN)
    assert readers == workers  # noqa: S101
    return count / float(seconds)


def main() -> None:
    """Measure several rounds, each number of workers in turn, and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=600, help="pictures, a multiple of 100")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    found: dict[int, list[float]] = {workers: [] for workers in WORKERS}
    for _ in range(options.rounds):
        for workers in WORKERS:
            found[workers].append(rate(workers, options.count))
    one = statistics.median(found[1])
    print("\n| workers | readings/s | speedup | of ideal |\n|---|---|---|---|")
    for workers, rates in found.items():
        times = statistics.median(rates) / one
        print(f"| {workers} | {statistics.median(rates):.1f} | {times:.2f} | {times / workers:.0%} |")


if __name__ == "__main__":
    main()
