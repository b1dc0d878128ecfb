"""Limits: what is refused before anything is stored, and that each limit holds exactly."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from rest_framework.test import APIClient

from accounts.limits import requests as request_limits
from accounts.tokens import create_token
from predictions import claims, lifecycle
from predictions.models import Submission
from predictions.services import quotas
from tests.factories import SEVEN, URL, make_submission, make_user, read_one

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _empty_caches(monkeypatch):
    """Count from the start, whatever other tests counted."""
    monkeypatch.setattr(quotas, "waiting_in_all", quotas.SumCache(quotas.count_waiting, seconds=0.5))
    monkeypatch.setattr(quotas, "kept_of_user", quotas.SumCache(quotas.sum_kept, seconds=60))
    request_limits._windows.clear()


def _refused(answer, status, code):
    assert (answer.status_code, answer.data["error"]["code"]) == (status, code)
    assert int(answer["Retry-After"]) >= 1
    return Submission.objects.count()


def test_too_many_requests_a_second_are_429_and_headers_say_what_is_left(api, settings):
    settings.RATE_LIMIT_PER_S = 3
    answers = [api.get(URL) for _ in range(12)]
    assert _refused(next(answer for answer in answers if answer.status_code == 429), 429, "too_many_requests") == 0
    first = answers[0]
    assert first["RateLimit-Policy"] == '"requests";q=3;w=1'
    assert first["RateLimit"].startswith('"requests";r=2;t=1')
    assert [answer.status_code for answer in answers[:3]] == [200] * 3 or 200 in {a.status_code for a in answers[3:]}


def test_processes_share_one_request_limit(alice, settings):
    settings.RATE_LIMIT_PER_S = 250  # so that a process reserves two at once
    with connection.cursor() as cursor:  # another process has counted all but one of this second, and of the next
        cursor.execute("SELECT extract(epoch FROM date_trunc('second', clock_timestamp()))")
        second = int(cursor.fetchone()[0])
        cursor.execute("INSERT INTO accounts_requestcount VALUES (%s, %s, 249)", [alice.pk, second])
        allowed = [request_limits.count_request(alice)[0] for _ in range(3)]
        cursor.execute("SELECT extract(epoch FROM date_trunc('second', clock_timestamp()))")
        if int(cursor.fetchone()[0]) == second:
            assert allowed == [True, False, False]


def test_each_user_has_a_request_limit_of_their_own(api, settings):
    settings.RATE_LIMIT_PER_S = 1
    while api.get(URL).status_code != 429:
        pass
    bob = APIClient()
    bob.credentials(HTTP_AUTHORIZATION=f"Token {create_token(make_user('bob'))}")
    assert bob.get(URL).status_code == 200


def test_too_many_drawings_in_flight_are_429_until_some_finish(api, alice, settings):
    settings.IN_FLIGHT_LIMIT = 2
    make_submission(alice), make_submission(alice), make_submission(make_user("bob"))
    assert _refused(api.post(URL, SEVEN, format="json"), 429, "too_many_in_flight") == 3
    assert _refused(api.post(f"{URL}batch/", [SEVEN], format="json"), 429, "too_many_in_flight") == 3
    lifecycle.cancel(Submission.objects.filter(pk=Submission.objects.first().pk))
    assert api.post(URL, SEVEN, format="json").status_code == 202


def test_a_batch_over_the_limit_is_refused_as_a_whole(api, settings):
    settings.IN_FLIGHT_LIMIT = 2
    assert _refused(api.post(f"{URL}batch/", [SEVEN] * 3, format="json"), 429, "too_many_in_flight") == 0


def _failed(owner, code="gave_up", **fields):
    row = make_submission(owner, **fields)
    with claims.claimed(1) as [claimed]:
        lifecycle.fail(claimed, code)
    row.refresh_from_db()
    return row


def test_a_retry_counts_toward_the_limit_in_flight(api, alice, settings):
    settings.IN_FLIGHT_LIMIT = 1
    row = _failed(alice)
    make_submission(alice)
    _refused(api.post(f"{URL}{row.id}/retry/"), 429, "too_many_in_flight")
    row.refresh_from_db()
    assert row.status == "failed"


def test_a_retry_wakes_a_worker_of_its_lane(alice, monkeypatch):
    woken, row = [], _failed(alice)
    monkeypatch.setattr(quotas.tasks, "wake_worker", woken.append)
    assert quotas.retry(row)
    assert woken == ["interactive"]
    assert not quotas.retry(row)  # a second click, from a page that still shows the failure
    assert woken == ["interactive"]


@pytest.mark.parametrize(
    ("lane", "waiting", "expected"),
    [("interactive", 0, "interactive"), ("bulk", 0, "bulk"), ("interactive", 2, "bulk")],
)
def test_a_retry_waits_in_the_lane_that_a_new_drawing_would(alice, settings, lane, waiting, expected):
    settings.INTERACTIVE_SHARE = 2
    row = _failed(alice, lane=lane)
    for _ in range(waiting):
        make_submission(alice)
    assert quotas.retry(row)
    row.refresh_from_db()
    assert (row.status, row.lane) == ("queued", expected)


def test_what_was_refused_for_good_cannot_be_retried_even_at_the_limit(alice, settings):
    settings.IN_FLIGHT_LIMIT = 1
    row = _failed(alice, "blank")
    make_submission(alice)
    assert not quotas.retry(row)


def test_a_full_queue_is_503_for_every_user(api, settings):
    settings.QUEUE_LIMIT = 2
    bob = make_user("bob")
    make_submission(bob), make_submission(bob)
    assert _refused(api.post(URL, SEVEN, format="json"), 503, "queue_full") == 2


def test_too_many_stored_bytes_are_429(api, alice, settings):
    row = read_one(alice)
    settings.KEPT_LIMIT_BYTES = Submission.objects.get().kept_bytes + 10
    assert _refused(api.post(URL, SEVEN, format="json"), 429, "too_much_kept") == 1
    settings.KEPT_LIMIT_BYTES = 10**6
    assert api.post(URL, SEVEN, format="json").status_code == 202
    row.refresh_from_db()
    assert row.kept_bytes == row.drawing.bytes > 0


@pytest.mark.django_db(transaction=True)
def test_concurrent_requests_do_not_exceed_the_limit(alice, settings):
    settings.IN_FLIGHT_LIMIT = 5
    token, barrier = create_token(alice), Barrier(12)

    def send(_):
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
        barrier.wait()
        try:
            return client.post(URL, SEVEN, format="json").status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(12) as pool:
        statuses = list(pool.map(send, range(12)))
    assert sorted(statuses) == [202] * 5 + [429] * 7
    assert Submission.objects.count() == 5


def test_limits_hold_without_redis(api, alice, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    settings.IN_FLIGHT_LIMIT = 1
    make_submission(alice)
    assert api.post(URL, SEVEN, format="json").status_code == 429


def test_far_from_its_limit_a_sum_is_cached(alice, django_assert_num_queries):
    sums = quotas.SumCache(quotas.sum_kept, seconds=60)
    assert sums.allows(alice, 100, limit=100_000)
    with django_assert_num_queries(0):
        assert sums.allows(alice, 100, limit=100_000)
    with django_assert_num_queries(1):
        assert sums.allows(alice, 10_000, limit=100_000)
