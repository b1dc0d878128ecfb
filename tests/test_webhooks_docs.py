"""Run the commands of docs/webhooks.md, as written, against a running site, and its program on what is sent."""

import json
import os
import re
import runpy
import subprocess
from pathlib import Path

import pytest

from predictions.models.webhooks import ENDPOINTS_LIMIT
from predictions.webhooks.endpoints import TESTS_WAITING
from predictions.webhooks.signatures import make_secret, sign

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "docs/webhooks.md").read_text(encoding="utf-8")


def _blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.M | re.S)


@pytest.mark.worker
def test_the_commands_make_try_and_delete_a_webhook(service, tmp_path):
    env = os.environ | {"INKLING": service.url, "TOKEN": service.token("carol")}
    shell = ["bash", "-euo", "pipefail"]
    done = subprocess.run(
        shell, input="\n".join(_blocks("sh")), env=env, cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"error":{' not in done.stdout
    assert '"events":["sheet.confirmed","sheet.read"]' in done.stdout
    assert done.stdout.count('"event":"test"') == 2, "the one that was asked for, and its place in the list"
    assert done.stdout.split()[-1] == "204"
    rolled = json.loads((tmp_path / "webhook.json").read_text(encoding="utf-8"))
    assert rolled["secret"].startswith("whsec_") and rolled["former_secret_until"]


def test_the_program_believes_what_is_signed_and_nothing_else(tmp_path):
    [program] = _blocks("python")
    (tmp_path / "receiver.py").write_text(program, encoding="utf-8")
    names = runpy.run_path(str(tmp_path / "receiver.py"))
    secret, former, body = make_secret(), make_secret(), '{"type":"test"}'
    signed = " ".join(sign(one, "msg", 1, body) for one in (former, secret))
    headers = {"webhook-id": "msg", "webhook-timestamp": "1", "webhook-signature": signed}
    is_from_inkling = names["is_from_inkling"]
    assert is_from_inkling(secret, headers, body.encode())
    assert not is_from_inkling(secret, headers, b'{"type":"tests"}')
    assert not is_from_inkling(make_secret(), headers, body.encode())


def test_the_limits_on_the_page_are_those_of_the_code():
    assert (ENDPOINTS_LIMIT, TESTS_WAITING) == (5, 3)
    assert "you have five" in TEXT and "three tests" in TEXT


def test_every_refusal_of_a_webhook_is_documented():
    code = (ROOT / "predictions/webhooks/endpoints.py").read_text(encoding="utf-8")
    refusals = set(re.findall(r'Unacceptable\("(\w+)"', code)) - {"invalid"} | {"forbidden_address"}
    assert len(refusals) == 6
    assert [code for code in refusals if f"| `{code}` |" not in TEXT] == []
