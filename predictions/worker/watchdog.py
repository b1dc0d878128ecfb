"""What holds while a batch is read: its lease is renewed, and a process that hangs is ended.

Celery's solo pool knows no time limits; `faulthandler`'s timer is a C thread, so it works although the GIL is held.
"""

import faulthandler
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection

from predictions import claims
from predictions.claims import Batch

STDERR = 2  # the real one: Celery replaces sys.stderr

logger = logging.getLogger(__name__)


@contextmanager
def guarded(batch: Batch[Any]) -> Iterator[None]:
    """Keep the lease of `batch` while the block runs, and end this process if that takes over WATCHDOG_S seconds.

    The first renewal comes after a third of LEASE_S, so a quick batch costs no query and no second connection.
    """
    with leased(batch), watched():
        yield


@contextmanager
def leased(batch: Batch[Any]) -> Iterator[None]:
    """Renew the lease of `batch` while the block runs, without limiting its time."""
    done = Event()
    Thread(target=_renew_until, args=(batch, done), name="lease", daemon=True).start()
    try:
        yield
    finally:
        done.set()


@contextmanager
def watched() -> Iterator[None]:
    """End this process if the block takes over WATCHDOG_S seconds. For whoever holds `network_lock`: it counts once."""
    faulthandler.dump_traceback_later(settings.WATCHDOG_S, exit=True, file=STDERR)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()


def _renew_until(batch: Batch[Any], done: Event) -> None:
    try:
        while not done.wait(settings.LEASE_S / 3):
            try:
                claims.renew(batch)
            except DatabaseError as error:  # tried again; if the lease ends meanwhile, the claim fences us off
                logger.warning("could not renew a lease: %s", error)
                connection.close()
    finally:
        connection.close()
