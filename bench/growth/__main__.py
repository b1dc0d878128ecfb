"""Measure every operation on a database of 10,000, 100,000 and 1,000,000 submissions.

    .venv/bin/python -m bench.growth [--rows 10000 100000 1000000] [--out bench/GROWTH.md]

Starts a temporary PostgreSQL and Redis. Buffers are the 8 KiB pages that all statements of an operation touch, as
EXPLAIN (ANALYZE, BUFFERS) counts them; they are exact on a busy machine too. Times are medians in milliseconds and
include the web's share. The user whose pages are measured has 500 submissions at each size.

    .venv/bin/python -m bench.growth --persons-rows 1000 100000 [--out bench/HISTORY.md]

measures the histories of persons who have as many, in turns: see `long_history`.
"""

import argparse
import contextlib
import io
import os
import statistics
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from local.servers.start import temporary_servers
from local.testing import site_settings

REPEATS = 9
INTRODUCTION = """\
Written by `python -m bench.growth --out bench/GROWTH.md`. Buffers are the 8 KiB pages that all statements of an
operation touch; times are medians."""
Found = dict[str, dict[str, Any]]  # by operation: "buffers", "ms", "scanned"


def operations_of_all() -> dict[str, Callable[[], object]]:
    """Return every operation on the current tables."""
    from accounts.models import User
    from bench.growth.fill_database import MEASURED_ROWS
    from bench.growth.operations import operations
    from predictions.models import ModelVersion

    measured, version = User.objects.get(username="person-0"), ModelVersion.objects.live().get()
    assert measured.submissions.count() == MEASURED_ROWS  # noqa: S101
    return operations(measured, version)


def measure(operations: dict[str, Callable[[], object]]) -> Found:
    """Measure these operations on the current tables."""
    return {name: measure_in_turns([operation])[0] for name, operation in operations.items()}


def measure_in_turns(operations: Sequence[Callable[[], object]]) -> list[dict[str, Any]]:
    """Measure operations that are compared, in turns, so that what else the machine does slows all of them alike."""
    from bench.growth.query_plans import explained, run_and_roll_back, time_ms

    times = [[time_ms(operation) for operation in operations] for _ in range(REPEATS)]
    found = []
    for operation, taken in zip(operations, zip(*times, strict=True), strict=True):
        with explained() as plans:
            run_and_roll_back(operation)
        found.append({"buffers": plans.buffers, "ms": statistics.median(taken), "scanned": sorted(plans.scanned)})
    return found


def table_bytes() -> int:
    """Return the bytes on disk of the growing tables and their indexes."""
    from django.db import connection

    from bench.growth.fill_database import GROWING

    with connection.cursor() as cursor:
        tables = [f"predictions_{name}" for name in GROWING]
        cursor.execute("SELECT sum(pg_total_relation_size(name::regclass)) FROM unnest(%s::text[]) name", [tables])
        return int(cursor.fetchone()[0])


def empty() -> None:
    """Empty the tables, but for a live model."""
    from django.core.management import call_command
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("TRUNCATE accounts_user, predictions_historyterm CASCADE")  # cascades to all other tables
    call_command("install_model", stdout=io.StringIO())


def vacuum() -> None:
    """Vacuum what was filled, and update its statistics."""
    from django.db import connection

    from bench.growth.fill_database import GROWING

    with connection.cursor() as cursor:
        for name in GROWING:
            cursor.execute(f"VACUUM (ANALYZE) predictions_{name}")


def measure_at_size(rows: int) -> dict[str, Any]:
    """Empty the tables, fill them with `rows` submissions, and return the figures."""
    from bench.growth.fill_database import fill_database
    from predictions.models import ModelVersion

    empty()
    fill_database(rows, ModelVersion.objects.live().get())
    vacuum()
    return {"rows": rows, "bytes": table_bytes(), "found": measure(operations_of_all())}


def measure_histories(sizes: Sequence[int]) -> list[dict[str, Any]]:
    """Empty the tables, fill them with histories of these sizes, and return the figures of each."""
    from bench.growth.fill_long_history import fill_histories
    from bench.growth.long_history import history_operations
    from predictions.models import Submission

    empty()
    persons = [history_operations(person) for person in fill_histories(sizes)]
    vacuum()
    all_found: list[Found] = [{} for _ in sizes]
    for name in persons[0]:
        for found, figures in zip(all_found, measure_in_turns([person[name] for person in persons]), strict=True):
            found[name] = figures
    share = table_bytes() / Submission.objects.count()
    return [{"rows": rows, "bytes": share * rows, "found": found} for rows, found in zip(sizes, all_found, strict=True)]


@contextlib.contextmanager
def database() -> Iterator[None]:
    """Start temporary servers and set up Django on them, for the duration of the block."""
    with temporary_servers() as (_, urls):
        os.environ |= site_settings(urls["INKLING_RUN_DIR"]) | urls | {"DJANGO_SETTINGS_MODULE": "config.settings"}
        import django

        django.setup()
        from django.core.management import call_command
        from django.test.utils import setup_test_environment

        from config.postgres import base

        base.ANSWER_LIMIT_S = 3600.0  # filling a million rows takes minutes

        setup_test_environment(debug=False)
        call_command("migrate", verbosity=0)
        call_command("createcachetable", verbosity=0)
        yield


def table(all_found: list[dict[str, Any]]) -> str:
    """Return the figures as a Markdown table."""
    first = all_found[0]
    sizes = [f"{one['rows']:,}" for one in all_found]
    head = [
        *(f"buffers at {size}" for size in sizes),
        "last / first",
        *(f"ms at {size}" for size in sizes),
        "last / first",
    ]
    lines = [f"| operation | {' | '.join(head)} | full scans at {sizes[-1]} |", "|---" * (len(head) + 2) + "|"]
    for name in first["found"]:
        rows = [one["found"][name] for one in all_found]
        ratio = rows[-1]["buffers"] / max(rows[0]["buffers"], 1)
        slower = rows[-1]["ms"] / rows[0]["ms"]
        cells = [*(f"{row['buffers']:,}" for row in rows), f"{ratio:.2f}"]
        cells += [*(f"{row['ms']:.1f}" for row in rows), f"{slower:.2f}"]
        lines.append(f"| {name} | {' | '.join(cells)} | {', '.join(rows[-1]['scanned']) or '-'} |")
    taken = ", ".join(f"{one['bytes'] / one['rows']:,.0f} at {one['rows']:,}" for one in all_found)
    return "\n".join([*lines, "", f"Bytes on disk for each submission, with all related rows and indexes: {taken}."])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument(
        "--persons-rows", type=int, nargs="+", help="measure one person's history of these sizes instead"
    )
    parser.add_argument("--out", type=Path, help="a Markdown file to write the table to")
    options = parser.parse_args()
    with database():
        if options.persons_rows:
            text = table(measure_histories(options.persons_rows))
        else:
            text = table([measure_at_size(rows) for rows in options.rows])
    print(text)
    if options.out:
        options.out.write_text(f"# What a long history costs\n\n{INTRODUCTION}\n\n{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
