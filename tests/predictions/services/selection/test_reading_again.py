"""Reading many drawings again: which ones, how far in one step, and what changed."""

import pytest
from django.conf import settings

from accounts.models import AuditEvent
from predictions import claims, lifecycle
from predictions.models import Job, ModelVersion, Prediction, Status, Submission
from predictions.services import quotas
from predictions.services.errors import Refused
from predictions.services.selection import reading_again
from predictions.services.selection.changes import find_changes, find_request
from predictions.services.selection.chosen import select_all, select_ids
from tests.factories import make_prediction, make_submission, make_user, make_version, read_one
from tests.predictions.services.selection.test_deletion import everything, own

pytestmark = pytest.mark.django_db


def promote_newer():
    return make_version("newer", b"newer")


def read_all_again(text="7"):
    """Do all jobs that wait, as a worker would."""
    version = ModelVersion.objects.live().get()
    while True:
        with claims.claimed_job() as rows:
            if not rows:
                return
            for job in rows:
                lifecycle.complete_job(job, prediction=make_prediction(job.submission, version, text))


def finish_one(text):
    """Do the first job that waits."""
    with claims.claimed_job() as [job]:
        lifecycle.complete_job(job, prediction=make_prediction(job.submission, job.model_version, text))


def test_what_the_live_model_has_not_read_is_queued_in_the_bulk_lane(alice):
    read_one(alice), read_one(alice)
    promote_newer()
    read_one(alice, "3")
    make_submission(alice)
    asked = reading_again.request(alice, everything(alice))
    assert (len(asked.jobs), asked.already_read, asked.not_readable, asked.rest) == (2, 1, 1, None)
    assert set(Job.objects.values_list("lane", "kind", "model_version__name")) == {("bulk", "read_again", "newer")}
    event = AuditEvent.objects.get(action="submissions.read_again")
    assert (event.target, event.details["count"]) == ("newer", 2)


def test_asking_again_queues_nothing_more(alice):
    read_one(alice)
    promote_newer()
    reading_again.request(alice, everything(alice))
    again = reading_again.request(alice, everything(alice))
    assert (len(again.jobs), again.already_read) == (0, 1)
    read_all_again()
    after = reading_again.request(alice, everything(alice))
    assert (len(after.jobs), after.already_read) == (0, 1)


def test_only_what_is_selected_is_read_again(alice):
    rows = [read_one(alice) for _ in range(3)]
    theirs = read_one(make_user("bob"))
    promote_newer()
    chosen = select_ids(Submission.objects.all(), [rows[0].id, theirs.id])
    asked = reading_again.request(alice, chosen)
    assert list(Job.objects.values_list("submission", flat=True)) == [rows[0].pk]
    assert len(asked.jobs) == 1


def test_a_step_ends_where_there_is_no_more_room_and_the_next_goes_on_from_there(alice, settings):
    settings.IN_FLIGHT_LIMIT = 2
    rows = [read_one(alice) for _ in range(5)]
    promote_newer()
    selected = select_all(own(alice), rows[-1].pk, "digit=7")
    first = reading_again.request(alice, selected)
    assert len(first.jobs) == 2
    assert first.rest == {"ids": [], "newest": rows[-1].pk, "query": "digit=7", "before": rows[3].pk}
    with pytest.raises(Refused, match="2 explanations and new readings waiting"):
        reading_again.request(alice, selected, first.rest["before"])
    read_all_again()
    second = reading_again.request(alice, selected, first.rest["before"])
    assert set(Job.objects.filter(pk__in=second.jobs).values_list("submission", flat=True)) == {
        rows[2].pk,
        rows[1].pk,
    }
    read_all_again()
    third = reading_again.request(alice, selected, second.rest["before"])
    assert (len(third.jobs), third.rest) == (1, None)


def test_a_step_looks_at_drawings_for_a_bounded_time(alice, monkeypatch):
    monkeypatch.setattr(reading_again, "BUDGET_S", -1.0)
    monkeypatch.setattr(reading_again, "CHUNK", 2)
    rows = [read_one(alice) for _ in range(4)]
    asked = reading_again.request(alice, everything(alice))
    assert (len(asked.jobs), asked.already_read, asked.rest["before"]) == (0, 2, rows[2].pk)


