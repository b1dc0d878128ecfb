"""The delivery worker: a process that sends what the outbox holds, so that no other process needs a way to outside."""

import logging
import os
import random
import time
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from threading import Event, Thread

from django.conf import settings
from django.db import DatabaseError, connection

from accounts import outbox

logger = logging.getLogger(__name__)

POLL_EVERY_S = 2.0
CHECK_EVERY_S = 2.0
FINISH_WITHIN_S = 30.0  # below `stop_grace_period` in docker-compose.yml
STALLED = 70  # the exit status of a worker that ends itself: EX_SOFTWARE


class DeliveryWorker:
    """Sends mail in a thread of its own, while the main thread sees that it makes progress.

    others: modules with `send_one` and `delete_old`, each called in a thread of its own, so that what they send holds
        up no mail. They limit the time of each sending themselves.
    """

    def __init__(self, others: Sequence[str] = ()) -> None:
        self._stopping = Event()
        self._thread = Thread(target=self._poll, name="outbox", daemon=True)
        self._others = [Thread(target=self._poll_other, args=[name], name=name, daemon=True) for name in others]
        self._progress_at = time.monotonic()

    def serve(self) -> None:
        """Send mail until KeyboardInterrupt, then wait up to FINISH_WITHIN_S for the mail being sent.

        Ends the process if one mail takes longer than its lease, after which another worker may send it.
        """
        try:
            for thread in (self._thread, *self._others):
                thread.start()
            while self.is_making_progress():
                touch_heartbeat()
                time.sleep(CHECK_EVERY_S)
        except KeyboardInterrupt:
            self._stopping.set()
            until = time.monotonic() + FINISH_WITHIN_S
            for thread in (self._thread, *self._others):
                thread.join(max(0.0, until - time.monotonic()))
        else:
            logger.critical("this worker has made no progress for %s: it ends itself", outbox.LEASE)
            os._exit(STALLED)

    def is_making_progress(self) -> bool:
        """Return whether the thread runs and has taken no longer for one mail than its lease."""
        return self._thread.is_alive() and time.monotonic() - self._progress_at < outbox.LEASE.total_seconds()

    def _poll(self) -> None:
        """Look for mail about every POLL_EVERY_S, with jitter between workers."""
        while not self._stopping.is_set():
            try:
                while not self._stopping.is_set() and outbox.send_one():
                    self._progress_at = time.monotonic()
                outbox.delete_old()
            except DatabaseError as error:  # the rows wait until Postgres is back
                logger.warning("cannot query the outbox: %s", str(error).strip().splitlines()[0])
                connection.close()
            except Exception:  # logged; the thread must outlive any one mail
                logger.exception("sending mail failed")
            self._progress_at = time.monotonic()
            self._stopping.wait(POLL_EVERY_S * random.uniform(0.7, 1.3))  # noqa: S311 (jitter)
        connection.close()

    def _poll_other(self, name: str) -> None:
        """Look for what else is to be sent, as for mail."""
        module = import_module(name)
        while not self._stopping.is_set():
            try:
                while not self._stopping.is_set() and module.send_one():
                    pass
                module.delete_old()
            except DatabaseError as error:  # the rows wait until Postgres is back
                logger.warning("%s: cannot query: %s", name, str(error).strip().splitlines()[0])
                connection.close()
            except Exception:  # logged; the thread must outlive any one sending
                logger.exception("%s failed", name)
            self._stopping.wait(POLL_EVERY_S * random.uniform(0.7, 1.3))  # noqa: S311 (jitter)
        connection.close()


def touch_heartbeat() -> None:
    """Touch HEARTBEAT_FILE, if set."""
    if settings.HEARTBEAT_FILE:
        Path(settings.HEARTBEAT_FILE).touch()
