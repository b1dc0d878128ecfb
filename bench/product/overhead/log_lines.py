"""Time what the log lines of a reading cost, as CPU time: the id, the web process's line and the worker's line.

    .venv/bin/python -m bench.product.overhead.log_lines

Each is called many times, by turns with an empty call, and written to a pipe that somebody reads. The share is of the
CPU time of a reading in bench/results.json.
"""

import json
import logging
import os
import secrets
import statistics
import sys
import threading
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

CALLS, TURNS = 5_000, 9
RESULTS = Path(__file__).resolve().parents[2] / "results.json"


def main() -> None:
    """Print the microseconds of each, and their share of a reading."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe(50))
    os.environ.setdefault("TRUSTED_PROXY_COUNT", "1")
    read_end, write_end = os.pipe()
    threading.Thread(target=_read_all, args=(read_end,), daemon=True).start()
    sys.stderr = os.fdopen(write_end, "w")
    import django

    django.setup()
    found = {name: _microseconds(call) for name, call in _calls().items()}
    reading_us = sum(json.loads(RESULTS.read_text())["Inkling"].values()) * 1000
    for name, took_us in (found | {"all": sum(found.values())}).items():
        print(f"{name}: {took_us:.1f} us of CPU, {took_us / reading_us:.2%} of a reading of {reading_us / 1000:.1f} ms")


def _read_all(pipe: int) -> None:
    while os.read(pipe, 1 << 20):
        pass


def _calls() -> dict[str, Callable[[], object]]:
    from django.http import HttpResponse
    from django.test import RequestFactory

    from config.logs.request_ids import HEADER, carry_request_id
    from config.logs.web_server import WebServerLogger
    from predictions.models import Submission
    from predictions.worker.journal import Journal

    request_id = uuid.uuid4().hex
    response, request = HttpResponse(), RequestFactory().post("/", headers={HEADER: request_id})
    answer = carry_request_id(lambda _: response)
    server: Any = WebServerLogger(_Config())
    headers = [
        ("Content-Type", "application/json"),
        *((f"Header-{n}", "value") for n in range(18)),
        (HEADER, request_id),
    ]
    told = SimpleNamespace(headers=headers, status_code=201)
    environ = {"PATH_INFO": "/api/v1/submissions/", "REQUEST_METHOD": "POST"}
    journal, row = Journal(), Submission(attempts=1)
    with journal.stage("network"):
        pass
    return {
        "id": lambda: answer(request),
        "web's line": lambda: server.access(told, None, environ, timedelta(milliseconds=23)),
        "worker's line": lambda: journal.tell_read([row]),
    }


class _Config:
    """What gunicorn's logger asks of its configuration."""

    accesslog = errorlog = "-"
    loglevel, syslog, capture_output = "warning", False, False
    logconfig = logconfig_dict = logconfig_json = None
    user = group = 0


def _microseconds(call: Callable[[], object]) -> float:
    """Return the median over the turns of what a call takes more than an empty one."""
    return statistics.median(_timed(call) - _timed(lambda: None) for _ in range(TURNS))


def _timed(call: Callable[[], object]) -> float:
    begun = time.thread_time()
    for _ in range(CALLS):
        call()
    return (time.thread_time() - begun) / CALLS * 1e6


if __name__ == "__main__":
    logging.raiseExceptions = True
    main()
