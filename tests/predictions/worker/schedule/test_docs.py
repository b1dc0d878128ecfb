"""docs/scheduled.md lists the tasks as they are."""

import re
from datetime import timedelta
from pathlib import Path

from predictions.models import EVERY, ScheduledTask
from predictions.worker import slices
from predictions.worker.schedule import BUDGET_S, runs

ROOT = Path(__file__).resolve().parents[4]
TEXT = (ROOT / "docs/scheduled.md").read_text(encoding="utf-8")
WORDS = " ".join(TEXT.split())


def test_the_page_lists_each_task_in_the_order_of_the_code_with_its_pause():
    rows = re.findall(r"^\| `(\w+)` \|.*\| (\d+) (s|min) \|$", TEXT, re.MULTILINE)
    told = [(name, timedelta(**{{"s": "seconds", "min": "minutes"}[unit]: int(count)})) for name, count, unit in rows]
    assert told == [(task.value, EVERY[task]) for task in ScheduledTask]


def test_the_page_tells_the_bounds_of_the_code():
    assert f"deletes {slices.SLICE} drawings or rows in a transaction, and stops after {slices.BUDGET_S:.0f} s" in WORDS
    assert f"begins no task after {BUDGET_S:.0f} s" in WORDS
    assert timedelta(minutes=2) == runs.LEASE and "lease of two minutes" in WORDS
    assert f"tried again after {runs.RETRY_AFTER.seconds} s, and the pause doubles" in WORDS


def test_each_setting_of_the_page_exists():
    settings = re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(re.findall(r"`([A-Z]+_[A-Z_]+)[`=]", TEXT)) <= set(settings)
