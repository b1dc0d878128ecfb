"""The delivery worker as a process: it sends mail, finishes what it began, loses none, and loads no decoder."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.db.models.functions import Now
from post_office.models import STATUS, Email

from accounts import delivery, outbox
from tests.accounts import mail_servers
from tests.accounts.mail_servers import queue_mail, sent, slow_smtp_server

use_backend = mail_servers.use_backend
ROOT = Path(__file__).resolve().parents[2]
HEAVY = {"numpy", "PIL", "keras", "tensorflow", "ai_edge_litert", "ml.uploads", "ml.preprocessing", "ml.recognition"}
WITHIN_S = 60.0  # to start on a busy machine


def wait_until(is_so):
    deadline = time.monotonic() + WITHIN_S
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def deliver(settings, tmp_path):
    """Return a context manager: a delivery worker that sends to that port."""
    heartbeat = tmp_path / "heartbeat"

    @contextmanager
    def run(port):
        url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
        own = {"MAIL_HOST": "127.0.0.1", "MAIL_PORT": str(port), "MAIL_SECURITY": "none"}
        env = os.environ | own | {"DATABASE_URL": url, "HEARTBEAT_FILE": str(heartbeat)}
        process = subprocess.Popen(
            [sys.executable, "manage.py", "deliver"], cwd=ROOT, env=env, stderr=subprocess.PIPE, text=True
        )
        try:
            wait_until(lambda: heartbeat.exists() or process.poll() is not None)
            assert process.poll() is None, process.stderr.read()
            yield process
        finally:
            process.kill()
            process.communicate()

    return run


@pytest.mark.django_db(transaction=True)
def test_it_sends_and_on_sigterm_finishes_the_mail_being_sent(deliver):
    with slow_smtp_server(reply_after_s=1.0) as server, deliver(server.port) as process:
        for subject in ("first", "second"):
            queue_mail(subject)
        wait_until(lambda: server.received)
        process.send_signal(signal.SIGTERM)
        assert process.wait(WITHIN_S) == 0
        assert ["Subject: first" in text for text in server.received] == [True]
    assert set(Email.objects.values_list("subject", "status")) == {("first", STATUS.sent), ("second", STATUS.queued)}


@pytest.mark.django_db(transaction=True)
def test_a_mail_whose_worker_is_killed_is_sent_by_another_once_its_lease_has_run_out(deliver):
    with slow_smtp_server(reply_after_s=30.0) as server, deliver(server.port) as process:
        queue_mail()
        wait_until(lambda: server.received)
        process.kill()
    assert not outbox.send_one()
    Email.objects.update(scheduled_time=Now() - timedelta(seconds=1))
    assert outbox.send_one()
    assert sent == ["hello"]


def test_it_loads_nothing_that_decodes():
    code = (
        "import django, sys; django.setup()\n"
        "from accounts import delivery; from django.core.management import execute_from_command_line\n"
        "delivery.DeliveryWorker.serve = lambda self: print(*sys.modules)\n"
        "execute_from_command_line(['manage.py', 'deliver'])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert {"accounts.outbox", "accounts.management.commands.deliver"} <= loaded
    assert not loaded & HEAVY
    assert not any(name.startswith("predictions.worker") for name in loaded)


def test_it_ends_itself_once_a_mail_takes_longer_than_its_lease(monkeypatch):
    worker = delivery.DeliveryWorker()
    monkeypatch.setattr(worker, "_poll", lambda: worker._stopping.wait(10))
    worker._thread.run = worker._poll
    worker._thread.start()
    assert worker.is_making_progress()
    worker._progress_at -= outbox.LEASE.total_seconds()
    assert not worker.is_making_progress()
    worker._progress_at = time.monotonic()
    worker._stopping.set()
    worker._thread.join()
    assert not worker.is_making_progress()


@pytest.mark.django_db(transaction=True)
def test_it_goes_on_after_an_error(monkeypatch, use_backend):
    failures = [RuntimeError("one that nobody expected")]

    def send_one():
        if failures:
            raise failures.pop()
        worker._stopping.set()
        return False

    worker = delivery.DeliveryWorker()
    monkeypatch.setattr(delivery, "POLL_EVERY_S", 0.01)
    monkeypatch.setattr(outbox, "send_one", send_one)
    worker._poll()
    assert failures == [] and worker._stopping.is_set()
