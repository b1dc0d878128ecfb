"""Races on Postgres, with threads: one worker wins, and none waits for another."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from predictions import claims, lifecycle
from predictions.models import Prediction, Status, Submission
from tests.factories import make_prediction, make_submission, make_version

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 8


def _race(act, times=THREADS):
    """Run act(number) in threads that start at the same moment; return their results."""
    barrier = Barrier(times)

    def run(number):
        try:
            barrier.wait()
            return act(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(run, range(times)))


def test_racing_workers_claim_every_row_once():
    made = {make_submission().pk for _ in range(60)}
    hold = Barrier(THREADS)

    def claim_some(_):
        with claims.claimed(8) as rows:
            hold.wait()
            return [row.pk for row in rows]

    claimed = Counter(pk for rows in _race(claim_some) for pk in rows)
    assert set(claimed) == made
    assert set(claimed.values()) == {1}


def test_racing_workers_finish_every_row_once():
    version = make_version()
    for _ in range(60):
        make_submission()

    def read_all(_):
        done = 0
        while True:
            with claims.claimed(4) as rows:
                if not rows:
                    return done
                done += sum(lifecycle.succeed(row, make_prediction(row, version)) for row in rows)

    assert sum(_race(read_all)) == 60
    assert Submission.objects.filter(status=Status.SUCCEEDED, attempts=1).count() == 60
    assert Prediction.objects.count() == 60


def test_of_a_success_and_a_cancellation_one_wins():
    version = make_version()
    for _ in range(10):
        submission = make_submission()
        with claims.claimed(1) as [row]:

            def act(number, row=row):
                if number:
                    return bool(lifecycle.cancel(Submission.objects.filter(pk=row.pk)))
                return lifecycle.succeed(row, make_prediction(row, version))

            succeeded, canceled = _race(act, times=2)
        assert succeeded != canceled
        submission.refresh_from_db()
        assert submission.status == (Status.SUCCEEDED if succeeded else Status.CANCELED)
        assert submission.predictions.count() == succeeded


def test_racing_promotions_leave_one_version_live():
    from predictions import registry
    from predictions.models import ModelVersion

    versions = [make_version(f"v{n}", b"%d" % n, is_live=False) for n in range(THREADS)]
    _race(lambda number: registry.promote(versions[number], by=None))
    assert ModelVersion.objects.live().count() == 1


def test_finishing_notifies_listeners():
    import psycopg

    version = make_version()
    params = connection.get_connection_params() | {"autocommit": True}
    params.pop("cursor_factory"), params.pop("context")
    with psycopg.connect(**params) as heard:
        heard.execute(f"LISTEN {lifecycle.FINISHED_CHANNEL}")
        submission = make_submission()
        with claims.claimed(1) as [row]:
            lifecycle.succeed(row, make_prediction(row, version))
        notices = list(heard.notifies(timeout=5, stop_after=1))
    assert [notice.payload for notice in notices] == [str(submission.id)]
