"""gunicorn's threaded worker, with a thread only for requests that have arrived whole.

`gthread` gives a connection a thread when its first byte arrives, and the thread waits for the rest, then for the
client to take the answer and to close. Here the loop waits for all that, and ends what takes too long:

    accept -> head -> body -> (a thread handles it) -> answer -> idle -> head ...
                                                              -> closing
"""

import contextlib
import errno
import resource
import selectors
import socket
import threading
import time
from concurrent import futures
from functools import partial
from typing import Any

from django.conf import settings
from gunicorn.http.errors import InvalidHeader
from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, ThreadWorker

from config.connections.arrival import Arrival, BodyLimits, Stage
from config.connections.client import ClientSocket
from config.connections.connection import Connection, Phase
from config.connections.refusals import ErrorPages, Refusal, refusal
from config.logs.request_ids import HEADER, choose_for_head

CLOSING_LIMIT_S = 2.0
HELD_LIMIT_BYTES = 100_000_000  # requests that are not answered yet, in a process
UNSENT_LIMIT_BYTES = 64_000_000  # answers that are not taken yet, in a process
DEFAULT_BODY_LIMIT_BYTES, FRAME_BYTES = 1_000_000, 100_000
KERNEL_BUFFER_BYTES = 200_000
FILES_LIMIT, FILES_SPARED = 65_536, 256
GO_AHEAD = b"HTTP/1.1 100 Continue\r\n\r\n"


