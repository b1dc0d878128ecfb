"""Say where a reading's CPU-ms go in web and worker: a picture that is sent, read in a batch of 32, and asked for.

    .venv/bin/python -m bench.product.profile

It starts a site of its own, sends pictures by the web's code in this process, and reads them by the worker's. Parts
are the time of named functions in the thread that runs them; "the rest" is all around them: gunicorn's own share and
Postgres' are not in it (see RESULTS.md for those).
"""

import functools
import io
import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from bench.product.fairness import png
from tests.site import Site, open_site

BATCHES, BATCH = 8, 32
URL = "/api/v1/submissions/"
WEB = {
    "who asks: token or its memory": ("accounts.tokens.TokenAuthentication.authenticate_credentials",),
    "how often: the rate's count": ("accounts.rate_limits.count_request",),
    "the body: header checked, wrapped": ("predictions.api.request_parsing.read_drawing",),
    "may it wait: counts in flight": ("predictions.services.quotas._counted",),
    "stored: submission and drawing": ("predictions.lifecycle.queue",),
    "the bell: SET NX in Redis": ("predictions.wakeup.send",),
    "asked for: the row looked up": ("predictions.api.submissions.get_object_or_404",),
    "a connection, from the pool and back": (
        "config.postgres.base.DatabaseWrapper.connect",
        "config.postgres.base.DatabaseWrapper._close",
    ),
    "committed": ("django.db.transaction.Atomic.__exit__",),
    "the answer: its readings, as JSON": ("predictions.api.responses.describe", "predictions.api.submissions.describe"),
}
WORKER = {
    "claimed": ("predictions.claims._claim",),
    "given up, if late or spent": ("predictions.lifecycle.give_up",),
    "the live version": ("predictions.registry.live_version",),
    "decoded": ("ml.uploads.decode",),
    "ink on paper": ("ml.preprocessing.images.page_of",),
    "the line and its pieces": ("predictions.worker.recognize.find_line",),
    "network, route, calibration": ("ml.recognition.reader.Reader.read",),
    "kept: encoded again": ("ml.uploads.encode",),
    "kept: thumbnail": ("ml.preprocessing.images.thumbnail",),
    "recorded": ("predictions.lifecycle.succeed_all",),
}


class Clock:
    """CPU-seconds of named functions, by thread time; what one of them calls of the others counts for the inner."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = defaultdict(float)
        self._inner: list[float] = []

    def watch(self, name: str, path: str) -> None:
        """Count what the function at `path` takes from now on."""
        holder, attribute = find_holder(path)
        function = getattr(holder, attribute)

        @functools.wraps(function)
        def timed(*args: Any, **options: Any) -> Any:
            self._inner.append(0.0)
            began = time.thread_time()
            try:
                return function(*args, **options)
            finally:
                taken = time.thread_time() - began
                self.spent[name] += taken - self._inner.pop()
                if self._inner:
                    self._inner[-1] += taken

        setattr(holder, attribute, timed)


def find_holder(path: str) -> tuple[Any, str]:
    """Return what holds a dotted name, a module or a class, and the last part of the name."""
    import importlib

    parts = path.split(".")
    for end in range(len(parts) - 1, 0, -1):
        try:
            holder: Any = importlib.import_module(".".join(parts[:end]))
        except ModuleNotFoundError:
            continue
        for part in parts[end:-1]:
            holder = getattr(holder, part)
        return holder, parts[-1]
    raise LookupError(path)


def ask(token: str, method: str, path: str, body: bytes = b"") -> Any:
    """Return the JSON of the web's answer, by WSGI, without a server."""
    from config.wsgi import application

    environ = {
        "REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": "", "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "127.0.0.1",
        "HTTP_AUTHORIZATION": f"Token {token}", "CONTENT_TYPE": "image/png", "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body), "wsgi.errors": sys.stderr, "wsgi.url_scheme": "http",
    }  # fmt: skip
    answer = application(environ, lambda *_: None)
    try:
        return json.loads(b"".join(answer))
    finally:
        answer.close()


def profile(site: Site) -> list[str]:
    """Send, read and ask for BATCHES of pictures, and give the table."""
    os.environ.update(site.env)
    token = site.token()
    site.kill("worker-1")  # this process reads; nobody tends the children here, so it stays away
    pictures = [png(number % 10, seed=number) for number in range(BATCH)]
    import config.wsgi  # noqa: F401 - sets Django up
    from predictions.worker import recognize

    clocks = {"web": Clock(), "worker": Clock()}
    for clock, parts in zip(clocks.values(), (WEB, WORKER), strict=True):
        for name, paths in parts.items():
            for path in paths:
                clock.watch(name, path)
    totals: dict[str, float] = defaultdict(float)

    def timed(process: str, work: Callable[[], Any]) -> Any:
        began = time.thread_time()
        found = work()
        totals[process] += time.thread_time() - began
        return found

    for number in range(BATCHES + 1):
        if number == 1:  # the first batch was for caches and connections
            totals.clear()
            for clock in clocks.values():
                clock.spent.clear()
        sent = [timed("web", lambda picture=picture: ask(token, "POST", URL, picture)) for picture in pictures]  # type: ignore[misc]
        read = timed("worker", recognize.recognize_batch)
        assert read == BATCH, read  # noqa: S101
        for row in sent:
            found = timed("web", lambda row=row: ask(token, "GET", row["url"]))  # type: ignore[misc]
            assert found["status"] == "succeeded", found  # noqa: S101
    return table(clocks, totals)


def table(clocks: dict[str, Clock], totals: dict[str, float]) -> list[str]:
    """Return the lines of the table: CPU-ms a reading."""
    lines = ["| | CPU-ms a reading |", "|---|---|"]
    for process, clock in clocks.items():
        shares = {name: 1_000 * spent / BATCHES / BATCH for name, spent in clock.spent.items()}
        total = 1_000 * totals[process] / BATCHES / BATCH
        lines.append(f"| **{process}** | **{total:.2f}** |")
        lines += [f"| {name} | {share:.2f} |" for name, share in sorted(shares.items(), key=lambda one: -one[1])]
        lines.append(f"| the rest | {total - sum(shares.values()):.2f} |")
    return lines


if __name__ == "__main__":
    with open_site(IN_FLIGHT_LIMIT="5000", INTERACTIVE_SHARE="1000") as opened:
        print("\n" + "\n".join(profile(opened)))
