"""Time what users are served under load without and with a challenger in shadow, by turns.

    .venv/bin/python -m bench.product.shadow --turns 8 --seconds 15

Starts a temporary site with two workers and registers the shipped networks under another name, which then read 5% in
shadow in every second turn. Clients of one process of their own send drawings with `Prefer: wait=10`. Each turn gives
a p50 and a p99; the ratio is of their medians over the turns. Needs the packages that `make check` installs.
"""

import argparse
import multiprocessing
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import psycopg
import requests

from bench.product.long_polls import URL, p99
from ml.golden import golden_drawing
from tests.site import Site, open_site

PAUSE_S = 0.05
SETTLE_S = 8.0  # until every worker knows of the challenger, and has loaded it
CANDIDATE = """
from ml.artifacts import Artifact, load_shipped, shipped_name
from predictions import registry
shipped = [one for one in load_shipped() if one.name == shipped_name() and "litert" in one.format]
card = shipped[0].card | {"name": "shadow", "sha256": {one.format: one.sha256 for one in shipped}}
card["decoder"] = card["decoder"] | {"least_sure": 0.9}
print(registry.register([Artifact("shadow", one.format, one.data, one.sha256, card) for one in shipped]).pk)
"""
START = "INSERT INTO predictions_challenger (status, attempts, error_code, share, trouble, model_version_id) VALUES "
START += "('queued', 0, '', 0.05, '', %s)"
STOP = "UPDATE predictions_challenger SET status = 'canceled', claim = NULL, lease_until = NULL, finished_at = now() "
STOP += "WHERE status IN ('queued', 'running')"


@dataclass
class Turns:
    """The p50 and p99 of each turn in milliseconds, and the drawings sent."""

    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    sent: int = 0

    def add(self, times: list[float]) -> None:
        """Add a turn."""
        self.p50.append(statistics.median(times))
        self.p99.append(p99(times))
        self.sent += len(times)


def send(url: str, token: str, clients: int, seconds: float) -> list[float]:
    """Return the milliseconds from sending each drawing to its reading, of all clients."""
    until = time.monotonic() + seconds

    def client(number: int) -> list[float]:
        times: list[float] = []
        with requests.Session() as session:
            session.headers.update({"Authorization": f"Token {token}", "Prefer": "wait=10"})
            while time.monotonic() < until:
                began = time.perf_counter()
                response = session.post(url, json=golden_drawing((len(times) + number) % 10, seed=number), timeout=30)
                times.append(1_000 * (time.perf_counter() - began))
                assert response.status_code == 201, response.text  # noqa: S101
                time.sleep(PAUSE_S)
        return times

    with ThreadPoolExecutor(clients) as pool:
        return [one for times in pool.map(client, range(clients)) for one in times]


def change(site: Site, sql: str, *values: int) -> None:
    """Execute a statement on the site's database."""
    with psycopg.connect(site.env["DATABASE_URL"]) as database:
        database.execute(sql, values)


def measure(site: Site, turns: int, clients: int, seconds: float) -> dict[bool, Turns]:
    """Return the turns without and with a challenger; which of the two comes first changes."""
    version = int(site.manage("shell", "-v0", "-c", CANDIDATE).split()[-1])
    site.wait_until(lambda: not site.query("SELECT 1 FROM predictions_comparison WHERE finished_at IS NULL"), 120)
    found = {False: Turns(), True: Turns()}
    with multiprocessing.get_context("spawn").Pool(1) as pool:  # clients in a process of their own
        arguments = (site.url + URL, site.token(), clients)
        pool.apply(send, (*arguments, SETTLE_S))  # warm up
        for turn in range(turns):
            for has_challenger in (False, True) if turn % 2 else (True, False):
                change(site, STOP)
                if has_challenger:
                    change(site, START, version)
                pool.apply(send, (*arguments, SETTLE_S))
                found[has_challenger].add(pool.apply(send, (*arguments, seconds)))
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=8, help="with and without, each")
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=15.0, help="of each turn")
    options = parser.parse_args()
    with open_site(workers=2) as site:
        found = measure(site, options.turns, options.clients, options.seconds)
        [[read, wrong]] = site.query(
            "SELECT count(*), count(*) FILTER (WHERE NOT agrees) FROM predictions_shadowreading"
        )
    print("\n| drawings | sent | p50 ms | p99 ms |\n|---|---|---|---|")
    for has_challenger, what in ((False, "without a challenger"), (True, "with a challenger")):
        turns = found[has_challenger]
        print(f"| {what} | {turns.sent} | {statistics.median(turns.p50):.1f} | {statistics.median(turns.p99):.1f} |")
    without, with_one = found[False], found[True]
    for name in ("p50", "p99"):
        mine, its = getattr(with_one, name), getattr(without, name)
        pairs = ", ".join(f"{a / b:.2f}" for a, b in zip(mine, its, strict=True))
        print(f"{name}: ratio of medians {statistics.median(mine) / statistics.median(its):.3f}; by turn {pairs}")
    print(f"read in shadow: {read}, of them otherwise than served: {wrong}")


if __name__ == "__main__":
    main()
