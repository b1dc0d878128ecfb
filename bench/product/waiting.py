"""Time health checks alone, and beside 64 clients that wait for drawings which nobody reads.

    .venv/bin/python -m bench.product.waiting --clients 64 --count 400

It starts a site of its own without a worker, and ends it. It needs the tools' set, which `make check` installs.
"""

import argparse
import multiprocessing
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.synchronize import Event

import requests

from ml.golden import golden_drawing
from tests.site import Site, open_site

URL = "/api/v1/submissions/"
PAUSE_S = 0.01
SETTLE_S = 3.0  # until all clients are there


def p99(values: list[float]) -> float:
    """Return the 99th percentile."""
    return statistics.quantiles(values, n=100, method="inclusive")[-1]


def time_health(site: Site, count: int) -> list[float]:
    """Return how long each of `count` health checks took, in milliseconds; each on a connection of its own."""
    times = []
    for _ in range(count):
        began = time.perf_counter()
        answer = requests.get(f"{site.url}/health/ready", timeout=30)
        times.append(1_000 * (time.perf_counter() - began))
        assert answer.status_code == 200, answer.text  # noqa: S101
        time.sleep(PAUSE_S)
    return times


def wait_on(url: str, token: str, done: Event) -> None:
    """Ask for a drawing again and again until `done`, as a client does that follows Retry-After."""
    headers = {"Authorization": f"Token {token}"}
    while not done.is_set():
        answer = requests.get(url, params={"wait": 10}, headers=headers, timeout=30)
        assert answer.status_code == 200, answer.text  # noqa: S101
        if answer.elapsed.total_seconds() < 1:  # not let to wait: it asks again when it was told to
            done.wait(float(answer.headers["Retry-After"]))


def wait_on_all(urls: list[str], token: str, done: Event) -> None:
    """Be one client for each of `urls`, all in this process."""
    with ThreadPoolExecutor(len(urls)) as pool:
        list(pool.map(lambda url: wait_on(url, token, done), urls))


def measure(site: Site, clients: int, count: int) -> tuple[list[float], list[float], int]:
    """Return the times of health checks alone and beside `clients`, and how many connections Postgres then had.

    No worker of the site may read meanwhile.
    """
    urls = [site.request("POST", URL, json=golden_drawing(7, seed=1)).headers["Location"] for _ in range(clients)]
    time_health(site, 20)
    alone = time_health(site, count)
    spawning = multiprocessing.get_context("spawn")  # the clients' work is not to slow the clock's
    done = spawning.Event()
    waiting = spawning.Process(target=wait_on_all, args=([site.url + url for url in urls], site.token(), done))
    waiting.start()
    try:
        time.sleep(SETTLE_S)
        beside = time_health(site, count)
        [[connections]] = site.query("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'inkling'")
        assert waiting.is_alive()  # noqa: S101
    finally:
        done.set()
        waiting.join()
    assert waiting.exitcode == 0  # noqa: S101
    return alone, beside, int(connections)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=64, help="clients that wait")
    parser.add_argument("--count", type=int, default=400, help="health checks to time, each way")
    asked = parser.parse_args()
    with open_site() as site:
        site.token()
        site.kill("worker-1")  # nobody tends the children here, so it stays away
        alone, beside, connections = measure(site, asked.clients, asked.count)
    print("\n| /health/ready | median ms | p99 ms |\n|---|---|---|")
    for what, times in (("alone", alone), (f"beside {asked.clients} waiting clients", beside)):
        print(f"| {what} | {statistics.median(times):.1f} | {p99(times):.1f} |")
    print(
        f"\np99 beside over p99 alone: {p99(beside) / p99(alone):.2f}; connections to Postgres meanwhile: {connections}"
    )


if __name__ == "__main__":
    main()
