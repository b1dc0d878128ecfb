"""While a batch is read, renew its lease, and end this process if it hangs.

Celery's solo pool has no time limits. `faulthandler`'s timer is a C thread, so it works even while the GIL is held.
"""

import faulthandler
import logging
from collections.abc import Callable, Iterator
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
def guarded(batch: Batch[Any]) -> Iterator[Callable[[], None]]:
    """Renew the lease of `batch` while the block runs, under the watchdog of `watched`."""
    with leased(batch), watched() as rearm:
        yield rearm


@contextmanager
def leased(batch: Batch[Any]) -> Iterator[None]:
    """Renew the lease of `batch` while the block runs, without limiting its time.

    The first renewal comes after a third of LEASE_S, so a quick batch costs no query and no second connection.
    """
    done = Event()
    Thread(target=_renew_until, args=(batch, done), name="lease", daemon=True).start()
    try:
        yield
    finally:
        done.set()


@contextmanager
def watched() -> Iterator[Callable[[], None]]:
    """End this process if the block hangs: if WATCHDOG_S pass without a call of the function it yields.

    There is one watchdog in a process, so only the thread that holds `network_lock` may use it.
    """
    _arm()
    try:
        yield _arm
    finally:
        faulthandler.cancel_dump_traceback_later()


def _arm() -> None:
    faulthandler.dump_traceback_later(settings.WATCHDOG_S, exit=True, file=STDERR)  # restarts a running timer


def _renew_until(batch: Batch[Any], done: Event) -> None:
    try:
        while not done.wait(settings.LEASE_S / 3):
            try:
                claims.renew(batch)
            except DatabaseError as error:  # tried again; if the lease ends meanwhile, our claim is void
                logger.warning("could not renew a lease: %s", error)
                connection.close()
    finally:
        connection.close()
