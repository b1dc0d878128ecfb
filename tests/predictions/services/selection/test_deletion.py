"""Deleting many drawings hides exactly what was selected, and undoing it restores exactly that."""

import uuid
from datetime import timedelta

import pytest

from accounts.models import AuditEvent
from predictions import claims
from predictions.models import Deletion, Drawing, Prediction, Status, Submission
from predictions.services.selection import deletion
from predictions.services.selection.chosen import count_up_to, newest_key, select_all, select_ids
from predictions.worker import retention, slices
from tests.factories import make_submission, make_user, read_one
from tests.guests import draw, new_guest

pytestmark = pytest.mark.django_db


def own(user):
    return Submission.objects.of(user).current()


def keys(user):
    return set(own(user).values_list("key", flat=True))


def everything(user):
    rows = own(user)
    return select_all(rows, newest_key(rows))


def pass_time(seconds):
    """Let so much time pass for what is deleted."""
    step = timedelta(seconds=seconds)
    for each in Deletion.objects.exclude(ended_at=None):
        _move_back(each, step)
    Deletion.objects.filter(ended_at=None).delete()


def _move_back(each, step):
    Submission.objects.filter(owner=each.owner_id, deleted_at=each.at).update(deleted_at=each.at - step)
    Deletion.objects.filter(pk=each.pk).update(at=each.at - step, ended_at=each.ended_at - step)


def test_what_arrived_after_the_page_was_shown_is_not_deleted(alice):
    shown = [read_one(alice) for _ in range(3)]
    selected = everything(alice)
    later = make_submission(alice)
    assert deletion.delete_selected(alice, selected).count == len(shown)
    assert keys(alice) == {later.pk}


def test_the_filter_applies_at_the_moment_of_the_deletion(alice):
    seven, one = read_one(alice, "7"), read_one(alice, "1")
    selected = select_all(own(alice).containing("7"), one.pk)
    assert deletion.delete_selected(alice, selected).count == 1
    assert keys(alice) == {one.pk}
    assert seven.pk not in keys(alice)


def test_undoing_restores_exactly_what_the_deletion_hid(alice):
    before, many, after = read_one(alice), [read_one(alice) for _ in range(3)], read_one(alice)
    assert deletion.delete_rows(alice, own(alice).filter(pk=before.pk)) == 1
    done = deletion.delete_selected(alice, select_ids(own(alice), [row.id for row in many]))
    assert deletion.delete_rows(alice, own(alice).filter(pk=after.pk)) == 1
    assert keys(alice) == set()
    assert deletion.restore(alice, done.pk) == 3
    assert keys(alice) == {row.pk for row in many}


def test_one_that_was_deleted_alone_before_stays_deleted_if_all_are_restored(alice):
    alone, other = read_one(alice), read_one(alice)
    selected = everything(alice)
    deletion.delete_rows(alice, own(alice).filter(pk=alone.pk))
    done = deletion.delete_selected(alice, selected)
    assert done.count == 1
    deletion.restore(alice, done.pk)
    assert keys(alice) == {other.pk}


def test_two_deletions_never_share_their_time(alice, monkeypatch):
    first = deletion._begin(alice)
    made = []

    def create(**columns):
        made.append(columns)
        return create_at(**columns, **({"at": first.at} if len(made) == 1 else {}))

    create_at = Deletion.objects.create
    monkeypatch.setattr(Deletion.objects, "create", create)
    assert deletion._begin(alice).at != first.at
    assert len(made) == 2


def test_undoing_twice_restores_once_and_says_the_same(alice):
    rows = [read_one(alice) for _ in range(2)]
    done = deletion.delete_selected(alice, everything(alice))
    assert deletion.restore(alice, done.pk) == 2
    deletion.delete_rows(alice, own(alice).filter(pk=rows[0].pk))
    assert deletion.restore(alice, done.pk) == 2
    assert keys(alice) == {rows[1].pk}
    assert AuditEvent.objects.filter(action="submissions.restored").count() == 1


def test_nothing_selected_is_no_deletion(alice):
    assert deletion.delete_selected(alice, select_ids(own(alice), [uuid.uuid4()])) is None
    assert deletion.delete_rows(alice, own(alice)) == 0
    assert not Deletion.objects.exists()
    assert not AuditEvent.objects.exists()


def test_a_drawing_that_a_worker_reads_meanwhile_is_restored_with_its_reading(alice, reader):
    row = make_submission(alice)
    done = deletion.delete_selected(alice, everything(alice))
    with claims.claimed(1) as [claimed]:
        assert claimed.pk == row.pk
    deletion.restore(alice, done.pk)
    row.refresh_from_db()
    assert (row.status, row.deleted_at) == (Status.QUEUED, None)


