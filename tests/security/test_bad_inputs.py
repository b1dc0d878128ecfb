"""Bad inputs of every kind against a running site: each is refused as the table says, cheaply, and nobody else notices.

The table is in `bad_inputs/`, a module for each kind.
"""

import functools
import json
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

from bench.security.pdfs import page
from config.headers import of_plain_responses
from tests.config.gunicorn_site import exchange
from tests.factories import SEVEN, URL
from tests.security.bad_inputs import (
    forms,
    headers,
    images,
    json_bodies,
    pages,
    queries,
    raw_http,
    resources,
    sheets,
    strokes,
)
from tests.security.bad_inputs.case import Bad
from tests.security.bad_inputs.hostile_pages import hostile_pages
from tests.security.client import Client
from tests.security.processes import cpu_s, process_ids, resident_bytes

pytestmark = [pytest.mark.worker, pytest.mark.timeout(300)]

KINDS = (json_bodies, strokes, images, queries, headers, forms, resources, raw_http, pages, sheets)
CASES = [case for kind in KINDS for case in kind.CASES]
CPU_LIMIT_S = 2.0
WEB_GROWTH_BYTES = 50_000_000  # two bodies of LARGE_BYTES would be too much
LARGE_BYTES = 24_900_000
WORKER_GROWTH_BYTES = 200_000_000


@pytest.fixture(scope="module")
def client(service):
    """Return a client of a site that has warmed up, and that remembers what its processes used."""
    client = Client(service)
    for name in ("alice's", "admin's", ""):  # a log-in hashes, which takes memory for good
        client.send(Bad("", "GET /history/", 0, who=f"{name} browser".strip()))
    for _ in range(6):  # in each web process the first template loads what draws it
        client.send(Bad("", "GET /sheets/templates/new/?start=marks", 0, who="alice's browser"))
    _read_a_good_drawing(service)
    client.start = {name: process_ids(service, name) for name in ("web", "worker-1")}
    client.start_bytes = {name: resident_bytes(pids) for name, pids in client.start.items()}
    return client


def test_the_table_has_200_inputs_with_names_of_their_own():
    assert len(CASES) >= 200
    names = Counter((kind, case.name) for kind in KINDS for case in kind.CASES)
    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__.rpartition(".")[2])
def test_bad_inputs_are_refused_as_the_table_says(client, kind):
    pids = [pid for pids in client.start.values() for pid in pids]
    wrong = []
    for case in kind.CASES:
        before = cpu_s(pids)
        status, body = client.send(case)
        used = cpu_s(pids) - before
        code = _code(body) if case.code else ""
        if (status, code) != (case.status, case.code) or b"Traceback" in body or used > CPU_LIMIT_S:
            wrong.append(f"{case.name}: {status} {code}, not {case.status} {case.code}; {used:.2f} s; {body[:200]!r}")
    _read_a_good_drawing(client.site)
    assert wrong == [], "\n".join(wrong)


@pytest.mark.long  # bombs take the process that decodes some seconds each
def test_hostile_pages_are_taken_and_fail_alone_with_a_reason(client):
    pids = client.start["worker-1"]
    files = hostile_pages()
    ends = {name: _send_page(client.site, data) for name, (data, _) in files.items()}
    wrong = {name: end for name, end in ends.items() if end not in files[name][1]}
    assert wrong == {}
    assert process_ids(client.site, "worker-1") == pids
    _read_a_good_drawing(client.site)


@pytest.mark.parametrize(
    ("path", "kind", "body"),
    [
        ("/api/v1/submissions/", "application/json", b'{"error": {"code": "headers_too_large"'),
        ("/history/", "text/plain; charset=utf-8", b"The headers of this request are too long."),
    ],
)
def test_what_is_no_http_is_answered_in_our_words_with_all_headers(client, path, kind, body):
    port = urlsplit(client.site.url).port
    sent = f"GET {path} HTTP/1.1\r\nHost: x\r\nX: {'a' * 9_000}\r\n\r\n".encode()
    head, _, answered = exchange(port, sent).partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().splitlines()[1:])
    assert answered.startswith(body)
    assert headers["Content-Type"] == kind
    assert {name: headers.get(name) for name in of_plain_responses()} == of_plain_responses()
    assert "Content-Security-Policy" in headers and "Permissions-Policy" in headers


def test_large_bodies_are_answered_whether_read_or_not(client):
    """What they leave in memory is for the next test."""
    large, good = bytes(LARGE_BYTES), page(b"0 0 9 9 re f")
    image = {"data": large, "headers": {"Content-Type": "image/png"}}
    sheet = {"files": {"file": ("page.pdf", good + large[len(good) :])}}
    text = {"data": b'{"image": "%s"}' % large.replace(b"\0", b"A"), "headers": {"Content-Type": "application/json"}}
    sent = [(URL, image, 400), (URL, text, 400), ("/api/v1/sheets/", sheet, 202)]
    with ThreadPoolExecutor(3) as pool:
        answers = pool.map(lambda one: client.site.request("POST", one[0], "alice", **one[1]).status_code, sent)
        assert list(answers) == [status for *_, status in sent]
    unread = Bad("", "POST /api/v1/sheets/", 401, body=large, who="")
    assert client.send(unread)[0] == 401


def test_no_process_grew_or_died_and_no_log_holds_a_traceback(client):
    for name, limit in (("web", WEB_GROWTH_BYTES), ("worker-1", WORKER_GROWTH_BYTES)):
        pids = process_ids(client.site, name)
        assert pids == client.start[name]
        client.site.wait_until(functools.partial(_has_grown_little, client.start_bytes[name], limit), 10)
        log = (client.site.supervisor.logs / f"{name}.log").read_text(errors="replace")
        assert "Traceback" not in log, log[log.find("Traceback") - 500 :][:5_000]


def _has_grown_little(start_bytes, limit):
    """Return whether no process holds more than it may: what is left of a body may be read after the answer."""
    return all(held - start_bytes[pid] <= limit for pid, held in resident_bytes(list(start_bytes)).items())


def _send_page(site, data):
    """Send a file as a sheet, and return the code of its error once a worker has seen it; "" for none."""
    answer = site.request("POST", "/api/v1/sheets/", "alice", files={"file": ("page", data)})
    assert answer.status_code == 202, answer.text
    for _ in range(600):
        (page, *_) = site.request("GET", answer.json()["url"], "alice").json()["pages"]
        if page["status"] in ("succeeded", "failed"):
            return page["error"]["code"] if page["error"] else ""
        time.sleep(0.1)
    raise AssertionError(f"nobody looked at it: {page}")


def _read_a_good_drawing(site):
    answer = site.request("POST", URL, "bob", json=SEVEN, headers={"Prefer": "wait=10"})
    assert answer.status_code == 201, answer.text
    assert answer.json()["status"] == "succeeded"


def _code(body):
    try:
        return json.loads(body)["error"]["code"]
    except (ValueError, KeyError, TypeError):
        return None
