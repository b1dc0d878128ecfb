"""Every transition of a status, and that no other is possible."""

import uuid
from datetime import timedelta

import pytest
from django.db import IntegrityError, OperationalError, transaction
from django.db.models.functions import Now

from predictions import claims, lifecycle
from predictions.claims import submissions
from predictions.models import ErrorCode, Prediction, Status, Submission
from tests.factories import make_prediction, make_submission, make_user, make_version

pytestmark = pytest.mark.django_db


def _expire_leases():
    Submission.objects.filter(status=Status.RUNNING).update(lease_until=Now() - timedelta(seconds=1))


def test_the_oldest_is_claimed_first_and_interactive_before_bulk():
    bulk, first, second = make_submission(lane="bulk"), make_submission(), make_submission()
    with claims.claimed(10) as rows, claims.claimed(10) as others:
        assert [row.pk for row in rows] == [first.pk, second.pk]
        assert [row.pk for row in others] == [bulk.pk]
        assert (rows.has_more, others.has_more) == (True, False)
        assert {row.status for row in rows} == {Status.RUNNING}
        assert len({row.claim for row in rows}) == 1


@pytest.fixture
def forgetful(monkeypatch):
    """Forget the owners whose rows other tests claimed."""
    monkeypatch.setattr(submissions, "_last_interactive_at", {})


def test_bulk_batches_are_capped_so_that_interactive_rows_come_next(settings, forgetful):
    settings.BULK_BATCH_LIMIT = 2
    bulk = [make_submission(lane="bulk") for _ in range(3)]
    with claims.claimed(10) as rows:
        assert ([row.pk for row in rows], rows.has_more) == ([bulk[0].pk, bulk[1].pk], True)
        interactive = make_submission()
        with claims.claimed(10) as next_rows:
            assert [row.pk for row in next_rows] == [interactive.pk]


def test_bulk_batches_are_shorter_after_an_interactive_row_of_another_owner(monkeypatch, forgetful):
    alice, bob = make_user("alice"), make_user("bob")
    for _ in range(22):
        make_submission(bob, lane="bulk")

    def claim():
        with claims.claimed(32) as rows:
            lifecycle.cancel(Submission.objects.filter(claim=rows[0].claim))
            return [row.owner_id for row in rows]

    assert claim() == [bob.pk] * 8
    make_submission(bob)
    assert (claim(), claim()) == ([bob.pk], [bob.pk] * 8)  # no other owner has waited
    make_submission(alice)
    assert (claim(), claim()) == ([alice.pk], [bob.pk] * 2)
    monkeypatch.setattr(submissions, "INTERACTIVE_MEMORY_S", 0.0)
    assert claim() == [bob.pk] * 4  # all that is left


def test_a_claimed_row_is_not_claimed_again():
    make_submission()
    with claims.claimed(1) as mine, claims.claimed(1) as others:
        assert len(mine) == 1
        assert others == []


def test_an_attempt_is_counted_by_the_claim():
    submission = make_submission()
    with claims.claimed(1):
        submission.refresh_from_db()
        assert submission.attempts == 1


def test_unfinished_rows_of_a_batch_return_to_the_queue():
    submission = make_submission()
    with pytest.raises(RuntimeError), claims.claimed(1):
        raise RuntimeError("the batch broke")
    submission.refresh_from_db()
    assert (submission.status, submission.claim, submission.attempts) == (Status.QUEUED, None, 1)


@pytest.mark.parametrize(("fault", "attempts"), [(OperationalError("no space"), 0), (RuntimeError("poison"), 1)])
def test_a_database_fault_costs_no_attempt(fault, attempts):
    submission = make_submission()
    with pytest.raises(type(fault)), claims.claimed(1):
        raise fault
    submission.refresh_from_db()
    assert (submission.status, submission.attempts) == ("queued", attempts)


def test_a_row_on_its_second_attempt_is_claimed_alone():
    poison, neighbour = make_submission(), make_submission()
    Submission.objects.filter(pk=poison.pk).update(attempts=1)
    with claims.claimed(10) as first, claims.claimed(10) as second:
        assert [row.pk for row in first] == [poison.pk]
        assert [row.pk for row in second] == [neighbour.pk]


def test_a_batch_of_fresh_rows_contains_none_on_its_second_attempt():
    fresh, poison = make_submission(), make_submission()
    Submission.objects.filter(pk=poison.pk).update(attempts=1)
    with claims.claimed(10) as rows:
        assert [row.pk for row in rows] == [fresh.pk]


