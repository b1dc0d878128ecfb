"""While a batch is read, renew its lease, and end this process if it hangs.

Celery's solo pool has no time limits. `faulthandler`'s timer is a C thread, so it works even while the GIL is held.
"""

import faulthandler
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Lock, Thread
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection

from predictions import claims
from predictions.claims import Batch

REARM_AFTER = 0.05  # of WATCHDOG_S
STDERR = 2  # the real one: Celery replaces sys.stderr

logger = logging.getLogger(__name__)


@contextmanager
def guarded(batch: Batch[Any]) -> Iterator[Callable[[], None]]:
    """Renew the lease of `batch` while the block runs, under the watchdog of `watched`."""
    with leased(batch), watched() as rearm:
        yield rearm


class LeaseKeeper:
    """One thread of this process that renews the leases of all batches that it holds for long.

    It looks TICKS times in a third of LEASE_S, so that beginning and ending a batch wakes nobody.
    """

    TICKS = 4

    def __init__(self) -> None:
        self._lock = Lock()
        self._due_at: dict[int, tuple[Batch[Any], float]] = {}  # by id of the batch: when to renew, by time.monotonic()
        self._thread: Thread | None = None
        self._shorter = Event()
        self._tick_s = 0.0

    def hold(self, batch: Batch[Any]) -> None:
        """Renew the lease of `batch` from a third of LEASE_S on, until `release`."""
        period_s = settings.LEASE_S / 3
        with self._lock:
            self._due_at[id(batch)] = batch, time.monotonic() + period_s
            if self._thread is None or not self._thread.is_alive():  # the first batch, or the first after a fork
                self._tick_s = period_s / self.TICKS
                self._thread = Thread(target=self._keep, name="leases", daemon=True)
                self._thread.start()
            elif period_s / self.TICKS < self._tick_s:
                self._shorter.set()

    def release(self, batch: Batch[Any]) -> None:
        """Let the lease of `batch` end by itself."""
        with self._lock:
            self._due_at.pop(id(batch), None)

    def _keep(self) -> None:
        while True:
            self._shorter.wait(self._tick_s)
            self._shorter.clear()
            period_s = settings.LEASE_S / 3
            self._tick_s, now = period_s / self.TICKS, time.monotonic()
            with self._lock:
                due = [batch for batch, at in self._due_at.values() if at <= now]
                self._due_at |= {id(batch): (batch, now + period_s) for batch in due}
                is_idle = not self._due_at
            for batch in due:
                _renew(batch)
            if is_idle:
                connection.close()


_leases = LeaseKeeper()


def _renew(batch: Batch[Any]) -> None:
    try:
        claims.renew(batch)
    except DatabaseError as error:  # tried again; if the lease ends meanwhile, our claim is void
        logger.warning("could not renew a lease: %s", error)
        connection.close()
    except Exception:  # the thread has to go on for other batches; whose lease ends is claimed again
        logger.exception("could not renew a lease")


@contextmanager
def leased(batch: Batch[Any]) -> Iterator[None]:
    """Renew the lease of `batch` while the block runs, without limiting its time.

    The first renewal comes after a third of LEASE_S, so a quick batch costs no query and no second connection.
    """
    _leases.hold(batch)
    try:
        yield
    finally:
        _leases.release(batch)


@contextmanager
def watched() -> Iterator[Callable[[], None]]:
    """End this process if the block hangs: if WATCHDOG_S pass without a call of the function it yields.

    There is one watchdog in a process, so only the thread that holds `network_lock` may use it. Arming it starts a
    thread, so a call soon after another does nothing: what follows it has a little less than WATCHDOG_S.
    """
    armed_at = time.monotonic()
    _arm()

    def rearm() -> None:
        nonlocal armed_at
        if time.monotonic() - armed_at > settings.WATCHDOG_S * REARM_AFTER:
            armed_at = time.monotonic()
            _arm()

    try:
        yield rearm
    finally:
        faulthandler.cancel_dump_traceback_later()


def _arm() -> None:
    faulthandler.dump_traceback_later(settings.WATCHDOG_S, exit=True, file=STDERR)  # restarts a running timer
