"""Revoke a token that two web processes remember, and time until both refuse it; with their listeners, and without.

    .venv/bin/python -m bench.product.revocation --count 10

The token is deleted in the database, so no web process is told of it but by Postgres. It starts a site of its own
with two web processes, and ends it. It needs the tools' set, which `make check` installs.
"""

import argparse
import itertools
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import requests

from tests.site import Site, open_site

ASKERS = 6  # on connections of their own, so that both processes are asked all the time
QUIET_S = 0.7  # so long nobody is let in any more
LIMIT_S = 15.0


def seconds_until_refused(site: Site, name: str) -> float:
    """Return the seconds from the deletion's commit to the last answer that still let the token in."""
    token = site.manage("create_token", "alice", "--name", name).strip().splitlines()[-1]
    let_in = [time.monotonic()]

    def ask_until_refused(_: int) -> None:
        deadline = time.monotonic() + LIMIT_S
        while time.monotonic() < deadline:
            began = time.monotonic()
            answer = requests.get(f"{site.url}/api/v1/queue/", headers={"Authorization": f"Token {token}"}, timeout=10)
            if answer.status_code == 200:
                let_in.append(began)
            elif time.monotonic() - max(let_in) > QUIET_S:
                return

    with ThreadPoolExecutor(ASKERS) as pool:
        askers = [pool.submit(ask_until_refused, number) for number in range(ASKERS)]
        time.sleep(0.5)  # both processes know the token now
        with psycopg.connect(site.env["DATABASE_URL"]) as database:
            database.execute("DELETE FROM accounts_apitoken WHERE name = %s", [name])
        revoked = time.monotonic()
        for asker in askers:
            asker.result()
    return max(0.0, max(let_in) - revoked)


def measure(site: Site, count: int, *, is_heard: bool) -> list[float]:
    """Return the seconds of `count` revocations; with the notices cut off unless `is_heard`."""
    names = (f"bench {is_heard} {number}" for number in itertools.count())
    change = "ENABLE" if is_heard else "DISABLE"
    with psycopg.connect(site.env["DATABASE_URL"]) as database:
        database.execute(f"ALTER TABLE accounts_apitoken {change} TRIGGER notify")
    return [seconds_until_refused(site, next(names)) for _ in range(count)]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10, help="revocations to time, each way")
    count = parser.parse_args().count
    with open_site() as site:
        cut, heard = measure(site, max(1, count // 3), is_heard=False), measure(site, count, is_heard=True)
    print("\n| a revoked token is refused by both processes after | median s | longest s | tries |\n|---|---|---|---|")
    for what, seconds in (("with their listeners", heard), ("with the notices cut off", cut)):
        print(f"| {what} | {sorted(seconds)[len(seconds) // 2]:.3f} | {max(seconds):.3f} | {len(seconds)} |")


if __name__ == "__main__":
    main()
