"""Gunicorn configuration; addresses, workers and threads are given on the command line."""

from typing import Any

STALLED_AFTER_S = 5.0  # frees the thread of a stalled upload where no buffering proxy is in front


def pre_request(worker: Any, req: Any) -> None:
    """Time out a client that sends or receives nothing; gunicorn's `timeout` does not apply to threads."""
    req.unreader.sock.settimeout(STALLED_AFTER_S)
