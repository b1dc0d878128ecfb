"""What runs by the clock runs once, however many ask; one task that fails keeps no other from running."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier, Event

import pytest
from django.db import OperationalError, connection
from django.db.models import F
from django.db.models.functions import Now

from accounts.models import AuditEvent
from predictions import tasks
from predictions.models import EVERY, ScheduledRun, ScheduledTask, Source, Submission
from predictions.services.overview import scheduled
from predictions.worker import schedule
from predictions.worker.schedule import runs
from predictions.worker.slices import SLICE, Outcome, in_slices
from tests.factories import make_user

pytestmark = pytest.mark.django_db
MAIL = ScheduledTask.MAIL


@pytest.fixture
def calls(monkeypatch):
    """Replace each task by one that notes that it ran, and return the notes."""
    found = []

    def note(task):
        return lambda: found.append(task) or Outcome(2)

    monkeypatch.setattr(schedule, "TASKS", {task: note(task) for task in ScheduledTask})
    return found


def row(task=MAIL):
    return ScheduledRun.objects.get(name=task)


def let_pass(pause, task=MAIL):
    """Let this much time pass for a task."""
    columns = ("due_at", "lease_until", "started_at", "finished_at")
    ScheduledRun.objects.filter(name=task).update(**{name: F(name) - pause for name in columns})


def test_each_task_has_a_pause_and_something_to_do():
    assert set(EVERY) == set(schedule.TASKS) == set(ScheduledTask)


def test_a_sweep_runs_everything_that_is_due_once(calls):
    schedule.run_due()
    assert sorted(calls) == sorted(ScheduledTask)
    assert (row().done, row().total, row().error, row().attempts) == (2, 2, "", 0)
    assert row().finished_at >= row().started_at and row().took_ms is not None
    schedule.run_due()
    assert len(calls) == len(ScheduledTask)

    let_pass(EVERY[MAIL])
    schedule.run_due()
    assert calls[len(ScheduledTask) :] == [MAIL]
    assert row().total == 4


@pytest.mark.parametrize("late_s", [-2, 0, 2])
def test_beat_need_not_be_exact(calls, late_s):
    schedule.run(ScheduledTask.GOLDEN, is_forced=True)
    let_pass(EVERY[ScheduledTask.GOLDEN] + timedelta(seconds=late_s), ScheduledTask.GOLDEN)
    assert schedule.run(ScheduledTask.GOLDEN)


def test_what_was_missed_is_caught_up_with_once(calls):
    schedule.run_due()
    for task in ScheduledTask:
        let_pass(timedelta(days=3), task)
    assert set(ScheduledRun.objects.late().values_list("name", flat=True)) == set(ScheduledTask)
    schedule.run_due()
    schedule.run_due()
    assert len(calls) == 2 * len(ScheduledTask)
    assert not ScheduledRun.objects.late().exists()


def test_a_task_that_is_not_done_goes_on_with_the_next_sweep(calls, monkeypatch):
    monkeypatch.setitem(schedule.TASKS, MAIL, lambda: Outcome(SLICE, is_finished=False))
    schedule.run_due()
    assert list(runs.find_due()) == [MAIL]


def fail(error):
    raise error


@pytest.mark.parametrize("error", [OperationalError("disk full\nKey (email)=(a@b.c)"), ValueError("disk full")])
def test_a_task_that_fails_keeps_no_other_from_running(calls, monkeypatch, error):
    monkeypatch.setitem(schedule.TASKS, MAIL, lambda: fail(error))
    schedule.run_due()
    assert set(calls) == set(ScheduledTask) - {MAIL}
    assert row().error == f"{type(error).__name__}: disk full"  # only the first line: the rest may name somebody
    assert row().failed_at is not None and row().attempts == 1
    assert list(ScheduledRun.objects.failing()) == [row()]
    assert not schedule.run(MAIL)  # not before a while

    let_pass(runs.RETRY_AFTER)
    monkeypatch.setitem(schedule.TASKS, MAIL, lambda: Outcome(1))
    assert schedule.run(MAIL)
    assert (row().error, row().attempts, row().total) == ("", 0, 1)
    assert row().failed_at is not None


def test_each_failure_is_followed_by_a_longer_pause(calls, monkeypatch):
    monkeypatch.setitem(schedule.TASKS, MAIL, lambda: fail(ValueError()))
    pauses = []
    for _ in range(9):
        schedule.run(MAIL, is_forced=True) if pauses else schedule.run_due()
        pauses.append((row().due_at - row().finished_at).total_seconds())
    most = 0.9 * EVERY[MAIL].total_seconds()
    assert pauses == pytest.approx([min(most, 30.0 * 2**count) for count in range(9)], abs=0.5)


@pytest.mark.django_db(transaction=True)
def test_a_lost_connection_is_recorded_and_the_rest_goes_on(calls, monkeypatch):
    def lose():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    monkeypatch.setitem(schedule.TASKS, ScheduledTask.UNFINISHED, lose)
    schedule.run_due()
    assert len(calls) == len(ScheduledTask) - 1
    assert row(ScheduledTask.UNFINISHED).error


def test_a_run_whose_process_died_is_done_again_later_each_time(calls):
    for attempt in (1, 2, 3):
        assert runs.begin(MAIL).attempt == attempt
        assert list(ScheduledRun.objects.running()) == [row()]
        assert runs.begin(MAIL, is_forced=True) is None
        let_pass(runs.LEASE)
        assert list(ScheduledRun.objects.interrupted()) == [row()]
        assert (row().due_at - row().started_at) == min(EVERY[MAIL] * 0.9, runs.LEASE * 2 ** (attempt - 1))
        let_pass(timedelta(hours=1))


def test_a_process_that_was_taken_for_dead_records_nothing(calls):
    lost = runs.begin(MAIL)
    let_pass(timedelta(hours=1))
    assert schedule.run(MAIL)
    assert not runs.succeed(lost, 99, 1.0, is_finished=True)
    assert not runs.fail(lost, ValueError(), 1.0)
    assert (row().total, row().error) == (2, "")


def test_a_task_of_newer_code_is_left_alone(calls):
    ScheduledRun.objects.create(name="of_tomorrow")
    schedule.run_due()
    assert sorted(calls) == sorted(ScheduledTask)


def test_a_person_has_a_task_run_at_once(calls, django_capture_on_commit_callbacks):
    schedule.run_due()
    bob = make_user("bob")
    with django_capture_on_commit_callbacks() as wakes:
        assert scheduled.ask(MAIL, bob)
        assert not scheduled.ask(MAIL, bob)
    assert len(wakes) == 1
    assert AuditEvent.objects.get().target == MAIL
    schedule.run_due()
    assert calls[len(ScheduledTask) :] == [MAIL]
    assert (row().asked_by, row().asked_at) == (bob, None)

    let_pass(EVERY[MAIL])
    schedule.run_due()
    assert row().asked_by is None
    assert [state.run.name for state in scheduled.run_states()] == list(ScheduledTask)


def test_slices_stop_at_the_budget_and_begin_each_step():
    endless, short = [], []
    outcome = in_slices(lambda: endless.append(1) or SLICE, lambda: short.append(1) or 3, budget_s=0.01)
    assert outcome == Outcome(SLICE * len(endless) + 3, is_finished=False)
    assert short == [1]
    assert in_slices(lambda: 3, lambda: 0) == Outcome(3)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("reader")
def test_two_beats_at_once_run_each_task_once(calls):
    at_once = Barrier(4)

    def beat(_):
        try:
            at_once.wait()
            schedule.run_due()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(beat, range(4)))
    assert sorted(calls) == sorted(ScheduledTask)


@pytest.mark.django_db(transaction=True)
def test_a_task_is_not_begun_again_while_it_runs(calls, monkeypatch):
    began, ended = Event(), Event()

    def run_long():
        began.set()
        ended.wait(10)
        return Outcome(1)

    def beat():
        try:
            return schedule.run(MAIL)
        finally:
            connection.close()

    monkeypatch.setitem(schedule.TASKS, MAIL, run_long)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(beat)
        began.wait(10)
        ScheduledRun.objects.update(due_at=Now())
        assert not schedule.run(MAIL, is_forced=True)
        ended.set()
        assert first.result()


@pytest.mark.django_db(transaction=True)
def test_two_beats_send_one_golden_digit_a_minute():
    for _ in range(2):
        assert tasks.send_golden.apply().successful()
        assert tasks.sweep.apply().successful()
    assert Submission.objects.filter(guest_key=Source.GOLDEN).count() == 1
