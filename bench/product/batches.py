"""Measure what a worker and Postgres spend on a batch besides reading: CPU time and statements.

    .venv/bin/python -m bench.product.batches [--sizes 1 8 32] [--readings 1024]

Starts temporary servers. Every drawing is a finished line and every reading is the same, so that what is left is
claiming, leases, the watchdog and recording. Run it from two checkouts by turns to compare them.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

from bench.growth.__main__ import database


def backend_cpu_s(pid: int) -> float:
    """Return the CPU seconds that a process of Postgres has used."""
    return int(Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[0]) / 1e9


def prepare_readings() -> int:
    """Register the shipped model, and let the worker take one drawing's line and reading for all; return an owner."""
    from django.core.management import call_command

    from accounts.models import User
    from ml.golden import golden_drawing
    from predictions.models import Drawing
    from predictions.worker import recognize
    from predictions.worker.model_cache import live

    call_command("install_model", verbosity=0)
    prepared = recognize.prepare(Drawing(**golden_drawing(7, seed=1)))
    [reading] = live().reader.read([prepared.line])
    recognize.prepare = lambda drawing: prepared
    recognize.read_under = lambda lines, *rest: [reading] * len(lines)
    return int(User.objects.create(username="bench").pk)


def measure(size: int, batches: int, owner: int) -> dict[str, Any]:
    """Read `batches` batches of `size` drawings; return the CPU-ms a reading and the statements a batch."""
    from django.db import connection

    from ml.golden import golden_drawing
    from predictions import lifecycle
    from predictions.models import Drawing, Submission
    from predictions.worker import recognize

    statements = 0

    def count(execute: Any, *args: Any) -> Any:
        nonlocal statements
        statements += 1
        return execute(*args)

    drawing = golden_drawing(7, seed=1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
    worker_s = postgres_s = 0.0
    for batch in range(batches + 2):
        lifecycle.queue_all(
            [Submission(owner_id=owner) for _ in range(size)], [Drawing(**drawing) for _ in range(size)]
        )
        with connection.execute_wrapper(count):
            began, began_there = time.process_time(), backend_cpu_s(pid)
            assert recognize.recognize_batch() == size  # noqa: S101
        if batch >= 2:  # the first ones fill caches
            worker_s += time.process_time() - began
            postgres_s += backend_cpu_s(pid) - began_there
    read = batches * size
    return {
        "size": size,
        "worker_ms": round(1_000 * worker_s / read, 3),
        "postgres_ms": round(1_000 * postgres_s / read, 3),
        "statements": round(statements / (batches + 2), 1),
    }


def main() -> None:
    """Measure and print, a line of JSON for each size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1, 8, 32])
    parser.add_argument("--readings", type=int, default=1024)
    options = parser.parse_args()
    with database():
        owner = prepare_readings()
        for size in options.sizes:
            print(json.dumps(measure(size, max(1, min(options.readings // size, 200)), owner)), flush=True)


if __name__ == "__main__":
    main()
