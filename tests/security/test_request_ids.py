"""One drawing through the proxy, a web process and a worker, all as they run: its id is in each log and the response.

Long, because a site of its own is started, and not every machine has nginx.
"""

import json
import re
import time
from urllib.parse import urlsplit

import pytest
import requests

from tests.config.gunicorn_site import exchange
from tests.factories import SEVEN
from tests.security.proxy import is_installed, open_proxy
from tests.site import free_port, open_site

pytestmark = [pytest.mark.long, pytest.mark.worker, pytest.mark.skipif(not is_installed(), reason="no nginx here")]
OF_LITERT = "INFO: Created TensorFlow Lite XNNPACK delegate for CPU."  # which its C++ prints
FORGED, OF_PROXY = "f" * 32, b"5f0c9d0e1234400080000000000000ab"


@pytest.fixture(scope="module")
def web_port():
    """Return a list that has the port of the web process once `logs` has started it."""
    return []


@pytest.fixture(scope="module")
def logs(tmp_path_factory, web_port):
    """Start a site and its proxy; return how to send to it, and the lines of each log as they are now."""
    port, folder = free_port(), tmp_path_factory.mktemp("proxy")
    public = {"PUBLIC_URL": f"https://localhost:{port}", "TRUSTED_PROXY_COUNT": "1", "LOG_FORMAT": "json"}
    with (
        open_site(change=lambda site: None, **public) as site,
        open_proxy(folder, urlsplit(site.url).port, port) as proxy,
    ):

        def send(path, **options):
            headers = {"Authorization": f"Token {site.token()}", "X-Request-ID": FORGED}
            verify = str(proxy.certificate)
            return requests.request(url=proxy.https + path, headers=headers, verify=verify, timeout=30, **options)

        paths = {name: site.supervisor.log_of(name) for name in ("web", "worker-1", "beat", "delivery")}
        paths["proxy"] = folder / "access.log"
        web_port.append(urlsplit(site.url).port)
        yield send, lambda: {name: _lines(path) for name, path in paths.items()}


def _lines(path):
    said = path.read_text() if path.exists() else ""
    return [json.loads(line) if line.startswith("{") else {"raw": line} for line in said.splitlines()]


def _wait_for(read, name, request_id, count=1):
    """Return the lines of a log with this id once there are `count`: some are written after the response."""
    deadline = time.monotonic() + 30
    while True:
        found = [line for line in read()[name] if line.get("request_id") == request_id]
        if len(found) >= count or time.monotonic() > deadline:
            return found
        time.sleep(0.1)


def test_a_reading_is_followed_by_its_id_from_the_proxy_to_the_worker_and_back(logs):
    send, read = logs
    answer = send("/api/v1/submissions/", method="POST", json=SEVEN)
    request_id, submission = answer.headers["X-Request-ID"], answer.json()["id"]
    assert answer.status_code in {201, 202} and request_id != FORGED
    [at_worker], [at_web], [at_proxy] = (_wait_for(read, name, request_id) for name in ("worker-1", "web", "proxy"))
    for name, line in (("proxy", at_proxy), ("web", at_web), ("worker", at_worker)):
        print(name, json.dumps(line))
    assert (at_proxy["method"], at_proxy["path"], at_proxy["status"]) == (
        "POST",
        "/api/v1/submissions/",
        answer.status_code,
    )
    assert (at_web["event"], at_web["path"], at_web["status"]) == (
        "answered",
        "/api/v1/submissions/",
        answer.status_code,
    )
    assert (at_worker["event"], at_worker["submission"]) == ("read", submission)


@pytest.mark.parametrize("path", ["/nothing/", "/api/v1/submissions/x/"])
def test_a_refusal_is_in_the_logs_under_the_id_that_its_response_tells(logs, path):
    send, read = logs
    answer = send(path, method="GET")
    request_id = answer.headers["X-Request-ID"]
    assert answer.status_code == 404
    assert [line["status"] for line in _wait_for(read, "proxy", request_id)] == [404]
    assert {line["logger"] for line in _wait_for(read, "web", request_id, 2)} == {"django.request", "gunicorn.access"}


def test_what_the_proxy_refuses_has_an_id_that_is_in_its_log(logs):
    send, read = logs
    answer = send("/accounts/login/", method="POST", data=b"x" * 300_000)
    assert answer.status_code == 413
    assert [line["status"] for line in _wait_for(read, "proxy", answer.headers["X-Request-ID"])] == [413]


@pytest.mark.parametrize(
    "sent",
    [
        b"NONSENSE\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"x" * 40_000,
        b"POST / HTTP/1.1\r\nContent-Length: 9999999\r\n\r\n",
    ],
)
def test_what_never_comes_to_the_application_is_answered_with_an_id(logs, web_port, sent):
    line, rest = sent.split(b"\r\n", 1)
    [[request_id]] = [re.findall(rb"\r\nX-Request-ID: ([0-9a-f]{32})\r\n", exchange(web_port[0], sent))]
    assert request_id
    told = exchange(web_port[0], line + b"\r\nX-Request-ID: " + OF_PROXY + b"\r\n" + rest)
    assert b"\r\nX-Request-ID: " + OF_PROXY in told


def test_each_line_of_each_process_is_json(logs):
    send, read = logs
    _wait_for(read, "web", send("/", method="GET").headers["X-Request-ID"])
    lines = [(name, line) for name, found in read().items() for line in found]
    assert {name for name, _ in lines} >= {"proxy", "web", "worker-1"}
    wrong = [
        (name, line)
        for name, line in lines
        if not {"time", "level", "logger", "event"} <= line.keys() and line.get("raw") != OF_LITERT
    ]
    assert wrong == [], wrong


def test_a_service_that_is_away_tells_the_id_on_its_page_and_in_its_json(tmp_path):
    with open_proxy(tmp_path, free_port(), free_port()) as proxy:
        for path in ("/", "/api/v1/submissions/"):
            answer = requests.get(proxy.https + path, verify=str(proxy.certificate), timeout=30)
            assert answer.status_code == 503 and answer.headers["X-Request-ID"] in answer.text
