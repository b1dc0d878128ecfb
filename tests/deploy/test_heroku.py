"""Procfile and app.json: what Heroku starts is what the images start, and it reads with app.json's variables alone."""

import contextlib
import json
import os
import re
import secrets
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import jsonschema
import psycopg
import pytest
import requests

from local.servers.start import temporary_servers
from ml.golden import golden_drawing
from tests.certificates import Authority
from tests.deploy.rendered import COMPOSE, ROOT
from tests.site import free_port
from tests.tls_relay import TlsRelay

APP = json.loads((ROOT / "app.json").read_text(encoding="utf-8"))
PROCESSES = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text(encoding="utf-8").splitlines())
DOCKERFILE = (ROOT / "docker/Dockerfile").read_text(encoding="utf-8")
CODE = ("accounts", "config", "ml", "predictions", "templates", "locale", "static")  # as docker/Dockerfile copies it
NOT_OURS = {"PGSSLMODE": "read by libpq", "WEB_CONCURRENCY": "read by gunicorn"}
ENDED_WITHIN_S = 30  # then Heroku kills
MAKE_TOKEN = """
from accounts.models import User
from accounts.tokens import create_token
print(create_token(User.objects.create_user("alice")))
"""


def _image_command(stage: str) -> list[str]:
    """Return the command of the last stage of this name in the Dockerfile."""
    text = re.split(rf"^FROM \S+ AS {stage}$", DOCKERFILE, flags=re.MULTILINE)[1].split("\nFROM ")[0]
    command: list[str] = json.loads(
        re.findall(r"^CMD (\[.*?\])$", text, re.MULTILINE | re.DOTALL)[-1].replace("\\\n", "")
    )
    return command


def test_app_json_has_known_keys_alone():
    schema = json.loads(Path(__file__).with_name("heroku_app.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(APP, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(APP | {"addon": []}, schema)


def test_its_variables_are_settings_of_ours():
    ours = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE))
    assert APP["env"].keys() - ours == NOT_OURS.keys()


def test_the_same_commands_run_as_in_containers():
    web = _image_command("web")
    web[web.index("0.0.0.0:8000")] = "0.0.0.0:$PORT"
    at = web.index("--worker-tmp-dir")  # a folder in memory, in the image
    given = shlex.split(PROCESSES["web"])
    assert given == ["DATABASE_POOL_SIZE=${DATABASE_POOL_SIZE:-3}", *web[:at], *web[at + 2 :]]
    assert shlex.split(PROCESSES["worker"]) == _image_command("worker")
    for name in ("delivery", "beat"):
        assert shlex.split(PROCESSES[name]) == COMPOSE["services"][name]["command"]
    assert shlex.split(PROCESSES["release"])[:3] == COMPOSE["services"]["migrate"]["command"]


def test_one_dyno_of_each_and_exactly_one_beat():
    assert APP["formation"].keys() == PROCESSES.keys() - {"release"}
    assert APP["formation"]["beat"]["quantity"] == 1


def test_the_build_installs_what_the_worker_image_has():
    lines = [line for line in (ROOT / "requirements.txt").read_text().splitlines() if not line.startswith("#")]
    assert lines == ["-r requirements/worker.txt"]
    [python] = re.findall(r"^ARG PYTHON_IMAGE=python:([\d.]+)-", DOCKERFILE, re.MULTILINE)
    assert (ROOT / ".python-version").read_text().strip() == python


@pytest.fixture
def app(tmp_path: Path) -> Iterator[tuple[Path, dict[str, str]]]:
    """Yield a built app and its variables: those of app.json and of add-ons. Its Redis has a certificate of its own."""
    folder = tmp_path / "app"
    for name in CODE:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "manage.py", folder)
    env = {name: given["value"] for name, given in APP["env"].items() if "value" in given}
    env |= {name: secrets.token_hex(32) for name, given in APP["env"].items() if "generator" in given}
    env |= {"PUBLIC_URL": "https://inkling.example.org", "PORT": str(free_port())}
    env |= {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "HOME": str(tmp_path)}
    with temporary_servers() as (_, urls):
        at = urlsplit(urls["REDIS_URL"])
        relay = TlsRelay(unquote(at.path), Authority(tmp_path, "self-signed").server("ec2-1-2-3-4.example.org"))
        redis = f"rediss://:{at.password}@127.0.0.1:{relay.port}"
        yield folder, env | {"DATABASE_URL": urls["DATABASE_URL"], "REDIS_URL": redis}
        relay.close()


def _run(folder: Path, env: dict[str, str], command: str) -> str:
    done = subprocess.run(["bash", "-c", command], cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.long  # builds, migrates and starts a whole site, and beat's first digit comes after a minute
@pytest.mark.worker
def test_the_procfile_reads_with_the_variables_of_app_json_alone(app):
    folder, env = app
    _run(folder, env, "python manage.py collectstatic --noinput")  # as Heroku's build does
    _run(folder, env, PROCESSES["release"])
    token = _run(folder, env, f"python manage.py shell --no-imports -c {shlex.quote(MAKE_TOKEN)}").split()[-1]
    url = f"http://127.0.0.1:{env['PORT']}"
    router = {"Host": "inkling.example.org", "X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.7"}
    with contextlib.ExitStack() as stack:
        processes = {
            name: stack.enter_context(_started(folder, env, command))
            for name, command in PROCESSES.items()
            if name != "release"
        }
        _wait_for(lambda: requests.get(f"{url}/health/ready", timeout=5).status_code == 200)
        page = requests.get(f"{url}/accounts/login/", headers=router, timeout=10)
        assert page.status_code == 200
        [css] = re.findall(r'href="(/static/[^"]+\.css)"', page.text)[:1]
        assert requests.get(url + css, headers=router, timeout=10).status_code == 200
        asked = {**router, "Authorization": f"Token {token}", "Prefer": "wait=10"}
        answer = requests.post(f"{url}/api/v1/submissions/", json=golden_drawing(7, 0), headers=asked, timeout=30)
        assert (answer.status_code, answer.json()["result"]["text"]) == (201, "7"), answer.text
        _wait_for(lambda: _golden_was_sent(env))
        assert {name: process.poll() for name, process in processes.items()} == dict.fromkeys(processes)
        for process in processes.values():
            process.terminate()
        for process in processes.values():
            process.wait(ENDED_WITHIN_S)


def _golden_was_sent(env: dict[str, str]) -> bool:
    """Return whether a message of beat reached the worker by Redis: it stores a known digit each minute."""
    with psycopg.connect(env["DATABASE_URL"]) as database:
        count = "SELECT count(*) FROM predictions_submission WHERE guest_key = 'golden' AND status = 'succeeded'"
        return database.execute(count).fetchall() != [(0,)]


@contextlib.contextmanager
def _started(folder: Path, env: dict[str, str], command: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Start a process as a dyno does, in bash; kill it at the end if it is still there."""
    process = subprocess.Popen(["bash", "-c", f"exec env {command}"], cwd=folder, env=env)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _wait_for(is_so: Callable[[], bool]) -> None:
    """Return once `is_so()`; a server that does not listen yet is waited for."""
    deadline = time.monotonic() + 120
    while True:
        with contextlib.suppress(requests.ConnectionError):
            if is_so():
                return
        assert time.monotonic() < deadline
        time.sleep(0.5)
