"""Fill a database with 10,000, 100,000 and 1,000,000 submissions, and weigh at each size what the product does.

    .venv/bin/python -m bench.product.growth [--rows 10000 100000 1000000] [--out bench/GROWTH.md]

It starts a PostgreSQL and a Redis of its own, and ends them. Buffers are pages of 8 KiB that all statements of an
operation touch, as EXPLAIN (ANALYZE, BUFFERS) counts them; exact, whatever else runs. Times are medians, in
milliseconds, with the web's part. The user who is looked at has 500 submissions at each size.
"""

import argparse
import contextlib
import io
import os
import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from local.servers.start import temporary_servers
from local.testing import site_settings

REPEATS = 9
Found = dict[str, dict[str, Any]]  # by operation: "buffers", "ms", "scanned"


def weigh() -> Found:
    """Weigh every operation as the tables are now."""
    from accounts.models import User
    from bench.product.filling import MEASURED_ROWS
    from bench.product.operations import operations
    from bench.product.plans import explained, milliseconds, undone
    from predictions.models import ModelVersion

    measured, version = User.objects.get(username="person-0"), ModelVersion.objects.live().get()
    assert measured.submissions.count() == MEASURED_ROWS  # noqa: S101
    found: Found = {}
    for name, operation in operations(measured, version).items():
        times = [milliseconds(operation) for _ in range(REPEATS)]
        with explained() as plans:
            undone(operation)
        found[name] = {"buffers": plans.buffers, "ms": statistics.median(times), "scanned": sorted(plans.scanned)}
    return found


def size_bytes() -> int:
    """Return what the growing tables and their indexes take on disk."""
    from django.db import connection

    from bench.product.filling import GROWING

    with connection.cursor() as cursor:
        tables = [f"predictions_{name}" for name in GROWING]
        cursor.execute("SELECT sum(pg_total_relation_size(name::regclass)) FROM unnest(%s::text[]) name", [tables])
        return int(cursor.fetchone()[0])


def at_size(rows: int) -> dict[str, Any]:
    """Return the figures at one size; what the tables held before is gone."""
    from django.core.management import call_command
    from django.db import connection

    from bench.product.filling import GROWING, fill
    from predictions.models import ModelVersion

    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("TRUNCATE accounts_user CASCADE")  # and with it all the rest
        call_command("install_model", stdout=io.StringIO())
        fill(rows, ModelVersion.objects.live().get())
        for name in GROWING:
            cursor.execute(f"VACUUM (ANALYZE) predictions_{name}")
    return {"rows": rows, "bytes": size_bytes(), "found": weigh()}


@contextlib.contextmanager
def database() -> Iterator[None]:
    """Set Django up on servers of our own, with the shipped model, for as long as the block lasts."""
    with temporary_servers() as (_, urls):
        os.environ |= site_settings(urls["INKLING_RUN_DIR"]) | urls | {"DJANGO_SETTINGS_MODULE": "config.settings"}
        import django

        django.setup()
        from django.core.management import call_command
        from django.test.utils import setup_test_environment

        from config.postgres import base

        base.ANSWER_LIMIT_S = 3600.0  # a million rows are not filled in a moment

        setup_test_environment(debug=False)
        call_command("migrate", verbosity=0)
        call_command("createcachetable", verbosity=0)
        yield


def table(all_found: list[dict[str, Any]]) -> str:
    """Return the figures as Markdown."""
    first = all_found[0]
    sizes = [f"{one['rows']:,}" for one in all_found]
    head = [*(f"buffers at {size}" for size in sizes), "last over first", *(f"ms at {size}" for size in sizes)]
    lines = [f"| what | {' | '.join(head)} | scanned at {sizes[-1]} |", "|---" * (len(head) + 2) + "|"]
    for name in first["found"]:
        rows = [one["found"][name] for one in all_found]
        ratio = rows[-1]["buffers"] / max(rows[0]["buffers"], 1)
        cells = [*(f"{row['buffers']:,}" for row in rows), f"{ratio:.2f}", *(f"{row['ms']:.1f}" for row in rows)]
        lines.append(f"| {name} | {' | '.join(cells)} | {', '.join(rows[-1]['scanned']) or '-'} |")
    taken = ", ".join(f"{one['bytes'] / one['rows']:,.0f} at {one['rows']:,}" for one in all_found)
    return "\n".join([*lines, "", f"Bytes on disk a submission, with all that hangs on it and all indexes: {taken}."])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--out", type=Path, help="a Markdown file to write the table to")
    asked = parser.parse_args()
    with database():
        text = table([at_size(rows) for rows in asked.rows])
    print(text)
    if asked.out:
        asked.out.write_text(f"# What a long history costs\n\n{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
