"""What a worker does for finished submissions, whose own status and answer never change."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from ml.artifacts import load_shipped
from ml.preprocessing.ink import BlankDrawing
from ml.types import DigitReading, Reading, Verdict
from predictions import claims, lifecycle, metrics, registry, tasks
from predictions.models import Errand, ModelArtifact, Prediction, Status, Submission
from predictions.worker import jobs, model_cache, recognize, retention, sweep, watch
from tests.factories import make_errand, make_prediction, make_submission, make_user, make_version, read_one
from tests.predictions.stubs import StubReader

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice():
    return make_user("alice")


@pytest.fixture
def stub(monkeypatch):
    """Return a reader that reads everything as a 7, for every version; and explains nothing."""
    stub = StubReader(batches=[])
    for module in (jobs, model_cache):
        monkeypatch.setattr(module, "load", lambda version: model_cache.Loaded(version, stub))
    monkeypatch.setattr(recognize, "live", lambda: model_cache.Loaded(registry.live_version(), stub))
    told = SimpleNamespace(as_dict=lambda: {"digit": 7})
    monkeypatch.setattr(jobs, "explain", lambda reader, inputs, digits: [told])
    return stub


def _expire():
    Errand.objects.filter(status=Status.RUNNING).update(lease_until=Now() - timedelta(seconds=1))


def test_a_reading_is_explained_and_the_submission_stays_as_it_was(stub, alice):
    row = read_one(alice)
    before = Submission.objects.values().get()
    errand = make_errand(row)
    assert jobs.carry_out_next() == 1
    errand.refresh_from_db()
    assert (errand.status, errand.result) == (Status.SUCCEEDED, {"digits": [{"digit": 7}]})
    assert Submission.objects.values().get() == before
    assert jobs.carry_out_next() == 0


def test_the_network_that_read_it_explains_it_though_another_is_live(alice, monkeypatch):
    monkeypatch.setattr(model_cache, "_loaded", None)
    monkeypatch.setattr(model_cache, "_other", None)
    version = registry.register(load_shipped())
    registry.promote(version, by=None)
    row = make_submission(alice)
    assert recognize.recognize_batch() == 1
    registry.promote(make_version("newer", is_live=False), by=None)
    errand = make_errand(row, version=version)
    assert jobs.carry_out_next() == 1
    errand.refresh_from_db()
    [told] = errand.result["digits"]
    assert (told["digit"], len(told["heat"])) == (7, 28)
    assert 0 < told["log_odds"] < 30 and told["runner_up"] != 7


def test_an_old_item_is_read_again_and_both_answers_stay(stub, alice):
    row = read_one(alice, "1")
    newer = make_version("newer", b"newer")
    errand = make_errand(row, "read_again")
    assert jobs.carry_out_next() == 1
    errand.refresh_from_db(), row.refresh_from_db()
    assert (errand.status, errand.result, row.text) == (Status.SUCCEEDED, None, "1")
    old, new = Prediction.objects.order_by("pk")
    assert (old.reading["text"], new.reading["text"], new.model_version) == ("1", "7", newer)
    assert (new.queued_at, new.started_at) == (errand.queued_at, errand.started_at)


def test_what_failed_may_be_read_by_a_newer_model_and_fails_alone_if_it_is_still_blank(stub, alice):
    version, row = make_version(), make_submission(alice)
    with claims.claimed(1) as [claimed]:
        lifecycle.fail(claimed, "blank")
    errand = make_errand(row, "read_again")
    stub.error = BlankDrawing()
    assert jobs.carry_out_next() == 1
    errand.refresh_from_db(), row.refresh_from_db()
    assert (errand.status, errand.error_code, row.error_code) == (Status.FAILED, "blank", "blank")
    other = make_errand(row, "explain", version)  # stands for a second one
    Errand.objects.filter(pk=other.pk).update(kind="read_again", model_version=make_version("newer", b"newer"))
    stub.error = None
    assert jobs.carry_out_next() == 1
    row.refresh_from_db()
    assert (row.status, row.text, row.predictions.get().reading["text"]) == (Status.FAILED, "", "7")


def test_a_reading_that_is_there_already_is_not_doubled(stub, alice):
    row = read_one(alice)
    errand = make_errand(row, "read_again")
    assert jobs.carry_out_next() == 1
    errand.refresh_from_db()
    assert errand.status == Status.SUCCEEDED
    assert Prediction.objects.get().reading["text"] == "7"


def test_an_errand_whose_worker_died_is_done_by_another_and_the_first_is_fenced_off(stub, alice):
    errand = make_errand(read_one(alice))
    with claims.claimed_errand() as lost:
        _expire()
        assert jobs.carry_out_next() == 1
        assert claims.renew(lost) == 0
        assert not lifecycle.accomplish(lost[0], {"digits": ["late"]})
        assert not lifecycle.fail(lost[0], "blank")
    errand.refresh_from_db()
    assert (errand.status, errand.attempts, errand.result) == (Status.SUCCEEDED, 2, {"digits": [{"digit": 7}]})


def test_one_that_breaks_us_is_tried_again_and_given_up(stub, alice, settings, caplog):
    errand = make_errand(read_one(alice), "read_again", make_version("broken", b"broken", is_live=False))
    stub.error = RuntimeError("nobody expected this")
    for _ in range(settings.MAX_ATTEMPTS):
        assert jobs.carry_out_next() == 0
        Errand.objects.update(available_at=Now())
    assert jobs.carry_out_next() == 0
    errand.refresh_from_db()
    assert (errand.status, errand.error_code) == (Status.FAILED, "gave_up")
    assert caplog.text.count("could not be carried out") == settings.MAX_ATTEMPTS
    assert lifecycle.retry(errand)
    errand.refresh_from_db()
    assert (errand.status, errand.attempts, errand.finished_at) == (Status.QUEUED, 0, None)


def test_a_model_of_another_preprocessing_reads_nothing_again(stub, alice, caplog):
    other = make_version("other", b"other", is_live=False)
    type(other).objects.filter(pk=other.pk).update(preprocessing="ink-0")
    errand = make_errand(read_one(alice), "read_again", other)
    assert jobs.carry_out_next() == 0
    errand.refresh_from_db()
    assert (errand.status, Prediction.objects.count()) == (Status.QUEUED, 1)
    assert "ink-0" in caplog.text


def test_while_the_live_model_is_tampered_with_nothing_is_read_again_in_its_name(alice, monkeypatch, settings, caplog):
    for name, value in {"_loaded": None, "_other": None, "_refused": {}}.items():
        monkeypatch.setattr(model_cache, name, value)
    registry.install_shipped()
    row = make_submission(alice)
    assert recognize.recognize_batch() == 1
    evil = make_version("evil", b"evil", is_live=False)
    ModelArtifact.objects.filter(version=evil).update(data=b"more evil")
    registry.promote(evil, by=None)
    errand = make_errand(row, "read_again", evil)
    for _ in range(settings.MAX_ATTEMPTS + 1):
        assert jobs.carry_out_next() == 0
        Errand.objects.update(available_at=Now())
    errand.refresh_from_db()
    assert (errand.status, errand.error_code, row.predictions.count()) == (Status.FAILED, "gave_up", 1)
    assert "not those that were registered" in caplog.text
    make_submission(alice)
    assert recognize.recognize_batch() == 1
    assert not Prediction.objects.filter(model_version=evil).exists()


def test_drawings_that_people_wait_for_go_before_errands(stub, alice, settings):
    settings.BATCH_LIMIT = 2
    errand = make_errand(read_one(alice))
    drawings = [make_submission(alice) for _ in range(3)]
    rung = []
    assert jobs.carry_out_next(on_more=lambda: rung.append(1)) == 0
    assert (rung, stub.batches) == ([1], [2])  # somebody still waits, so it is looked at again
    assert jobs.carry_out_next() == 1
    assert stub.batches == [2, 1]
    errand.refresh_from_db()
    assert all(
        row.finished_at < errand.started_at for row in Submission.objects.filter(pk__in=[d.pk for d in drawings])
    )


def test_bulk_work_does_not_keep_errands_back(stub, alice):
    errand = make_errand(read_one(alice))
    make_submission(alice, lane="bulk")
    assert jobs.carry_out_next() == 1
    errand.refresh_from_db()
    assert (errand.status, stub.batches) == (Status.SUCCEEDED, [])


def test_a_drawing_waits_for_one_digits_explanation_at_most(stub, alice, monkeypatch):
    row = read_one(alice, "7")
    prediction = row.predictions.get()
    prediction.reading["digits"] *= 3
    prediction.save()
    make_errand(row)
    seen = []

    def explain(reader, inputs, digits):
        seen.append(Submission.objects.waiting().count())
        make_submission(alice)
        return [SimpleNamespace(as_dict=dict)]

    monkeypatch.setattr(jobs, "explain", explain)
    assert jobs.carry_out_next() == 1
    assert seen == [0, 0, 0]
    assert stub.batches == [1, 1]


def test_one_persons_many_errands_go_after_anothers_one(stub, alice):
    many, one = make_errand(read_one(alice)), make_errand(read_one(make_user("bob")))
    Errand.objects.filter(pk=many.pk).update(lane="bulk")
    with claims.claimed_errand() as [first]:
        assert first.pk == one.pk


def test_each_is_asked_once_a_model(alice):
    row = read_one(alice)
    make_errand(row)
    with transaction.atomic(), pytest.raises(IntegrityError):
        make_errand(row)
    make_errand(row, "read_again")


def test_the_watch_finds_errands_though_nobody_rings(stub, alice, monkeypatch):
    errand = make_errand(read_one(alice))
    monkeypatch.setattr(watch, "note_seen", lambda: None)
    assert watch.poll()
    errand.refresh_from_db()
    assert errand.status == Status.SUCCEEDED
    assert not watch.poll()


def test_the_bell_for_errands_rings_again_for_the_next(stub, alice, monkeypatch):
    rung = []
    monkeypatch.setattr(tasks.bell, "ring", lambda task, queue: rung.append((task.name, queue)))
    monkeypatch.setattr(tasks.bell, "answer", lambda queue: rung.append(("answered", queue)))
    row = read_one(alice)
    make_errand(row), make_errand(row, "read_again")
    assert tasks.carry_out_errand("errands") == 1
    assert rung == [("answered", "errands"), ("predictions.tasks.carry_out_errand", "errands")]


def test_the_sweep_and_the_queue_count_errands_too(stub, alice):
    errand = make_errand(read_one(alice))
    assert metrics.queue()["errands"] == 1
    with claims.claimed_errand():
        _expire()
        assert sweep.sweep()
    errand.refresh_from_db()
    assert errand.status == Status.QUEUED
    assert jobs.carry_out_next() == 0, "not before the delay"
    Errand.objects.update(available_at=Now())
    assert jobs.carry_out_next() == 1
    assert metrics.queue()["errands"] == 0
    assert not sweep.sweep()


def test_nothing_is_kept_of_an_errand_whose_submission_was_deleted(stub, alice):
    row = read_one(alice)
    make_errand(row, "read_again", make_version("newer", b"newer"))
    with claims.claimed_errand() as [errand]:
        Submission.objects.update(deleted_at=Now() - timedelta(minutes=2))
        retention.delete_expired()
        assert not lifecycle.accomplish(errand, prediction=make_prediction(row, errand.model_version))
    assert not Errand.objects.exists()
    assert not Prediction.objects.exists()


def test_a_guess_holds_what_an_explanation_needs():
    guess = DigitReading(7, 0.9, (0.1,) * 10, (0, 0, 1, 1), bytes(784))
    [digit] = Reading("7", Verdict.DIGIT, 0.9, (guess,)).as_dict()["digits"]
    assert {"digit", "input"} <= set(digit)
