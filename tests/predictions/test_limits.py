"""What is refused before anything is stored, and that a limit is met exactly."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from rest_framework.test import APIClient

from accounts import rate_limits as request_limits
from accounts.tokens import create_token
from predictions import claims, lifecycle
from predictions.models import Submission
from predictions.services import quotas
from tests.factories import SEVEN, URL, make_submission, make_user, read_one

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def forgetful(monkeypatch):
    """What other tests counted is not remembered."""
    monkeypatch.setattr(quotas, "waiting_in_all", quotas.RememberedSum(quotas.count_waiting, seconds=0.5))
    monkeypatch.setattr(quotas, "kept_of_user", quotas.RememberedSum(quotas.sum_kept, seconds=60))
    request_limits._windows.clear()


def _refused(answer, status, code):
    assert (answer.status_code, answer.data["error"]["code"]) == (status, code)
    assert int(answer["Retry-After"]) >= 1
    return Submission.objects.count()


def test_over_the_requests_a_second_is_429_and_headers_tell_what_is_left(api, settings):
    settings.RATE_LIMIT_PER_S = 3
    answers = [api.get(URL) for _ in range(12)]
    assert _refused(next(answer for answer in answers if answer.status_code == 429), 429, "too_many_requests") == 0
    first = answers[0]
    assert first["RateLimit-Policy"] == '"requests";q=3;w=1'
    assert first["RateLimit"].startswith('"requests";r=2;t=1')
    assert [answer.status_code for answer in answers[:3]] == [200] * 3 or 200 in {a.status_code for a in answers[3:]}


def test_no_process_gives_more_than_the_limit(alice, settings):
    settings.RATE_LIMIT_PER_S = 250  # so that two are granted at once
    with connection.cursor() as cursor:  # another process has counted all but one of this second, and of the next
        cursor.execute("SELECT extract(epoch FROM date_trunc('second', clock_timestamp()))")
        second = int(cursor.fetchone()[0])
        cursor.execute("INSERT INTO accounts_requestcount VALUES (%s, %s, 249)", [alice.pk, second])
        allowed = [request_limits.count_request(alice)[0] for _ in range(3)]
        cursor.execute("SELECT extract(epoch FROM date_trunc('second', clock_timestamp()))")
        if int(cursor.fetchone()[0]) == second:
            assert allowed == [True, False, False]


def test_one_user_does_not_use_up_anothers_requests(api, settings):
    settings.RATE_LIMIT_PER_S = 1
    while api.get(URL).status_code != 429:
        pass
    bob = APIClient()
    bob.credentials(HTTP_AUTHORIZATION=f"Token {create_token(make_user('bob'))}")
    assert bob.get(URL).status_code == 200


def test_over_the_drawings_in_flight_is_429_until_some_are_read(api, alice, settings):
    settings.IN_FLIGHT_LIMIT = 2
    make_submission(alice), make_submission(alice), make_submission(make_user("bob"))
    assert _refused(api.post(URL, SEVEN, format="json"), 429, "too_many_in_flight") == 3
    assert _refused(api.post(f"{URL}batch/", [SEVEN], format="json"), 429, "too_many_in_flight") == 3
    lifecycle.cancel(Submission.objects.filter(pk=Submission.objects.first().pk))
    assert api.post(URL, SEVEN, format="json").status_code == 202


def test_a_batch_that_does_not_fit_is_refused_whole(api, settings):
    settings.IN_FLIGHT_LIMIT = 2
    assert _refused(api.post(f"{URL}batch/", [SEVEN] * 3, format="json"), 429, "too_many_in_flight") == 0


def test_a_retry_has_its_place_in_flight_too(api, alice, settings):
    settings.IN_FLIGHT_LIMIT = 1
    row = make_submission(alice)
    with claims.claimed(1) as [claimed]:
        lifecycle.fail(claimed, "gave_up")
    make_submission(alice)
    _refused(api.post(f"{URL}{row.id}/retry/"), 429, "too_many_in_flight")


def test_a_full_queue_is_503_for_everybody(api, settings):
    settings.QUEUE_LIMIT = 2
    bob = make_user("bob")
    make_submission(bob), make_submission(bob)
    assert _refused(api.post(URL, SEVEN, format="json"), 503, "queue_full") == 2


def test_who_keeps_too_much_is_told_to_delete(api, alice, settings):
    row = read_one(alice)
    settings.KEPT_LIMIT_BYTES = Submission.objects.get().kept_bytes + 10
    assert _refused(api.post(URL, SEVEN, format="json"), 429, "too_much_kept") == 1
    settings.KEPT_LIMIT_BYTES = 10**6
    assert api.post(URL, SEVEN, format="json").status_code == 202
    row.refresh_from_db()
    assert row.kept_bytes == row.drawing.bytes > 0


@pytest.mark.django_db(transaction=True)
def test_who_come_at_once_meet_a_limit_exactly(alice, settings):
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


def test_limits_hold_with_redis_gone(api, alice, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    settings.IN_FLIGHT_LIMIT = 1
    make_submission(alice)
    assert api.post(URL, SEVEN, format="json").status_code == 429


def test_far_from_a_limit_its_sum_is_remembered(alice, django_assert_num_queries):
    sums = quotas.RememberedSum(quotas.sum_kept, seconds=60)
    assert sums.allows(alice, 100, limit=100_000)
    with django_assert_num_queries(0):
        assert sums.allows(alice, 100, limit=100_000)
    with django_assert_num_queries(1):
        assert sums.allows(alice, 10_000, limit=100_000)
