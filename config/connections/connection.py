"""A client's connection, and what the loop waits for."""

import time
from enum import Enum, auto
from typing import Any

from gunicorn.workers.gthread import TConn

from config.connections.arrival import Stage
from config.connections.client import ClientSocket

HEAD_LIMIT_S = 10.0
LEAST_RECEIVED_PER_S = 50_000  # of a body, after HEAD_LIMIT_S


class Phase(Enum):
    """What the loop waits for."""

    REQUEST = auto()
    IN_THREAD = auto()
    ANSWER = auto()
    CLOSING = auto()


class Connection(TConn):
    """A client's connection, and what the loop knows of it."""

    def __init__(self, cfg: Any, sock: ClientSocket, client: Any, server: Any) -> None:
        super().__init__(cfg, sock, client, server)
        self.data_ready = True  # a thread gets it when its request is there
        self.phase = Phase.REQUEST
        self.since = time.monotonic()
        self.deadline = self.since + HEAD_LIMIT_S
        self.events = 0  # what the poller tells the loop of
        self.counted = 0  # bytes of this connection in the worker's sums
        self.stays_open = False
        self.has_go_ahead = False

    def take_rest(self) -> bytes:
        """Return what the client has sent after the request that was read."""
        read_ahead: bytes = self.parser.unreader.take_buffered()
        return read_ahead + self.sock.arrival.take_rest()

    def set_deadline(self) -> None:
        """Allow a head HEAD_LIMIT_S from its first byte, and a body longer, the more of it has arrived."""
        self.deadline = self.since + HEAD_LIMIT_S
        if self.sock.arrival.stage is Stage.BODY:
            self.deadline += len(self.sock.arrival) / LEAST_RECEIVED_PER_S
