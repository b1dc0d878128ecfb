"""Jobs on finished submissions, whose own status and reading never change."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from ml.artifacts import load_shipped
from ml.preprocessing.ink import BlankDrawing
from ml.types import DigitReading, Reading, Verdict
from predictions import claims, lifecycle, metrics, registry, tasks
from predictions.models import Job, ModelArtifact, Prediction, Status, Submission
from predictions.worker import jobs, model_cache, recognize, retention, schedule, watch
from tests.factories import make_job, make_prediction, make_submission, make_user, make_version, read_one
from tests.predictions.stubs import StubReader

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice():
    return make_user("alice")


@pytest.fixture
def stub(monkeypatch):
    """Replace every network by one that reads everything as a 7, and explanations by a constant."""
    stub = StubReader(batches=[])
    for module in (jobs, model_cache):
        monkeypatch.setattr(module, "load", lambda version: model_cache.Loaded(version, stub))
    monkeypatch.setattr(recognize, "live", lambda: model_cache.Loaded(registry.live_version(), stub))
    explained = SimpleNamespace(as_dict=lambda: {"digit": 7})
    monkeypatch.setattr(jobs, "explain_digits", lambda reader, inputs, digits: [explained])
    return stub


def _expire():
    Job.objects.filter(status=Status.RUNNING).update(lease_until=Now() - timedelta(seconds=1))


def test_explaining_a_reading_leaves_the_submission_unchanged(stub, alice):
    row = read_one(alice)
    before = Submission.objects.values().get()
    job = make_job(row)
    assert jobs.run_next() == 1
    job.refresh_from_db()
    assert (job.status, job.result) == (Status.SUCCEEDED, {"digits": [{"digit": 7}]})
    assert Submission.objects.values().get() == before
    assert jobs.run_next() == 0


def test_the_model_that_read_a_drawing_explains_it_though_another_is_live(alice, monkeypatch):
    monkeypatch.setattr(model_cache, "_loaded", None)
    monkeypatch.setattr(model_cache, "_other", None)
    version = registry.register(load_shipped())
    registry.promote(version, by=None)
    row = make_submission(alice)
    assert recognize.recognize_batch() == 1
    registry.promote(make_version("newer", is_live=False), by=None)
    job = make_job(row, version=version)
    assert jobs.run_next() == 1
    job.refresh_from_db()
    [digit] = job.result["digits"]
    assert (digit["digit"], len(digit["heat"])) == (7, 28)
    assert 0 < digit["log_odds"] < 30 and digit["runner_up"] != 7


def test_reading_again_adds_a_reading_and_keeps_the_first(stub, alice):
    row = read_one(alice, "1")
    newer = make_version("newer", b"newer")
    job = make_job(row, "read_again")
    assert jobs.run_next() == 1
    job.refresh_from_db(), row.refresh_from_db()
    assert (job.status, job.result, row.text) == (Status.SUCCEEDED, None, "1")
    old, new = Prediction.objects.order_by("pk")
    assert (old.reading["text"], new.reading["text"], new.model_version) == ("1", "7", newer)
    assert (new.queued_at, new.started_at) == (job.queued_at, job.started_at)


def test_a_failed_submission_can_be_read_again_and_only_the_job_fails_if_it_is_still_blank(stub, alice):
    version, row = make_version(), make_submission(alice)
    with claims.claimed(1) as [claimed]:
        lifecycle.fail(claimed, "blank")
    job = make_job(row, "read_again")
    stub.error = BlankDrawing()
    assert jobs.run_next() == 1
    job.refresh_from_db(), row.refresh_from_db()
    assert (job.status, job.error_code, row.error_code) == (Status.FAILED, "blank", "blank")
    other = make_job(row, "explain", version)  # made a second one to read again below
    Job.objects.filter(pk=other.pk).update(kind="read_again", model_version=make_version("newer", b"newer"))
    stub.error = None
    assert jobs.run_next() == 1
    row.refresh_from_db()
    assert (row.status, row.text, row.predictions.get().reading["text"]) == (Status.FAILED, "", "7")


def test_a_reading_that_exists_already_is_not_stored_twice(stub, alice):
    row = read_one(alice)
    job = make_job(row, "read_again")
    assert jobs.run_next() == 1
    job.refresh_from_db()
    assert job.status == Status.SUCCEEDED
    assert Prediction.objects.get().reading["text"] == "7"


def test_another_worker_runs_the_job_of_a_dead_one_which_is_fenced_off(stub, alice):
    job = make_job(read_one(alice))
    with claims.claimed_job() as lost:
        _expire()
        assert jobs.run_next() == 1
        assert claims.renew(lost) == 0
        assert not lifecycle.complete_job(lost[0], {"digits": ["late"]})
        assert not lifecycle.fail(lost[0], "blank")
    job.refresh_from_db()
    assert (job.status, job.attempts, job.result) == (Status.SUCCEEDED, 2, {"digits": [{"digit": 7}]})


def test_a_job_that_raises_is_retried_and_then_given_up(stub, alice, settings, caplog):
    job = make_job(read_one(alice), "read_again", make_version("broken", b"broken", is_live=False))
    stub.error = RuntimeError("unexpected")
    for _ in range(settings.MAX_ATTEMPTS):
        assert jobs.run_next() == 0
        Job.objects.update(available_at=Now())
    assert jobs.run_next() == 0
    job.refresh_from_db()
    assert (job.status, job.error_code) == (Status.FAILED, "gave_up")
    assert caplog.text.count(f"job {job.pk} ") == settings.MAX_ATTEMPTS
    assert lifecycle.retry(job)
    job.refresh_from_db()
    assert (job.status, job.attempts, job.finished_at) == (Status.QUEUED, 0, None)


def test_a_model_with_another_preprocessing_cannot_read_again(stub, alice, caplog):
    other = make_version("other", b"other", is_live=False)
    type(other).objects.filter(pk=other.pk).update(preprocessing="ink-0")
    job = make_job(read_one(alice), "read_again", other)
    assert jobs.run_next() == 0, "it is left to workers that may be able to"
    Job.objects.update(queued_at=Now() - timedelta(minutes=2))
    assert jobs.run_next() == 1
    job.refresh_from_db()
    assert (job.status, job.error_code, Prediction.objects.count()) == (Status.FAILED, "no_model", 1)
    assert "ink-0" in caplog.text and "Traceback" not in caplog.text


def test_a_tampered_live_model_never_reads_again(alice, monkeypatch, settings, caplog):
    for name, value in {"_loaded": None, "_other": None, "_refused": {}}.items():
        monkeypatch.setattr(model_cache, name, value)
    registry.install_shipped()
    row = make_submission(alice)
    assert recognize.recognize_batch() == 1
    evil = make_version("evil", b"evil", is_live=False)
    ModelArtifact.objects.filter(version=evil).update(data=b"more evil")
    registry.promote(evil, by=None)
    job = make_job(row, "read_again", evil)
    for _ in range(settings.MAX_ATTEMPTS + 1):
        assert jobs.run_next() == 0
        Job.objects.update(available_at=Now())
    job.refresh_from_db()
    assert (job.status, job.error_code, row.predictions.count()) == (Status.FAILED, "gave_up", 1)
    assert "not those that were registered" in caplog.text
    make_submission(alice)
    assert recognize.recognize_batch() == 1
    assert not Prediction.objects.filter(model_version=evil).exists()


def test_interactive_submissions_go_before_jobs(stub, alice, settings):
    settings.BATCH_LIMIT = 2
    job = make_job(read_one(alice))
    drawings = [make_submission(alice) for _ in range(3)]
    sent = []
    assert jobs.run_next(on_more=lambda: sent.append(1)) == 0
    assert (sent, stub.batches) == ([1], [2])  # one submission still waits, so another message is sent
    assert jobs.run_next() == 1
    assert stub.batches == [2, 1]
    job.refresh_from_db()
    assert all(row.finished_at < job.started_at for row in Submission.objects.filter(pk__in=[d.pk for d in drawings]))


def test_bulk_submissions_do_not_delay_jobs(stub, alice):
    job = make_job(read_one(alice))
    make_submission(alice, lane="bulk")
    assert jobs.run_next() == 1
    job.refresh_from_db()
    assert (job.status, stub.batches) == (Status.SUCCEEDED, [])


def test_a_submission_waits_for_the_explanation_of_one_digit_at_most(stub, alice, monkeypatch):
    row = read_one(alice, "7")
    prediction = row.predictions.get()
    prediction.reading["digits"] *= 3
    prediction.save()
    make_job(row)
    seen = []

    def explain(reader, inputs, digits):
        seen.append(Submission.objects.waiting().count())
        make_submission(alice)
        return [SimpleNamespace(as_dict=dict)]

    monkeypatch.setattr(jobs, "explain_digits", explain)
    assert jobs.run_next() == 1
    assert seen == [0, 0, 0]
    assert stub.batches == [1, 1]


def test_interactive_jobs_go_before_bulk_jobs(stub, alice):
    many, one = make_job(read_one(alice)), make_job(read_one(make_user("bob")))
    Job.objects.filter(pk=many.pk).update(lane="bulk")
    with claims.claimed_job() as [first]:
        assert first.pk == one.pk


def test_a_job_of_one_kind_is_unique_for_a_submission_and_model(alice):
    row = read_one(alice)
    make_job(row)
    with transaction.atomic(), pytest.raises(IntegrityError):
        make_job(row)
    make_job(row, "read_again")


def test_the_watch_finds_jobs_without_a_message(stub, alice, monkeypatch):
    job = make_job(read_one(alice))
    monkeypatch.setattr(watch, "note_seen", lambda: None)
    assert watch.poll()
    job.refresh_from_db()
    assert job.status == Status.SUCCEEDED
    assert not watch.poll()


def test_a_worker_wakes_another_for_the_next_job(stub, alice, monkeypatch):
    sent = []
    monkeypatch.setattr(tasks.wakeup, "send", lambda task, queue: sent.append((task.name, queue)))
    monkeypatch.setattr(tasks.wakeup, "acknowledge", lambda queue: sent.append(("acknowledged", queue)))
    row = read_one(alice)
    make_job(row), make_job(row, "read_again")
    assert tasks.run_job("errands") == 1
    assert sent == [("acknowledged", "errands"), ("predictions.tasks.carry_out_errand", "errands")]


def test_the_sweep_puts_jobs_back_and_the_queue_counts_them(stub, alice):
    job = make_job(read_one(alice))
    assert metrics.queue()["errands"] == 1
    with claims.claimed_job():
        _expire()
        assert schedule.run_all()
    job.refresh_from_db()
    assert job.status == Status.QUEUED
    assert jobs.run_next() == 0, "not before the delay"
    Job.objects.update(available_at=Now())
    assert jobs.run_next() == 1
    assert metrics.queue()["errands"] == 0
    assert not schedule.run_all()


def test_the_jobs_of_a_deleted_submission_are_deleted(stub, alice):
    row = read_one(alice)
    make_job(row, "read_again", make_version("newer", b"newer"))
    with claims.claimed_job() as [job]:
        Submission.objects.update(deleted_at=Now() - timedelta(minutes=2))
        retention.delete_expired()
        assert not lifecycle.complete_job(job, prediction=make_prediction(row, job.model_version))
    assert not Job.objects.exists()
    assert not Prediction.objects.exists()


def test_a_reading_stores_what_an_explanation_needs():
    guess = DigitReading(7, 0.9, (0.1,) * 10, (0, 0, 1, 1), bytes(784))
    [digit] = Reading("7", Verdict.DIGIT, 0.9, (guess,)).as_dict()["digits"]
    assert {"digit", "input"} <= set(digit)
