"""Mail backends and a mail server for tests of the outbox; `use_backend` is an autouse fixture to import."""

import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection
from django.utils import timezone
from post_office.models import STATUS, Email

from accounts import outbox

sent: list[str] = []
may_send = threading.Event()


class CollectingBackend(BaseEmailBackend):
    """Collect the subjects of what is sent."""

    def send_messages(self, email_messages):
        sent.extend(message.subject for message in email_messages)
        return len(email_messages)


class WaitingBackend(CollectingBackend):
    """Send only once `may_send` is set."""

    def send_messages(self, email_messages):
        assert may_send.wait(10)
        return super().send_messages(email_messages)


class RefusingBackend(BaseEmailBackend):
    """A mail server that is down."""

    def send_messages(self, email_messages):
        raise ConnectionRefusedError("the mail server is down")


class LateBackend(CollectingBackend):
    """A server that accepts the mail, but only after its lease ran out and another worker sent it too."""

    def send_messages(self, email_messages):
        Email.objects.update(status=STATUS.sent, scheduled_time=timezone.now())
        raise TimeoutError("too late")


@pytest.fixture(autouse=True)
def use_backend(settings):
    settings.EMAIL_BACKEND = "accounts.outbox.Outbox"
    sent.clear()
    may_send.clear()

    def use(backend):
        settings.POST_OFFICE = settings.POST_OFFICE | {
            "BACKENDS": {"default": backend if "." in backend else f"{__name__}.{backend}"}
        }

    use("CollectingBackend")
    return use


def queue_mail(subject="hello", body="words", to="alice@example.org"):
    EmailMessage(subject, body, "inkling@example.org", [to]).send()


def send_one_and_close():
    try:
        return outbox.send_one()
    finally:
        connection.close()


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


class _Refusing(socketserver.StreamRequestHandler):
    """Take no mail for anybody."""

    def handle(self) -> None:
        self.wfile.write(b"220 refusing\r\n")
        for line in self.rfile:
            command = line[:4].upper()
            replies = {b"QUIT": b"221 bye", b"RCPT": b"550 5.7.1 relaying denied"}
            self.wfile.write(replies.get(command, b"250 ok") + b"\r\n")
            if command == b"QUIT":
                return


@contextmanager
def refusing_smtp_server() -> Iterator[int]:
    """Yield the port of a server that refuses every recipient, until the block ends."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Refusing) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield int(server.server_address[1])
        server.shutdown()
