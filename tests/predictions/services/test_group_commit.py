"""Submissions that come together are committed together: limits hold, and one that fails, fails alone."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

from accounts.models import User
from ml.golden import golden_drawing
from predictions import group_inserts, lifecycle
from predictions.models import Drawing, Lane, Source, Submission
from predictions.services import quotas, submit
from predictions.services.submit import new_submission, submit_drawing
from tests.factories import make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _empty_caches(monkeypatch):
    """Count from the start, whatever other tests counted."""
    monkeypatch.setattr(quotas, "waiting_in_all", quotas.SumCache(quotas.count_waiting, seconds=0.5))
    monkeypatch.setattr(quotas, "kept_of_user", quotas.SumCache(quotas.sum_kept, seconds=60))


@pytest.fixture
def groups(monkeypatch):
    """Return a list that gets the size of each group."""
    sizes, store = [], group_inserts.store

    def count(rows, *limits):
        sizes.append(len(rows))
        store(rows, *limits)

    monkeypatch.setattr(group_inserts, "store", count)
    return sizes


def submit_at_once(submissions, drawing=None):
    """Submit each in a thread of its own while a leader is at work; return what they return or raise."""
    first, go = threading.Event(), threading.Event()

    def hold(group):
        first.set()
        go.wait(10)
        return [True] * len(group)

    def send(submission):
        try:
            return submit_drawing(submission, drawing or Drawing(**golden_drawing(7, seed=1)))
        except Exception as error:
            return error
        finally:
            connection.close()

    work, submit.arrivals._work = submit.arrivals._work, hold
    try:
        with ThreadPoolExecutor(len(submissions) + 1) as pool:
            leader = pool.submit(submit.arrivals.do, (Submission(), Drawing()), 10)
            first.wait(10)
            calls = [pool.submit(send, submission) for submission in submissions]
            deadline = time.monotonic() + 10
            while len(submit.arrivals._waiting) < len(submissions):
                assert time.monotonic() < deadline
                time.sleep(0.001)
            submit.arrivals._work = work
            go.set()
            assert leader.result() is True
            return [call.result() for call in calls]
    finally:
        submit.arrivals._work = work
        go.set()


def test_what_comes_together_is_stored_by_one_statement(groups):
    owners = [make_user("alice"), make_user("bob")]
    sent = [new_submission(owners[number % 2], source=Source.API) for number in range(12)]
    assert submit_at_once(sent) == sent
    assert groups == [12]
    assert sorted(one.pk for one in sent) == [row.pk for row in Submission.objects.order_by("pk")]
    for one in sent:
        row = Submission.objects.get(pk=one.pk)
        kept = {field.attname: getattr(row, field.attname) for field in Submission._meta.concrete_fields}
        assert kept == {name: getattr(one, name) for name in kept}
        assert row.drawing.strokes == golden_drawing(7, seed=1)["strokes"]
        assert row.kept_bytes == row.drawing.bytes


def test_a_lone_drawing_is_stored_as_it_would_be_by_itself(alice, groups):
    picture = {"image": b"\x89PNG\x00", "image_type": "image/png", "width": 3.0, "height": 4.0, "is_original": True}
    expects = {"kind": "number"}
    rows = []
    for store in (submit_drawing, lifecycle.queue):
        submission = new_submission(alice, source=Source.UPLOAD)
        submission.expects, submission.may_train, submission.review_sample = expects, True, False
        store(submission, Drawing(**picture))
        row = Submission.objects.get(pk=submission.pk)
        rows.append({**vars(row), **vars(row.drawing), "image": bytes(row.drawing.image)})
    for name in ("_state", "key", "id", "submission_id", "created_at", "queued_at", "available_at", "request_id"):
        for row in rows:
            row.pop(name)
    assert rows[0] == rows[1]
    assert groups == [1]


def test_a_row_that_fails_fails_alone(alice, monkeypatch, groups):
    sent = [new_submission(alice, source=Source.API) for _ in range(5)]
    sent[2].id = sent[0].id  # twice the same id
    monkeypatch.setattr(quotas, "check_totals", lambda *_: None)
    outcomes = submit_at_once(sent)
    assert [type(one) for one in outcomes].count(IntegrityError) == 1
    assert groups == [5, 1, 1, 1, 1, 1]
    assert Submission.objects.count() == 4


def test_what_is_stored_is_no_error_even_if_the_database_goes_while_rows_are_tried_alone(alice, monkeypatch):
    store, rows = group_inserts.store, [new_submission(alice, source=Source.API) for _ in range(3)]

    def lose_the_last(group, *limits):
        if len(group) == 1 and group[0][0] is rows[2]:
            raise OperationalError("the server closed the connection")
        store(group, *limits)

    monkeypatch.setattr(group_inserts, "store", lose_the_last)
    rows[1].expects = {"kind": object()}
    group = [(row, Drawing(**golden_drawing(7, seed=1))) for row in rows]
    stored, unsendable, lost = submit._store_group(group)
    assert (stored, type(unsendable), type(lost)) == (True, TypeError, OperationalError)
    assert Submission.objects.count() == 1


def test_a_row_that_cannot_be_sent_fails_alone(alice, groups):
    sent = [new_submission(alice, source=Source.API) for _ in range(3)]
    sent[1].expects = {"kind": object()}
    outcomes = submit_at_once(sent)
    assert [type(one) for one in outcomes] == [Submission, TypeError, Submission]
    assert groups == [3, 1, 1, 1]


def test_racing_threads_store_each_drawing_once(alice, settings, groups):
    settings.INTERACTIVE_SHARE = 30
    owners = [alice, make_user("bob"), make_user("carol")]

    def send(number):
        try:
            rows = [new_submission(owners[number % 3], source=Source.API) for _ in range(5)]
            return [submit_drawing(row, Drawing(**golden_drawing(7, seed=1))).id for row in rows]
        finally:
            connection.close()

    with ThreadPoolExecutor(12) as pool:
        answered = [id_ for ids in pool.map(send, range(24)) for id_ in ids]
    assert sorted(answered) == sorted(Submission.objects.values_list("id", flat=True))
    assert Drawing.objects.count() == sum(groups) == 120
    for owner in owners:
        assert Submission.objects.filter(owner=owner, lane=Lane.INTERACTIVE).count() == 30


def test_of_an_account_that_is_gone_nothing_is_stored_and_the_others_do_not_notice(alice):
    ghost = make_user("ghost")
    sent = [new_submission(owner, source=Source.API) for owner in (alice, ghost, alice)]
    User.objects.filter(pk=ghost.pk).delete()
    outcomes = submit_at_once(sent)
    assert isinstance(outcomes[1], IntegrityError)
    assert outcomes[0].pk and outcomes[2].pk
    assert Submission.objects.count() == 2


def test_an_account_that_is_being_deleted_keeps_nobody_waiting(alice, groups, settings):
    leaving = make_user("leaving")
    locked, done = threading.Event(), threading.Event()

    def delete():
        with transaction.atomic():
            User.objects.select_for_update().get(pk=leaving.pk)
            locked.set()
            done.wait(10)
        connection.close()

    deleting = threading.Thread(target=delete)
    deleting.start()
    locked.wait(10)
    try:
        rows = [
            (new_submission(owner, source=Source.API), Drawing(**golden_drawing(7, seed=1)))
            for owner in (leaving, alice)
        ]
        assert submit._store_group(rows) == [False, True]
    finally:
        done.set()
        deleting.join()


def test_the_lane_counts_those_in_the_same_group(alice, settings):
    settings.INTERACTIVE_SHARE = 4
    bob = make_user("bob")
    submit_at_once([new_submission(alice, source=Source.API) for _ in range(3)])
    submit_at_once([new_submission(owner, source=Source.API) for owner in (alice, alice, alice, bob)])
    assert Submission.objects.filter(owner=alice, lane=Lane.BULK).count() == 2
    assert Submission.objects.filter(owner=bob, lane=Lane.INTERACTIVE).count() == 1


def test_near_the_limit_rows_are_counted_one_after_the_other(alice, settings):
    settings.IN_FLIGHT_LIMIT = quotas.NEAR + 3
    sent = [new_submission(alice, source=Source.API) for _ in range(6)]
    assert submit_at_once(sent) == sent
    settings.IN_FLIGHT_LIMIT = 8
    outcomes = submit_at_once([new_submission(alice, source=Source.API) for _ in range(6)])
    refused = [one for one in outcomes if isinstance(one, Exception)]
    assert [one.code for one in refused] == ["too_many_in_flight"] * 4
    assert Submission.objects.count() == 8


def test_a_database_error_reaches_all_and_the_next_group_is_stored(alice, monkeypatch):
    def fail(*_):
        raise OperationalError("the server closed the connection")

    with monkeypatch.context() as broken:
        broken.setattr(group_inserts, "store", fail)
        outcomes = submit_at_once([new_submission(alice, source=Source.API) for _ in range(3)])
    assert [type(one) for one in outcomes] == [OperationalError] * 3
    assert submit_drawing(new_submission(alice, source=Source.API), Drawing(**golden_drawing(7, seed=1))).pk


def test_a_connection_that_died_costs_one_group(alice):
    submit_drawing(new_submission(alice, source=Source.API), Drawing(**golden_drawing(7, seed=1)))
    connection.connection.close()
    with pytest.raises(OperationalError):
        submit_drawing(new_submission(alice, source=Source.API), Drawing(**golden_drawing(7, seed=1)))
    connection.close()
    assert submit_drawing(new_submission(alice, source=Source.API), Drawing(**golden_drawing(7, seed=1))).pk


def test_a_drawing_that_gets_no_turn_is_refused_with_503(alice, monkeypatch):
    monkeypatch.setattr(submit, "TURN_WITHIN_S", 0.05)
    submit.arrivals._is_busy = True  # as if a leader were hanging
    try:
        with pytest.raises(OperationalError):
            submit_drawing(new_submission(alice, source=Source.API), Drawing(**golden_drawing(7, seed=1)))
    finally:
        submit.arrivals._is_busy = False
    assert not Submission.objects.exists()


@pytest.mark.parametrize("special", [{"canvas": "2f0a3b86-2f6f-4f0c-9f7e-3b8b9c1d2e3f"}, {"body_sha256": "ab"}])
def test_what_is_special_is_stored_alone(alice, groups, special):
    submission = new_submission(alice, source=Source.API)
    for name, value in special.items():
        setattr(submission, name, value)
    assert submit_drawing(submission, Drawing(**golden_drawing(7, seed=1))).pk
    assert groups == []


def test_workers_are_woken_once_a_group(alice, monkeypatch):
    woken = []
    monkeypatch.setattr(submit.tasks, "wake_worker", woken.append)
    submit_at_once([new_submission(alice, source=Source.API) for _ in range(5)])
    assert woken == [Lane.INTERACTIVE]
