"""Post a body to an address: without redirects, within limits of time and size, to an IP address that was checked."""

import http.client
import socket
import ssl
from threading import Timer
from typing import Any

from predictions.webhooks.addresses import Target, parse_url, resolve

STEP_S, WHOLE_S = 5.0, 10.0  # to connect or to wait for bytes, and in all; below the lease of a delivery
ANSWER_BYTES = 4_096  # that are read of an answer; nobody looks at them


class _Pinned(http.client.HTTPConnection):
    """A connection to a given IP address, whose certificate must be that of the host."""

    def __init__(self, target: Target, address: str) -> None:
        super().__init__(target.host, target.port, timeout=STEP_S)
        self._target, self._address = target, address

    def connect(self) -> None:
        """Connect, with TLS if the address is https."""
        plain = socket.create_connection((self._address, self._target.port), timeout=STEP_S)
        self.sock = plain
        if self._target.is_https:
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(plain, server_hostname=self._target.host)


def post(url: str, body: bytes, headers: dict[str, str]) -> int:
    """Post a body and return the status of the answer; a redirect is an answer like others.

    Raises:
        ForbiddenAddress: if nothing may be sent there.
        OSError, http.client.HTTPException: if there is no whole answer in time.
    """
    target = parse_url(url)
    connection = _Pinned(target, resolve(target))
    timer = Timer(WHOLE_S, _cut, [connection])
    timer.daemon = True
    timer.start()
    try:
        connection.request("POST", target.path, body, headers)
        answer = connection.getresponse()
        answer.read(ANSWER_BYTES)
        return answer.status
    finally:
        timer.cancel()
        connection.close()


def _cut(connection: Any) -> None:
    """End a connection that another thread waits for."""
    if connection.sock is not None:
        try:
            connection.sock.shutdown(socket.SHUT_RDWR)
        except OSError:  # it is not connected yet, or no more: the time limit of the step ends it
            return
