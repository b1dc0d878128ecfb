"""Send the same drawing twelve times at once, and again in every other way, and count the rows that come of it.

    .venv/bin/python -m bench.product.race

It starts a site of its own, with one worker, and ends it. It needs the tools' set, which `make check` installs.
"""

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import requests

from ml.golden import golden_drawing
from tests.site import Site, open_site

URL = "/api/v1/submissions/"
RACERS = 12
SEVEN, ONE = golden_drawing(7, seed=1), golden_drawing(1, seed=1)

Send = Callable[[], requests.Response]


def race(send: Send) -> list[requests.Response]:
    """Return the answers of RACERS requests that start at the same moment."""
    barrier = Barrier(RACERS)

    def start(_: int) -> requests.Response:
        barrier.wait()
        return send()

    with ThreadPoolExecutor(RACERS) as pool:
        return list(pool.map(start, range(RACERS)))


def row(what: str, answers: list[requests.Response]) -> str:
    """Return a line of the table: how often which status came, how many ids, how many were told that it was a replay."""
    statuses = sorted({answer.status_code for answer in answers})
    counts = ", ".join(f"{sum(a.status_code == status for a in answers)} x {status}" for status in statuses)
    ids = {answer.json()["id"] for answer in answers if answer.ok and answer.content}
    replays = sum("Idempotent-Replayed" in answer.headers for answer in answers)
    return f"| {what} | {counts} | {len(ids)} | {replays} |"


def measure(site: Site) -> list[str]:
    """Return the lines of the table."""

    def send(method: str, path: str = URL, **options: object) -> requests.Response:
        return site.request(method, path, **options)

    key, own = {"Idempotency-Key": uuid.uuid4().hex}, f"{URL}{uuid.uuid4()}/"
    lines = [
        row("one key, twelve at once", race(lambda: send("POST", json=SEVEN, headers=key))),
        row("the key with another body", [send("POST", json=ONE, headers=key)]),
        row("one PUT, twelve at once", race(lambda: send("PUT", own, json=SEVEN))),
        row("PUT again", [send("PUT", own, json=SEVEN)]),
        row("PUT with another body", [send("PUT", own, json=ONE)]),
    ]
    kept = send("POST", json=SEVEN, headers=key).headers["Location"]
    lines += [
        row("DELETE both", [send("DELETE", kept), send("DELETE", own)]),
        row("then GET both", [send("GET", kept), send("GET", own)]),
        row("then the key, the PUT", [send("POST", json=SEVEN, headers=key), send("PUT", own, json=SEVEN)]),
        row("then retry", [send("POST", f"{kept}retry/")]),
    ]
    return lines


def main() -> None:
    """Measure and print."""
    with open_site() as site:
        site.token()
        lines = measure(site)
        [[rows]] = site.query("SELECT count(*) FROM predictions_submission WHERE owner_id IS NOT NULL")
    print("\n| | answers | ids | replays told |\n|---|---|---|---|")
    print("\n".join(lines))
    print(f"\nRows in the table: {rows} (one for the key, one for the PUT)")


if __name__ == "__main__":
    main()
