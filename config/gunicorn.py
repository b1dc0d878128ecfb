"""What every gunicorn of ours does, whoever starts it; addresses and numbers are given on its command line."""

from typing import Any

STALLED_AFTER_S = 5.0  # a body that stops coming frees its thread; production has a buffering proxy in front besides


def pre_request(worker: Any, req: Any) -> None:
    """Return up on a client that sends or takes nothing for STALLED_AFTER_S: `timeout` does not count for threads."""
    req.unreader.sock.settimeout(STALLED_AFTER_S)
