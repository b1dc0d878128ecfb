"""Clients that keep sending while things break, and record what was accepted."""

import contextlib
import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from typing import Any

import requests

from ml.golden import golden_drawing
from tests.chaos.ledger import Ledger

URL = "/api/v1/submissions/"
PEOPLE = ("alice", "bob", "carol")
DRAWINGS = [golden_drawing(digit, seed) for seed in range(2) for digit in range(10)]
ANSWER_LIMIT_S = 30.0
AFTER_QUOTA_S = 1.0  # a client's pause once the quota is reached
ACCEPTED = (200, 201, 202)


class Load:
    """Two clients for each of PEOPLE, which send until `quota` is accepted and `finish` is called; and one that
    requests a mail.

    texts: what each of DRAWINGS is read as. pace_s: a client's pause after an answer.
    """

    def __init__(
        self, url: str, tokens: dict[str, str], ledger: Ledger, texts: list[str], quota: int, pace_s: float
    ) -> None:
        self.url, self.ledger, self.texts, self.pace_s = url, ledger, texts, pace_s
        self.accepted: list[str] = []
        self.answers: Counter[str] = Counter()
        self.longest_s = 0.0  # the longest time to accept a drawing
        self.first_at: float | None = None  # when the first was accepted since `mark`, by time.monotonic()
        self._left = quota
        self._lock = threading.Lock()
        self._finishing = threading.Event()
        self._threads = [
            threading.Thread(target=self._client, args=(name, tokens[name], number), daemon=True)
            for name in PEOPLE
            for number in range(2)
        ] + [threading.Thread(target=self._request_mail, daemon=True)]
        for thread in self._threads:
            thread.start()

    def mark(self) -> list[str]:
        """Reset `first_at` and return the ids accepted so far."""
        with self._lock:
            self.first_at = None
            return list(self.accepted)

    def finish(self) -> None:
        """Let the clients stop once the quota is reached."""
        self._finishing.set()

    @property
    def is_over(self) -> bool:
        """Return whether all clients have ended."""
        return not any(thread.is_alive() for thread in self._threads)

    def _is_enough(self) -> bool:
        return self._left <= 0 and self._finishing.is_set()

    def _client(self, name: str, token: str, number: int) -> None:
        rng = random.Random(f"{name} {number}")
        mine: list[str] = []
        with requests.Session() as session:
            session.headers["Authorization"] = f"Token {token}"
            while not self._is_enough():
                if id_ := self._send(session, name, rng):
                    mine.append(id_)
                    self._try_foreign(session, name, rng)
                    if len(mine) % 10 == 0:
                        self._delete(session, name, mine.pop(0))
                pace_s = self.pace_s if self._left > 0 else max(self.pace_s, AFTER_QUOTA_S)
                time.sleep(pace_s * rng.uniform(0.5, 1.5))

    def _ask(self, call: Callable[..., requests.Response], path: str, **options: Any) -> requests.Response | None:
        try:
            answer = call(self.url + path, timeout=ANSWER_LIMIT_S, **options)
        except requests.RequestException:
            with self._lock:
                self.answers["none"] += 1
            return None
        status = str(answer.status_code)
        if answer.status_code == 503 and not answer.headers.get("Retry-After"):
            status = "503 without Retry-After"
        with self._lock:
            self.answers[status] += 1
        return answer

    def _send(self, session: requests.Session, name: str, rng: random.Random) -> str | None:
        """Send a drawing by POST, or by PUT with our own id and retries; return its id if accepted."""
        which = rng.randrange(len(DRAWINGS))
        own = uuid.uuid4()
        began = time.monotonic()
        if rng.random() < 0.2:
            tries = (self._ask(session.put, f"{URL}{own}/", json=DRAWINGS[which]) for _ in range(3))
            answer = next((each for each in tries if each is not None and each.status_code in ACCEPTED), None)
        else:
            answer = self._ask(session.post, URL, json=DRAWINGS[which])
        if answer is None or answer.status_code not in ACCEPTED:
            return None
        id_ = str(answer.json()["id"])
        self.ledger.note("accepted", name, id_, self.texts[which])
        with self._lock:
            now = time.monotonic()
            self.longest_s = max(self.longest_s, now - began)
            self.first_at = self.first_at or now
            self.accepted.append(id_)
            self._left -= 1
        return id_

    def _try_foreign(self, session: requests.Session, name: str, rng: random.Random) -> None:
        """Now and then request a drawing that may be another person's; record it if it can be read."""
        id_ = rng.choice(self.accepted)
        answer = self._ask(session.get, f"{URL}{id_}/") if rng.random() < 0.1 else None
        if answer is not None and answer.status_code == 200 and not self.ledger.is_of(name, id_):
            self.ledger.note("foreign", name, id_)

    def _delete(self, session: requests.Session, name: str, id_: str) -> None:
        self.ledger.note("delete", name, id_)
        answer = self._ask(session.delete, f"{URL}{id_}/")
        if answer is not None and answer.status_code == 204:
            self.ledger.note("deleted", name, id_)

    def _request_mail(self) -> None:
        """Request a password reset mail until the request is accepted."""
        address, page = f"{uuid.uuid4()}@example.org", self.url + "/accounts/password/reset/"
        while not self._is_enough():
            with contextlib.suppress(requests.RequestException), requests.Session() as session:
                session.get(page, timeout=ANSWER_LIMIT_S)
                form = {"email": address, "csrfmiddlewaretoken": session.cookies.get("csrftoken", "")}
                if session.post(page, form, timeout=ANSWER_LIMIT_S, allow_redirects=False).status_code == 302:
                    self.ledger.note("mail", "somebody", address)
                    return
            time.sleep(AFTER_QUOTA_S)
