"""Delete 100,000 drawings of one person, undo that, and let retention empty them, beside a worker and new drawings.

    .venv/bin/python -m bench.growth.deleting [--rows 100000]

Starts a temporary PostgreSQL and Redis. Beside each step, somebody else sends a drawing every 20 ms, and a thread
claims and finishes what waits, as a worker does that reads in no time. 200 of the deleted drawings are waiting then.
"""

import argparse
import io
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Event, Thread
from typing import Any

from bench.growth.__main__ import database

PAUSE_S = 0.02
IDLE_S = 5.0
WAITING = 200
Times = defaultdict[str, list[float]]  # of each kind, in ms


@contextmanager
def timed(times: Times, kind: str) -> Iterator[None]:
    """Note how long the block took."""
    began = time.perf_counter()
    yield
    times[kind].append(1000 * (time.perf_counter() - began))


@contextmanager
def during(*acts: Callable[[Times], None]) -> Iterator[Times]:
    """Repeat each act in a thread of its own during the block; yields how long they took."""
    from django.db import connection

    times, stop = Times(list), Event()

    def repeat(act: Callable[[Times], None]) -> None:
        while not stop.is_set():
            act(times)
            time.sleep(PAUSE_S)
        connection.close()

    threads = [Thread(target=repeat, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    try:
        yield times
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def traffic(sender: Any, version: Any) -> tuple[Callable[[Times], None], Callable[[Times], None]]:
    """Return what sends a drawing of this user, and what claims and finishes what waits, read by this version."""
    from predictions import claims, lifecycle
    from tests.factories import make_prediction, make_submission

    def send(times: Times) -> None:
        with timed(times, "send"):
            make_submission(sender)

    def work(times: Times) -> None:
        batch = claims.claimed(8)
        with timed(times, "claim"):
            claimed = batch.__enter__()
        with timed(times, "finish"):
            lifecycle.succeed_all(
                [lifecycle.FinishedReading(row, make_prediction(row, version), {}) for row in claimed]
            )
        batch.__exit__(None, None, None)

    return send, work


def fill(rows: int) -> None:
    """Store a history of `rows` drawings of one person, person-0, and those of others."""
    from django.core.management import call_command
    from django.db import connection

    from bench.growth.fill_database import DRAWINGS, GROWING, PREDICTIONS, contents
    from bench.growth.fill_long_history import fill_histories
    from ml.types import PREPROCESSING_VERSION
    from predictions.models import ModelVersion

    call_command("install_model", stdout=io.StringIO())
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        fill_histories([rows])
        version = ModelVersion.objects.live().get()
        kept = contents()
        cursor.execute(DRAWINGS, {name: kept[name] for name in ("strokes", "pictures")})
        values: dict[str, Any] = {
            "version": version.pk,
            "preprocessing": PREPROCESSING_VERSION,
            "readings": kept["readings"],
        }
        cursor.execute(PREDICTIONS, values)
        for name in GROWING:
            cursor.execute(f"VACUUM (ANALYZE) predictions_{name}")
        cursor.execute("SET statement_timeout = '15s'")


def measure(rows: int) -> None:
    """Fill the tables and print the table."""
    from django.db import connection

    from accounts.models import User
    from predictions.models import Deletion, Drawing, ModelVersion, Submission
    from predictions.services.selection import deletion
    from predictions.services.selection.chosen import newest_key, select_all
    from predictions.worker import retention
    from tests.factories import make_submission

    fill(rows)
    alice, bob = (User.objects.get(username=f"person-{number}") for number in (0, 1))
    version = ModelVersion.objects.live().get()

    send, work = traffic(bob, version)

    def step(name: str, act: Callable[[], object]) -> object:
        with during(send, work) as times:
            began = time.perf_counter()
            done = act()
            took_s = time.perf_counter() - began
        cells = [
            f"{statistics.median(times[kind]):.1f}, {max(times[kind]):.0f}" for kind in ("claim", "finish", "send")
        ]
        print(f"| {name} | {took_s:.1f} | {' | '.join(cells)} |", flush=True)
        return done

    def compute() -> None:
        enough_at = time.monotonic() + IDLE_S
        with connection.cursor() as cursor:
            while time.monotonic() < enough_at:
                cursor.execute("SELECT count(md5(n::text)) FROM generate_series(1, 300000) AS n")

    print("| step | s | claim: median, longest (ms) | finish | send |\n|---|---|---|---|---|")
    step("nothing", lambda: time.sleep(IDLE_S))
    step("compute in Postgres, without locks", compute)
    for _ in range(WAITING):
        make_submission(alice, lane="bulk")
    own = Submission.objects.of(alice).current()
    selected = select_all(own, newest_key(own) or 0)
    first = step(f"delete {rows + WAITING:,}", lambda: deletion.delete_selected(alice, selected))
    assert isinstance(first, Deletion)  # noqa: S101
    step("undo", lambda: deletion.restore(alice, first.pk))
    assert own.count() == rows + WAITING  # noqa: S101
    for each in (deletion.delete_selected(alice, selected), deletion.delete_selected(alice, selected)):
        if each:
            past = each.at - timedelta(minutes=2)
            Submission.objects.filter(deleted_at=each.at).update(deleted_at=past)
            Deletion.objects.filter(pk=each.pk).update(at=past, ended_at=past)
    step("one sweep", retention.delete_expired)
    left = Drawing.objects.filter(submission__owner=alice, submission__deleted_at__isnull=False).count()
    print(f"\nThat sweep, of which there is one every 30 s, emptied {rows + WAITING - left:,} drawings.")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    options = parser.parse_args()
    with database():
        measure(options.rows)


if __name__ == "__main__":
    main()
