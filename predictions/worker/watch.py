"""Look at the table without being rung, and say that this worker lives. Recognition goes on with Redis gone."""

import faulthandler
import logging
import os
import random
from pathlib import Path
from threading import Event, Thread

from django.conf import settings
from django.db import DatabaseError, connection

from predictions import registry
from predictions.models import WorkerSeen
from predictions.worker import comparison, jobs, recognize
from predictions.worker.model_cache import CannotLoad, live, refusal
from predictions.worker.watchdog import STDERR

logger = logging.getLogger(__name__)

PULSE_EVERY_S = 5.0
PULSES_MISSED = 9  # so 45 s of our own time: a process that was stopped and goes on misses one
STALLED = 70  # the status with which a worker ends itself: EX_SOFTWARE

_stopping = Event()
_thread: Thread | None = None
_looks = 0


def start() -> None:
    """Start the watch of this process: a daemon thread that ends with `stop`, and the pulse that watches it."""
    global _thread
    _stopping.clear()
    Thread(target=_feel_pulse, name="pulse", daemon=True).start()
    _thread = Thread(target=_watch, name="watch", daemon=True)
    _thread.start()


def stop() -> None:
    """Take no new batch from the watch."""
    _stopping.set()


def finish() -> None:
    """Wait for the batch that the watch still reads; the process would end in the middle of it."""
    if _thread:
        _thread.join(settings.WATCHDOG_S)


def _watch() -> None:
    """Look about every LOOK_EVERY_MS, not all workers at once, and again at once while there was something."""
    while not _stopping.is_set():
        if not look():
            _stopping.wait(settings.LOOK_EVERY_MS / 1000 * random.uniform(0.7, 1.3))  # noqa: S311 (jitter)
    connection.close()


def _feel_pulse() -> None:
    """End this process, for whoever starts it again, if it lives but has looked at nothing for PULSES_MISSED pulses.

    The first look, which loads the model, may take as long as it likes.
    """
    seen, missed = 0, 0
    while not _stopping.wait(PULSE_EVERY_S):
        done = _looks + recognize.steps
        missed = missed + 1 if done == seen and done else 0
        seen = done
        if missed == PULSES_MISSED:
            logger.critical("this worker lives but takes nothing: it ends itself")
            faulthandler.dump_traceback(file=STDERR)
            os._exit(STALLED)


def look() -> bool:
    """Read one batch of what waits, carry out an errand, and compare two versions if that waits; True if there was any.

    Never raises.
    """
    try:
        has_found = _attend()
        return comparison.judge_next(go_on=_has_attended) or has_found
    except DatabaseError as error:  # Postgres is away: nothing is lost, the rows wait; asked again with a new line
        logger.warning("cannot look at the table: %s", str(error).strip().splitlines()[0])
        connection.close()
        note_alive()
    except Exception:  # the watch must outlive any one batch; the rows went back and their attempts are counted
        logger.exception("a batch failed")
    return False


def _attend() -> bool:
    """Say that this worker lives, read one batch of what waits and carry out an errand; True if there was any."""
    global _looks
    try:
        note_seen()
        has_found = recognize.recognize_batch() + jobs.carry_out_next() > 0
    except CannotLoad:  # told when it was tried; the rows are left to other workers
        return False
    finally:
        _looks += 1
    note_alive()
    return has_found


def _has_attended() -> bool:
    """Let people have their turn in the middle of a comparison; False if this worker is to end."""
    try:
        _attend()
    except DatabaseError:
        raise
    except Exception:  # as in `look`; no candidate is to blame for it
        logger.exception("a batch failed")
    return not _stopping.is_set()


def note_alive() -> None:
    """Touch HEARTBEAT_FILE, if there is one. Not while no model can be loaded, for then others must do the reading."""
    if settings.HEARTBEAT_FILE:
        Path(settings.HEARTBEAT_FILE).touch()


def note_seen() -> None:
    """Write this worker's sign of life, and load the live model if it is not; tell why if it cannot. Two queries."""
    row = WorkerSeen(name=recognize.WORKER_NAME, code=settings.CODE_VERSION)
    try:
        loaded = live()
    except (registry.NoModel, CannotLoad) as error:
        row.trouble = str(error)[:300]
    else:
        row.device, row.runtime = loaded.reader.network.device, loaded.reader.network.runtime
        row.model_version, row.trouble = loaded.version, refusal()[:300]
    WorkerSeen.objects.bulk_create(
        [row],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["device", "runtime", "model_version", "code", "trouble", "seen_at"],
    )
