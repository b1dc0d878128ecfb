"""Run Schemathesis, with all its checks, against a running site with the checked-in schema, as two users."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.factories import SEVEN, URL

pytestmark = [pytest.mark.worker, pytest.mark.timeout(300)]
ROOT = Path(__file__).resolve().parents[3]
CONFIG = ROOT / "tests/predictions/api/schemathesis.toml"
SHEETS = "/api/v1/sheets/"
LIMIT_S = 240  # of the whole run


def _cursor(service):
    for _ in range(2):
        assert service.request("POST", URL, json=SEVEN).status_code == 202
    following = service.request("GET", URL, params={"limit": 1}).json()["next"]
    return parse_qs(urlsplit(following).query)["cursor"][0]


def _sheet_cursor(service):
    for _ in range(2):
        files = {"file": Path(ROOT, "docs/images/seven.png").read_bytes()}
        assert service.request("POST", SHEETS, files=files).status_code == 202
    following = service.request("GET", SHEETS, params={"limit": 1}).json()["next"]
    return parse_qs(urlsplit(following).query)["cursor"][0]


def _delivery_cursor(service):
    body = {"address": "https://hooks.example.org/", "events": ["sheet.read"]}
    webhook = service.request("POST", "/api/v1/webhooks/", json=body).json()["url"]
    for _ in range(2):
        assert service.request("POST", f"{webhook}test/").status_code == 202
    following = service.request("GET", f"{webhook}deliveries/", params={"limit": 1}).json()["next"]
    return parse_qs(urlsplit(following).query)["cursor"][0]


def _config(service, folder):
    """Write the configuration of a run: ours, and two users who must not see each other's submissions."""
    users = [
        {"name": name, "fixedHeaders": [{"name": "Authorization", "value": f"Token {service.token(name)}"}]}
        for name in ("alice", "bob")
    ]
    (folder / "users.json").write_text(json.dumps({"auth": users}))
    said = f'\n[auth.wfc]\npath = "{folder / "users.json"}"\npeers = ["alice", "bob"]\n'
    (folder / "schemathesis.toml").write_text(CONFIG.read_text() + said)
    return folder / "schemathesis.toml"


@pytest.mark.parametrize(
    ("phases", "least"),
    [
        pytest.param("examples,fuzzing", 400, id="quick"),
        pytest.param("examples,coverage,fuzzing,stateful", 4_000, id="full", marks=pytest.mark.long),  # two minutes
    ],
)
def test_the_api_matches_its_schema(service, tmp_path, phases, least):
    command = [  # one worker: two threads at once in Python 3.11's `ast.parse` may meet as a SystemError
        *(sys.executable, "-c", "from schemathesis.cli import schemathesis; schemathesis()"),
        *("--config-file", str(_config(service, tmp_path))),
        *("run", str(ROOT / "predictions/api/openapi.json"), "--url", service.url),
        *("--checks", "all", "--max-examples", "10", "--workers", "1", "--continue-on-failure", "--phases", phases),
    ]
    env = os.environ | {
        "SCHEMATHESIS_HOOKS": "tests.predictions.api.schemathesis_hooks",
        "INKLING_CURSOR": _cursor(service),
        "INKLING_SHEET_CURSOR": _sheet_cursor(service),
        "INKLING_DELIVERY_CURSOR": _delivery_cursor(service),
    }
    done = subprocess.run(
        command, cwd=tmp_path, env=env | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=LIMIT_S
    )
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2_000:]
    [(cases, passed)] = re.findall(r"(\d+) generated, (\d+) passed", done.stdout)
    print(f"Schemathesis, all checks: {cases} cases, {passed} passed")
    assert int(cases) == int(passed) > least
