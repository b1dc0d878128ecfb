"""Guests send strokes, within limits of their own, and see what their session sent."""

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from rest_framework.test import APIClient

from accounts.guests import sessions as guest_sessions
from accounts.models import GuestCount
from predictions.models import Drawing, Lane, Submission
from predictions.services import guests, long_poll, quotas
from tests.factories import ONE, SEVEN, URL, make_submission, make_user
from tests.guests import DRAWINGS, draw, new_guest, read_all, send

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _empty_caches(monkeypatch):
    monkeypatch.setattr(quotas, "waiting_in_all", quotas.SumCache(quotas.count_waiting, seconds=0.5))
    monkeypatch.setattr(quotas, "kept_of_user", quotas.SumCache(quotas.sum_kept, seconds=60))


def _code(answer):
    return answer.status_code, answer.json()["error"]["code"]


def test_a_guest_reads_back_what_they_sent():
    guest = new_guest()
    row = draw(guest)
    url = f"{DRAWINGS}{row.id}/"
    assert guest.get(url).json()["status"] == "queued"
    read_all("7")
    found = guest.get(url).json()
    assert (found["url"], found["status"], found["result"]["text"]) == (url, "succeeded", "7")


def test_the_session_begins_with_the_first_drawing_that_is_stored():
    guest = new_guest()
    send(guest, {"strokes": []})
    assert "sessionid" not in guest.cookies
    row = draw(guest)
    assert row.guest_key == guest.session["guest_key"]
    assert len(row.guest_key) > 40 and row.owner is None
    again = draw(guest)
    assert again.guest_key == row.guest_key
    assert 3500 < guest.session.get_expiry_age() <= 3600


def test_another_session_finds_nothing():
    row, other = draw(new_guest()), new_guest()
    assert other.get(f"{DRAWINGS}{row.id}/").status_code == 404
    draw(other)
    assert other.get(f"{DRAWINGS}{row.id}/").status_code == 404


def test_a_newer_drawing_of_the_same_canvas_replaces_only_the_guests_own():
    canvas = "7c0ad5fd-7d15-4fd3-8a5c-1b3c5dbd2be4"
    guest, other = new_guest(), new_guest()
    first, theirs, second = draw(guest, canvas=canvas), draw(other, canvas=canvas), draw(guest, canvas=canvas)
    rows = {row.pk: row for row in Submission.objects.all()}
    assert (rows[first.pk].status, rows[first.pk].superseded_at is None) == ("canceled", False)
    assert [rows[row.pk].status for row in (theirs, second)] == ["queued", "queued"]


def test_a_guest_needs_a_csrf_token():
    answer = Client(enforce_csrf_checks=True).post(DRAWINGS, SEVEN, content_type="application/json")
    assert _code(answer) == (403, "permission_denied")
    assert send(new_guest(), headers={"X-CSRFToken": "x" * 32}).status_code == 403
    assert not Submission.objects.exists()


@pytest.mark.parametrize(
    ("body", "kind"), [(b"\x89PNG", "image/png"), (json.dumps({"image": "iVBORw0="}), "application/json")]
)
def test_a_guest_sends_strokes_only(body, kind):
    guest = new_guest()
    answer = guest.post(DRAWINGS, body, content_type=kind, headers={"X-CSRFToken": guest.cookies["csrftoken"].value})
    assert answer.status_code in (400, 415)
    assert not Submission.objects.exists()


def test_a_guest_cannot_send_as_much_as_a_user():
    long = SEVEN | {"strokes": [[[x % 280, 1.0625] for x in range(19_000)]]}
    assert _code(send(new_guest(), long)) == (413, "too_large")


def test_a_user_is_no_guest():
    client = new_guest()
    client.force_login(make_user())
    client.get("/")  # its token is new
    assert send(client).status_code == 403
    assert client.get("/api/guest/queue/").status_code == 403


def test_guests_can_be_turned_off(settings):
    guest = new_guest()
    row = draw(guest)
    settings.GUESTS = False
    assert send(guest).status_code == 403
    assert guest.get(f"{DRAWINGS}{row.id}/").status_code == 403


def test_a_guest_may_send_thirty_drawings_a_minute(monkeypatch):
    guest, other = new_guest(), new_guest()
    answers = [send(guest) for _ in range(40)]
    if {answer.status_code for answer in answers[:30]} == {202} and answers[30].status_code == 202:
        answers = [send(guest) for _ in range(31)]  # the minute ended meanwhile
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert _code(refused) == (429, "too_many_requests")
    assert 1 <= int(refused["Retry-After"]) <= 60
    assert send(other).status_code == 202


def test_guests_at_one_address_share_a_limit(settings):
    settings.GUEST_ADDRESS_LIMIT_PER_MINUTE = 4
    answers = [send(new_guest(REMOTE_ADDR="192.0.2.1")).status_code for _ in range(10)]
    assert 429 in answers
    assert answers.count(202) <= 8  # of two minutes at most
    assert send(new_guest(REMOTE_ADDR="192.0.2.2")).status_code == 202


