"""RETENTION_DAYS: what is older is deleted wholly, in short steps, and told beforehand."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import ForeignKey
from django.db.models.functions import Now
from django.test import Client

from accounts.models import AuditEvent
from predictions import claims, lifecycle
from predictions.models import Prediction, ReviewEntry, ReviewLease, ReviewRequest, Role, Status, Submission
from predictions.services.review import review_submission
from predictions.worker import old_drawings, slices
from predictions.worker.slices import Outcome
from tests.factories import explain, make_job, make_prediction, make_reviewer, make_submission, make_user, read_one
from tests.guests import draw, new_guest

pytestmark = pytest.mark.django_db
KEY = "6f9619ff-8b86-d011-b42d-00c04fc964ff"
PAGES = ("/history/", "/accounts/data/", "/history/statistics/")


@pytest.fixture(autouse=True)
def keep_for_40_days(settings):
    """Keep drawings for 40 days."""
    settings.RETENTION_DAYS = 40


def age(*rows, days=41):
    Submission.objects.filter(pk__in=[row.pk for row in rows]).update(created_at=Now() - timedelta(days=days))


def rows_of(submission):
    """Return the tables that have a row of a submission, or of a submission that is gone."""
    found = set()
    for relation in Submission._meta.get_fields(include_hidden=True):
        field = getattr(relation, "field", None)
        is_theirs = isinstance(field, ForeignKey) and relation.auto_created
        if is_theirs and field.model._base_manager.filter(**{field.attname: submission.pk}).exists():
            found.add(field.model._meta.model_name)
    return found


def test_what_is_older_is_deleted_with_all_that_belongs_to_it():
    alice, carol = make_user(), make_reviewer()
    row, newer = read_one(alice), read_one(alice)
    explain(row)
    review_submission(row, carol, "7", role=Role.REVIEWER)
    ReviewRequest.objects.create(submission=row, requested_by=carol)
    ReviewLease.objects.create(submission=row, reviewer=carol, holder=KEY, lease_until=Now())
    ReviewEntry.objects.create(submission=row, reviewer=carol, key=KEY)
    Submission.objects.filter(pk=row.pk).update(may_train=True)
    assert rows_of(row) >= {"drawing", "prediction", "job", "review", "reviewrequest", "reviewlease", "historyterm"}
    age(row)
    assert old_drawings.delete_old() == Outcome(1)
    assert rows_of(row) == set()
    assert list(Submission.objects.all()) == [newer] and "drawing" in rows_of(newer)
    [event] = AuditEvent.objects.filter(action="submissions.expired")
    assert (event.actor_id, event.target, event.details) == (None, "", {"count": 1, "days": 40})
    assert old_drawings.delete_old() == Outcome()
    assert AuditEvent.objects.filter(action="submissions.expired").count() == 1


def test_nothing_is_deleted_unless_the_operator_says_so(settings):
    settings.RETENTION_DAYS = 0
    row = read_one(make_user())
    age(row, days=4_000)
    assert old_drawings.delete_old() == Outcome()
    assert Submission.objects.get() == row
    assert not AuditEvent.objects.filter(action="submissions.expired").exists()


def test_guests_golden_deleted_and_unread_drawings_are_left_to_their_own_rules():
    alice = make_user()
    old, deleted = read_one(alice), read_one(alice)
    unread, guests, golden = make_submission(alice), draw(new_guest()), make_submission()
    Submission.objects.filter(pk=deleted.pk).update(deleted_at=Now())
    age(*Submission.objects.all())
    assert old_drawings.delete_old() == Outcome(1)
    assert set(Submission.objects.all()) == {unread, deleted, guests, golden}
    assert not rows_of(old)


def test_many_are_deleted_the_oldest_first_and_the_rest_with_the_next_sweep(monkeypatch):
    monkeypatch.setattr(slices, "SLICE", 2)
    alice = make_user()
    rows = [read_one(alice) for _ in range(5)]
    for days, row in enumerate(rows):
        age(row, days=50 - days)
    monkeypatch.setattr(old_drawings, "in_slices", lambda step: slices.in_slices(step, budget_s=0.0))
    assert old_drawings.delete_old() == Outcome(2, is_finished=False)
    assert set(Submission.objects.all()) == set(rows[2:])
    monkeypatch.setattr(old_drawings, "in_slices", slices.in_slices)
    assert old_drawings.delete_old() == Outcome(3)
    assert [
        event.details["count"] for event in AuditEvent.objects.order_by("pk").filter(action="submissions.expired")
    ] == [2, 3]


def test_a_worker_that_reads_one_again_can_write_nothing_afterwards():
    row = read_one(make_user())
    job = make_job(row, "read_again")
    age(row)
    with claims.claimed_job() as [claimed]:
        old_drawings.delete_old()
        assert not lifecycle.complete_job(claimed, prediction=make_prediction(row, job.model_version))
        claimed.status = Status.CANCELED
    assert not Prediction.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_rows_that_somebody_holds_are_left_and_waited_for_by_nobody():
    alice = make_user()
    rows = [read_one(alice), read_one(alice)]
    age(*rows)
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT FROM predictions_submission WHERE key = %s FOR UPDATE", [rows[0].pk])
        assert old_drawings.delete_old() == Outcome(1)
        cursor.execute("ROLLBACK")
    other.close()
    assert old_drawings.delete_old() == Outcome(1)


def test_pages_say_how_long_drawings_are_kept(settings):
    alice, browser = make_user(), Client()
    read_one(alice)
    browser.force_login(alice)
    for page in PAGES:
        assert "40 days after they were sent" in browser.get(page).text, page
    carol = make_reviewer()
    browser.force_login(carol)
    assert "40 days after they were sent" in browser.get("/review/accuracy/").text
    settings.RETENTION_DAYS = 0
    browser.force_login(alice)
    for page in PAGES:
        assert "after they were sent" not in browser.get(page).text, page


def test_a_drawing_that_is_gone_is_not_found():
    alice = make_user()
    row = read_one(alice)
    browser = Client()
    browser.force_login(alice)
    age(row)
    old_drawings.delete_old()
    assert browser.get(row.get_absolute_url()).status_code == 404
    assert browser.get(f"/api/v1/submissions/{row.id}/").status_code == 404
