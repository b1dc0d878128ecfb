"""Five times what can be read: what is accepted is finished, what is refused is nowhere, and health answers."""

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


def test_what_is_accepted_is_finished_what_is_refused_has_no_row_and_health_answers():
    capacity_per_s = 1 / Slower.takes_s  # at most: a reading takes a little longer
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

        def look() -> None:
            while time.monotonic() < until:
                began = time.monotonic()
                assert requests.get(site.url + "/health/live", timeout=30).status_code == 200
                health_s.append(time.monotonic() - began)
                time.sleep(0.5)

        threads = [threading.Thread(target=act) for act in [send] * CLIENTS + [look]]
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
