"""Check a deployment end to end as its users use it, for `docker/smoke.sh`. Standard library only."""

import json
import os
import re
import secrets
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.cookiejar import CookieJar
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

from ml.golden import golden_drawing

THREADS = 16
MOST_ROUNDS = 6  # more is sent until every worker has read some
READ_WITHIN_S = 60.0
RIGHT_AT_LEAST = 0.9  # far below the usual accuracy, which is not tested here
API = "/api/v1/submissions/"


class Failed(Exception):
    """A check failed; the text says how."""


class Client:
    """A user of the deployment, with a token or with the session of a new account."""

    def __init__(self, base_url: str, token: str) -> None:
        self.base_url = base_url.rstrip("/")
        self.token = token
        self._jar = CookieJar()
        self._opener = build_opener(HTTPCookieProcessor(self._jar))

    def request(self, path: str, data: bytes | None = None, kind: str = "", accepts: tuple[int, ...] = (200,)) -> bytes:
        """Request `path`, by POST if there is `data`; return the body. Retries after 429 and 503. Raises Failed."""
        headers = {"Referer": self.base_url + path}
        if kind:
            headers["Content-Type"] = kind
        if self.token:
            headers["Authorization"] = f"Token {self.token}"
        for cookie in self._jar:
            if cookie.name.endswith("csrftoken"):
                headers["X-CSRFToken"] = cookie.value or ""
        for _ in range(20):
            status, body, retry_after = self._send(Request(self.base_url + path, data, headers))  # noqa: S310
            if status in accepts:
                return body
            if status not in {429, 503}:
                break
            time.sleep(min(float(retry_after), 5.0))
        raise Failed(f"{'POST' if data is not None else 'GET'} {path} returned {status}: {body[:300]!r}")

    def _send(self, request: Request) -> tuple[int, bytes, str]:
        try:
            with self._opener.open(request, timeout=30) as answer:
                return answer.status, answer.read(), "1"
        except HTTPError as error:
            return error.code, error.read(), error.headers.get("Retry-After") or "1"
        except (URLError, OSError) as error:
            raise Failed(f"{request.full_url} cannot be reached: {error}") from None

    def sign_up(self) -> str:
        """Create an account, log in, and return its name."""
        name, password = f"smoke-{secrets.token_hex(4)}", secrets.token_urlsafe(18)
        self.request("/accounts/signup/")
        form = {"username": name, "email": "", "password1": password, "password2": password}
        self.request("/accounts/signup/", urlencode(form).encode(), "application/x-www-form-urlencoded")
        if name.encode() not in self.request("/accounts/profile/"):
            raise Failed("Signing up did not log in.")
        return name

    def send(self, number: int) -> tuple[str, int]:
        """Send a drawing and return its id and digit."""
        digit = number % 10
        body = self.request(API, json.dumps(golden_drawing(digit, number)).encode(), "application/json", (201, 202))
        return json.loads(body)["id"], digit

    def wait_for(self, id_: str) -> dict[str, Any]:
        """Wait until a submission is finished and return it."""
        deadline = time.monotonic() + READ_WITHIN_S
        while time.monotonic() < deadline:
            found: dict[str, Any] = json.loads(self.request(f"{API}{id_}/"))
            if found["finished_at"]:
                return found
            time.sleep(0.2)
        raise Failed(f"{id_} was not read within {READ_WITHIN_S:g} s. Are workers running?")


def step(what: str, do: Callable[[], Any]) -> Any:
    """Run `do`, and print its result and duration."""
    began = time.monotonic()
    result = do()
    print(f"ok  {what}: {result}  ({time.monotonic() - began:.1f} s)", flush=True)
    return result


def check_health(client: Client) -> str:
    """Check both probes."""
    client.request("/health/live")
    return str(json.loads(client.request("/health/ready"))["status"])


def read_drawings(client: Client, pool: ThreadPoolExecutor, count: int, read: dict[str, dict[str, Any]]) -> str:
    """Send drawings until every running worker has read some; fill `read` by id."""
    right, read_by, workers = 0, Counter[str](), 0
    for round_ in range(MOST_ROUNDS):
        sent = dict(pool.map(client.send, range(round_ * count, (round_ + 1) * count)))
        found = dict(zip(sent, pool.map(client.wait_for, sent), strict=True))
        right += sum((item["result"] or {}).get("text") == str(sent[id_]) for id_, item in found.items())
        read_by.update(item["result"]["receipt"]["worker"] for item in found.values() if item["result"])
        read |= found
        workers = json.loads(client.request("/api/v1/queue/"))["workers"]
        if len(read_by) >= workers:
            break
    else:
        raise Failed(f"{workers} workers are running, but only {len(read_by)} took part: {dict(read_by)}")
    if right < RIGHT_AT_LEAST * len(read):
        raise Failed(f"Only {right} of {len(read)} drawings were read right.")
    workers = max(workers, len(read_by))  # one may have stopped before the count
    shares = ", ".join(f"{name} {share}" for name, share in sorted(read_by.items()))
    return f"{len(read)} sent and finished, {right} right, by {len(read_by)} of {workers} workers ({shares})"


def check_history(client: Client, read: dict[str, Any]) -> str:
    """Check that the history page shows the drawings with their pictures."""
    page = client.request("/history/").decode()
    shown = [id_ for id_ in dict.fromkeys(re.findall(r"/history/([0-9a-f-]{36})/", page)) if id_ in read]
    if not shown:
        raise Failed("The history shows none of the drawings.")
    if not client.request(f"/history/{shown[0]}/thumbnail.png").startswith(b"\x89PNG"):
        raise Failed("A drawing in the history has no picture.")
    return f"{len(shown)} of them on its first page"


def check_privacy(client: Client, id_: str) -> str:
    """Request a drawing without logging in."""
    Client(client.base_url, "").request(f"{API}{id_}/", accepts=(401, 403))
    return "refused"


def delete_all(client: Client, pool: ThreadPoolExecutor, read: dict[str, Any]) -> str:
    """Delete the drawings as their owner."""
    list(pool.map(lambda id_: client.request(f"/history/{id_}/delete/", b""), read))
    return f"{len(read)}"


def main(base_url: str) -> int:
    """Run every check; return 0 if all passed."""
    client, read = Client(base_url, os.environ.get("TOKEN", "")), dict[str, dict[str, Any]]()
    count = int(os.environ.get("DRAWINGS") or 200)
    try:
        with ThreadPoolExecutor(THREADS) as pool:
            step("health", lambda: check_health(client))
            if not client.token:
                step("signed up", client.sign_up)
            step("drawings", lambda: read_drawings(client, pool, count, read))
            step("not logged in", lambda: check_privacy(client, next(iter(read))))
            if not client.token:
                step("history", lambda: check_history(client, read))
                step("deleted", lambda: delete_all(client, pool, read))
            step("health", lambda: check_health(client))
    except Failed as failed:
        print(f"FAILED  {failed}", file=sys.stderr)
        return 1
    print(f"{base_url} works.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
