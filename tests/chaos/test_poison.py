"""A drawing that kills or breaks its worker fails alone, with a reason; the others of its batch are read."""

import time

import pytest

from ml.golden import golden_drawing
from tests.readers import POISON
from tests.site import open_site

pytestmark = [pytest.mark.worker, pytest.mark.timeout(300)]
URL = "/api/v1/submissions/"
QUICK = {"LEASE_S": "2", "WATCHDOG_S": "4", "TESTING": "1"}


# `Crashing` stands for all in the quick set; the others take up to 40 s each.
LONG = [pytest.param(name, marks=pytest.mark.long) for name in ("Endless", "OutOfMemory", "Raising")]


@pytest.mark.parametrize("reader", ["Crashing", *LONG])
def test_a_drawing_that_breaks_its_reader_gives_up_after_three_attempts_and_its_neighbours_are_read(reader):
    with open_site(READER=f"tests.readers.{reader}", **QUICK) as site:
        drawings = [golden_drawing(1, 1), golden_drawing(2, 2), POISON, golden_drawing(4, 4)]
        for drawing in drawings:
            assert site.request("POST", URL, json=drawing).status_code == 202
        began = time.monotonic()

        def found() -> list[tuple[str, str, int]]:
            return site.query(
                "SELECT status, error_code, attempts FROM predictions_submission"
                " WHERE owner_id IS NOT NULL ORDER BY key"
            )

        site.wait_until(lambda: all(row[0] in ("succeeded", "failed") for row in found()), 200)
        print(f"{reader}: all ended after {time.monotonic() - began:.1f} s: {found()}")
        assert found()[2] == ("failed", "gave_up", 3)
        assert {row[:2] for row in found()[:2] + found()[3:]} == {("succeeded", "")}
        assert max(row[2] for row in found()) == 3


@pytest.mark.long  # 10 s; in CI `make chaos` kills workers under load
def test_a_worker_that_dies_before_it_records_loses_and_repeats_nothing():
    with open_site(READER="tests.readers.DiesOnce", **QUICK) as site:
        ids = {site.request("POST", URL, json=golden_drawing(n, n)).json()["id"] for n in range(10)}
        began = time.monotonic()
        unfinished = "SELECT count(*) FROM predictions_submission WHERE status IN ('queued', 'running')"
        site.wait_until(lambda: site.query(unfinished) == [(0,)], 60)
        [row] = site.query(
            "SELECT count(DISTINCT s.key), count(p.id), max(s.attempts) FROM predictions_submission s"
            " JOIN predictions_prediction p ON p.submission_id = s.key WHERE s.status = 'succeeded'"
        )
        print(f"killed before recording: all read after {time.monotonic() - began:.1f} s; {row}")
        assert row[0] == row[1] == len(ids) + 1  # the golden digit that the site began with
        assert row[2] == 2
