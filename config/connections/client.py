"""A client's socket as threads see it: reading never waits, and writing seldom."""

import contextlib
import errno
import selectors
import socket
import threading
import time
from typing import IO

from config.connections.arrival import Arrival, BodyLimits

RECEIVE_BYTES = 65_536
UNSENT_LIMIT_BYTES = 1_000_000  # of an answer that goes on; a thread waits for clients who take it more slowly
FILE_BLOCK_BYTES = 1_000_000
PATIENCE_S = 10.0
LEAST_SENT_PER_S = 10_000


class ClientSocket:
    """A socket whose `recv` returns what has arrived, and whose `sendall` keeps what the client does not take yet."""

    def __init__(self, sock: socket.socket, limits: BodyLimits, writers: threading.Semaphore) -> None:
        sock.setblocking(False)
        self._socket = sock
        self._limits = limits
        self._writers = writers  # how many threads may wait for a client to take an answer
        self.arrival = Arrival(limits)
        self.unsent = bytearray()
        self.answer_since = 0.0
        self._sent = 0
        self.is_over = False

    # --- For the loop -------------------------------------------------------------------------------------------------
    def receive(self) -> bytes:
        """Receive what is there. Raises BlockingIOError if that is nothing; returns b"" if the client is gone."""
        return self._socket.recv(RECEIVE_BYTES)

    def expect_next(self, sent: bytes = b"") -> None:
        """Forget a request, and start the next one with what the client has already sent of it."""
        self.arrival = Arrival(self._limits, sent)

    def flush(self) -> None:
        """Send what the client takes at once. Raises OSError if it is gone."""
        with contextlib.suppress(BlockingIOError):
            while self.unsent:
                with memoryview(self.unsent) as view:
                    sent = self._socket.send(view)
                del self.unsent[:sent]
                self._sent += sent

    def answer_deadline(self) -> float:
        """Return when this client has taken too little of its answer."""
        return self.answer_since + PATIENCE_S + self._sent / LEAST_SENT_PER_S

    def close_now(self) -> None:
        """Close the socket."""
        self._socket.close()

    # --- For gunicorn -------------------------------------------------------------------------------------------------
    def fileno(self) -> int:
        """Return the file descriptor."""
        return self._socket.fileno()

    def setblocking(self, flag: bool) -> None:
        """Do nothing: no thread shall block."""

    def gettimeout(self) -> float:
        """Say that nothing blocks."""
        return 0.0

    def settimeout(self, seconds: float | None) -> None:
        """Do nothing, as `setblocking`."""

    def recv(self, size: int) -> bytes:
        """Return some bytes of what has arrived; b"" at its end, after which nothing more is believed.

        At most RECEIVE_BYTES: gunicorn asks for a megabyte, and moves what it got for each piece that is read of it.
        """
        taken = self.arrival.take(min(size, RECEIVE_BYTES))
        self.is_over = self.is_over or not taken
        return taken

    def send(self, data: bytes) -> int:
        """Send all of `data`, as `sendall`."""
        self.sendall(data)
        return len(data)

    def sendall(self, data: bytes) -> None:
        """Send `data`, now or from the loop. Waits only for a client with more than UNSENT_LIMIT_BYTES unsent."""
        if len(self.unsent) > UNSENT_LIMIT_BYTES:
            self._wait_until_taken()
        sent = 0
        if not self.unsent:
            try:
                sent = self._socket.send(data)
            except BlockingIOError:
                sent = 0
            if sent == len(data):
                return
            self.answer_since, self._sent = time.monotonic(), 0
        self.unsent += memoryview(data)[sent:]

    def sendfile(self, file: IO[bytes], offset: int = 0, count: int | None = None) -> int:
        """Send `count` bytes of an open file, in blocks."""
        left = count if count is not None else 2**63
        total = 0
        while left > total and (block := file.read(min(FILE_BLOCK_BYTES, left - total))):
            self.sendall(block)
            total += len(block)
        return total

    def shutdown(self, how: int) -> None:
        """Shut the socket down."""
        self._socket.shutdown(how)

    def close(self) -> None:
        """Send no more. The loop closes the socket, when its poller no longer knows it."""
        self.is_over = True

    def _wait_until_taken(self) -> None:
        if not self._writers.acquire(blocking=False):
            raise BrokenPipeError(errno.EPIPE, "too many clients take their answers slowly")
        try:
            with selectors.DefaultSelector() as selector:
                selector.register(self._socket, selectors.EVENT_WRITE)
                while len(self.unsent) > UNSENT_LIMIT_BYTES:
                    if not selector.select(self.answer_deadline() - time.monotonic()):
                        raise BrokenPipeError(errno.EPIPE, "the client takes its answer too slowly")
                    self.flush()
        finally:
            self._writers.release()
