"""Profile the CPU time of a reading, in the web and in the worker.

    .venv/bin/python -m bench.product.profile

Starts a temporary site. 64 users in turn send a picture to the WSGI application in this process; the worker's code
reads it in a batch of 32, and it is fetched. The parts are the thread times of the functions below, the rest is
everything around them. gunicorn and Postgres are not included; RESULTS.md has those.
"""

import functools
import io
import itertools
import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from bench.contenders import CREATE_TOKENS, USERS
from bench.product.fairness import png
from tests.site import Site, open_site

BATCHES, BATCH = 8, 32
URL = "/api/v1/submissions/"
WEB: dict[str, tuple[str, ...]] = {
    "authentication": ("accounts.tokens.TokenAuthentication.authenticate_credentials",),
    "rate limit": ("accounts.limits.requests.count_request",),
    "body parsed": ("predictions.api.request_parsing.read_drawing",),
    "submission and drawing stored": ("predictions.lifecycle.queue_group", "predictions.lifecycle.queue"),
    "wake-up: SET NX in Redis": ("predictions.wakeup.send",),
    "row fetched": ("predictions.api.submissions.get_submission",),
    "connection from the pool and back": (
        "config.postgres.base.DatabaseWrapper.connect",
        "config.postgres.base.DatabaseWrapper._close",
    ),
    "committed": ("django.db.transaction.Atomic.__exit__",),
    "response as JSON": (
        "predictions.api.submissions.describe_accepted",
        "predictions.api.submissions.describe",
        "rest_framework.renderers.JSONRenderer.render",
    ),
}
WORKER: dict[str, tuple[str, ...]] = {
    "claimed": ("predictions.claims.submissions.claim_batch",),
    "late or exhausted rows failed": ("predictions.lifecycle.give_up",),
    "live version": ("predictions.registry.serving",),
    "decoded": ("ml.uploads.decode",),
    "ink extracted": ("ml.preprocessing.images.page_from_image",),
    "line and components": ("predictions.worker.recognize.find_text_line",),
    "network, decoder, calibration": ("ml.recognition.reader.Reader.read",),
    "picture re-encoded": ("ml.uploads.encode",),
    "thumbnail": ("ml.preprocessing.images.thumbnail",),
    "recorded": ("predictions.lifecycle.succeed_all",),
}


PARTS = {"web": WEB, "worker": WORKER}


class Profiler:
    """CPU seconds of named functions, by thread time. Time in a watched function counts for the innermost one only."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = defaultdict(float)
        self._inner: list[float] = []

    def watch(self, name: str, path: str) -> None:
        """Add the time of the function at `path` to `name` from now on."""
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
    """Return the module or class that contains a dotted name, and the last part of the name."""
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


def request_json(token: str, method: str, path: str, body: bytes = b"") -> Any:
    """Call the WSGI application without a server, and return the JSON of its response."""
    from config.wsgi import application

    environ = {
        "REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": "", "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "127.0.0.1",
        "HTTP_AUTHORIZATION": f"Token {token}", "CONTENT_TYPE": "image/png", "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body), "wsgi.errors": sys.stderr, "wsgi.url_scheme": "http",
    }  # fmt: skip
    response = application(environ, _ignore_status)
    try:
        return json.loads(b"".join(response))
    finally:
        response.close()


def _ignore_status(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
    return lambda data: None


def profile(site: Site) -> list[str]:
    """Send, read and fetch BATCHES of pictures; return the lines of the table."""
    os.environ.update(site.env)
    tokens = itertools.cycle(site.manage("shell", "-v0", "-c", CREATE_TOKENS).split()[-USERS:])
    site.kill("worker-1")  # this process reads instead; the site is not supervised, so the worker stays down
    pictures = [png(number % 10, seed=number) for number in range(BATCH)]
    import config.wsgi  # noqa: F401 - sets Django up
    from predictions.worker import recognize

    profilers = {"web": Profiler(), "worker": Profiler()}
    for process, parts in PARTS.items():
        for name, paths in parts.items():
            for path in paths:
                profilers[process].watch(name, path)
    totals: dict[str, float] = defaultdict(float)

    def timed(process: str, work: Callable[..., Any], *arguments: Any) -> Any:
        began = time.thread_time()
        found = work(*arguments)
        totals[process] += time.thread_time() - began
        return found

    for number in range(BATCHES + 1):
        if number == 1:  # the first batch warms up caches and connections
            totals.clear()
            for profiler in profilers.values():
                profiler.spent.clear()
        senders = [next(tokens) for _ in pictures]
        sent = [
            timed("web", request_json, token, "POST", URL, picture)
            for token, picture in zip(senders, pictures, strict=True)
        ]
        read = timed("worker", recognize.recognize_batch)
        assert read == BATCH, read  # noqa: S101
        for token, row in zip(senders, sent, strict=True):
            found = timed("web", request_json, token, "GET", row["url"])
            assert found["status"] == "succeeded", found  # noqa: S101
    return table(profilers, totals)


def table(profilers: dict[str, Profiler], totals: dict[str, float]) -> list[str]:
    """Return the lines of the table, in CPU-ms a reading."""
    lines = ["| | CPU-ms a reading |", "|---|---|"]
    for process, profiler in profilers.items():
        shares = {name: 1_000 * spent / BATCHES / BATCH for name, spent in profiler.spent.items()}
        total = 1_000 * totals[process] / BATCHES / BATCH
        lines.append(f"| **{process}** | **{total:.2f}** |")
        lines += [f"| {name} | {share:.2f} |" for name, share in sorted(shares.items(), key=lambda one: -one[1])]
        lines.append(f"| rest | {total - sum(shares.values()):.2f} |")
    return lines


if __name__ == "__main__":
    with open_site(IN_FLIGHT_LIMIT="5000", INTERACTIVE_SHARE="1000") as opened:
        print("\n" + "\n".join(profile(opened)))
