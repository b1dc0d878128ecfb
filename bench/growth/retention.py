"""Delete what RETENTION_DAYS says of 1,000,000 drawings, beside a worker and somebody who sends drawings.

    .venv/bin/python -m bench.growth.retention [--rows 1000000] [--days 365] [--sweeps 12] [--out FILE]

Starts a temporary PostgreSQL and Redis. The drawings are spread over two years. A sweep deletes for five seconds and
comes every 30; here the next comes after as long a pause without one, so that both are measured by turns, in the same
minutes. The times are those of claims and of stored drawings, one of each every 20 ms.
"""

import argparse
import statistics
import time
from pathlib import Path

from bench.growth.__main__ import database, empty, vacuum
from bench.growth.deleting import Times, during, traffic

KINDS = ("claim", "finish", "send")


def fill(rows: int) -> None:
    """Fill the tables."""
    from bench.growth.fill_database import fill_database
    from predictions.models import ModelVersion, Submission

    empty()
    fill_database(rows, ModelVersion.objects.live().get())
    Submission.objects.unfinished().delete()
    vacuum()


def wal_bytes() -> int:
    """Return where the log of Postgres ends."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn")
        return int(cursor.fetchone()[0])


def measure(rows: int, days: int, sweeps: int) -> str:
    """Fill, delete and return the tables."""
    from django.conf import settings

    from accounts.models import User
    from predictions.models import ModelVersion, Submission
    from predictions.worker import old_drawings
    from predictions.worker.slices import BUDGET_S

    fill(rows)
    bob, version = User.objects.get(username="person-1"), ModelVersion.objects.live().get()

    send, work = traffic(bob, version)
    found = {"without": Times(list), "with": Times(list)}
    deleted, took_s, wal, is_finished = 0, 0.0, 0, False
    for _ in range(sweeps):
        with during(send, work) as times:
            time.sleep(BUDGET_S)
        for kind in KINDS:
            found["without"][kind] += times[kind]
        settings.RETENTION_DAYS = days
        with during(send, work) as times:
            wal_before, began = wal_bytes(), time.perf_counter()
            outcome = old_drawings.delete_old()
            took_s += time.perf_counter() - began
            wal += wal_bytes() - wal_before
        for kind in KINDS:
            found["with"][kind] += times[kind]
        deleted, is_finished = deleted + outcome.count, outcome.is_finished
        print(f"{deleted:,} deleted in {took_s:.1f} s", flush=True)
        if is_finished:
            break
    left = Submission.objects.count()
    return table(found, f"{deleted:,} of {rows:,}, {left:,} left", deleted / took_s, wal / max(deleted, 1))


def table(found: dict[str, Times], deleted: str, rate: float, wal: float) -> str:
    """Return the figures in Markdown."""
    lines = ["| ms: median, 95%, longest | claim | finish | send |", "|---|---|---|---|"]
    for name, times in found.items():
        cells = []
        for kind in KINDS:
            ordered = sorted(times[kind])
            cells.append(
                f"{statistics.median(ordered):.1f}, {ordered[int(0.95 * len(ordered))]:.0f}, {ordered[-1]:.0f}"
            )
        lines.append(f"| {name} deletion | {' | '.join(cells)} |")
    lines += ["", f"Deleted {deleted}: {rate:,.0f} a second while it runs, {wal / 1000:.1f} kB of WAL each."]
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--sweeps", type=int, default=12)
    parser.add_argument("--out", type=Path, help="a Markdown file to write the tables to")
    options = parser.parse_args()
    with database():
        text = measure(options.rows, options.days, options.sweeps)
    print(text)
    if options.out:
        options.out.write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
