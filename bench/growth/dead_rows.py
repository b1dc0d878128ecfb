"""Measure what a claim costs with 100,000 dead rows in the queue's table, cleaned up by vacuum or not.

    .venv/bin/python -m bench.growth.dead_rows [--dead 100000] [--out docs/figures/dead_rows.md]

Starts a temporary PostgreSQL and Redis, and makes copies of one filled database. In all but the first, half as many
drawings as `--dead` are queued, claimed and finished, which leaves two dead rows of each. Then claims of a batch of 8
are measured in each copy by turns, so that what else the machine does slows all of them alike; each claim is rolled
back. `held`: another session has had a transaction open since before the drawings were queued, as a backup does, so
that nothing may be cleaned up.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg

from bench.growth.__main__ import database

ROWS, BATCH, ROUNDS, CLAIMS = 20_000, 8, 5, 15
QUEUE = """
    INSERT INTO predictions_submission (id, owner_id, guest_key, source, lane, body_sha256, kept_bytes, may_train,
        status, attempts, error_code, text, verdict, label_by, available_at, created_at, queued_at)
    SELECT gen_random_uuid(), owner_id, '', 'draw', 'interactive', '', 900, false, 'queued', 0, '', '', '', '',
        now(), now(), now()
    FROM (SELECT owner_id FROM predictions_submission WHERE owner_id IS NOT NULL LIMIT %s) AS owners
"""
CLAIM = """
    UPDATE predictions_submission SET status = 'running', claim = gen_random_uuid(), attempts = 1,
        lease_until = now() + interval '6 s', started_at = now()
    WHERE status = 'queued'
"""
FINISH = """
    UPDATE predictions_submission SET status = 'succeeded', claim = NULL, lease_until = NULL, finished_at = now(),
        text = '7', verdict = 'digit', confidence = 0.99
    WHERE status = 'running'
"""
STATES = {
    "clean": "no dead rows",
    "vacuumed": "after a vacuum",
    "dead": "without a vacuum",
    "held": "without a vacuum, beside a transaction that is open since before",
}


def use(name: str) -> None:
    """Let Django use another database of the same server."""
    from django.db import connection

    connection.close()
    connection.settings_dict["NAME"] = name


def server(name: str = "postgres") -> psycopg.Connection:
    """Connect to a database without Django."""
    from django.db import connection

    parameters = connection.get_connection_params()
    wanted = {key: parameters[key] for key in ("host", "user", "password", "port") if parameters.get(key)}
    return psycopg.connect(**wanted, dbname=name, autocommit=True)


def make_copies(source: str) -> None:
    """Make a database for each state, from one that is filled, without autovacuum."""
    from django.db import connection

    connection.close()
    with server() as admin:
        for name in STATES:
            admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{source}"')


def soil(name: str, dead: int) -> None:
    """Leave `dead` dead rows behind, as the reading of half as many drawings does, then queue one more batch."""
    with server(name) as session:
        if dead:
            left = dead // 2
            while left > 0:
                left -= session.execute(QUEUE, [min(left, ROWS)]).rowcount
            session.execute(CLAIM)
            session.execute(FINISH)
        session.execute("ANALYZE predictions_submission")
        if name == "vacuumed":
            session.execute("VACUUM predictions_submission")
        session.execute(QUEUE, [BATCH * 4])


def claim_ms() -> float:
    """Claim a batch as a worker does, roll that back, and return how long the claim took."""
    from django.db import transaction

    from predictions.claims import submissions

    with transaction.atomic():
        began = time.perf_counter()
        batch = submissions.claim_batch(BATCH)
        took_ms = 1000 * (time.perf_counter() - began)
        assert len(batch) == BATCH, len(batch)  # noqa: S101
        transaction.set_rollback(True)
    return took_ms


def measure(dead: int, prepare: Callable[[], None] = lambda: None) -> dict[str, list[float]]:
    """Return the times of claims in each state, in ms, in the order in which they were measured."""
    times: dict[str, list[float]] = {name: [] for name in STATES}
    for _ in range(ROUNDS):
        for name in STATES:
            use(name)
            prepare()
            times[name] += [claim_ms() for _ in range(CLAIMS)]
    return times


def fill() -> str:
    """Fill the database and return its name."""
    from django.db import connection

    from bench.growth.__main__ import empty, vacuum
    from bench.growth.fill_database import fill_database
    from predictions.models import ModelVersion, Submission

    empty()
    fill_database(ROWS, ModelVersion.objects.live().get())
    Submission.objects.unfinished().delete()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE predictions_submission SET (autovacuum_enabled = off)")
    vacuum()
    return str(connection.settings_dict["NAME"])


def table(times: dict[str, list[float]], dead: int) -> str:
    """Return a Markdown table."""
    clean = statistics.median(times["clean"])
    lines = [f"| {dead:,} dead rows | first claim (ms) | median (ms) | of a clean table |", "|---|---|---|---|"]
    for name, words in STATES.items():
        median = statistics.median(times[name])
        lines.append(f"| {words} | {times[name][0]:.1f} | {median:.1f} | {median / clean:.2f} |")
    return "\n".join(lines)


def run(dead: int) -> str:
    """Fill, measure and return the table."""
    make_copies(fill())
    with server("held") as reader:
        reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        reader.execute("SELECT count(*) FROM predictions_submission")
        for name in STATES:
            soil(name, 0 if name == "clean" else dead)
        times: dict[str, Any] = measure(dead)
        reader.execute("ROLLBACK")
    return table(times, dead)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dead", type=int, default=100_000)
    parser.add_argument("--out", type=Path, help="a Markdown file to write the table to")
    options = parser.parse_args()
    with database():
        text = run(options.dead)
    print(text)
    if options.out:
        options.out.write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
