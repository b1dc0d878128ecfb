"""Send the same drawing twelve times in parallel and in other ways, and count the rows that are created.

    .venv/bin/python -m bench.product.idempotency

Starts a temporary site with one worker. Needs the packages that `make check` installs.
"""

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import requests

from ml.golden import golden_drawing
from tests.site import Site, open_site

URL = "/api/v1/submissions/"
PARALLEL_REQUESTS = 12
SEVEN, ONE = golden_drawing(7, seed=1), golden_drawing(1, seed=1)

Send = Callable[[], requests.Response]


def send_in_parallel(send: Send) -> list[requests.Response]:
    """Send PARALLEL_REQUESTS requests that start at the same moment, and return their responses."""
    barrier = Barrier(PARALLEL_REQUESTS)

    def start(_: int) -> requests.Response:
        barrier.wait()
        return send()

    with ThreadPoolExecutor(PARALLEL_REQUESTS) as pool:
        return list(pool.map(start, range(PARALLEL_REQUESTS)))


def row(label: str, responses: list[requests.Response]) -> str:
    """Return a line of the table: the statuses, the number of different ids, and the number of replays."""
    statuses = sorted({response.status_code for response in responses})
    counts = ", ".join(f"{sum(each.status_code == status for each in responses)} x {status}" for status in statuses)
    ids = {response.json()["id"] for response in responses if response.ok and response.content}
    replays = sum("Idempotent-Replayed" in response.headers for response in responses)
    return f"| {label} | {counts} | {len(ids)} | {replays} |"


def measure(site: Site) -> list[str]:
    """Return the lines of the table."""

    def send(method: str, path: str = URL, **options: Any) -> requests.Response:
        return site.request(method, path, **options)

    key, own = {"Idempotency-Key": uuid.uuid4().hex}, f"{URL}{uuid.uuid4()}/"
    lines = [
        row("one key, twelve in parallel", send_in_parallel(lambda: send("POST", json=SEVEN, headers=key))),
        row("same key, other body", [send("POST", json=ONE, headers=key)]),
        row("one PUT, twelve in parallel", send_in_parallel(lambda: send("PUT", own, json=SEVEN))),
        row("PUT again", [send("PUT", own, json=SEVEN)]),
        row("PUT, other body", [send("PUT", own, json=ONE)]),
    ]
    location = send("POST", json=SEVEN, headers=key).headers["Location"]
    lines += [
        row("DELETE both", [send("DELETE", location), send("DELETE", own)]),
        row("then GET both", [send("GET", location), send("GET", own)]),
        row("then POST with the key, PUT", [send("POST", json=SEVEN, headers=key), send("PUT", own, json=SEVEN)]),
        row("then retry", [send("POST", f"{location}retry/")]),
    ]
    return lines


def main() -> None:
    """Measure and print."""
    with open_site() as site:
        site.token()
        lines = measure(site)
        [[rows]] = site.query("SELECT count(*) FROM predictions_submission WHERE owner_id IS NOT NULL")
    print("\n| | responses | ids | replays |\n|---|---|---|---|")
    print("\n".join(lines))
    print(f"\nRows in the table: {rows} (one for the key, one for the PUT)")


if __name__ == "__main__":
    main()
