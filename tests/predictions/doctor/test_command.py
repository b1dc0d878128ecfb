"""The command by itself: its text, JSON and exit status, also without any server, and docs/doctor.md."""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

from predictions.doctor import running
from predictions.doctor.catalogue import CHECKS
from predictions.doctor.results import Group, State, fine

ROOT = Path(__file__).resolve().parents[3]


def run_doctor(*arguments, **variables):
    command = [sys.executable, "manage.py", "doctor", *arguments]
    return subprocess.run(command, cwd=ROOT, env=os.environ | variables, capture_output=True, text=True, timeout=60)


def test_it_works_without_a_database_and_without_redis(tmp_path):
    gone = {"DATABASE_URL": f"postgres://inkling:hidden@/inkling?host={tmp_path}", "REDIS_URL": "redis://127.0.0.1:9/0"}
    done = run_doctor("--json", **gone)
    found = json.loads(done.stdout)
    states = {check["name"]: check["state"] for check in found["checks"]}
    assert (done.returncode, done.stderr, found["status"]) == (1, "", "failing")
    assert {name for name, state in states.items() if state == "failing"} == {"database", "redis"}
    assert states["live_model"] == states["wakeup"] == "skipped" and states["settings"] == "ok"
    assert all(check["remedy"] for check in found["checks"] if check["state"] in ("failing", "warning"))
    assert "hidden" not in done.stdout


def test_the_text_names_each_remedy_below_what_is_wrong(tmp_path):
    done = run_doctor("--look-only", STATIC_ROOT=str(tmp_path), DATABASE_URL=f"postgres://x@/x?host={tmp_path}")
    assert re.search(
        r"FAILING +static_files .*staticfiles.json is missing.*\n +-> Run python manage.py collectstatic", done.stdout
    )
    assert "Traceback" not in done.stdout + done.stderr and done.returncode == 1


def test_what_hangs_or_breaks_hides_nothing_else():

    def break_down():
        raise KeyError("a secret")

    made = [
        running.Check("hangs", Group.HOST, "Hangs", lambda: time.sleep(2) or fine("late")),
        running.Check("breaks", Group.HOST, "Breaks", break_down),
        running.Check("works", Group.HOST, "Works", lambda: fine("well")),
        running.Check("needs", Group.HOST, "Needs", lambda: fine("well"), ("hangs",)),
    ]
    found = {result.name: result for result in running.run(made, limits=running.Limits(look_s=0.3))}
    assert {name: result.state for name, result in found.items()} == {
        "hangs": State.FAILING,
        "breaks": State.FAILING,
        "works": State.OK,
        "needs": State.SKIPPED,
    }
    assert "No answer within" in found["hangs"].seen
    assert "KeyError" in found["breaks"].seen and "a secret" not in found["breaks"].seen


def test_the_docs_have_a_line_for_each_check():
    page = (ROOT / "docs/doctor.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(\w+)` \|", page, re.M) == [check.name for check in CHECKS]


def test_checks_come_after_what_they_need():
    names = [one.name for one in CHECKS]
    assert all(names.index(other) < names.index(check.name) for check in CHECKS for other in check.needs)
