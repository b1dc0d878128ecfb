"""Clients that stop in the middle of a body, and health checks meanwhile."""

import json
import socket
import time
from contextlib import ExitStack
from urllib.parse import urlsplit
from urllib.request import urlopen

from ml.golden import golden_drawing

CHECKS, WITHIN_S = 5, 5.0


def times_of_health(base_url: str) -> list[float]:
    """Return how long each of CHECKS health checks took, in seconds; failed ones are missing."""
    times = []
    for _ in range(CHECKS):
        began = time.monotonic()
        try:
            with urlopen(f"{base_url}/health/ready", timeout=WITHIN_S) as answer:  # noqa: S310
                answer.read()
            times.append(time.monotonic() - began)
        except OSError:
            pass
    return times


def send_half(stack: ExitStack, base_url: str, token: str, clients: int) -> None:
    """Open `clients` connections that send half a drawing and then nothing, until the stack is closed."""
    address = urlsplit(base_url)
    body = json.dumps(golden_drawing(7, seed=1)).encode()
    head = (
        f"POST /api/v1/submissions/ HTTP/1.1\r\nHost: {address.netloc}\r\nAuthorization: Token {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode()
    for _ in range(clients):
        client = stack.enter_context(socket.create_connection((address.hostname or "", address.port or 80), WITHIN_S))
        client.sendall(head + body[: len(body) // 2])
