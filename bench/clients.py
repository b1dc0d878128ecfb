"""Clients in a closed loop: each sends a picture, has its answer in hand, and sends the next; in a process of its own.

Each candidate is asked as its own documentation says; what an answer costs the client is told apart from the servers'.
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
POLL_S = 0.05  # how often the clients of the stock build ask
WAIT = "10"


@dataclass(frozen=True)
class Way:
    """How a candidate is asked. kind: "plain", "litserve", "bentoml", "poll" or "wait". tokens: of its users."""

    kind: str
    port: int
    path: str
    tokens: tuple[str, ...] = ()


@dataclass(frozen=True)
class Run:
    """What came of a run: seconds from POST to the answer in the client's hand for those that ended in the window.

    readings: all of them, those before and after the window too, which the servers worked for. client_cpu_s: for all.
    """

    latencies_s: list[float]
    window_s: float
    readings: int
    wrong: int
    client_cpu_s: float
    error: str = ""


class Client:
    """One connection, kept as long as the server keeps it."""

    def __init__(self, way: Way, number: int) -> None:
        self.way = way
        self.headers = {"Authorization": f"Token {way.tokens[number % len(way.tokens)]}"} if way.tokens else {}
        self.connection = http.client.HTTPConnection("127.0.0.1", way.port, timeout=TIMEOUT_S)

    def call(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[Any, dict[str, str]]:
        """Return the JSON and the headers of an answer; anything but 2xx is an error."""
        sent = self.headers | {name.replace("_", "-"): value for name, value in headers.items()}
        self.connection.request(method, path, body, sent)
        answer = self.connection.getresponse()
        data = answer.read()
        if not 200 <= answer.status < 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {data[:300]!r}")
        return json.loads(data), dict(answer.getheaders())

    def read(self, picture: bytes) -> str:
        """Return what the candidate reads in a PNG."""
        return str(getattr(self, f"_{self.way.kind}")(picture))

    def _plain(self, picture: bytes) -> Any:
        return self.call("POST", self.way.path, picture, Content_Type="image/png")[0]["text"]

    def _litserve(self, picture: bytes) -> Any:
        body = json.dumps({"image": base64.b64encode(picture).decode()}).encode()
        return self.call("POST", self.way.path, body, Content_Type="application/json")[0]["text"]

    def _bentoml(self, picture: bytes) -> Any:
        body = json.dumps({"images": [base64.b64encode(picture).decode()]}).encode()
        return self.call("POST", self.way.path, body, Content_Type="application/json")[0][0]["text"]

    def _poll(self, picture: bytes) -> Any:
        edge = uuid.uuid4().hex
        head = f'--{edge}\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n'.encode()
        body = head + b"Content-Type: image/png\r\n\r\n" + picture + f"\r\n--{edge}--\r\n".encode()
        found, _ = self.call("POST", self.way.path, body, Content_Type=f"multipart/form-data; boundary={edge}")
        while found["status"] != "read":
            time.sleep(POLL_S)
            found, _ = self.call("GET", f"{self.way.path}{found['id']}/")
        return found["text"]

    def _wait(self, picture: bytes) -> Any:
        found, headers = self.call("POST", self.way.path, picture, Content_Type="image/png", Prefer=f"wait={WAIT}")
        where = headers.get("Location", "")
        while found["status"] in ("queued", "running"):
            if "Preference-Applied" not in headers:
                time.sleep(POLL_S)
            found, headers = self.call("GET", f"{where}?wait={WAIT}")
        return found["result"]["text"]


def load(
    way: Way, pictures: Sequence[bytes], texts: Sequence[str], clients: int, warm_s: float, window_s: float
) -> Run:
    """Let so many clients send until `warm_s` and `window_s` are over, and finish what they have begun."""
    began_cpu, start = time.process_time(), time.perf_counter()
    places, lock = itertools.count(), threading.Lock()
    ended: list[tuple[float, float, bool]] = []
    errors: list[str] = []

    def one(number: int) -> None:
        client = Client(way, number)
        while (sent := time.perf_counter()) < start + warm_s + window_s and not errors:
            place = next(places) % len(pictures)
            try:
                text = client.read(pictures[place])
            except (OSError, http.client.HTTPException, RuntimeError, KeyError) as error:
                errors.append(f"{type(error).__name__}: {error}")
                return
            now = time.perf_counter()
            with lock:
                ended.append((now - start, now - sent, text == texts[place]))

    threads = [threading.Thread(target=one, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    within = [taken for at, taken, _ in ended if warm_s <= at < warm_s + window_s]
    wrong = sum(not is_right for _, _, is_right in ended)
    return Run(within, window_s, len(ended), wrong, time.process_time() - began_cpu, errors[0] if errors else "")
