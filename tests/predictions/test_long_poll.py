"""A long poll fails what missed its deadline, and nothing that a worker is reading."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from predictions import claims
from predictions.models import ErrorCode, Status, Submission
from predictions.services import long_poll
from tests.factories import make_submission

pytestmark = pytest.mark.django_db


def _set_deadline(seconds):
    Submission.objects.update(deadline_at=Now() + timedelta(seconds=seconds))


def test_a_deadline_missed_in_the_queue_fails_the_submission():
    submission = make_submission()
    _set_deadline(-1)
    submission.refresh_from_db()
    long_poll.end_if_late(submission)
    assert (submission.status, submission.error_code) == (Status.FAILED, ErrorCode.DEADLINE)


def test_a_last_attempt_claimed_after_the_poll_read_the_row_goes_on(settings):
    submission = make_submission()
    _set_deadline(60)
    Submission.objects.update(attempts=settings.MAX_ATTEMPTS - 1)
    submission.refresh_from_db()  # the poll reads the row while it is queued
    with claims.claimed(1) as [row]:
        long_poll.end_if_late(submission)
        row.refresh_from_db()
        assert (row.status, row.attempts) == (Status.RUNNING, settings.MAX_ATTEMPTS)


def test_an_exhausted_submission_whose_lease_ended_fails(settings):
    submission = make_submission()
    _set_deadline(60)
    Submission.objects.update(attempts=settings.MAX_ATTEMPTS - 1)
    submission.refresh_from_db()
    with claims.claimed(1):
        Submission.objects.update(lease_until=Now() - timedelta(seconds=1))
        long_poll.end_if_late(submission)
        submission.refresh_from_db()
        assert (submission.status, submission.error_code) == (Status.FAILED, ErrorCode.GAVE_UP)
