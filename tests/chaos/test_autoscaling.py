"""Workers come and go by KEDA's rule under load, each going by kill -9: nothing is lost, and nothing waits for long."""

import itertools
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import requests
import yaml

from local.paths import ROOT
from tests.chaos.__main__ import read_drawings
from tests.chaos.autoscaling import SYNC_S, Scaler, read_rule
from tests.chaos.ledger import Ledger, rows_of
from tests.chaos.load import DRAWINGS, PEOPLE, URL
from tests.site import Site, open_site

LEAST, MOST = 1, 6
CLAIMED_AGAIN = "SELECT count(*) FROM predictions_submission WHERE attempts > 1"
LOAD = [(20, 2), (60, 13), (75, 13), (20, 1)]  # seconds in which the rate changes to so many drawings a second
TOLERANCE = 3  # a promised time is broken after this multiple, because test machines are busy
SETTINGS = {
    "READER": "tests.readers.Slower",  # about four drawings a second, whatever the machine
    "TESTING": "1",
    "BATCH_LIMIT": "4",
    "BULK_BATCH_LIMIT": "4",
    "GUESTS": "0",
}


def test_workers_double_while_drawings_wait_and_go_one_by_one_after_the_window():
    rule = read_rule(LEAST, MOST)
    scaler, counts, workers = Scaler(rule), [], 1
    ages = [rule.target * 3] * 4 + [rule.target] + [0] * 20
    for step, age in enumerate(ages):
        workers = scaler.decide(workers, age, step * SYNC_S)
        counts.append(workers)
    assert counts[:4] == [3, 6, 6, 6]
    falls = [step for step, (before, after) in enumerate(itertools.pairwise(counts)) if after < before]
    assert counts[-1] == LEAST and [counts[step + 1] - counts[step] for step in falls] == [-1] * 5
    idle_since = 5
    assert (falls[0] + 1 - idle_since) * SYNC_S >= rule.down.window_s - SYNC_S


def test_the_rule_scales_by_the_age_alone_and_keeps_its_limits():
    rule = read_rule()
    assert Scaler(rule).decide(rule.least, 0, 0) == rule.least
    assert Scaler(rule).decide(rule.most, 1_000 * rule.target, 0) == rule.most
    assert Scaler(rule).decide(4, 1.05 * rule.target, 0) == 4  # within the tolerance


def objective() -> tuple[float, float]:
    """Return the age in seconds that the oldest single drawing may have, and for how many seconds it may be older."""
    rules = yaml.safe_load((ROOT / "deploy/monitoring/alerts.yml").read_text(encoding="utf-8"))
    alert = next(
        rule for group in rules["groups"] for rule in group["rules"] if rule.get("alert") == "InteractiveQueueOld"
    )
    return float(re.search(r"> (\d+)$", alert["expr"])[1]), float(alert["for"].removesuffix("s"))


class Workers:
    """The workers of a site, as many as are asked for."""

    def __init__(self, site: Site) -> None:
        self._site, self._numbers = site, itertools.count(2)
        self._template = site.service("worker-1")
        self.running = [self._template]

    def scale(self, count: int) -> None:
        """Start workers, or end the newest ones by kill -9, as a cluster may in the middle of a batch."""
        while len(self.running) < count:
            name = f"worker-{next(self._numbers)}"
            command = [word.replace("worker-1", name) for word in self._template.command]
            env = self._template.env | {"WORKER_NAME": name}
            service = replace(self._template, name=name, command=command, env=env, process=None)
            self._site.supervisor.start(service)
            self.running.append(service)
        while len(self.running) > count:
            service = self.running.pop()
            service.restarts = False
            self._site.kill(service.name)


class Sender:
    """Clients that send drawings at the rates of LOAD, and at the last one until `stop`."""

    def __init__(self, site: Site, ledger: Ledger, texts: list[str]) -> None:
        self.answers, self._site, self._ledger, self._texts = Counter[int](), site, ledger, texts
        self._began, self._stopping = time.monotonic(), threading.Event()
        self._threads = [threading.Thread(target=self._send, args=(name,)) for name in PEOPLE]
        for thread in self._threads:
            thread.start()

    def rate(self) -> float:
        """Return how many drawings a second are sent now."""
        at, former = time.monotonic() - self._began, LOAD[0][1]
        for seconds, rate in LOAD:
            if at < seconds:
                return former + (rate - former) * at / seconds
            at, former = at - seconds, rate
        return former

    def stop(self) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _send(self, name: str) -> None:
        headers = {"Authorization": f"Token {self._site.token(name)}"}
        numbers: Iterator[int] = itertools.cycle(range(len(DRAWINGS)))
        due = time.monotonic()
        with requests.Session() as session:
            while not self._stopping.wait(max(0.0, due - time.monotonic())):
                which = next(numbers)
                answer = session.post(self._site.url + URL, json=DRAWINGS[which], headers=headers, timeout=30)
                self.answers[answer.status_code] += 1
                if answer.status_code == 202:
                    self._ledger.note("accepted", name, answer.json()["id"], self._texts[which])
                due = max(due, time.monotonic() - 1) + len(PEOPLE) / self.rate()


@pytest.mark.worker
@pytest.mark.long  # the windows of the rule alone take five minutes
@pytest.mark.timeout(900)
def test_workers_scale_to_six_and_back_under_load_killed_in_mid_batch_and_nothing_is_lost(tmp_path: Path):
    rule, scaler = read_rule(LEAST, MOST), Scaler(read_rule(LEAST, MOST))
    limit_s, over_limit_s = objective()
    with open_site(1, None, lambda site: None, True, **SETTINGS) as site:
        ledger, workers = Ledger(tmp_path / "accepted"), Workers(site)
        sender = Sender(site, ledger, read_drawings(site))
        counts, oldest_s, over_s, longest_over_s = [LEAST], 0.0, 0.0, 0.0
        began, deadline = time.monotonic(), time.monotonic() + 780
        print("\n   s  drawings/s  oldest s  workers")
        for tick in itertools.count():
            site.wait_until(lambda due=began + tick: time.monotonic() >= due, 30)
            [[age_s]] = site.query(rule.query)
            oldest_s = max(oldest_s, age_s)
            over_s = over_s + 1 if age_s > limit_s else 0.0
            longest_over_s = max(longest_over_s, over_s)
            if tick % SYNC_S:
                continue
            workers.scale(scaler.decide(counts[-1], age_s, time.monotonic()))
            counts.append(len(workers.running))
            print(f"{tick:>4}  {sender.rate():>10.1f}  {age_s:>8}  {counts[-1]:>7}", flush=True)
            [[again]] = site.query(CLAIMED_AGAIN)
            if counts[-1] == MOST == counts[-2] and not again:
                site.kill(workers.running[1].name)  # it comes back, as a cluster restarts what crashed
            if again and counts[-1] == LEAST:
                break
            assert time.monotonic() < deadline, counts
        sender.stop()
        left = "SELECT count(*) FROM predictions_submission WHERE status IN ('queued', 'running')"
        site.wait_until(lambda: site.query(left) == [(0,)], 60)
        found = ledger.compare(rows_of(site.query))
        print(f"{found.accepted} accepted, {found.kinds()}; {again} claimed again after their worker was killed")
        print(f"the oldest waited {oldest_s} s, more than {limit_s:.0f} s for {longest_over_s:.0f} s at most; {counts}")
        assert found.is_kept and set(sender.answers) == {202}
        assert max(counts) == MOST and again > 0
        assert longest_over_s <= over_limit_s * TOLERANCE  # what the alert InteractiveQueueOld allows
