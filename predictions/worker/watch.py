"""The watch: a thread that reads what Postgres notifies it of, and polls the tables. It needs no Redis."""

import faulthandler
import logging
import math
import os
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection
from django.db.models import ExpressionWrapper, FloatField, Value
from django.db.models.functions import Extract, Now

from accounts.postgres.listener import listener
from predictions import registry
from predictions.models import PAGES, QUEUED_CHANNEL, WorkerSeen
from predictions.worker import challenger, comparison, jobs, recognize
from predictions.worker.exports import run as exports
from predictions.worker.model_cache import CannotLoad, live, refusal
from predictions.worker.sheets import run as sheets
from predictions.worker.watchdog import STDERR

logger = logging.getLogger(__name__)

NOTE_EVERY_S = 0.5  # while there is work, which is polled for without a pause
CHECK_EVERY_S = 5.0
MAX_FAILED_CHECKS = 9  # 45 s of this process's own time: one that was suspended and resumed fails only one
STALLED = 70  # the exit status of a worker that ends itself: EX_SOFTWARE

_stopping = Event()
_woken = Event()  # something was stored, or may have been while the listener was not connected
_page_came = Event()  # so that the next poll, which deals with pages, is due at once
_thread: Thread | None = None
_polls = 0


def _note_queued(payload: str) -> None:
    if payload == PAGES:
        _page_came.set()
    _woken.set()


listener.subscribe(QUEUED_CHANNEL, _note_queued, _woken.set)


def start() -> None:
    """Start the watch of this process, a daemon thread that ends with `stop`, and the check that it makes progress."""
    global _thread
    _stopping.clear()
    listener.ensure()
    Thread(target=_check_progress, name="progress", daemon=True).start()
    _thread = Thread(target=_watch, name="watch", daemon=True)
    _thread.start()


def stop() -> None:
    """Let the watch take no new batch."""
    _stopping.set()
    _woken.set()


def wake() -> bool:
    """Let the watch read what is waiting; False if it is not sure to hear of new submissions by itself."""
    _woken.set()
    return listener.is_listening and _thread is not None and _thread.is_alive()


def finish() -> None:
    """Wait for the batch that the watch is reading, which would otherwise end with the process."""
    if _thread:
        _thread.join(settings.WATCHDOG_S)


def _watch() -> None:
    """Poll about every LOOK_EVERY_MS, with jitter between workers, and without a pause while there is work.

    In between, read what Postgres notifies of.
    """
    noted_at = -math.inf
    while not _stopping.is_set():
        close_old_connections()  # so that it also forgets the plans of a table that was small
        is_due = time.monotonic() - noted_at >= NOTE_EVERY_S
        noted_at = time.monotonic() if is_due else noted_at
        if not poll(is_note_due=is_due):
            _read_until(time.monotonic() + settings.LOOK_EVERY_MS / 1000 * random.uniform(0.7, 1.3))  # noqa: S311 (jitter)
    connection.close()


def _read_until(poll_at: float) -> None:
    """Read a batch whenever something was stored, until the next poll is due, or a page came."""
    while _woken.wait(max(0.0, poll_at - time.monotonic())) and not _stopping.is_set():
        _woken.clear()
        if _page_came.is_set():
            _page_came.clear()
            return
        with _surviving():
            recognize.recognize_batch(on_more=_woken.set)
            note_alive()
        if time.monotonic() >= poll_at:
            return


def _check_progress() -> None:
    """End this process if it has made no progress for MAX_FAILED_CHECKS checks; its supervisor starts a new one.

    The first poll, which loads the model, may take any time.
    """
    seen, failed = 0, 0
    while not _stopping.wait(CHECK_EVERY_S):
        done = _polls + recognize.steps
        failed = failed + 1 if done == seen and done else 0
        seen = done
        if failed == MAX_FAILED_CHECKS:
            logger.critical("this worker has made no progress for %d s: it ends itself", failed * CHECK_EVERY_S)
            faulthandler.dump_traceback(file=STDERR)
            os._exit(STALLED)


def poll(*, is_note_due: bool = True) -> bool:
    """Read one batch of drawings, do a job, a page of a sheet, an export and a comparison, as far as they wait.

    Return True if there was any.

    If there was none, the challenger may read one drawing in shadow. Never raises.

    is_note_due: whether to record first that this worker is up.
    """
    with _surviving():
        has_found = _serve_people(is_note_due=is_note_due)
        has_found = exports.run_next(go_on=_may_go_on) or has_found
        has_found = comparison.run_next(go_on=_may_go_on) or has_found
        if not has_found:
            challenger.read_next()  # at most one drawing a poll
        return has_found
    return False


@contextmanager
def _surviving() -> Iterator[None]:
    """Log what is raised, and go on."""
    try:
        yield
    except CannotLoad:  # logged when it was tried; the rows are left to other workers
        pass
    except DatabaseError as error:  # Postgres is away: the rows wait, and the next poll has a new connection
        logger.warning("cannot poll the tables: %s", str(error).strip().splitlines()[0])
        connection.close()
        note_alive()
    except Exception:  # the watch must survive a failed batch; its rows went back, and their attempts are counted
        logger.exception("a batch failed")


def _serve_people(*, is_note_due: bool = True) -> bool:
    """Record that this worker is up, read one batch of drawings, do one job and one page; True if there was any."""
    global _polls
    try:
        if is_note_due:
            note_seen()
        has_found = recognize.recognize_batch() + jobs.run_next() > 0
        has_found = sheets.run_next() or has_found
    except CannotLoad:  # logged when it was tried; the rows are left to other workers
        return False
    finally:
        _polls += 1
    note_alive()
    return has_found


def _may_go_on() -> bool:
    """Serve people in the middle of an export or a comparison; False if this worker is about to end."""
    try:
        _serve_people()
    except DatabaseError:
        raise
    except Exception:  # as in `poll`; it is not the fault of the models that are compared
        logger.exception("a batch failed")
    return not _stopping.is_set()


def note_alive() -> None:
    """Touch HEARTBEAT_FILE, if it is set. Not called while this worker can load no model and so reads nothing."""
    if settings.HEARTBEAT_FILE:
        Path(settings.HEARTBEAT_FILE).touch()


def note_seen() -> None:
    """Record this worker's heartbeat, and load the live model, or record why that is not possible. Two queries."""
    row = WorkerSeen(name=recognize.WORKER_NAME, code=settings.CODE_VERSION)
    try:
        loaded = live()
    except (registry.NoModel, CannotLoad) as error:
        row.trouble = str(error)[:300]
    else:
        row.device, row.runtime = loaded.reader.network.device, loaded.reader.network.runtime
        row.model_version, row.trouble = loaded.version, refusal()[:300]
    row.clock_ahead_s = _clock_ahead_s()
    WorkerSeen.objects.bulk_create(
        [row],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["device", "runtime", "model_version", "code", "trouble", "seen_at", "clock_ahead_s"],
    )


def _clock_ahead_s() -> Any:
    """Return how far this process' clock is ahead of Postgres' when the row is written, as an expression."""
    return ExpressionWrapper(Value(time.time()) - Extract(Now(), "epoch"), FloatField())
