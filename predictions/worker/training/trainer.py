"""The trainer: takes training runs one by one, and does each in a process of its own, so that reading never suffers."""

import logging
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from threading import Event

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection

from predictions import claims
from predictions.claims import Interrupted
from predictions.models import Stage, TrainingRun
from predictions.worker.watch import note_alive
from predictions.worker.watchdog import leased

POLL_S = 2.0
END_LIMIT_S = 20.0  # for a child that was asked to end
NICENESS = 10

logger = logging.getLogger(__name__)
_stopping = Event()


def stop() -> None:
    """End after the current step: a run that is not done goes back to the queue, and its attempt is not counted."""
    _stopping.set()


def serve() -> None:
    """Do runs until `stop` is called."""
    _stopping.clear()
    while not _stopping.is_set():
        try:
            has_found = run_next()
            note_alive()
        except Interrupted:
            break
        except DatabaseError as error:
            logger.warning("cannot look for training runs: %s", str(error).strip().splitlines()[0])
            connection.close()
            has_found = False
        if not has_found:
            _stopping.wait(POLL_S)


def run_next() -> bool:
    """Do the first waiting run, if there is one; return whether there was. Raises Interrupted if we were stopped."""
    close_old_connections()
    with claims.claimed_training_run() as rows:
        for run in rows:
            rows.claimed.update(stage=Stage.COLLECTING)
            with leased(rows):
                _wait_for(subprocess.Popen(_command(run), env=_environment(os.environ)), run)  # noqa: S603 (our own)
        return bool(rows)


def _command(run: TrainingRun) -> list[str]:
    manage = Path(settings.BASE_DIR) / "manage.py"
    return [sys.executable, str(manage), "trainer", "--run", str(run.pk), "--claim", str(run.claim)]


def _environment(ours: Mapping[str, str]) -> dict[str, str]:
    threads = str(settings.TRAINING_THREADS)
    limits = {"TF_NUM_INTRAOP_THREADS": threads, "TF_NUM_INTEROP_THREADS": "1", "OMP_NUM_THREADS": threads}
    return dict(ours) | limits | {"TF_CPP_MIN_LOG_LEVEL": "2"}


def _wait_for(child: "subprocess.Popen[bytes]", run: TrainingRun) -> None:
    """Wait until the child has done the run, or has failed; then its attempt is counted and it is tried again."""
    try:
        while child.poll() is None:
            note_alive()
            if _stopping.wait(1.0):
                raise Interrupted
    finally:
        if child.poll() is None:
            child.terminate()
            try:
                child.wait(END_LIMIT_S)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
    if child.returncode:
        logger.error("training run %s: its process ended with status %d", run.name, child.returncode)
