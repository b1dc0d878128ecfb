"""A small SMTP server on loopback that takes its time."""

import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager


class SlowServer(socketserver.ThreadingTCPServer):
    """Accept every mail, after `reply_after_s`; `received` holds the texts."""

    daemon_threads = True

    def __init__(self, reply_after_s: float) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.reply_after_s = reply_after_s
        self.received: list[str] = []

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class _Session(socketserver.StreamRequestHandler):
    server: SlowServer

    def handle(self) -> None:
        self.wfile.write(b"220 slow\r\n")
        for line in self.rfile:
            command = line[:4].upper()
            if command == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                text = b"".join(iter(self.rfile.readline, b".\r\n"))
                self.server.received.append(text.decode())
                time.sleep(self.server.reply_after_s)
            self.wfile.write(b"221 bye\r\n" if command == b"QUIT" else b"250 ok\r\n")
            if command == b"QUIT":
                return


@contextmanager
def slow_smtp_server(reply_after_s: float) -> Iterator[SlowServer]:
    """Serve until the block ends."""
    with SlowServer(reply_after_s) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()
