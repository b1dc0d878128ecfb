"""The watch polls for work, records heartbeats and ends a worker that hangs; the watchdog and the sweep."""

import os
import subprocess
import sys
import time
import uuid
from datetime import timedelta
from threading import Event, Timer

import pytest
from django.db import OperationalError
from django.db.models.functions import Now

from accounts.postgres.listener import listener
from ml.golden import golden_drawing
from predictions import tasks, wakeup
from predictions.models import Drawing, Status, Submission, WorkerSeen
from predictions.services.submit import new_submission, submit_drawing
from predictions.worker import schedule, watch
from tests.factories import make_submission

pytestmark = pytest.mark.django_db


def wait_until(is_so, within_s=10.0):
    ends = time.monotonic() + within_s
    while not (found := is_so()) and time.monotonic() < ends:
        time.sleep(0.02)
    return found


def test_a_heartbeat_records_the_device_and_the_time(reader):
    watch.note_seen()
    first = WorkerSeen.objects.get()
    assert (first.runtime, first.device) == ("stub", "none")
    watch.note_seen()
    assert WorkerSeen.objects.get().seen_at >= first.seen_at


def test_every_poll_touches_the_heartbeat_file_even_without_the_database(reader, settings, tmp_path, monkeypatch):
    settings.HEARTBEAT_FILE = str(tmp_path / "heartbeat")
    make_submission()
    assert watch.poll()
    (tmp_path / "heartbeat").unlink()  # as a health check does it
    assert not watch.poll()
    (tmp_path / "heartbeat").unlink()

    def fail():
        raise OperationalError("connection timeout expired")

    monkeypatch.setattr(watch, "note_seen", fail)
    assert not watch.poll()
    assert (tmp_path / "heartbeat").exists()


def test_a_busy_worker_records_its_heartbeat_only_now_and_then(monkeypatch):
    due = []

    def poll(is_note_due):
        due.append(is_note_due)
        return len(due) < 100 or watch.stop()

    monkeypatch.setattr(watch, "poll", poll)
    monkeypatch.setattr(watch, "NOTE_EVERY_S", 600.0)
    watch.start()
    watch.finish()
    assert due == [True] + [False] * 99
    watch._stopping.clear()  # this process runs other tests after this one


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("canvas", [None, uuid.uuid4()])  # stored in a group, and alone
def test_a_listening_watch_reads_what_is_stored_without_a_message(alice, reader, settings, canvas):
    settings.LOOK_EVERY_MS = 60_000
    watch.start()
    try:
        assert wait_until(lambda: listener.is_listening and watch._polls)
        row = submit_drawing(new_submission(alice, source="draw", canvas=canvas), Drawing(**golden_drawing(7, seed=1)))
        assert wait_until(lambda: Submission.objects.get(pk=row.pk).status == Status.SUCCEEDED)
    finally:
        watch.stop()
        watch.finish()
        watch._stopping.clear()


@pytest.mark.parametrize("hears", [True, False])
def test_a_message_is_left_to_a_watch_that_hears_of_submissions_itself(reader, monkeypatch, hears):
    acknowledged = []
    monkeypatch.setattr(wakeup, "acknowledge", acknowledged.append)
    monkeypatch.setattr(watch, "wake", lambda: hears)
    make_submission()
    assert tasks.recognize_queued("interactive") == (0 if hears else 1)
    assert acknowledged == ([] if hears else ["interactive"])


def test_a_worker_finishes_its_batch_before_it_ends(monkeypatch):
    begun, released, finished = Event(), Event(), []

    def poll(is_note_due):
        begun.set()
        released.wait(10)
        finished.append(1)
        return False

    monkeypatch.setattr(watch, "poll", poll)
    watch.start()
    assert begun.wait(10)
    watch.stop()
    Timer(0.2, released.set).start()
    watch.finish()
    assert finished == [1]
    watch._stopping.clear()  # this process runs other tests after this one


IDLE, HANGS, COMPARES = "pass", "if len(polls) > 2: time.sleep(60)", "while go_on(): time.sleep(0.05)"


@pytest.mark.parametrize(
    ("reads", "compares", "status"), [(IDLE, IDLE, 0), (HANGS, IDLE, 70), (IDLE, HANGS, 70), (IDLE, COMPARES, 0)]
)
def test_a_worker_without_progress_ends_itself(reads, compares, status):
    code = f"""
import time, django
django.setup()
from predictions.worker import watch
watch.CHECK_EVERY_S, polls = 0.05, []
def read(on_more=None):
    polls.append(1)
    {reads}
    return 0
def compare(go_on):
    {compares}
watch.note_seen, watch.jobs.run_next, watch.sheets.run_next, watch.comparison.run_next = print, int, bool, compare
watch.recognize.recognize_batch, watch.exports.run_next = read, lambda go_on: False
watch._stopping.wait = lambda s, wait=watch._stopping.wait: wait(min(s, 0.05))
watch.settings.LOOK_EVERY_MS = 50
watch.start()
time.sleep(1.5)  # three times as long as the checks that end it
watch.stop()
"""
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=100)
    assert done.returncode == status, done.stderr
    assert ("made no progress" in done.stderr) is (status != 0)
    assert time.monotonic() - began < 60


def test_the_sweep_puts_back_abandoned_rows_and_deletes_expired_ones():
    abandoned, old = make_submission(), make_submission(source="golden")
    past = Now() - timedelta(days=2)
    Submission.objects.filter(pk=abandoned.pk).update(status="running", claim=abandoned.id, lease_until=past)
    Submission.objects.filter(pk=old.pk).update(created_at=past)
    assert schedule.run_all()
    abandoned.refresh_from_db()
    assert abandoned.status == Status.QUEUED
    assert not Submission.objects.filter(pk=old.pk).exists()


def test_the_watchdog_ends_a_process_that_hangs_while_holding_the_gil():
    code = (
        "import django; django.setup()\n"
        "from predictions.claims import Batch\n"
        "from predictions.worker.watchdog import guarded\n"
        "import re\n"
        "with guarded(Batch()): re.match('(a*)*b', 'a' * 40)\n"  # never releases the GIL
    )
    began = time.monotonic()
    env = {**os.environ, "WATCHDOG_S": "2", "LEASE_S": "600", "DJANGO_SETTINGS_MODULE": "config.settings"}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "Timeout" in done.stderr
    assert time.monotonic() - began < 45


def test_the_watchdog_restarts_for_each_drawing():
    code = (
        "import time, django; django.setup()\n"
        "from predictions.claims import Batch\n"
        "from predictions.worker.watchdog import guarded\n"
        "with guarded(Batch()) as rearm:\n"
        "    for _ in range(4): rearm(), time.sleep(1)\n"
    )
    env = {**os.environ, "WATCHDOG_S": "2", "LEASE_S": "600", "DJANGO_SETTINGS_MODULE": "config.settings"}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
