"""Guests' rows in the queue and in time: read last, and deleted after an hour. Golden rows stay as they were."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from accounts.limits.networks import network_of
from accounts.models import GuestCount
from predictions import claims, lifecycle, tasks
from predictions.claims import submissions
from predictions.models import Drawing, Prediction, Submission
from predictions.services import guests
from predictions.worker import retention, schedule
from predictions.worker.golden import queue_golden
from tests.factories import SEVEN, make_prediction, make_submission, make_user, make_version, read_one
from tests.guests import draw, new_guest, read_all
from tests.predictions.test_fairness import lock_waiting

pytestmark = pytest.mark.django_db
OLD_ORDER = "SELECT key FROM predictions_submission WHERE status = 'queued' ORDER BY lane DESC, key"  # of older workers


def _guest(key: str = "k" * 43, canvas=None) -> Submission:
    return guests.submit_guest_drawing(guests.new_guest_submission(key, canvas, None), Drawing(**SEVEN))[0]


def _expire(**fields) -> None:
    Submission.objects.filter(**fields).update(deleted_at=Now() - timedelta(seconds=1))


def test_guests_are_read_after_everybody_who_is_logged_in():
    guest, bulk = _guest(), make_submission(make_user(), lane="bulk")
    person, golden = make_submission(make_user("bob")), queue_golden()
    assert [row.pk for row in lock_waiting(32)] == [person.pk, golden.pk, bulk.pk, guest.pk]
    assert [row.pk for row in Submission.objects.raw(OLD_ORDER)] == [person.pk, golden.pk, bulk.pk, guest.pk]


def test_guests_take_turns_among_themselves():
    rows = [_guest("a" * 43), _guest("a" * 43), _guest("a" * 43), _guest("b" * 43)]
    assert [row.pk for row in lock_waiting(32)] == [rows[0].pk, rows[3].pk, rows[1].pk, rows[2].pk]


def test_guests_do_not_share_a_batch_with_others_and_theirs_is_short(settings, monkeypatch):
    monkeypatch.setattr(submissions, "_last_interactive_at", {})
    alice = make_submission(make_user())
    for _ in range(20):
        _guest()
    sizes = []
    for _ in range(2):
        with claims.claimed(32) as rows:
            sizes.append(len(rows))
            if len(sizes) == 1:
                assert [row.pk for row in rows] == [alice.pk]
                lifecycle.succeed(rows[0], make_prediction(rows[0], make_version()))
    assert sizes == [1, submissions.BULK_LIMIT_WHEN_BUSY]  # alice is likely to draw again
    monkeypatch.setattr(submissions, "_last_interactive_at", {})
    Submission.objects.update(available_at=Now())
    with claims.claimed(32) as rows:
        assert 1 <= len(rows) <= settings.BULK_BATCH_LIMIT


def test_a_newcomer_who_is_logged_in_is_in_the_next_batch():
    for _ in range(40):
        _guest()
    person = make_submission(make_user())
    with claims.claimed(32) as rows:
        assert [row.pk for row in rows] == [person.pk]


def test_workers_are_woken_for_guests_through_a_queue_that_older_ones_listen_to(
    monkeypatch, django_capture_on_commit_callbacks
):
    woken = []
    monkeypatch.setattr(tasks.wakeup, "send", lambda task, queue: woken.append(queue))
    with django_capture_on_commit_callbacks(execute=True):
        _guest()
    assert woken == ["bulk"]


def test_the_sweep_deletes_a_guests_drawing_after_an_hour_and_all_that_belongs_to_it():
    guest, alice = new_guest(), read_one(make_user())
    row, late = draw(guest), draw(new_guest())
    read_all()
    row.refresh_from_db()
    assert timedelta(minutes=59) < row.deleted_at - row.created_at <= timedelta(hours=1, seconds=5)
    retention.delete_expired()
    assert Submission.objects.count() == 3
    _expire(pk=row.pk)
    assert guest.get(f"/api/guest/drawings/{row.id}/").status_code == 404  # before the sweep, too
    schedule.run_all()
    assert set(Submission.objects.all()) == {alice, late}
    assert Drawing.objects.count() == Prediction.objects.count() == 2


def test_a_worker_that_holds_an_expired_drawing_writes_nothing():
    row, version = _guest(), make_version()
    with claims.claimed(32) as [claimed]:
        _expire(pk=row.pk)
        retention.delete_expired()
        assert not lifecycle.succeed(claimed, make_prediction(claimed, version))
    assert not Submission.objects.exists() and not Prediction.objects.exists()


def test_older_code_takes_a_guests_row_for_deleted():
    """The conditions are those of the version before guests: in the history, the review queue and retention."""
    row = _guest()
    assert row.owner is None and row.deleted_at is not None
    assert not Submission.objects.filter(deleted_at=None, superseded_at=None).exists()
    assert not Submission.objects.filter(deleted_at__lt=Now() - timedelta(minutes=1)).exists()
    Submission.objects.update(deleted_at=Now() - timedelta(minutes=2))
    retention._delete_content()  # as an older worker deletes it
    assert not Drawing.objects.exists()


def test_golden_rows_are_no_guests():
    golden = queue_golden()
    assert not golden.is_guests and golden.lane == "interactive" and golden.deleted_at is None
    _guest()
    _expire(guest_key="golden")
    assert list(Submission.objects.expired_guests()) == []
    retention.delete_expired()
    golden.refresh_from_db()
    assert golden.guest_key == "golden"
    assert guests.claim("golden", make_user()) == guests.discard("golden") == 0


def test_old_counts_are_deleted():
    draw(new_guest())
    retention.delete_expired()
    assert GuestCount.objects.count() == 2
    GuestCount.objects.update(minute=1)
    retention.delete_expired()
    assert not GuestCount.objects.exists()


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("unknown", "unknown"),
    ],
)
def test_an_ipv6_address_is_counted_by_its_network(address, counted):
    assert network_of(address) == counted
