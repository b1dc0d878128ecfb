"""Prometheus asks a site under load: every query has data, each alert fires at its fault, and all are silent else."""

import contextlib
import random
import subprocess
import threading
import time
from collections.abc import Callable, Iterator

import pytest
import requests

from ml.golden import golden_drawing
from tests.chaos.monitoring_faults import FAULTS, Fault
from tests.chaos.prometheus import Prometheus, find, open_prometheus
from tests.deploy.queries import ALERTS, MONITORING, RECORDED, panel_queries, without_comparisons
from tests.site import Site, free_port, open_site

pytestmark = [pytest.mark.worker, pytest.mark.long, pytest.mark.timeout(1_500)]
URL = "/api/v1/submissions/"
FIRE_WITHIN_S, SILENT_WITHIN_S = 60, 120
REVIEWED_DRAWINGS = 60
READ = "SELECT count(*) FROM predictions_submission WHERE verdict = 'digit' AND owner_id IS NOT NULL"
REVIEW = """
    UPDATE predictions_submission SET label = text, label_by = 'desk', review_sample = true
    WHERE key IN (
        SELECT key FROM predictions_submission WHERE verdict = 'digit' AND owner_id IS NOT NULL ORDER BY key LIMIT %s
    )
"""
GIVEN = {"STATUS_TOKEN": "only for tests", "QUEUE_LIMIT": "60", "IN_FLIGHT_LIMIT": "5000", "INTERACTIVE_SHARE": "5000"}


@contextlib.contextmanager
def _load(site: Site) -> Iterator[None]:
    """Send drawings alone, by hundreds a batch, and open pages, until the block ends; whatever is answered."""
    is_over = threading.Event()

    def send(name: str) -> None:
        rng = random.Random(name)
        while not is_over.wait(rng.uniform(0.1, 0.3)):
            with contextlib.suppress(requests.RequestException):
                site.request("POST", URL, name, json=golden_drawing(rng.randrange(10), 1), headers={"Prefer": "wait=1"})

    def send_batches() -> None:
        while not is_over.wait(2.0):
            with contextlib.suppress(requests.RequestException):
                items = [golden_drawing(digit, 1) for digit in range(3)]
                site.request("POST", f"{URL}batch/", "carol", json=items)
                site.request("GET", URL, "carol")
                requests.get(site.url + "/", timeout=10)

    threads = [threading.Thread(target=send, args=(name,)) for name in ("alice", "bob") * 3]
    threads.append(threading.Thread(target=send_batches))
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        is_over.set()
        for thread in threads:
            thread.join()


def _wait(site: Site, is_so: Callable[[], bool], seconds: float, tends: bool) -> bool:
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            return False
        if tends:
            site.supervisor.tend()
        time.sleep(0.5)
    return True


def _review(site: Site) -> None:
    """Let enough drawings be reviewed as right."""
    site.wait_until(lambda: site.query(READ)[0][0] >= REVIEWED_DRAWINGS, 90)
    site.execute(REVIEW, REVIEWED_DRAWINGS)


def _without_data(prometheus: Prometheus) -> list[str]:
    queries = [
        (title, query.replace("$__rate_interval", "15s").replace("[1h]", "[24s]")) for title, query in panel_queries()
    ]
    queries += [(name, name) for name in RECORDED]
    queries += [(name, without_comparisons(rule["expr"])) for name, rule in ALERTS.items()]
    return [f"{what}: {query}" for what, query in queries if not prometheus.query(query)]


def _try(site: Site, prometheus: Prometheus, fault: Fault) -> str:
    """Plant a fault, heal it, and return what went wrong, or ""."""
    began = time.monotonic()
    seen: set[str] = set()

    def fires(expected: set[str]) -> bool:
        seen.update(prometheus.firing())
        return expected <= seen

    with fault.plant(site):
        fired = _wait(site, lambda: fires(fault.fires), FIRE_WITHIN_S, tends=False)
    fired_s = time.monotonic() - began
    fired = fired and _wait(site, lambda: fires(fault.after), FIRE_WITHIN_S, tends=True)
    is_silent = _wait(site, lambda: not prometheus.firing(), SILENT_WITHIN_S, tends=True)
    print(f"{fault.name}: {sorted(seen)} after {fired_s:.0f} s, silent after {time.monotonic() - began:.0f} s")
    if not fired:
        return f"{fault.name}: missing {sorted((fault.fires | fault.after) - seen)}"
    if extra := seen - fault.fires - fault.after - fault.may:
        return f"{fault.name}: fired too {sorted(extra)}"
    return "" if is_silent else f"{fault.name}: {sorted(prometheus.firing())} still fire"


def test_promtool_accepts_configuration_rules_and_their_tests():
    for arguments in (
        ["check", "config", "--syntax-only", "prometheus.yml"],
        ["check", "rules", "alerts.yml"],
        ["test", "rules", "alerts.test.yml"],
    ):
        done = subprocess.run([find("promtool"), *arguments], cwd=MONITORING, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


def test_there_is_a_fault_for_each_alert():
    assert set().union(*(fault.fires | fault.after for fault in FAULTS)) == set(ALERTS)


def test_every_query_has_data_and_each_alert_fires_at_its_fault_alone(tmp_path):
    mails = tmp_path / "mails"
    mails.mkdir()
    given = {**GIVEN, "METRICS_PORT": str(free_port()), "MAIL_FOLDER": str(mails)}
    with open_site(workers=2, change=lambda site: None, **given) as site, _load(site):
        _review(site)
        with open_prometheus(site, tmp_path) as prometheus:
            assert _wait(site, lambda: bool(prometheus_targets(prometheus)), 60, tends=True)
            assert _wait(site, lambda: not _without_data(prometheus), 90, tends=True), _without_data(prometheus)
            assert _wait(site, lambda: not prometheus.firing(), SILENT_WITHIN_S, tends=True), prometheus.firing()
            assert _stays_silent(site, prometheus, 30)
            wrong = [found for fault in FAULTS if (found := _try(site, prometheus, fault))]
            assert wrong == []


def prometheus_targets(prometheus: Prometheus) -> list[str]:
    """Return the targets, once all three answer and Prometheus itself does."""
    with contextlib.suppress(requests.RequestException):
        targets = prometheus.ask("targets")["activeTargets"]
        return [one["scrapeUrl"] for one in targets] if {one["health"] for one in targets} == {"up"} else []
    return []


def _stays_silent(site: Site, prometheus: Prometheus, seconds: float) -> bool:
    return not _wait(site, lambda: bool(prometheus.firing()), seconds, tends=True)
