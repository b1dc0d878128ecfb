"""Training runs from the outside: starting, canceling, the schedule, and how the trainer takes them."""

import sys

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models.functions import Now

from accounts.models import AuditEvent
from predictions import claims, lifecycle
from predictions.models import Role, Status, Submission, TrainingRun
from predictions.services.candidates import retraining
from predictions.services.review import review_submission
from predictions.worker import schedule
from predictions.worker.training import trainer
from tests.factories import make_reviewer, make_user, make_version, read_one

pytestmark = pytest.mark.django_db


@pytest.fixture
def run():
    make_version()
    return retraining.start(make_user("admin"))


@pytest.fixture
def child(monkeypatch):
    """Let the trainer run a Python program instead of a training run."""

    def use(program: str) -> None:
        monkeypatch.setattr(trainer, "_command", lambda run: [sys.executable, "-c", program])

    trainer._stopping.clear()
    return use


def test_a_run_is_queued_and_audited(run):
    assert run.status == Status.QUEUED and run.name.startswith("test-1-tuned-") and run.start.name == "test-1"
    event = AuditEvent.objects.get(action="model.retraining_started")
    assert (event.target, event.details["start"]) == (run.name, "test-1")


def test_there_is_one_run_at_a_time(run):
    with pytest.raises(retraining.CannotRetrain, match="not finished yet"):
        retraining.start(None)


def test_without_a_live_model_nothing_can_be_tuned():
    with pytest.raises(retraining.CannotRetrain, match="No model is live"):
        retraining.start(None)


def test_a_canceled_run_makes_room_for_another(run):
    assert retraining.cancel(run, make_user("bob"))
    assert not retraining.cancel(run, run.requested_by)
    TrainingRun.objects.update(name="former")
    assert retraining.start(None).status == Status.QUEUED


def test_a_claim_of_a_run_holds_for_a_minute(run):
    with claims.claimed_training_run() as [claimed], connection.cursor() as cursor:
        cursor.execute("SELECT lease_until - statement_timestamp() FROM predictions_trainingrun")
        assert 55 < cursor.fetchone()[0].total_seconds() <= 60
        assert claimed.start.name == "test-1"


@pytest.mark.django_db(transaction=True)
def test_a_child_that_dies_costs_an_attempt_and_the_last_one_fails_the_run(run, child):
    child("raise SystemExit(9)")
    for attempt in (1, 2, 3):
        assert trainer.run_next()
        run.refresh_from_db()
        assert (run.status, run.attempts) == (Status.QUEUED, attempt)
        TrainingRun.objects.update(available_at=Now())
    assert not trainer.run_next()
    run.refresh_from_db()
    assert run.status == Status.FAILED and "Every attempt failed" in run.trouble


@pytest.mark.django_db(transaction=True)
def test_a_trainer_that_is_stopped_ends_its_child_and_counts_no_attempt(run, child):
    child("import time; time.sleep(60)")
    trainer.stop()
    with pytest.raises(claims.Interrupted):
        trainer.run_next()
    run.refresh_from_db()
    assert (run.status, run.attempts) == (Status.QUEUED, 0)


def test_a_run_that_nobody_did_in_time_fails(run):
    TrainingRun.objects.update(deadline_at=Now())
    schedule.run_all()
    run.refresh_from_db()
    assert (run.status, run.error_code) == (Status.FAILED, "deadline")


def test_a_run_whose_trainer_is_gone_goes_back(run):
    with claims.claimed_training_run() as [claimed]:
        TrainingRun.objects.update(lease_until=Now())
        schedule.run_all()
        assert not lifecycle.fail_training_run(claimed, "too late")
    run.refresh_from_db()
    assert run.status == Status.QUEUED and not run.trouble


def test_the_schedule_waits_for_new_reviews_and_for_its_time(settings, monkeypatch):
    monkeypatch.setattr(retraining, "LEAST_REVIEWED", 2)
    settings.RETRAIN_EVERY_DAYS = 7
    alice, carol = make_user(), make_reviewer()
    rows = [read_one(alice) for _ in range(2)]
    Submission.objects.update(may_train=True)
    review_submission(rows[0], carol, "7", Role.REVIEWER)
    review_submission(rows[1], alice, "1", Role.OWNER)  # what owners say does not count
    assert retraining.start_if_due() is None
    review_submission(rows[1], carol, "1", Role.REVIEWER)
    assert retraining.start_if_due().requested_by is None
    TrainingRun.objects.update(status=Status.FAILED, error_code="gave_up", finished_at=Now())
    assert retraining.count_new() == 0 and retraining.start_if_due() is None
    settings.RETRAIN_EVERY_DAYS = 0
    assert retraining.start_if_due() is None


def test_the_command_refuses_what_cannot_work(run):
    for words in (["--by", "nobody"], ["--images", "10"], []):
        with pytest.raises(CommandError):
            call_command("retrain", *words)