def test_an_expired_lease_lets_another_worker_claim_and_fences_off_the_first():
    version = make_version()
    submission = make_submission()
    with claims.claimed(1) as lost:
        [dead] = lost
        _expire_leases()
        with claims.claimed(1) as [alive]:
            assert alive.pk == submission.pk
            assert not lifecycle.succeed(dead, make_prediction(dead, version, "1"))
            assert not lifecycle.fail(dead, ErrorCode.BLANK)
            assert claims.renew(lost) == 0
            assert lifecycle.succeed(alive, make_prediction(alive, version, "7"))
    submission.refresh_from_db()
    assert (submission.status, submission.text) == (Status.SUCCEEDED, "7")
    assert Prediction.objects.filter(submission=submission).count() == 1


def test_a_renewed_lease_is_respected():
    make_submission()
    with claims.claimed(1) as rows:
        _expire_leases()
        assert claims.renew(rows) == 1
        with claims.claimed(1) as others:
            assert others == []


def test_a_row_fails_as_gave_up_after_its_last_attempt(settings):
    submission = make_submission()
    for _ in range(settings.MAX_ATTEMPTS):
        with claims.claimed(1) as rows:
            assert len(rows) == 1
        Submission.objects.update(available_at=Now())
    with claims.claimed(1) as rows:
        assert rows == []
    submission.refresh_from_db()
    assert (submission.status, submission.error_code) == (Status.FAILED, ErrorCode.GAVE_UP)


def test_a_row_not_started_by_its_deadline_fails_as_deadline():
    submission = make_submission()
    Submission.objects.update(deadline_at=Now() - timedelta(seconds=1))
    with claims.claimed(1) as rows:
        assert rows == []
    submission.refresh_from_db()
    assert submission.error_code == ErrorCode.DEADLINE


def test_success_writes_the_prediction_and_copies_it_to_the_row():
    version, submission = make_version(), make_submission()
    with claims.claimed(1) as [row]:
        assert lifecycle.succeed(row, make_prediction(row, version, "3"), {"thumbnail": b"png"})
    submission.refresh_from_db()
    assert (submission.text, submission.verdict, submission.confidence) == ("3", "digit", 0.99)
    assert bytes(submission.drawing.thumbnail) == b"png"
    assert submission.finished_at is not None


def test_success_and_its_prediction_are_one_transaction():
    version, submission = make_version(), make_submission()
    with claims.claimed(1) as [row]:
        broken = make_prediction(row, version)
        broken.batch_size = -1
        with pytest.raises(IntegrityError), transaction.atomic():
            lifecycle.succeed(row, broken)
        submission.refresh_from_db()
        assert submission.status == Status.RUNNING


def test_a_finished_row_never_changes_its_status():
    version, submission = make_version(), make_submission()
    with claims.claimed(1) as [row]:
        lifecycle.succeed(row, make_prediction(row, version))
    assert lifecycle.cancel(Submission.objects.all()) == 0
    assert lifecycle.put_back(Submission.objects.all()) == 0
    assert not lifecycle.retry(submission)


def test_canceling_takes_the_row_from_its_worker():
    version, submission = make_version(), make_submission()
    with claims.claimed(1) as [row]:
        assert lifecycle.cancel(Submission.objects.filter(pk=submission.pk)) == 1
        assert not lifecycle.succeed(row, make_prediction(row, version))
    submission.refresh_from_db()
    assert submission.status == Status.CANCELED


@pytest.mark.parametrize("code", ErrorCode)
def test_only_failures_by_our_fault_can_be_retried(code):
    submission = make_submission()
    with claims.claimed(1) as [row]:
        lifecycle.fail(row, code)
    assert lifecycle.retry(submission) == (code in {"gave_up", "deadline", "no_model"})
    submission.refresh_from_db()
    assert submission.attempts == (0 if submission.status == Status.QUEUED else 1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"status": "running"},
        {"claim": uuid.uuid4()},
        {"status": "failed", "finished_at": Now()},
        {"status": "succeeded"},
        {"status": "queued", "error_code": "blank"},
        {"guest_key": ""},
        {"confidence": 1.5},
    ],
)
def test_the_database_refuses_inconsistent_rows(wrong):
    submission = make_submission()
    with pytest.raises(IntegrityError), transaction.atomic():
        Submission.objects.filter(pk=submission.pk).update(**wrong)


def test_a_submission_has_an_owner_or_a_guest_key_never_both():
    alice = make_user()
    with pytest.raises(IntegrityError), transaction.atomic():
        Submission.objects.create(owner=alice, guest_key="x")


def test_an_id_is_unique_to_its_owner_only():
    same = uuid.uuid4()
    alice, bob = make_user("alice"), make_user("bob")
    make_submission(alice, id=same)
    make_submission(bob, id=same)
    with pytest.raises(IntegrityError), transaction.atomic():
        make_submission(alice, id=same)
