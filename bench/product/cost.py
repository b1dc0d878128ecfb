"""Measure what a million readings take, to be multiplied by the prices of a host.

    .venv/bin/python -m bench.product.cost
    .venv/bin/python -m bench.product.cost --vcpu-hour 0.04 --gb-hour 0.0045 --gb-month 0.12 --gb-out 0.09

Starts a temporary site with two web processes and one worker, as docs/hosting.md sizes it. Clients send PNG pictures
with `Prefer: wait=10`, first one client, then several; before that, the site is measured at rest.
"""

import argparse
import itertools
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from bench.clients import Client, Endpoint
from bench.contenders import CREATE_TOKENS, USERS
from bench.product.fairness import URL, png
from bench.resource_usage import ResourceUsage, memory_mb
from tests.site import Site, open_site

PICTURES = 100
PROCESSES = ("web", "worker-1", "postgres", "redis", "delivery", "beat")
WAL_BYTES = "SELECT pg_current_wal_lsn() - '0/0'::pg_lsn"
STORED_BYTES = "SELECT pg_database_size(current_database())"
MILLION, DAY_S, HOURS_A_MONTH = 1_000_000, 86_400, 730


class CountingClient(Client):
    """A client that counts its requests and their bytes, without what TLS and TCP add."""

    requests = received_bytes = sent_bytes = 0

    def call(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[Any, dict[str, str]]:
        found, given = super().call(method, path, body, **headers)
        self.requests += 1
        self.sent_bytes += len(body or b"") + sum(len(name) + len(value) + 4 for name, value in self.headers.items())
        self.received_bytes += int(given["Content-Length"]) + sum(
            len(name) + len(value) + 4 for name, value in given.items()
        )
        return found, given


@dataclass
class Cost:
    """What `readings` took. cpu_s: by process."""

    readings: int
    seconds: float
    requests: int = 0
    sent_bytes: int = 0
    received_bytes: int = 0
    wal_bytes: int = 0
    stored_bytes: int = 0
    cpu_s: dict[str, float] = field(default_factory=dict)


def measure(site: Site, tokens: tuple[str, ...], clients: int, readings: int) -> Cost:
    """Send `readings` pictures from so many clients, each waiting for its reading before the next."""
    pictures = [png(number % 10, seed=number) for number in range(PICTURES)]
    endpoint = Endpoint("wait", int(site.url.rsplit(":", 1)[1]), URL, tokens)
    senders = [CountingClient(endpoint, number) for number in range(clients)]
    wal, stored = site.query(WAL_BYTES)[0][0], site.query(STORED_BYTES)[0][0]
    began = time.perf_counter()

    def send(number: int) -> None:
        for picture in itertools.islice(itertools.cycle(pictures), number, number + readings // clients):
            senders[number].read(picture)

    with ResourceUsage(_pids(site)) as usage, ThreadPoolExecutor(clients) as pool:
        list(pool.map(send, range(clients)))
    return Cost(
        readings // clients * clients,
        time.perf_counter() - began,
        sum(sender.requests for sender in senders),
        sum(sender.sent_bytes for sender in senders),
        sum(sender.received_bytes for sender in senders),
        int(site.query(WAL_BYTES)[0][0] - wal),
        int(site.query(STORED_BYTES)[0][0] - stored),
        usage.cpu_s,
    )


def rest(site: Site, seconds: float) -> Cost:
    """Measure the site while nobody uses it, but for the known digit of each minute."""
    with ResourceUsage(_pids(site)) as usage:
        time.sleep(seconds)
    return Cost(0, seconds, cpu_s=usage.cpu_s)


def _pids(site: Site) -> dict[str, int]:
    return {name: process.pid for name in PROCESSES if (process := site.service(name).process)}


def table(idle: Cost, costs: dict[int, Cost], memory: dict[str, float]) -> list[str]:
    """Return the lines of the tables."""
    loads = [f"{clients} client{'s' if clients > 1 else ''}" for clients in costs]
    per_million = " | ".join(f"CPU-s a million, {load}" for load in loads)
    lines = [f"| | MB | CPU-s a day at rest | {per_million} |", "|---" * (3 + len(costs)) + "|"]
    for name in PROCESSES:
        a_day = idle.cpu_s[name] / idle.seconds * DAY_S
        shares = [f"{cost.cpu_s[name] / cost.readings * MILLION:,.0f}" for cost in costs.values()]
        lines.append(f"| {name} | {memory[name]:.0f} | {a_day:,.0f} | {' | '.join(shares)} |")
    a_day = sum(idle.cpu_s.values()) / idle.seconds * DAY_S
    totals = [f"{_cpu_s(cost):,.0f}" for cost in costs.values()]
    lines.append(f"| **together** | {sum(memory.values()):.0f} | {a_day:,.0f} | {' | '.join(totals)} |")
    lines += ["", f"| a million readings | {' | '.join(loads)} |", "|---" * (1 + len(costs)) + "|"]
    for name, unit in _QUANTITIES.items():
        lines.append(f"| {name} | {' | '.join(unit(cost) for cost in costs.values())} |")
    return lines


def _gb(count: int, cost: Cost) -> str:
    return f"{count / cost.readings * MILLION / 1e9:.2f} GB"


def _cpu_s(cost: Cost) -> float:
    """Return the CPU-seconds of a million readings, all processes together."""
    return sum(cost.cpu_s.values()) / cost.readings * MILLION


_QUANTITIES = {
    "requests": lambda cost: f"{cost.requests / cost.readings:.2f} million",
    "received from clients": lambda cost: _gb(cost.sent_bytes, cost),
    "sent to clients": lambda cost: _gb(cost.received_bytes, cost),
    "kept in Postgres": lambda cost: _gb(cost.stored_bytes, cost),
    "written to its log (WAL)": lambda cost: _gb(cost.wal_bytes, cost),
    "readings a second, here": lambda cost: f"{cost.readings / cost.seconds:.0f}",
}


def price(idle: Cost, cost: Cost, memory: dict[str, float], options: argparse.Namespace) -> list[str]:
    """Return what a million readings, and a month at rest, cost at the given prices."""
    cpu = _cpu_s(cost) / 3600 * options.vcpu_hour
    kept = cost.stored_bytes / cost.readings * MILLION / 1e9 * options.gb_month
    out = cost.received_bytes / cost.readings * MILLION / 1e9 * options.gb_out
    asked = cost.requests / cost.readings * options.million_requests
    held = sum(memory.values()) / 1e3 * HOURS_A_MONTH * options.gb_hour
    idled = sum(idle.cpu_s.values()) / idle.seconds * HOURS_A_MONTH * options.vcpu_hour
    return [
        f"a million readings: CPU {cpu:.2f} + a month of storage {kept:.2f} + traffic {out:.2f} + requests {asked:.2f}"
        f" = {cpu + kept + out + asked:.2f}",
        f"a month at rest: CPU {idled:.2f} + memory {held:.2f} = {idled + held:.2f}",
    ]


def main() -> None:
    """Measure, print the tables and, with prices, the costs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--readings", type=int, default=2_000)
    parser.add_argument("--clients", type=int, default=16, help="of the second load")
    parser.add_argument("--rest", type=float, default=60.0, help="seconds at rest")
    for name in ("vcpu-hour", "gb-hour", "gb-month", "gb-out", "million-requests"):
        parser.add_argument(f"--{name}", type=float, default=0.0, help="the price of one")
    options = parser.parse_args()
    with open_site(1, None, lambda site: None, True) as site:
        tokens = tuple(site.manage("shell", "-v0", "-c", CREATE_TOKENS).split()[-USERS:])
        measure(site, tokens, options.clients, options.readings // 10)  # fills caches
        idle = rest(site, options.rest)
        costs = {
            clients: measure(site, tokens, clients, options.readings // (10 if clients == 1 else 1))
            for clients in (1, options.clients)
        }
        memory = {name: memory_mb(pid) for name, pid in _pids(site).items()}
    print("\n" + "\n".join(table(idle, costs, memory)))
    if any((options.vcpu_hour, options.gb_hour, options.gb_month, options.gb_out, options.million_requests)):
        print("\n" + "\n".join(price(idle, costs[options.clients], memory, options)))


if __name__ == "__main__":
    main()
