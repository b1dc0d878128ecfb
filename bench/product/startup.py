"""Time how soon a web process answers after it was started, and weigh it: alone, and after it has served.

    .venv/bin/python -m bench.product.startup

It starts a site of its own and, beside its web, others with one process each, as `make run` starts them.
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


def started(site: Site) -> tuple[float, float, float]:
    """Return the seconds until /health/live answers, and MB resident then and after REQUESTS drawings."""
    port = free_port()
    command = list(site.service("web").command)
    command[command.index("--bind") + 1] = f"127.0.0.1:{port}"
    command[command.index("--workers") + 1] = "1"
    web = subprocess.Popen(command, env=site.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603
    began = time.perf_counter()
    try:
        while not answers(port):
            time.sleep(0.01)
        ready_s = time.perf_counter() - began
        [process] = psutil.Process(web.pid).children()
        fresh_mb = process.memory_info().rss / 1e6
        headers = {"Authorization": f"Token {site.token()}", "Prefer": "wait=10"}
        with requests.Session() as client:
            for number in range(REQUESTS):
                drawing = golden_drawing(number % 10, seed=number)
                answer = client.post(f"http://127.0.0.1:{port}{URL}", json=drawing, headers=headers, timeout=30)
                assert answer.status_code in (201, 202), answer.text  # noqa: S101
        return ready_s, fresh_mb, process.memory_info().rss / 1e6
    finally:
        web.terminate()
        web.wait()


def answers(port: int) -> bool:
    """Return whether the process answers."""
    try:
        return requests.get(f"http://127.0.0.1:{port}/health/live", timeout=1).ok
    except requests.RequestException:
        return False


def main() -> None:
    """Measure and print."""
    with open_site() as site:
        site.token()
        found = [started(site) for _ in range(REPEATS)]
    ready_s, fresh_mb, used_mb = (statistics.median(values) for values in zip(*found, strict=True))
    print(f"\nA web process answers {ready_s:.2f} s after it was started; {fresh_mb:.0f} MB resident then, "
          f"{used_mb:.0f} MB after {REQUESTS} drawings (medians of {REPEATS})")  # fmt: skip


if __name__ == "__main__":
    main()