class Worker(ThreadWorker):
    """A worker whose threads wait for no client."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.worker_connections: int = self.cfg.worker_connections
        self.waiting: dict[Connection, None] = {}  # the longest waiting first
        self.held_bytes = self.unsent_bytes = 0
        self.writers = threading.Semaphore(max(1, self.cfg.threads // 4))
        self.limits = BodyLimits(DEFAULT_BODY_LIMIT_BYTES, DEFAULT_BODY_LIMIT_BYTES)
        self.headers: dict[str, str] = {}  # of answers that the application does not make
        self.next_look = 0.0

    def init_process(self) -> None:
        """Allow as many connections as there may be open files."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        allowed = FILES_LIMIT if hard == resource.RLIM_INFINITY else min(hard, FILES_LIMIT)
        if soft != resource.RLIM_INFINITY and soft < allowed:
            resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
            soft = allowed
        if soft != resource.RLIM_INFINITY:
            self.worker_connections = max(16, min(self.worker_connections, soft - FILES_SPARED))
        super().init_process()

    def run(self) -> None:
        """Run the loop. What a client does not read is kept here and counted, not in megabytes of the kernel's."""
        for listener in self.sockets:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BUFFER_BYTES)
        super().run()

    def load_wsgi(self) -> None:
        """Load the application, and learn the longest body that it takes."""
        super().load_wsgi()
        if settings.configured:
            from config.headers import of_plain_responses  # needs the settings

            self.headers = of_plain_responses()
            images = max(settings.UPLOAD_LIMIT_BYTES, settings.BATCH_LIMIT_BYTES)
            self.limits = BodyLimits(images * 4 // 3 + FRAME_BYTES, images + FRAME_BYTES)

    def headers_for(self, arrival: Arrival) -> dict[str, str]:
        """Return the headers of an answer that the application does not make, with the request's id."""
        return {**self.headers, HEADER: choose_for_head(arrival.head)} if self.headers else {}

    # --- A request arrives --------------------------------------------------------------------------------------------
    def accept(self, listener: socket.socket) -> None:
        """Accept a connection; where there are too many, the one that has waited longest makes room."""
        try:
            client, address = listener.accept()
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE):
                self.drop_longest_waiting()
            elif error.errno not in (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK):
                raise
            return
        self.nr_conns += 1
        sock = ClientSocket(client, self.limits, self.writers)
        self.receive(Connection(self.cfg, sock, address, listener.getsockname()))
        if self.nr_conns >= self.worker_connections:
            self.drop_longest_waiting()

    def receive(self, conn: Connection) -> None:
        """Read what a client has sent, and give a complete request to a thread."""
        try:
            data = conn.sock.receive()
        except BlockingIOError:
            self.wait(conn, selectors.EVENT_READ)
            return
        except OSError:
            self.end(conn)
            return
        if data:
            conn.sock.arrival.add(data)
            self.go_on(conn)
        elif conn.sock.arrival.stage is Stage.BODY:
            self.refuse(conn, Refusal.INCOMPLETE)
        else:
            self.end(conn)

    def go_on(self, conn: Connection) -> None:
        """Give a request to a thread, refuse it, or wait for the rest, as far as it has arrived."""
        arrival = conn.sock.arrival
        self.count_held(conn, len(arrival))
        if arrival.stage is Stage.COMPLETE:
            conn.phase = Phase.IN_THREAD
            self.waiting.pop(conn, None)
            self.enqueue_req(conn)
        elif arrival.stage is Stage.HEAD_TOO_LONG:
            self.refuse(conn, Refusal.HEAD_TOO_LONG)
        elif arrival.stage is Stage.BODY_TOO_LONG:
            self.refuse(conn, Refusal.BODY_TOO_LONG)
        elif self.held_bytes > HELD_LIMIT_BYTES:
            self.refuse(conn, Refusal.BUSY)
        else:
            conn.set_deadline()
            if arrival.wants_go_ahead and not conn.has_go_ahead:
                self.send_go_ahead(conn)
            self.wait(conn, selectors.EVENT_READ)

    def send_go_ahead(self, conn: Connection) -> None:
        """Tell a client that asks first to send its body."""
        conn.has_go_ahead = True
        with contextlib.suppress(OSError):  # it is gone, which the poller will tell
            conn.sock.sendall(GO_AHEAD)

    def handle_request(self, req: Any, conn: Connection) -> Any:
        """Handle a request in a thread; without all of its body it is the last one of its connection."""
        if req.version == (1, 1) and not any(name == "HOST" for name, _ in req.headers):
            raise InvalidHeader("HOST")  # RFC 9112, section 3.2
        if conn.sock.arrival.is_without_body:
            req.force_close()
        if conn.has_go_ahead or conn.sock.arrival.is_without_body:
            req._expected_100_continue = False
        return super().handle_request(req, conn)

    def _keepalive_after(self, conn: Connection, keepalive: Any) -> bool:
        return bool(keepalive and conn.parser.finish_body())  # without a deadline: what is read over has arrived

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Answer what gunicorn refuses in our own words."""
        pages = ErrorPages(client, is_for_api=client.arrival.is_for_api(), headers=self.headers_for(client.arrival))
        super().handle_error(req, pages, addr, exc)

    # --- A request is answered ----------------------------------------------------------------------------------------
    def finish_request(self, conn: Connection, fs: "futures.Future[Any]") -> None:
        """Send the rest of an answer, then wait for the next request or the end."""
        self.count_held(conn, 0)
        is_whole = not fs.cancelled() and fs.exception() is None and bool(fs.result())
        conn.stays_open = is_whole and not conn.sock.is_over
        conn.sock.expect_next(conn.take_rest() if conn.stays_open else b"")  # much else may refer to this request
        conn.phase = Phase.ANSWER
        self.unsent_bytes += len(conn.sock.unsent)
        conn.counted = len(conn.sock.unsent)
        self.send_rest(conn)
        while self.unsent_bytes > UNSENT_LIMIT_BYTES and self.drop_longest_waiting(Phase.ANSWER):
            pass

    def send_rest(self, conn: Connection) -> None:
        """Send what is left of an answer."""
        try:
            conn.sock.flush()
        except OSError:
            self.end(conn)
            return
        self.unsent_bytes += len(conn.sock.unsent) - conn.counted
        conn.counted = len(conn.sock.unsent)
        if conn.sock.unsent:
            conn.deadline = conn.sock.answer_deadline()
            self.wait(conn, selectors.EVENT_WRITE)
        elif conn.stays_open:
            self.expect_next(conn)
        else:
            self.close_gracefully(conn)

    def expect_next(self, conn: Connection) -> None:
        """Wait for a connection's next request, or go on with it if it has been sent already."""
        self.waiting.pop(conn, None)
        conn.phase, conn.has_go_ahead, conn.since = Phase.REQUEST, False, time.monotonic()
        if conn.sock.arrival.stage is not Stage.EMPTY:
            self.go_on(conn)
            return
        conn.deadline = conn.since + (self.cfg.keepalive if self.alive else STOP_KEEPALIVE_LINGER)
        self.wait(conn, selectors.EVENT_READ)

    def refuse(self, conn: Connection, reason: Refusal) -> None:
        """Answer a request that no thread will see."""
        self.count_held(conn, 0)
        conn.phase = Phase.ANSWER
        conn.stays_open = False
        try:
            arrival = conn.sock.arrival
            conn.sock.sendall(refusal(reason, is_for_api=arrival.is_for_api(), headers=self.headers_for(arrival)))
            conn.sock.expect_next()
        except OSError:
            self.end(conn)
            return
        self.close_gracefully(conn)

    def close_gracefully(self, conn: Connection) -> None:
        """Say that nothing more comes, and close when the client does: closing at once may cut off the answer."""
        try:
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self.end(conn)
            return
        conn.phase, conn.deadline = Phase.CLOSING, time.monotonic() + CLOSING_LIMIT_S
        self.wait(conn, selectors.EVENT_READ)

    def drain(self, conn: Connection) -> None:
        """Read over what a client sends after its answer, until it closes."""
        try:
            is_over = not conn.sock.receive()
        except BlockingIOError:
            return
        except OSError:
            is_over = True
        if is_over:
            self.end(conn)

    # --- Waiting ------------------------------------------------------------------------------------------------------
    def wait(self, conn: Connection, events: int) -> None:
        """Have the poller tell of `events` of a connection."""
        if conn.events != events:
            self.forget(conn)
            self.poller.register(conn.sock, events, partial(self.on_event, conn))
            conn.events = events
        self.waiting.setdefault(conn)

    def forget(self, conn: Connection) -> None:
        """Take a connection out of the poller."""
        if conn.events:
            self.poller.unregister(conn.sock)
            conn.events = 0

    def on_event(self, conn: Connection, sock: ClientSocket) -> None:
        """Go on with a connection of which the poller tells."""
        if conn.phase is Phase.IN_THREAD:  # it sends more, or is gone: that is for later
            self.forget(conn)
        elif conn not in self.waiting:  # it was ended after the poller had looked
            return
        elif conn.phase is Phase.REQUEST:
            if conn.sock.arrival.stage is Stage.EMPTY:
                conn.since = time.monotonic()
            self.receive(conn)
        elif conn.phase is Phase.ANSWER:
            self.send_rest(conn)
        else:
            self.drain(conn)

    def end(self, conn: Connection) -> None:
        """Close a connection now."""
        self.forget(conn)
        self.waiting.pop(conn, None)
        if conn.phase is Phase.REQUEST:
            self.count_held(conn, 0)
        elif conn.phase is Phase.ANSWER:
            self.unsent_bytes -= conn.counted
        conn.counted = 0
        self.nr_conns -= 1
        conn.sock.close_now()

    def count_held(self, conn: Connection, held: int) -> None:
        """Count the bytes of a request that is not answered yet."""
        self.held_bytes += held - conn.counted
        conn.counted = held

    def drop_longest_waiting(self, phase: Phase | None = None) -> bool:
        """End the connection that has waited longest, in `phase` if given; return whether there is one."""
        found = next((conn for conn in self.waiting if phase in (None, conn.phase)), None)
        if found:
            self.end(found)
        return found is not None

    def murder_pending(self) -> None:
        """End what takes too long; gunicorn calls this after each turn of the loop."""
        now = time.monotonic()
        if now < self.next_look:
            return
        self.next_look = now + 0.5
        for conn in [conn for conn in self.waiting if conn.deadline < now]:
            if conn.phase is Phase.REQUEST and len(conn.sock.arrival):
                self.refuse(conn, Refusal.TOO_SLOW)
            else:
                self.end(conn)

    def murder_keepalived(self, force: bool = False) -> None:
        """End all connections, if forced; `murder_pending` does the rest."""
        for conn in list(self.waiting) if force else ():
            self.end(conn)

    def _cap_keepalive(self, deadline: float) -> None:
        for conn in self.waiting:
            if conn.phase is Phase.REQUEST:
                conn.deadline = min(conn.deadline, deadline)

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Wait for events; a worker that stops looks more often at what may be closed."""
        super().wait_for_and_dispatch_events(timeout if self.alive else min(timeout, 0.25))
