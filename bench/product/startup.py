"""Measure a web process: time until its first response, and memory then and after some requests.

    .venv/bin/python -m bench.product.startup

Starts a temporary site and, next to its web server, others with one process each, as `make run` starts them.
"""

import statistics
import subprocess
import time

import psutil
import requests

from bench.product.fairness import URL
from ml.golden import golden_drawing
from tests.site import Site, free_port, open_site

REPEATS = 5
REQUESTS = 300


def measure_web_process(site: Site) -> tuple[float, float, float]:
    """Return the seconds until /health/live responds, and the resident MB then and after REQUESTS drawings."""
    port = free_port()
    command = list(site.service("web").command)
    command[command.index("--bind") + 1] = f"127.0.0.1:{port}"
    command[command.index("--workers") + 1] = "1"
    web = subprocess.Popen(command, env=site.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603
    began = time.perf_counter()
    try:
        while not is_live(port):
            time.sleep(0.01)
        ready_s = time.perf_counter() - began
        [process] = psutil.Process(web.pid).children()
        fresh_mb = process.memory_info().rss / 1e6
        headers = {"Authorization": f"Token {site.token()}", "Prefer": "wait=10"}
        with requests.Session() as client:
            for number in range(REQUESTS):
                drawing = golden_drawing(number % 10, seed=number)
                response = client.post(f"http://127.0.0.1:{port}{URL}", json=drawing, headers=headers, timeout=30)
                assert response.status_code in (201, 202), response.text  # noqa: S101
        return ready_s, fresh_mb, process.memory_info().rss / 1e6
    finally:
        web.terminate()
        web.wait()


def is_live(port: int) -> bool:
    """Return whether the process responds."""
    try:
        return requests.get(f"http://127.0.0.1:{port}/health/live", timeout=1).ok
    except requests.RequestException:
        return False


def main() -> None:
    """Measure and print."""
    with open_site() as site:
        site.token()
        found = [measure_web_process(site) for _ in range(REPEATS)]
    ready_s, fresh_mb, used_mb = (statistics.median(values) for values in zip(*found, strict=True))
    print(f"\nA web process responds {ready_s:.2f} s after its start, with {fresh_mb:.0f} MB resident, "
          f"{used_mb:.0f} MB after {REQUESTS} drawings (medians of {REPEATS})")  # fmt: skip


if __name__ == "__main__":
    main()