def test_a_step_takes_the_same_queries_for_one_drawing_and_many(
    alice, django_assert_num_queries, django_assert_max_num_queries
):
    read_one(alice)
    promote_newer()
    selected = everything(alice)
    with django_assert_max_num_queries(17):
        reading_again.request(alice, selected)
    version = ModelVersion.objects.get(name="test-1")
    for _ in range(20):
        row = make_submission(alice)
        with claims.claimed(1) as [claimed]:
            lifecycle.succeed(claimed, make_prediction(row, version))
    selected = everything(alice)
    with django_assert_max_num_queries(17):
        asked = reading_again.request(alice, selected)
    assert len(asked.jobs) == 20
    with django_assert_num_queries(2):
        find_changes(find_request(alice))


def test_a_job_that_failed_by_our_fault_is_tried_again(alice):
    read_one(alice)
    promote_newer()
    reading_again.request(alice, everything(alice))
    with claims.claimed_job() as [job]:
        lifecycle.fail(job, "no_model")
    asked = reading_again.request(alice, everything(alice))
    assert asked.jobs == [job.pk]
    assert Job.objects.get().status == Status.QUEUED


def test_without_a_model_nothing_is_requested(alice):
    read_one(alice)
    selected = everything(alice)
    ModelVersion.objects.update(is_live=False)
    with pytest.raises(Refused, match="No model is live"):
        reading_again.request(alice, selected)


def test_a_full_queue_refuses_all_of_a_step(alice, monkeypatch, settings):
    read_one(alice)
    promote_newer()
    settings.QUEUE_LIMIT = 0
    monkeypatch.setattr(quotas, "waiting_in_all", quotas.SumCache(quotas.count_waiting, seconds=0.5))
    with pytest.raises(Refused, match="The queue is full"):
        reading_again.request(alice, everything(alice))
    assert not Job.objects.exists()


def test_the_changes_tell_what_is_read_otherwise_and_what_is_not(alice):
    rows = [read_one(alice, text) for text in "1771"]
    blank = make_submission(alice)
    with claims.claimed(1) as [claimed]:
        lifecycle.fail(claimed, "blank")
    promote_newer()
    asked = reading_again.request(alice, everything(alice))
    for text in "77":  # jobs are done in the order they were queued
        finish_one(text)
    with claims.claimed_job() as [job]:
        lifecycle.fail(job, "blank")
    found = find_changes(asked)
    assert (found.waiting, found.failed, found.done, found.count) == (2, 1, 3, 5)
    read_all_again("7")
    Submission.objects.filter(pk=rows[3].pk).update(deleted_at="2026-01-01T00:00Z")
    found = find_changes(find_request(alice, asked.pk))
    assert (found.waiting, found.gone) == (0, 1)
    by_key = {each.submission.pk: each for each in found.changed}
    assert rows[0].pk in by_key and by_key[rows[0].pk].after.shown_text == "7"
    assert by_key[rows[0].pk].after.confidence == 0.99
    assert not {rows[1].pk, rows[2].pk} & set(by_key)
    assert found.unchanged + found.failed + len(found.changed) == 4
    assert blank.pk
    rows[0].refresh_from_db()
    assert rows[0].text == "1"  # the first reading stays the result


def test_a_change_of_confidence_alone_is_no_change(alice):
    row = read_one(alice, "7")
    Submission.objects.update(confidence=0.5)
    promote_newer()
    asked = reading_again.request(alice, everything(alice))
    read_all_again("7")
    assert (find_changes(asked).unchanged, find_changes(asked).changed) == (1, [])
    Submission.objects.update(verdict="unsure")
    assert [each.submission.pk for each in find_changes(asked).changed] == [row.pk]


def test_nobody_finds_the_request_of_another_person(alice):
    read_one(alice)
    asked = reading_again.request(alice, everything(alice))
    bob = make_user("bob")
    assert find_request(bob, asked.pk) is None
    assert find_request(bob) is None
    assert find_request(alice).pk == asked.pk
    assert Prediction.objects.count() == 1 and settings.IN_FLIGHT_LIMIT == 500
