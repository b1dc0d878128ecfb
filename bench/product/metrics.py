"""Measure what counting for Prometheus costs a reading, and what a scrape costs.

    .venv/bin/python -m bench.product.metrics --drawings 2000

Times the calls that a reading with `Prefer: wait` adds to web and worker, with and without them by turns; then the CPU
time of a whole reading on a temporary site, and of scrapes against the same time without. All count in shared files, as
web processes do; workers, which count in memory, take a little less. Needs the packages that `make check` installs.
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import requests

from bench.resource_usage import ResourceUsage
from ml.golden import golden_drawing
from predictions.monitoring import processes
from tests.site import Site, open_site

CALLS, TURNS, CLIENTS, SCRAPES = 5_000, 20, 8, 20
TOKEN = "only to measure"  # noqa: S105 (of a temporary site)


def difference_us(given: Callable[[], object], bare: Callable[[], object]) -> float:
    """Return by how many CPU microseconds a call of the first is dearer: the median of turns."""
    found = []
    for _ in range(TURNS):
        began = time.process_time()
        for _ in range(CALLS):
            given()
        between = time.process_time()
        for _ in range(CALLS):
            bare()
        found.append((between - began - (time.process_time() - between)) / CALLS * 1e6)
    return statistics.median(found)


def count_us() -> dict[str, float]:
    """Return the CPU microseconds that counting adds to a reading, by part."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ.setdefault("DEBUG", "1")
    processes.open_folder()
    import django

    django.setup()
    from django.http import HttpResponse
    from django.test import RequestFactory

    from config.request_metrics import measure
    from predictions.models import ModelVersion, Prediction, Status, Submission
    from predictions.monitoring import measures

    now = datetime.now(UTC)
    row = Submission(lane="interactive", status=Status.SUCCEEDED, queued_at=now, started_at=now)
    told = Prediction(model_version=ModelVersion(name="measured"), reading={"verdict": "digit"})
    request, answer = RequestFactory().post("/"), HttpResponse()
    request.route = "api-submissions"  # type: ignore[attr-defined]
    counted, bare = measure(lambda _: answer), lambda _: answer
    moments = measures.Moments(0.0, 0.0)
    found = {
        "request": difference_us(lambda: counted(request), lambda: bare(request)),
        "delivery": difference_us(lambda: measures.count_delivery("interactive", 0.01), lambda: None),
        "batch": difference_us(lambda: measures.count_batch([row]), lambda: None),
        "reading": difference_us(lambda: measures.count_readings([(row, told)], moments), lambda: None),
    }
    processes.remove_folder()
    del os.environ[processes.FOLDER]
    return found


def reading_ms(site: Site, drawings: int) -> float:
    """Return the CPU milliseconds of a reading, of all processes of the site together."""

    def send(number: int) -> None:
        drawing = golden_drawing(number % 10, seed=1)
        site.request("POST", "/api/v1/submissions/", json=drawing, headers={"Prefer": "wait=10"}).raise_for_status()

    with ResourceUsage(_pids(site)) as usage, ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(send, range(drawings)))
    return sum(usage.cpu_s.values()) / drawings * 1e3


def scrape_ms(site: Site) -> float:
    """Return the CPU milliseconds of a scrape of web, beyond what the idle site takes."""
    found = []
    for is_asked in (False, True) * 3:
        with ResourceUsage(_pids(site)) as usage:
            for _ in range(SCRAPES):
                if is_asked:
                    bearer = {"Authorization": f"Bearer {TOKEN}"}
                    requests.get(f"{site.url}/metrics", headers=bearer, timeout=10).raise_for_status()
                time.sleep(1.1)  # longer than rows are cached
        found.append(sum(usage.cpu_s.values()) / SCRAPES * 1e3)
    return statistics.median(found[1::2]) - statistics.median(found[::2])


def _pids(site: Site) -> dict[str, int]:
    return {one.name: one.process.pid for one in site.supervisor.services if one.process}


def main() -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--drawings", type=int, default=2_000)
    drawings = parser.parse_args().drawings
    counted = count_us()
    print(", ".join(f"{name} {us:.1f} us" for name, us in counted.items()))
    with open_site(workers=1, STATUS_TOKEN=TOKEN) as site:
        whole_ms = reading_ms(site, drawings)
        added_us = sum(counted.values())
        share = added_us / whole_ms / 1e3
        print(f"a reading takes {whole_ms:.2f} ms of CPU, {added_us:.0f} us of it to count: {share:.2%}")
        print(f"a scrape of web takes {scrape_ms(site):.1f} ms of CPU")


if __name__ == "__main__":
    main()
