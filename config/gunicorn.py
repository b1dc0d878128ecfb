"""Gunicorn configuration; addresses, workers and threads are given on the command line."""

import gc
from typing import Any

# What a proxy reports is read by Django, as TRUSTED_PROXY_COUNT says. Gunicorn itself would believe everybody on this
# machine: `Script_Name: /api` moved the paths of a request.
forwarder_headers = ""
forwarded_allow_ips = ""
secure_scheme_headers: dict[str, str] = {}

STALLED_AFTER_S = 5.0  # frees the thread of a stalled upload where no buffering proxy is in front


def pre_request(worker: Any, req: Any) -> None:
    """Time out a client that sends or receives nothing; gunicorn's `timeout` does not apply to threads."""
    req.unreader.sock.settimeout(STALLED_AFTER_S)


def post_worker_init(worker: Any) -> None:
    """Leave what was imported out of garbage collections, which otherwise take 4% of a busy process's time."""
    gc.collect()
    gc.freeze()
