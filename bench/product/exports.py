"""Measure exports of 1,000 and of 100,000 drawings: time, and peak memory of the worker that writes them.

    .venv/bin/python -m bench.product.exports [--rows 1000 100000] [--formats csv ndjson xlsx json png everything]

Starts a temporary PostgreSQL and Redis. Each export is written by a process of its own, which loads the live model as a
worker does; the peak is that of the whole process (VmHWM). The drawings are strokes of golden digits, each with its
reading. NDJSON is streamed in a process that loads what a web process loads.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from bench.growth.__main__ import database

FORMATS = ("csv", "ndjson", "xlsx", "json", "png", "everything")
TIMEOUT_S = 3_600
MOST_TIMES = 1.2  # of the memory of the smaller export that the larger one may take


def fill(sizes: list[int]) -> None:
    """Store a user for each size, with so many finished drawings, readings and reviews."""
    import io

    from django.core.management import call_command
    from django.db import connection

    from accounts.models import User
    from bench.growth import fill_database as filling
    from ml.types import PREPROCESSING_VERSION
    from predictions.models import ModelVersion

    call_command("install_model", stdout=io.StringIO())
    version = ModelVersion.objects.live().get()
    values: dict[str, Any] = {
        "every": 1,
        "first": 0,
        "others": 1,
        "reviewer": "desk",
        "version": version.pk,
        "preprocessing": PREPROCESSING_VERSION,
        **filling.contents(),
    }
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        for rows in sizes:
            owner = User.objects.create(username=f"person-{rows}")
            _run(cursor, filling.SUBMISSIONS, values | {"rows": rows, "measured": owner.pk})
        for statement in (filling.DRAWINGS, filling.PREDICTIONS, filling.REVIEWS):
            _run(cursor, statement, values | {"measured": owner.pk})
        cursor.execute("UPDATE predictions_submission SET superseded_at = NULL")  # so that all are listed
        cursor.execute("VACUUM (ANALYZE)")


def _run(cursor: Any, statement: str, values: dict[str, Any]) -> None:
    cursor.execute(statement, {name: value for name, value in values.items() if f"%({name})s" in statement})


def write_one(kind: str, rows: int) -> dict[str, float]:
    """Write one export in this process; return seconds, CPU time, bytes and the peak of memory."""
    import django

    django.setup()
    from config.postgres import base

    base.ANSWER_LIMIT_S = float(TIMEOUT_S)
    from accounts.models import User

    owner = User.objects.get(username=f"person-{rows}")
    if kind == "ndjson":
        return _measured(lambda: _stream(owner))
    from predictions.models import Export, ExportFormat, Submission
    from predictions.services.exports.requests import delete_export, request_everything, request_export
    from predictions.worker import recognize, watch
    from predictions.worker.exports import run

    watch.note_seen()  # loads the model
    recognize.recognize_batch()
    began = time.monotonic()
    if kind == ExportFormat.EVERYTHING:
        export = request_everything(owner)
    else:
        export = request_export(owner, ExportFormat(kind), Submission.objects.of(owner))
    requested_s = time.monotonic() - began

    def finish() -> int:
        assert run.run_next(go_on=watch._may_go_on)  # noqa: S101 (as the watch does)
        return Export.objects.get(pk=export.pk).bytes

    found = _measured(finish) | {"requested_s": requested_s}
    assert Export.objects.get(pk=export.pk).total == rows  # noqa: S101
    delete_export(export, by=owner)
    return found


def _stream(owner: Any) -> int:
    """Stream all lines as the web does, and return how many bytes they were."""
    from predictions.api import urls as urls
    from predictions.api.exports.ndjson import stream_lines
    from predictions.models import Submission

    return sum(map(len, stream_lines(Submission.objects.of(owner).current())))


def _measured(work: Any) -> dict[str, float]:
    began, cpu_began = time.monotonic(), time.process_time()
    size = work()
    cpu_s, seconds = time.process_time() - cpu_began, time.monotonic() - began
    return {"seconds": seconds, "cpu_s": cpu_s, "bytes": size, "peak_mb": _peak_mb()}


def _peak_mb() -> float:
    """Return the largest resident memory that this process had: unlike ru_maxrss, without its parent's."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    [line] = [line for line in lines if line.startswith("VmHWM")]
    return int(line.split()[1]) / 1024


def in_process(kind: str, rows: int) -> dict[str, float]:
    """Return what `write_one` found in a process of its own."""
    command = [sys.executable, "-m", "bench.product.exports", "--one", kind, str(rows)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, env=os.environ, check=False)  # noqa: S603
    assert done.returncode == 0, done.stderr[-3_000:]  # noqa: S101
    return dict(json.loads(done.stdout.splitlines()[-1]))


def main() -> None:
    """Measure each format at each size, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000, 100_000])
    parser.add_argument("--formats", nargs="+", default=list(FORMATS), choices=FORMATS)
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(write_one(options.one[0], int(options.one[1]))))
        return
    with database():
        fill(options.rows)
        head = [f"{title} at {rows:,}" for title in ("s", "CPU s", "MB", "peak MB") for rows in options.rows]
        print(f"| format | {' | '.join(head)} | peak, last / first |\n{'|---' * (len(head) + 2)}|", flush=True)
        for kind in options.formats:
            found = [in_process(kind, rows) for rows in options.rows]
            cells = [f"{one[name]:.1f}" for name in ("seconds", "cpu_s") for one in found]
            cells += [f"{one['bytes'] / 1e6:.1f}" for one in found] + [f"{one['peak_mb']:.0f}" for one in found]
            times = found[-1]["peak_mb"] / found[0]["peak_mb"]
            mark = "" if times <= MOST_TIMES else f" (more than {MOST_TIMES})"
            print(f"| {kind} | {' | '.join(cells)} | {times:.2f}{mark} |", flush=True)


if __name__ == "__main__":
    main()
