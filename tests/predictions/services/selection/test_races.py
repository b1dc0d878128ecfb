"""Races of deletions on Postgres, with threads."""

from threading import Event, Thread

import pytest
from django.db import connection, transaction

from predictions import claims, lifecycle
from predictions.models import Deletion, Drawing, Submission
from predictions.services.selection import deletion
from predictions.services.selection.chosen import newest_key, select_all
from predictions.worker import retention
from tests.factories import make_prediction, make_submission, make_user, make_version, read_one
from tests.predictions.services.selection.test_deletion import everything, keys, own
from tests.predictions.test_races import _race

pytestmark = pytest.mark.django_db(transaction=True)


def start(act):
    """Run act in a thread of its own, whose connection is closed at the end."""

    def run():
        try:
            act()
        finally:
            connection.close()

    thread = Thread(target=run)
    thread.start()
    return thread


def make_many(user, count=40):
    """Store finished drawings without their content."""
    version = make_version()
    read_one(user)
    done = Submission.objects.get(owner=user)
    copies = [Submission(owner=user, status=done.status, finished_at=done.finished_at) for _ in range(count)]
    Submission.objects.bulk_create(copies)
    return version


def test_what_arrives_during_a_deletion_stays_and_undo_brings_exactly_the_deleted_back():
    alice = make_user()
    make_many(alice)
    shown, selected, stop = keys(alice), everything(alice), Event()
    late = set()

    def keep_drawing():
        while not stop.is_set():
            late.add(make_submission(alice).pk)

    drawing = start(keep_drawing)
    done = deletion.delete_selected(alice, selected)
    stop.set()
    drawing.join()
    assert late and done.count == len(shown)
    assert keys(alice) == late
    deletion.delete_selected(alice, select_all(own(alice), min(late)))
    assert deletion.restore(alice, done.pk) == len(shown)
    assert keys(alice) == shown | late - {min(late)}


def test_of_racing_deletions_one_takes_each_drawing():
    alice = make_user()
    make_many(alice)
    all_of_them = keys(alice)
    selections = [select_all(own(alice), newest_key(own(alice))) for _ in range(4)]
    done = [each for each in _race(lambda n: deletion.delete_selected(alice, selections[n]), 4) if each]
    assert [each.count for each in done] == [len(all_of_them)]
    assert keys(alice) == set()
    deletion.restore(alice, done[0].pk)
    assert keys(alice) == all_of_them


def test_single_deletions_that_race_with_one_of_all_are_not_undone_with_it():
    alice = make_user()
    make_many(alice)
    all_of_them, selected = sorted(keys(alice)), everything(alice)

    def act(number):
        if number == 0:
            return deletion.delete_selected(alice, selected)
        return deletion.delete_rows(alice, own(alice).filter(pk=all_of_them[number]))

    done, *alone = _race(act, 6)
    assert done.count == len(all_of_them) - sum(alone)
    deletion.restore(alice, done.pk)
    assert keys(alice) == set(all_of_them) - {all_of_them[n + 1] for n, is_alone in enumerate(alone) if is_alone}


def test_racing_undos_restore_once():
    alice = make_user()
    make_many(alice)
    all_of_them = keys(alice)
    done = deletion.delete_selected(alice, everything(alice))
    assert _race(lambda _: deletion.restore(alice, done.pk), 4) == [len(all_of_them)] * 4
    assert keys(alice) == all_of_them


def test_retention_leaves_what_is_being_undone(monkeypatch):
    alice = make_user()
    read_one(alice)
    done = deletion.delete_selected(alice, everything(alice))
    monkeypatch.setattr(retention, "MINUTE", done.at - done.at)
    with transaction.atomic():
        assert deletion.restore(alice, done.pk) == 1
        start(retention.delete_expired).join()
        assert Drawing.objects.count() == 1
    retention.delete_expired()
    assert Drawing.objects.count() == 1
    assert len(keys(alice)) == 1


def test_an_undo_after_retention_began_is_refused(monkeypatch):
    alice = make_user()
    read_one(alice)
    done = deletion.delete_selected(alice, everything(alice))
    monkeypatch.setattr(retention, "MINUTE", done.at - done.at)
    outcome = []
    forbid = retention._delete_content

    def undo_then_delete():
        undo = start(lambda: outcome.append(deletion.restore(alice, done.pk)))
        undo.join()
        return forbid()

    monkeypatch.setattr(retention, "_delete_content", undo_then_delete)
    retention.delete_expired()
    assert outcome == [None]
    assert not Drawing.objects.exists()
    assert Deletion.objects.get().emptied_at is not None


def test_a_deletion_does_not_wait_for_workers_nor_they_for_each_other():
    alice, version = make_user(), make_version()
    for _ in range(30):
        make_submission(alice)
    stop, read = Event(), []

    def keep_reading():
        while not stop.is_set():
            with claims.claimed(8) as rows:
                read.extend(rows)
                lifecycle.succeed_all(
                    [lifecycle.FinishedReading(row, make_prediction(row, version), {}) for row in rows]
                )

    worker = start(keep_reading)
    selected = everything(alice)
    while deletion_ := deletion.delete_selected(alice, selected):
        assert deletion_.count == 30
        deletion.restore(alice, deletion_.pk)
        if len(read) >= 30:
            break
    stop.set()
    worker.join()
    assert len(keys(alice)) == 30
