"""Clients that send drawings; every accepted id is on disk before the next request."""

import http.client
import json
import os
import secrets
import threading
import time
import uuid
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from ml.golden import golden_drawing

API = "/api/v1/submissions/"
READ_WITHIN_S = 120.0


class Caller:
    """A client with a persistent connection; like a browser, it reopens one that was closed while idle."""

    def __init__(self, base_url: str, token: str) -> None:
        self._address = urlsplit(base_url).netloc
        self._headers = {"Authorization": f"Token {token}", "Content-Type": "application/json"}
        self._kept: http.client.HTTPConnection | None = None

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, bytes]:
        """Return status and body. Only idempotent requests are retried. Raises OSError, HTTPException."""
        data = None if body is None else json.dumps(body).encode()
        if self._kept:
            try:
                return self._once(self._kept, method, path, data)
            except (ConnectionError, http.client.RemoteDisconnected):
                if method == "POST":
                    raise
        return self._once(http.client.HTTPConnection(self._address, timeout=60), method, path, data)

    def close(self) -> None:
        """Close the connection."""
        if self._kept:
            self._kept.close()

    def _once(self, connection: http.client.HTTPConnection, method: str, path: str, data: bytes | None) -> Any:
        self._kept = None
        try:
            connection.request(method, path, data, self._headers)
            answer = connection.getresponse()
            body = answer.read()
        except BaseException:
            connection.close()
            raise
        if answer.will_close:
            connection.close()
        else:
            self._kept = connection
        return answer.status, body


class Load:
    """Clients that run as long as the `with` block, which waits at its end for drawings in flight.

    accepted: ids of requests answered 2xx. failed: a line for each other request. longest_wait_s: from sending a
    drawing to its reading.
    """

    def __init__(self, base_url: str, token: str, kept: Path, clients: int = 5, pause_s: float = 0.4) -> None:
        self._base_url, self._token, self._pause_s, self._kept = base_url, token, pause_s, kept
        self.requests, self.failed, self.longest_wait_s = 0, list[str](), 0.0
        self._lock, self._done = threading.Lock(), threading.Event()
        self._clients = [threading.Thread(target=self._run_client) for _ in range(clients)]

    @property
    def accepted(self) -> set[str]:
        return set(self._kept.read_text(encoding="utf-8").split()) if self._kept.exists() else set()

    def __enter__(self) -> Self:
        self._began = time.monotonic()
        for client in self._clients:
            client.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._done.set()
        for client in self._clients:
            client.join()
        self.seconds = time.monotonic() - self._began

    def send_batches(self, count: int) -> set[str]:
        """Send `count` batches of 100 at once, to fill the queue; return their ids."""
        sent = set[str]()
        with closing(Caller(self._base_url, self._token)) as caller:
            for _ in range(count):
                seed = secrets.randbits(30)
                drawings = [golden_drawing(n % 10, seed + n) for n in range(100)]
                body = self._ask(caller, "POST", f"{API}batch/", drawings) or {"items": []}
                sent |= self._keep([item["id"] for item in body["items"]])
        return sent

    def _run_client(self) -> None:
        with closing(Caller(self._base_url, self._token)) as caller:
            while not self._done.wait(self._pause_s):
                self._send_one(caller)

    def _send_one(self, caller: Caller) -> None:
        """Send a drawing and wait for its reading."""
        seed, id_, began = secrets.randbits(30), str(uuid.uuid4()), time.monotonic()
        if not self._ask(caller, "PUT", f"{API}{id_}/", golden_drawing(seed % 10, seed)):
            return
        self._keep([id_])
        while time.monotonic() < began + READ_WITHIN_S:
            found = self._ask(caller, "GET", f"{API}{id_}/?wait=5")
            if found is None or found["finished_at"]:
                break
            time.sleep(0.1)
        with self._lock:
            self.longest_wait_s = max(self.longest_wait_s, time.monotonic() - began)

    def _ask(self, caller: Caller, method: str, path: str, body: Any = None) -> Any:
        """Return the answer's JSON; None if the request failed, which is counted."""
        try:
            status, data = caller.ask(method, path, body)
            said = json.loads(data) if 200 <= status < 300 else f"{status} {data[:200]!r}"
        except (OSError, http.client.HTTPException, ValueError) as error:
            said = repr(error)
        with self._lock:
            self.requests += 1
            if isinstance(said, str):
                self.failed.append(f"{method} {path}: {said}")
        return None if isinstance(said, str) else said

    def _keep(self, ids: list[str]) -> set[str]:
        with self._lock, self._kept.open("a", encoding="utf-8") as file:
            file.writelines(f"{id_}\n" for id_ in ids)
            file.flush()
            os.fsync(file.fileno())
        return set(ids)
