"""Run the commands and the program of docs/api.md, as written, against a running site."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from predictions.models import ErrorCode

pytestmark = pytest.mark.worker
ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "docs/api.md").read_text(encoding="utf-8")


def _blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


def _run(service, command, folder, **options):
    """Run a command in a folder, which sees the docs and gets the files that the command writes."""
    (folder / "docs").symlink_to(ROOT / "docs")
    env = os.environ | {"INKLING": service.url, "TOKEN": service.token()}
    done = subprocess.run(command, env=env, cwd=folder, capture_output=True, text=True, timeout=60, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_commands_print_what_the_page_says(service, tmp_path):
    output = _run(service, ["bash", "-euo", "pipefail"], tmp_path, input="\n".join(_blocks("sh")))
    assert '"error":{' not in output
    assert '"verdict":"digit"' in output
    assert output.count("Idempotent-Replayed: true") == 1
    assert re.findall(r"^(\d{3})$", output, re.MULTILINE) == ["304", "202", "204"]
    assert '"explanation":{"text":"Looks like a 7' in output
    assert '"asked_at":null' in output, "the live model has read it"
    assert '"label":{"text":"7","is_digit":true,"by":"owner"}' in output
    assert (tmp_path / "drawings.csv").read_bytes().count(b"\n") > 1


def test_the_program_prints_what_the_page_says(service, tmp_path):
    [program], [expected] = _blocks("python"), _blocks("text")
    assert _run(service, [sys.executable, "-c", program], tmp_path) == expected
    assert len([line for line in program.splitlines() if line.strip()]) <= 15


def test_every_error_code_is_documented():
    assert [code for code in ErrorCode if f"`{code}`" not in TEXT] == []


def test_every_setting_on_the_page_exists():
    settings = (ROOT / ".env.example").read_text(encoding="utf-8")
    named = set(re.findall(r"`([A-Z]+_[A-Z_]+)`", TEXT))
    assert named
    assert [name for name in named if f"\n{name}=" not in settings] == []
