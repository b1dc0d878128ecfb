"""Run the commands of docs/sheets.md, as written, against a running site: our page is read, checked and taken out."""

import csv
import json
import os
import re
import subprocess
import zipfile
from pathlib import Path

import pytest

from docs.read_demo import FOLDER, shorten
from ml.data.sheets.demo import ABSENT, MISCOUNTED, PUPILS, TASKS
from predictions.models import ErrorCode

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "docs/sheets.md").read_text(encoding="utf-8")


def _run(service, folder):
    (folder / "predictions").symlink_to(ROOT / "predictions")
    commands = "\n".join(re.findall(r"^```sh\n(.*?)^```", TEXT, re.M | re.S))
    env = os.environ | {"INKLING": service.url, "TOKEN": service.token()}
    shell = ["bash", "-euo", "pipefail"]
    done = subprocess.run(shell, input=commands, env=env, cwd=folder, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _compare_with_what_guests_see(table):
    """Compare with `read.json`: if another model reads otherwise, run `docs.read_demo` again."""
    now = [shorten(cell) for row in table["rows"] for cell in row["cells"]]
    stored = json.loads((FOLDER / "read.json").read_text(encoding="utf-8"))["cells"]
    for cell, shown in zip(now, stored, strict=True):
        names = ("row", "column", "state", "text", "read_text", "source", "box")
        assert [cell[name] for name in names] == [shown[name] for name in names], "run docs.read_demo again"
        assert cell["confidence"] == pytest.approx(shown["confidence"], abs=0.02), "run docs.read_demo again"


@pytest.mark.worker
@pytest.mark.long  # a page is photographed, read, checked and written: seconds, on a busy machine many
@pytest.mark.timeout(120)
def test_the_commands_read_check_and_export_our_page(service, tmp_path):
    output = _run(service, tmp_path)
    assert '"error":{' not in output
    state, adds_up, by, accepted, status = output.split()
    assert (state, adds_up, by, status) == ('"state":"read"', '"adds_up":false', '"confirmed_by":"alice"', "204")
    rows = list(csv.reader((tmp_path / "table.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert [row[0] for row in rows[1:]] == list(PUPILS)
    assert rows[1 + ABSENT][1:] == [""] * (TASKS + 1)
    table = json.loads((tmp_path / "table.json").read_text(encoding="utf-8"))
    wrong = [one for one in table["sums"] if one["adds_up"] is False]
    assert [(one["row"], int(one["written"]) - int(one["computed"])) for one in wrong] == [(MISCOUNTED, 1)]
    cells = len(PUPILS) * (TASKS + 1)
    assert cells - 6 <= int(accepted) <= cells
    _compare_with_what_guests_see(table)
    with zipfile.ZipFile(tmp_path / "marks.xlsx") as book:
        assert len([name for name in book.namelist() if name.startswith("xl/media/")]) >= cells - TASKS - 1
    sheet = json.loads((tmp_path / "sheet.json").read_text(encoding="utf-8"))
    assert [page["problems"] for page in sheet["pages"]] == [[]], "a page without a code is known by its template"


def test_every_reason_why_a_page_fails_is_documented():
    of_pages = ("bad_file", "bad_photo", "no_table", "no_code", "foreign_code", "other_template", "too_many_pages")
    assert set(of_pages) <= set(ErrorCode)
    assert [code for code in of_pages if f"`{code}`" not in TEXT] == []
