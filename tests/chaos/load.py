"""Clients that go on asking whatever breaks, and write down what they were promised."""

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
AFTER_QUOTA_S = 1.0  # a client's pace while a fault outlasts its quota
ACCEPTED = (200, 201, 202)


class Load:
    """Two clients for each of PEOPLE, who send until `quota` is accepted and they are told to `finish`; and one who
    asks for a mail.

    texts: what each of DRAWINGS reads as. pace_s: how long a client rests after an answer.
    """

    def __init__(
        self, url: str, tokens: dict[str, str], ledger: Ledger, texts: list[str], quota: int, pace_s: float
    ) -> None:
        self.url, self.ledger, self.texts, self.pace_s = url, ledger, texts, pace_s
        self.accepted: list[str] = []
        self.answers: Counter[str] = Counter()
        self.longest_s = 0.0  # until an accepted drawing was accepted
        self.first_at: float | None = None  # the first accepted since `mark`, by time.monotonic()
        self._left = quota
        self._lock = threading.Lock()
        self._finishing = threading.Event()
        self._threads = [
            threading.Thread(target=self._client, args=(name, tokens[name], number), daemon=True)
            for name in PEOPLE
            for number in range(2)
        ] + [threading.Thread(target=self._write_home, daemon=True)]
        for thread in self._threads:
            thread.start()

    def mark(self) -> list[str]:
        """Begin to look for the first that is accepted; give those accepted until now."""
        with self._lock:
            self.first_at = None
            return list(self.accepted)

    def finish(self) -> None:
        """Let the clients end once the quota is reached."""
        self._finishing.set()

    @property
    def is_over(self) -> bool:
        """Return whether all clients have ended."""
        return not any(thread.is_alive() for thread in self._threads)

    def _is_enough(self) -> bool:
        return self._left <= 0 and self._finishing.is_set()

    def _client(self, name: str, token: str, number: int) -> None:
        chance = random.Random(f"{name} {number}")
        mine: list[str] = []
        with requests.Session() as session:
            session.headers["Authorization"] = f"Token {token}"
            while not self._is_enough():
                if id_ := self._send(session, name, chance):
                    mine.append(id_)
                    self._peek(session, name, chance)
                    if len(mine) % 10 == 0:
                        self._delete(session, name, mine.pop(0))
                pace_s = self.pace_s if self._left > 0 else max(self.pace_s, AFTER_QUOTA_S)
                time.sleep(pace_s * chance.uniform(0.5, 1.5))

    def _ask(self, call: Callable[..., requests.Response], path: str, **options: Any) -> requests.Response | None:
        try:
            answer = call(self.url + path, timeout=ANSWER_LIMIT_S, **options)
        except requests.RequestException:
            with self._lock:
                self.answers["none"] += 1
            return None
        told = str(answer.status_code)
        if answer.status_code == 503 and not answer.headers.get("Retry-After"):
            told = "503 without Retry-After"
        with self._lock:
            self.answers[told] += 1
        return answer

    def _send(self, session: requests.Session, name: str, chance: random.Random) -> str | None:
        """Send a drawing, by POST or by PUT under an id of ours, which is tried again as it is; its id if accepted."""
        which = chance.randrange(len(DRAWINGS))
        own = uuid.uuid4()
        began = time.monotonic()
        if chance.random() < 0.2:
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

    def _peek(self, session: requests.Session, name: str, chance: random.Random) -> None:
        """Now and then ask for what may be another's; our own is no secret."""
        id_ = chance.choice(self.accepted)
        answer = self._ask(session.get, f"{URL}{id_}/") if chance.random() < 0.1 else None
        if answer is not None and answer.status_code == 200 and not self.ledger.is_of(name, id_):
            self.ledger.note("foreign", name, id_)

    def _delete(self, session: requests.Session, name: str, id_: str) -> None:
        self.ledger.note("delete", name, id_)
        answer = self._ask(session.delete, f"{URL}{id_}/")
        if answer is not None and answer.status_code == 204:
            self.ledger.note("deleted", name, id_)

    def _write_home(self) -> None:
        """Ask once for a mail, as one who forgot a password, until it is promised."""
        address, page = f"{uuid.uuid4()}@example.org", self.url + "/accounts/password/reset/"
        while not self._is_enough():
            with contextlib.suppress(requests.RequestException), requests.Session() as session:
                session.get(page, timeout=ANSWER_LIMIT_S)
                form = {"email": address, "csrfmiddlewaretoken": session.cookies.get("csrftoken", "")}
                if session.post(page, form, timeout=ANSWER_LIMIT_S, allow_redirects=False).status_code == 302:
                    self.ledger.note("mail", "somebody", address)
                    return
            time.sleep(AFTER_QUOTA_S)
