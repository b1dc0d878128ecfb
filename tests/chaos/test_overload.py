"""Five times the load that can be read: accepted drawings are finished, refused ones are not stored."""

import threading
import time
from collections import Counter

import pytest
import requests

from ml.golden import golden_drawing
from tests.readers import Slower
from tests.site import open_site

pytestmark = [pytest.mark.worker, pytest.mark.long, pytest.mark.timeout(300)]
URL = "/api/v1/submissions/"
SECONDS = 60
TIMES = 5
CLIENTS = 4
FEW = {"READER": "tests.readers.Slower", "TESTING": "1", "BATCH_LIMIT": "1", "BULK_BATCH_LIMIT": "1"}


def test_under_overload_accepted_drawings_are_read_and_refused_ones_have_no_row():
    capacity_per_s = 1 / Slower.takes_s  # an upper bound: a reading takes a little longer
    with open_site(QUEUE_LIMIT="60", **FEW) as site:
        headers = {"Authorization": f"Token {site.token()}"}
        answers: Counter[int] = Counter()
        health_s: list[float] = []
        until = time.monotonic() + SECONDS

        def send() -> None:
            with requests.Session() as session:
                while time.monotonic() < until:
                    began = time.monotonic()
                    answer = session.post(site.url + URL, json=golden_drawing(7, 0), headers=headers, timeout=30)
                    answers[answer.status_code] += 1
                    time.sleep(max(0, CLIENTS / (TIMES * capacity_per_s) - (time.monotonic() - began)))

        def check_health() -> None:
            while time.monotonic() < until:
                began = time.monotonic()
                assert requests.get(site.url + "/health/live", timeout=30).status_code == 200
                health_s.append(time.monotonic() - began)
                time.sleep(0.5)

        threads = [threading.Thread(target=run) for run in [send] * CLIENTS + [check_health]]
        for thread in threads:
            thread.start()
        site.wait_until(lambda: not any(thread.is_alive() for thread in threads), SECONDS + 60)
        unfinished = "SELECT count(*) FROM predictions_submission WHERE status IN ('queued', 'running')"
        site.wait_until(lambda: site.query(unfinished) == [(0,)], 120)
        [[kept, read]] = site.query(
            "SELECT count(*), count(*) FILTER (WHERE status = 'succeeded') FROM predictions_submission"
            " WHERE owner_id IS NOT NULL"
        )
        print(
            f"{sum(answers.values())} sent in {SECONDS} s: {dict(answers)}, {read} read; health {max(health_s):.2f} s"
        )
        assert set(answers) <= {202, 429, 503}
        assert sum(answers.values()) > 0.8 * TIMES * capacity_per_s * SECONDS
        assert answers[429] + answers[503] > 0
        assert kept == read == answers[202]
        assert len(health_s) > 3
        assert max(health_s) < 5
