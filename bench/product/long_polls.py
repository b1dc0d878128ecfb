"""Time health checks on an idle service, and while 64 clients long-poll drawings that no worker reads.

    .venv/bin/python -m bench.product.long_polls --clients 64 --count 400

Starts a temporary site without a worker. Needs the packages that `make check` installs.
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
SETTLE_S = 3.0  # until all clients wait


def p99(values: list[float]) -> float:
    """Return the 99th percentile."""
    return statistics.quantiles(values, n=100, method="inclusive")[-1]


def time_health(site: Site, count: int) -> list[float]:
    """Return the milliseconds of `count` health checks, each with a new connection."""
    times = []
    for _ in range(count):
        began = time.perf_counter()
        response = requests.get(f"{site.url}/health/ready", timeout=30)
        times.append(1_000 * (time.perf_counter() - began))
        assert response.status_code == 200, response.text  # noqa: S101
        time.sleep(PAUSE_S)
    return times


def long_poll(url: str, token: str, done: Event, wait_s: int) -> None:
    """Long-poll a drawing until `done`, following Retry-After."""
    headers = {"Authorization": f"Token {token}"}
    while not done.is_set():
        response = requests.get(url, params={"wait": wait_s}, headers=headers, timeout=30)
        assert response.status_code == 200, response.text  # noqa: S101
        if response.elapsed.total_seconds() < 1:  # no place to wait: retry when the server says
            done.wait(float(response.headers["Retry-After"]))


def long_poll_all(urls: list[str], token: str, done: Event, wait_s: int) -> None:
    """Be one client for each of `urls`, all in this process."""
    with ThreadPoolExecutor(len(urls)) as pool:
        list(pool.map(lambda url: long_poll(url, token, done, wait_s), urls))


def measure(site: Site, clients: int, count: int, wait_s: int = 10) -> tuple[list[float], list[float], int]:
    """Return the milliseconds of health checks alone and with `clients` long polls, and the connections to Postgres.

    The site's worker must be stopped.
    """
    urls = [site.request("POST", URL, json=golden_drawing(7, seed=1)).headers["Location"] for _ in range(clients)]
    time_health(site, 20)
    alone = time_health(site, count)
    spawning = multiprocessing.get_context("spawn")  # a process of their own, so that clients don't slow this one
    done = spawning.Event()
    waiting = spawning.Process(
        target=long_poll_all, args=([site.url + url for url in urls], site.token(), done, wait_s)
    )
    waiting.start()
    try:
        time.sleep(SETTLE_S)
        loaded = time_health(site, count)
        [[connections]] = site.query("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'inkling'")
        assert waiting.is_alive()  # noqa: S101
    finally:
        done.set()
        waiting.join()
    assert waiting.exitcode == 0  # noqa: S101
    return alone, loaded, int(connections)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=64, help="long-polling clients")
    parser.add_argument("--count", type=int, default=400, help="health checks to time in each case")
    options = parser.parse_args()
    with open_site() as site:
        site.token()
        site.kill("worker-1")  # the site is not supervised, so the worker stays down
        alone, loaded, connections = measure(site, options.clients, options.count)
    print("\n| /health/ready | median ms | p99 ms |\n|---|---|---|")
    for what, times in (("alone", alone), (f"with {options.clients} long polls", loaded)):
        print(f"| {what} | {statistics.median(times):.1f} | {p99(times):.1f} |")
    print(
        f"\np99 with long polls over p99 alone: {p99(loaded) / p99(alone):.2f}; connections to Postgres: {connections}"
    )


if __name__ == "__main__":
    main()