def test_a_session_over_its_limit_does_not_use_up_that_of_its_address(settings):
    settings.GUEST_LIMIT_PER_MINUTE, settings.GUEST_ADDRESS_LIMIT_PER_MINUTE = 1, 8
    guest = new_guest()
    for _ in range(20):
        send(guest)
    assert send(new_guest()).status_code == 202


def test_all_guests_together_fill_a_fifth_of_the_queue(settings, api):
    settings.QUEUE_LIMIT = 10
    for _ in range(2):
        draw(new_guest())
    answer = send(new_guest())
    assert _code(answer) == (503, "too_many_guests") and int(answer["Retry-After"]) >= 1
    assert api.post(URL, SEVEN, format="json").status_code == 202


def test_users_do_not_count_toward_the_share_of_guests(settings, alice):
    settings.QUEUE_LIMIT = 10
    for _ in range(4):
        make_submission(alice)
    make_submission()  # a golden digit
    draw(new_guest())


def test_all_guests_together_store_no_more_than_one_user(settings):
    row = draw(new_guest())
    settings.KEPT_LIMIT_BYTES = row.kept_bytes + 10
    quotas.kept_of_user._sums.clear()
    assert _code(send(new_guest())) == (503, "too_many_guests")


@pytest.mark.django_db(transaction=True)
def test_concurrent_guests_do_not_exceed_their_share(settings):
    settings.QUEUE_LIMIT = 15
    clients, barrier = [new_guest() for _ in range(8)], Barrier(8)

    def act(client):
        barrier.wait()
        try:
            return send(client).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(act, clients))
    assert sorted(statuses) == [202] * 3 + [503] * 5
    assert Submission.objects.filter(lane=Lane.GUEST).count() == 3


def test_addresses_are_not_stored_as_they_are():
    draw(new_guest(REMOTE_ADDR="192.0.2.7"))
    assert GuestCount.objects.count() == 2
    assert not GuestCount.objects.filter(key__contains="192.0").exists()


def test_a_waiting_guest_leaves_half_of_the_waiting_requests_to_users(settings, alice):
    settings.WAITERS_LIMIT = 2
    guests_row, own = draw(new_guest()), make_submission(alice)
    with long_poll.waiters.expecting(guests_row) as first, long_poll.waiters.expecting(guests_row) as second:
        assert first is not None and second is None
        with long_poll.waiters.expecting(own) as event:
            assert event is not None


def test_a_drawing_that_is_deleted_while_its_guest_waits_is_not_found(monkeypatch):
    guest = new_guest()
    row = draw(guest)

    def delete(*_):
        guests.discard(row.guest_key)
        raise Submission.DoesNotExist

    monkeypatch.setattr(long_poll, "wait_for_known", delete)
    assert guest.get(f"{DRAWINGS}{row.id}/?wait=1").status_code == 404


def test_the_queue_that_users_see_is_without_guests(api):
    guest = new_guest()
    assert guest.get("/api/guest/queue/").status_code == 404  # has drawn nothing yet
    draw(guest)
    assert guest.get("/api/guest/queue/").json()["queued"] == 1
    assert api.get("/api/v1/queue/").json()["queued"] == 0


def test_a_guest_learns_how_many_come_first_of_their_own_drawing_alone(alice):
    guest = new_guest()
    row = draw(guest)
    make_submission(alice)
    queue = f"/api/guest/queue/?submission={row.id}"
    assert guest.get(queue).json()["ahead"] == 1
    other = new_guest()
    draw(other)
    assert other.get(queue).json()["ahead"] is None
    assert _code(guest.get("/api/guest/queue/?submission=x")) == (400, "invalid")


def test_a_drawing_that_is_sent_again_under_its_key_is_stored_once():
    guest, key = new_guest(), str(uuid4())
    first = send(guest, headers={"Idempotency-Key": key})
    again = send(guest, headers={"Idempotency-Key": key})
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json()["id"] == again.json()["id"] == key
    assert ("Idempotent-Replayed" in first, again["Idempotent-Replayed"]) == (False, "true")
    assert Submission.objects.count() == 1
    draw_of_another = send(new_guest(), headers={"Idempotency-Key": key})
    assert "Idempotent-Replayed" not in draw_of_another and Submission.objects.count() == 2
    assert _code(send(guest, headers={"Idempotency-Key": "seven"})) == (400, "invalid")


@pytest.mark.django_db(transaction=True)
def test_of_two_requests_with_one_key_at_the_same_moment_one_stores_the_drawing():
    key, id_, barrier = "k" * 43, uuid4(), Barrier(2)

    def submit(_):
        row = guests.new_guest_submission(key, None, None)
        row.id = id_
        barrier.wait()
        try:
            return guests.submit_guest_drawing(row, Drawing(**SEVEN))
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        (one, was_one), (two, was_two) = threads.map(submit, range(2))
    assert one.pk == two.pk and {was_one, was_two} == {True, False}
    assert Submission.objects.count() == 1


def test_a_key_that_is_not_a_guests_finds_nothing():
    make_submission()
    assert not guests.drawings_of("golden").exists()
    assert not guests.drawings_of("").exists()


def test_the_public_api_has_no_guests():
    assert APIClient().post(URL, ONE, format="json").status_code == 401
    assert guest_sessions.new_key() != guest_sessions.new_key()
    assert not Drawing.objects.exists()
