"""What `docker/smoke.sh` does: go the whole road of a deployment as its users do. Standard library only."""

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
MOST_ROUNDS = 6  # a quick worker may leave nothing to the others: more is sent until all had some
READ_WITHIN_S = 60.0
RIGHT_AT_LEAST = 0.9  # far below what is usual: this tests the road, never accuracy
API = "/api/v1/submissions/"


class Failed(Exception):
    """Something is not as it should be, in a sentence."""


class Client:
    """One user of the deployment: by token, or by the session of an account that signs up."""

    def __init__(self, base_url: str, token: str) -> None:
        self.base_url = base_url.rstrip("/")
        self.token = token
        self._jar = CookieJar()
        self._opener = build_opener(HTTPCookieProcessor(self._jar))

    def ask(self, path: str, data: bytes | None = None, kind: str = "", accepts: tuple[int, ...] = (200,)) -> bytes:
        """Return the body of the answer; POST if there is `data`. Waits when it is told to. Raises Failed."""
        headers = {"Referer": self.base_url + path}
        if kind:
            headers["Content-Type"] = kind
        if self.token:
            headers["Authorization"] = f"Token {self.token}"
        for cookie in self._jar:
            if cookie.name.endswith("csrftoken"):
                headers["X-CSRFToken"] = cookie.value or ""
        for _ in range(20):
            status, body, retry_after = self._once(Request(self.base_url + path, data, headers))  # noqa: S310
            if status in accepts:
                return body
            if status not in {429, 503}:
                break
            time.sleep(min(float(retry_after), 5.0))
        raise Failed(f"{'POST' if data is not None else 'GET'} {path} answers {status}: {body[:300]!r}")

    def _once(self, request: Request) -> tuple[int, bytes, str]:
        try:
            with self._opener.open(request, timeout=30) as answer:
                return answer.status, answer.read(), "1"
        except HTTPError as error:
            return error.code, error.read(), error.headers.get("Retry-After") or "1"
        except (URLError, OSError) as error:
            raise Failed(f"{request.full_url} cannot be reached: {error}") from None

    def sign_up(self) -> str:
        """Make an account and be logged in as it; give its name."""
        name, password = f"smoke-{secrets.token_hex(4)}", secrets.token_urlsafe(18)
        self.ask("/accounts/signup/")
        form = {"username": name, "email": "", "password1": password, "password2": password}
        self.ask("/accounts/signup/", urlencode(form).encode(), "application/x-www-form-urlencoded")
        if name.encode() not in self.ask("/accounts/profile/"):
            raise Failed("Signing up did not log in.")
        return name

    def send(self, number: int) -> tuple[str, int]:
        """Send a drawing of ours; give its id and the digit it shows."""
        digit = number % 10
        body = self.ask(API, json.dumps(golden_drawing(digit, number)).encode(), "application/json", (201, 202))
        return json.loads(body)["id"], digit

    def finished(self, id_: str) -> dict[str, Any]:
        """Wait for a submission to be finished, and give it."""
        deadline = time.monotonic() + READ_WITHIN_S
        while time.monotonic() < deadline:
            found: dict[str, Any] = json.loads(self.ask(f"{API}{id_}/"))
            if found["finished_at"]:
                return found
            time.sleep(0.2)
        raise Failed(f"{id_} was sent and not read within {READ_WITHIN_S:g} s. Are workers running?")


def step(what: str, do: Callable[[], Any]) -> Any:
    """Do it, and tell how long it took and what came of it."""
    began = time.monotonic()
    result = do()
    print(f"ok  {what}: {result}  ({time.monotonic() - began:.1f} s)", flush=True)
    return result


def are_healthy(client: Client) -> str:
    """Ask both probes."""
    client.ask("/health/live")
    return str(json.loads(client.ask("/health/ready"))["status"])


def read_drawings(client: Client, pool: ThreadPoolExecutor, count: int, read: dict[str, dict[str, Any]]) -> str:
    """Have drawings read until every living worker took part; fill `read` by id."""
    right, read_by, workers = 0, Counter[str](), 0
    for round_ in range(MOST_ROUNDS):
        sent = dict(pool.map(client.send, range(round_ * count, (round_ + 1) * count)))
        found = dict(zip(sent, pool.map(client.finished, sent), strict=True))
        right += sum((item["result"] or {}).get("text") == str(sent[id_]) for id_, item in found.items())
        read_by.update(item["result"]["receipt"]["worker"] for item in found.values() if item["result"])
        read |= found
        workers = json.loads(client.ask("/api/v1/queue/"))["workers"]
        if len(read_by) >= workers:
            break
    else:
        raise Failed(f"{workers} workers live, but only {len(read_by)} took part: {dict(read_by)}")
    if right < RIGHT_AT_LEAST * len(read):
        raise Failed(f"Only {right} of {len(read)} drawings were read right.")
    workers = max(workers, len(read_by))  # one may have been gone when we asked
    shares = ", ".join(f"{name} {share}" for name, share in sorted(read_by.items()))
    return f"{len(read)} sent and finished, {right} right, by {len(read_by)} of {workers} workers ({shares})"


def see_history(client: Client, read: dict[str, Any]) -> str:
    """Look the drawings up as a person does, each with its picture."""
    page = client.ask("/history/").decode()
    shown = [id_ for id_ in dict.fromkeys(re.findall(r"/history/([0-9a-f-]{36})/", page)) if id_ in read]
    if not shown:
        raise Failed("The history shows none of the drawings.")
    if not client.ask(f"/history/{shown[0]}/thumbnail.png").startswith(b"\x89PNG"):
        raise Failed("A drawing in the history has no picture.")
    return f"{len(shown)} of them on its first page"


def is_closed_to_strangers(client: Client, id_: str) -> str:
    """Ask for a drawing without saying who one is."""
    Client(client.base_url, "").ask(f"{API}{id_}/", accepts=(401, 403))
    return "refused"


def forget(client: Client, pool: ThreadPoolExecutor, read: dict[str, Any]) -> str:
    """Delete what was sent, as its owner."""
    list(pool.map(lambda id_: client.ask(f"/history/{id_}/delete/", b""), read))
    return f"{len(read)}"


def main(base_url: str) -> int:
    """Go the road; 0 if all of it held."""
    client, read = Client(base_url, os.environ.get("TOKEN", "")), dict[str, dict[str, Any]]()
    count = int(os.environ.get("DRAWINGS") or 200)
    try:
        with ThreadPoolExecutor(THREADS) as pool:
            step("health", lambda: are_healthy(client))
            if not client.token:
                step("signed up", client.sign_up)
            step("drawings", lambda: read_drawings(client, pool, count, read))
            step("a stranger asks for one", lambda: is_closed_to_strangers(client, next(iter(read))))
            if not client.token:
                step("history", lambda: see_history(client, read))
                step("deleted", lambda: forget(client, pool, read))
            step("health", lambda: are_healthy(client))
    except Failed as failed:
        print(f"FAILED  {failed}", file=sys.stderr)
        return 1
    print(f"{base_url} does what it is for.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
