"""Web processes count together, whichever of them dies; a request is counted by the name of its route."""

import os
import re
import signal
import socket
import time
from pathlib import Path

import pytest
from django.urls import resolve

from config.request_metrics import route_of
from predictions.monitoring import processes, server
from tests.config.gunicorn_site import exchange, open_gunicorn
from tests.predictions.monitoring.reading import parse, total
from tests.site import free_port

COUNTING = '''
import os

import django
from django.conf import settings

if not settings.configured:
    django.setup()

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from predictions.monitoring.measures import wakeup_failures
from predictions.monitoring.processes import FOLDER


def application(environ, start_response):
    """Count this request, and tell who counts, where, and what all have counted."""
    wakeup_failures.inc()
    registry = CollectorRegistry()
    MultiProcessCollector(registry, os.environ[FOLDER])
    answer = f"# pid {os.getpid()} {os.environ[FOLDER]}\\n".encode() + generate_latest(registry)
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(answer)))])
    return [answer]
'''


def _ask(port):
    answer = exchange(port, b"GET / HTTP/1.0\r\nConnection: close\r\n\r\n").decode()
    body = answer.partition("\r\n\r\n")[2]
    pid, folder = re.search(r"# pid (\d+) (\S+)", body).groups()
    return int(pid), Path(folder), total(parse(body), "inkling_wakeup_failures_total")


@pytest.mark.parametrize("options", [pytest.param((), marks=pytest.mark.long), ("--preload",)])  # 7 s each
def test_counts_of_two_processes_add_up_and_never_fall(tmp_path, options):
    with open_gunicorn(tmp_path, "--workers", "2", *options, application=COUNTING) as (port, _):
        answers = [_ask(port) for _ in range(20)]
        counts = [count for *_, count in answers]
        assert counts == [counts[0] + number for number in range(20)]
        folder, victim = answers[0][1], answers[0][0]
        os.kill(victim, signal.SIGKILL)
        deadline = time.monotonic() + 20
        while len({pid for pid, *_ in answers}) < 3:  # the dead one, the other one, and the next
            assert time.monotonic() < deadline
            answers.append(_ask(port))
        assert answers[-1][2] == counts[0] + len(answers) - 1  # what the dead one counted is kept
        slots = {path.stem.rpartition("_")[2] for path in folder.iterdir()}
        assert slots - {"master"} == {"0", "1"}
    assert not folder.exists()


def test_folders_of_gunicorns_that_were_killed_are_removed(tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "MEMORY", tmp_path)
    monkeypatch.delenv(processes.FOLDER, raising=False)
    left = tmp_path / f"{processes.PREFIX}{2**22 + 1}-abc"  # above the highest process id
    running = tmp_path / f"{processes.PREFIX}{os.getppid()}-abc"
    for folder in (left, running):
        folder.mkdir()
    processes.open_folder()
    ours = Path(os.environ[processes.FOLDER])
    assert (left.exists(), running.exists(), ours.parent, ours.stat().st_mode & 0o777) == (False, True, tmp_path, 0o700)
    processes.open_folder()  # a reload
    assert os.environ[processes.FOLDER] == str(ours)


def test_the_lowest_free_slot_is_taken():
    workers = [type("Worker", (), {"slot": slot})() for slot in ("0", "2")]
    assert processes.free_slot(workers) == "1"
    assert processes.free_slot([]) == "0"


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/history/3f2c1f4e-0000-4000-8000-000000000000/", "item"),
        ("/admin/predictions/submission/7/change/", "admin"),
        ("/admin/", "admin"),
        ("/accounts/login/", "account_login"),
        ("/favicon.ico", "config.urls.favicon"),
    ],
)
def test_a_route_is_told_by_its_name(rf, path, route):
    request = rf.get(path)
    request.resolver_match = resolve(path)
    assert route_of(request) == route


@pytest.mark.parametrize(
    ("path", "route"),
    [("/metrics", "health"), ("/health/live", "health"), ("/static/js/draw.js", "static"), ("/nowhere/7/", "none")],
)
def test_a_path_that_leads_to_no_view_has_no_name(rf, path, route):
    assert route_of(rf.get(path)) == route


def test_a_worker_whose_port_is_taken_reads_all_the_same(settings, caplog):
    settings.METRICS_PORT = free_port()
    with socket.create_server(("127.0.0.1", settings.METRICS_PORT)):
        server.start()
    assert f"no metrics on 127.0.0.1:{settings.METRICS_PORT}" in caplog.text
