"""Time how soon two web processes that cache a token refuse it after it is revoked, with and without notifications.

    .venv/bin/python -m bench.product.revocation --count 10

The token is deleted in the database, so that a web process learns of it from Postgres' NOTIFY only. Starts a temporary
site with two web processes. Needs the packages that `make check` installs.
"""

import argparse
import itertools
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import requests

from tests.site import Site, open_site

CLIENTS = 6  # each with its own connection, so that both processes get requests all the time
QUIET_S = 0.7  # without a success: both processes refuse the token
LIMIT_S = 15.0


def seconds_until_refused(site: Site, name: str) -> float:
    """Return the seconds from the commit of the deletion to the last request that the token still authorized."""
    token = site.manage("create_token", "alice", "--name", name).strip().splitlines()[-1]
    accepted_at = [time.monotonic()]

    def ask_until_refused(_: int) -> None:
        deadline = time.monotonic() + LIMIT_S
        while time.monotonic() < deadline:
            began = time.monotonic()
            response = requests.get(
                f"{site.url}/api/v1/queue/", headers={"Authorization": f"Token {token}"}, timeout=10
            )
            if response.status_code == 200:
                accepted_at.append(began)
            elif time.monotonic() - max(accepted_at) > QUIET_S:
                return

    with ThreadPoolExecutor(CLIENTS) as pool:
        futures = [pool.submit(ask_until_refused, number) for number in range(CLIENTS)]
        time.sleep(0.5)  # both processes have cached the token
        with psycopg.connect(site.env["DATABASE_URL"]) as database:
            database.execute("DELETE FROM accounts_apitoken WHERE name = %s", [name])
        revoked = time.monotonic()
        for future in futures:
            future.result()
    return max(0.0, max(accepted_at) - revoked)


def measure(site: Site, count: int, *, is_heard: bool) -> list[float]:
    """Return the seconds of `count` revocations. The notifications are disabled unless `is_heard`."""
    names = (f"bench {is_heard} {number}" for number in itertools.count())
    change = "ENABLE" if is_heard else "DISABLE"
    with psycopg.connect(site.env["DATABASE_URL"]) as database:
        database.execute(f"ALTER TABLE accounts_apitoken {change} TRIGGER notify")
    return [seconds_until_refused(site, next(names)) for _ in range(count)]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--count", type=int, default=10, help="revocations to time with notifications; a third as many without"
    )
    count = parser.parse_args().count
    with open_site() as site:
        without, with_ = measure(site, max(1, count // 3), is_heard=False), measure(site, count, is_heard=True)
    print("\n| time until both processes refuse a revoked token | median s | longest s | count |\n|---|---|---|---|")
    for what, seconds in (("with notifications", with_), ("without notifications", without)):
        print(f"| {what} | {sorted(seconds)[len(seconds) // 2]:.3f} | {max(seconds):.3f} | {len(seconds)} |")


if __name__ == "__main__":
    main()
