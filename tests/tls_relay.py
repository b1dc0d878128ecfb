"""A server that speaks TLS to clients and plain text to a Unix socket: the Redis of the tests may know no TLS."""

import contextlib
import select
import socket
import socketserver
import ssl
import threading
from pathlib import Path

CHUNK_BYTES = 65_536


class TlsRelay:
    """A relay at `port` on loopback; context: None to speak plain text to clients, too."""

    def __init__(self, target: str | Path, context: ssl.SSLContext | None) -> None:
        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                _relay(self.request, str(target), context)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close(self) -> None:
        """Take no new connections; those that are open end with their clients."""
        self._server.shutdown()
        self._server.server_close()


def _relay(client: socket.socket, target: str, context: ssl.SSLContext | None) -> None:
    """Pass bytes on until one side closes."""
    with contextlib.suppress(OSError):  # ssl.SSLError is one: a client that does not trust us
        client.settimeout(5)
        side = context.wrap_socket(client, server_side=True) if context else client
        with side, socket.socket(socket.AF_UNIX) as server:
            server.connect(target)
            while True:
                pending = isinstance(side, ssl.SSLSocket) and side.pending()
                ready = [side] if pending else select.select([side, server], [], [], 60)[0]
                for source in ready:
                    chunk = source.recv(CHUNK_BYTES)
                    if not chunk:
                        return
                    (server if source is side else side).sendall(chunk)
