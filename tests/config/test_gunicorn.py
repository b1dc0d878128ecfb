"""gunicorn with our configuration, as clients on the same machine reach it."""

import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

ROOT = Path(__file__).resolve().parent.parent.parent
ECHO = """
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    names = ("SCRIPT_NAME", "PATH_INFO", "wsgi.url_scheme", "REMOTE_USER")
    return [" ".join(str(environ.get(name)) for name in names).encode()]
"""


@pytest.fixture(scope="module")
def echo(tmp_path_factory):
    """Return the address of an application that tells what gunicorn passes on."""
    folder = tmp_path_factory.mktemp("echo")
    (folder / "echo_app.py").write_text(ECHO)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "echo_app", "--config", str(ROOT / "config/gunicorn.py")]
    process = subprocess.Popen([*command, "--bind", f"127.0.0.1:{port}", "--no-control-socket"], cwd=folder)
    try:
        yield _wait_for(f"http://127.0.0.1:{port}/accounts/login/")
    finally:
        process.terminate()
        process.wait(20)


def _wait_for(url):
    for _ in range(200):
        try:
            requests.get(url, timeout=5)
        except requests.ConnectionError:
            time.sleep(0.1)
        else:
            return url
    pytest.fail("gunicorn does not answer")


@pytest.mark.parametrize(
    "headers",
    [
        {"Script_Name": "/accounts"},
        {"SCRIPT_NAME": "/nothing"},
        {"Path_Info": "/admin/"},
        {"Remote_User": "root"},
        {"X-Forwarded-Proto": "https"},
    ],
    ids=lambda headers: next(iter(headers)),
)
def test_headers_of_a_client_on_this_machine_move_no_path_and_name_nobody(echo, headers):
    answer = requests.get(echo, headers=headers, timeout=5)
    assert answer.status_code == 200
    assert answer.text == " /accounts/login/ http None"