def test_drawings_of_guests_and_others_are_never_touched(alice):
    bob = make_user("bob")
    theirs = read_one(bob)
    guests = draw(new_guest())
    before = Submission.objects.values_list("key", "deleted_at").exclude(owner=alice)
    before = set(before)
    read_one(alice)
    done = deletion.delete_selected(alice, select_all(own(alice), theirs.pk + 1_000))
    assert deletion.restore(bob, done.pk) is None
    assert deletion.restore(alice, done.pk) == 1
    assert set(Submission.objects.values_list("key", "deleted_at").exclude(owner=alice)) == before
    assert guests


@pytest.mark.parametrize(("seconds", "is_restored"), [(39, True), (41, False)])
def test_the_time_to_undo_begins_when_the_deletion_has_ended(alice, seconds, is_restored):
    read_one(alice)
    done = deletion.delete_selected(alice, everything(alice))
    pass_time(seconds)
    found = deletion.find_restorable(alice, done.pk)
    assert (found is not None) == is_restored
    if found:
        assert found[0] == 1 and timedelta(0) < found[1] <= timedelta(seconds=1)
    assert deletion.restore(alice, done.pk) == (1 if is_restored else None)


def test_a_deletion_that_took_long_can_be_undone_until_shortly_before_it_is_emptied(alice):
    read_one(alice)
    done = deletion.delete_selected(alice, everything(alice))
    Deletion.objects.update(ended_at=done.at + timedelta(seconds=30))
    _, left = deletion.find_restorable(alice, done.pk)
    assert timedelta(seconds=46) < left <= timedelta(seconds=48)


def test_what_can_no_longer_be_undone_is_emptied_and_stays_deleted(alice):
    read_one(alice)
    done = deletion.delete_selected(alice, everything(alice))
    retention.delete_expired()
    assert Drawing.objects.count() == 1
    pass_time(61)
    retention.delete_expired()
    assert not Drawing.objects.exists() and not Prediction.objects.exists()
    assert deletion.restore(alice, done.pk) is None
    assert keys(alice) == set()


def test_what_is_being_undone_is_not_emptied(alice):
    read_one(alice)
    deletion.delete_selected(alice, everything(alice))
    pass_time(61)
    retention._delete_content()  # before anything ruled out that it is undone
    assert Drawing.objects.count() == 1


def test_more_than_a_slice_is_emptied_in_one_sweep(alice, monkeypatch):
    monkeypatch.setattr(slices, "SLICE", 2)
    for _ in range(5):
        read_one(alice)
    deletion.delete_selected(alice, everything(alice))
    pass_time(61)
    retention.delete_expired()
    assert not Drawing.objects.exists()
    pass_time(24 * 3600)
    retention.delete_expired()
    assert not Submission.objects.of(alice).exists()
    assert not Submission.objects.filter(owner=alice).exists()
    assert not Deletion.objects.exists()


def test_one_event_tells_what_was_deleted_and_one_what_was_restored(alice, monkeypatch):
    rows = [read_one(alice) for _ in range(3)]
    done = deletion.delete_selected(alice, everything(alice))
    deletion.restore(alice, done.pk)
    events = list(AuditEvent.objects.order_by("pk").filter(action__startswith="submissions."))
    assert [(event.action, event.target) for event in events] == [
        ("submissions.deleted", "3"),
        ("submissions.restored", "3"),
    ]
    assert {*events[0].details["ids"]} == {*events[1].details["ids"]} == {str(row.id) for row in rows}
    monkeypatch.setattr(deletion, "FEW", 2)
    deletion.delete_selected(alice, everything(alice))
    assert AuditEvent.objects.latest("pk").details == {"count": 3}


def test_counting_stops_at_a_limit(alice, django_assert_num_queries):
    for _ in range(3):
        make_submission(alice)
    with django_assert_num_queries(2):
        assert count_up_to(own(alice), 2) == 3
        assert count_up_to(own(alice), 10) == 3


@pytest.mark.parametrize("count", [1, 30])
def test_deleting_many_takes_a_constant_number_of_queries(alice, count, django_assert_num_queries):
    for _ in range(count):
        read_one(alice)
    with django_assert_num_queries(13):  # four of them are savepoints
        done = deletion.delete_selected(alice, everything(alice))
    with django_assert_num_queries(10):
        deletion.restore(alice, done.pk)
