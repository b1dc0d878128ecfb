"""Clients that are slow or stop in the middle, many of them, and what others notice of them."""

import contextlib
import socket
import time

import pytest

from tests.config.gunicorn_site import exchange, open_gunicorn

CLIENTS = 300  # for 4 threads
HEALTH_LIMIT_S = 3.0  # promised: 1 s
HEAD = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n"
NEVER_READ = b"GET /big HTTP/1.1\r\nHost: localhost\r\n\r\n"
KINDS = {
    "nothing": b"",
    "unfinished head": b"GET / HTTP/1.1\r\nHost: loc",
    "unfinished body": HEAD + b"x" * 500,
    "unfinished chunk": b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nxx",
    "unread answer": NEVER_READ,
    "unread stream": b"GET /big?stream HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "idle": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "not closing": b"GET / HTTP/1.0\r\nHost: localhost\r\n\r\n",
}


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    """Return the port of a gunicorn with 4 threads."""
    with open_gunicorn(tmp_path_factory.mktemp("slow")) as (port, _):
        yield port


@pytest.mark.parametrize("kind", KINDS)
def test_slow_clients_take_no_thread_from_others(port, kind):
    with contextlib.ExitStack() as stack:
        for _ in range(CLIENTS):
            stack.enter_context(connect(port, KINDS[kind]))
        assert_is_quick(port)


def test_clients_that_trickle_take_no_thread_from_others(port):
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(connect(port, b"GET / HTTP/1.1\r\nX: ")) for _ in range(CLIENTS)]
        for _ in range(3):
            for client in clients:
                client.sendall(b"x")
            assert_is_quick(port)


def assert_is_quick(port):
    """Check that a request is answered soon, five times."""
    for _ in range(5):
        start = time.monotonic()
        assert b" 200 OK\r\n" in exchange(port, b"GET / HTTP/1.0\r\n\r\n")
        assert time.monotonic() - start < HEALTH_LIMIT_S


def connect(port, sent):
    """Connect with a small window, and send something."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.settimeout(10)
    client.connect(("127.0.0.1", port))
    client.sendall(sent)
    return client
