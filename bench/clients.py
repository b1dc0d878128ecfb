"""Clients in a closed loop: each sends a picture, waits for its reading, and sends the next.

Each contender is called as its own documentation says. Clients run in a process of their own, so that their CPU time is
measured apart from the servers'.
"""

import base64
import http.client
import itertools
import json
import threading
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

TIMEOUT_S = 60.0
POLL_S = 0.05
PREFER_WAIT_S = 10


@dataclass(frozen=True)
class Endpoint:
    """How to send a picture. kind: "plain", "litserve", "bentoml", "poll" or "wait". tokens: one for each user."""

    kind: str
    port: int
    path: str
    tokens: tuple[str, ...] = ()


@dataclass(frozen=True)
class Run:
    """The result of a run.

    Attributes:
        latencies_s: from the POST until the client has the reading, of those that ended within the window.
        window_s: length of the window.
        readings: all of them, also before and after the window.
        wrong: how many were not as expected.
        client_cpu_s: CPU time of the clients, for all readings.
        error: the first error, or "".
    """

    latencies_s: list[float]
    window_s: float
    readings: int
    wrong: int
    client_cpu_s: float
    error: str = ""


class Client:
    """A client with one kept-alive connection."""

    def __init__(self, endpoint: Endpoint, number: int) -> None:
        self.endpoint = endpoint
        self.headers = (
            {"Authorization": f"Token {endpoint.tokens[number % len(endpoint.tokens)]}"} if endpoint.tokens else {}
        )
        self.connection = http.client.HTTPConnection("127.0.0.1", endpoint.port, timeout=TIMEOUT_S)

    def call(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[Any, dict[str, str]]:
        """Return the JSON and the headers of a response. Raises RuntimeError if its status is not 2xx."""
        sent = self.headers | {name.replace("_", "-"): value for name, value in headers.items()}
        self.connection.request(method, path, body, sent)
        response = self.connection.getresponse()
        data = response.read()
        if not 200 <= response.status < 300:
            raise RuntimeError(f"{method} {path}: {response.status} {data[:300]!r}")
        return json.loads(data), dict(response.getheaders())

    def read(self, picture: bytes) -> str:
        """Return the text that the contender reads in a PNG."""
        return str(getattr(self, f"_{self.endpoint.kind}")(picture))

    def _plain(self, picture: bytes) -> Any:
        return self.call("POST", self.endpoint.path, picture, Content_Type="image/png")[0]["text"]

    def _litserve(self, picture: bytes) -> Any:
        body = json.dumps({"image": base64.b64encode(picture).decode()}).encode()
        return self.call("POST", self.endpoint.path, body, Content_Type="application/json")[0]["text"]

    def _bentoml(self, picture: bytes) -> Any:
        body = json.dumps({"images": [base64.b64encode(picture).decode()]}).encode()
        return self.call("POST", self.endpoint.path, body, Content_Type="application/json")[0][0]["text"]

    def _poll(self, picture: bytes) -> Any:
        boundary = uuid.uuid4().hex
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n'.encode()
        body = head + b"Content-Type: image/png\r\n\r\n" + picture + f"\r\n--{boundary}--\r\n".encode()
        found, _ = self.call("POST", self.endpoint.path, body, Content_Type=f"multipart/form-data; boundary={boundary}")
        while found["status"] != "read":
            time.sleep(POLL_S)
            found, _ = self.call("GET", f"{self.endpoint.path}{found['id']}/")
        return found["text"]

    def _wait(self, picture: bytes) -> Any:
        found, headers = self.call(
            "POST", self.endpoint.path, picture, Content_Type="image/png", Prefer=f"wait={PREFER_WAIT_S}"
        )
        location = headers.get("Location", "")
        while found["status"] in ("queued", "running"):
            if "Preference-Applied" not in headers:
                time.sleep(POLL_S)
            found, headers = self.call("GET", f"{location}?wait={PREFER_WAIT_S}")
        return found["result"]["text"]


def run_clients(
    endpoint: Endpoint, pictures: Sequence[bytes], texts: Sequence[str], clients: int, warmup_s: float, window_s: float
) -> Run:
    """Send pictures from `clients` clients for `warmup_s` and then `window_s`; wait for the readings under way."""
    began_cpu, start = time.process_time(), time.perf_counter()
    places, lock = itertools.count(), threading.Lock()
    ended: list[tuple[float, float, bool]] = []
    errors: list[str] = []

    def run_client(number: int) -> None:
        client = Client(endpoint, number)
        while (sent := time.perf_counter()) < start + warmup_s + window_s and not errors:
            place = next(places) % len(pictures)
            try:
                text = client.read(pictures[place])
            except (OSError, http.client.HTTPException, RuntimeError, KeyError) as error:
                errors.append(f"{type(error).__name__}: {error}")
                return
            now = time.perf_counter()
            with lock:
                ended.append((now - start, now - sent, text == texts[place]))

    threads = [threading.Thread(target=run_client, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    within = [taken for at, taken, _ in ended if warmup_s <= at < warmup_s + window_s]
    wrong = sum(not is_right for _, _, is_right in ended)
    return Run(within, window_s, len(ended), wrong, time.process_time() - began_cpu, errors[0] if errors else "")
