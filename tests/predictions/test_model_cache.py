"""Which model a worker reads with, and what it does without one."""

import time
from threading import Event

import pytest

from ml.types import PREPROCESSING_VERSION
from predictions import registry
from predictions.models import ModelArtifact, ModelVersion, Status, WorkerSeen
from predictions.worker import model_cache, recognize, watch
from tests.factories import make_submission, make_version
from tests.predictions.stubs import StubReader

pytestmark = pytest.mark.django_db


def test_without_a_live_model_submissions_fail_as_no_model(monkeypatch):
    monkeypatch.setattr(model_cache, "_loaded", None)
    submission = make_submission()
    assert recognize.recognize_batch() == 1
    submission.refresh_from_db()
    assert submission.error_code == "no_model"


def test_a_worker_that_can_load_no_model_claims_nothing(monkeypatch):
    monkeypatch.setattr(model_cache, "_loaded", None)
    monkeypatch.setattr(model_cache, "_refused", {})
    make_version("not a network")
    submission = make_submission()
    with pytest.raises(model_cache.CannotLoad):
        recognize.recognize_batch()
    submission.refresh_from_db()
    assert (submission.status, submission.attempts) == (Status.QUEUED, 0)


def test_the_previous_model_serves_while_the_live_one_cannot_be_loaded(monkeypatch, caplog):
    monkeypatch.setattr(model_cache, "_refused", {})
    served = model_cache.Loaded(make_version("good", b"good"), StubReader())
    monkeypatch.setattr(model_cache, "_loaded", served)
    registry.promote(make_version("broken", b"broken", is_live=False), by=None)
    assert model_cache.live() is served
    assert model_cache.live() is served
    assert caplog.text.count("model broken cannot be used") == 1
    watch.note_seen()
    seen = WorkerSeen.objects.get()
    assert seen.model_version == served.version and seen.trouble.startswith("broken cannot be used: ")
    registry.promote(served.version, by=None)
    watch.note_seen()
    assert WorkerSeen.objects.get().trouble == ""


def test_the_previous_model_serves_while_the_live_one_loads(monkeypatch):
    monkeypatch.setattr(model_cache, "PATIENCE_S", 0.0)
    monkeypatch.setattr(model_cache, "_refused", {})
    served = model_cache.Loaded(make_version("quick", b"quick"), StubReader())
    monkeypatch.setattr(model_cache, "_loaded", served)
    may_load = Event()
    monkeypatch.setattr(model_cache, "load_reader", lambda *_: may_load.wait(60) and StubReader())
    registry.promote(slow := make_version("slow", b"slow", is_live=False), by=None)
    assert model_cache.live() is served and model_cache.live() is served
    may_load.set()
    deadline = time.monotonic() + 30
    while model_cache.live() is served:
        assert time.monotonic() < deadline
    assert model_cache.live().version == slow


def test_a_heartbeat_says_why_no_model_can_be_loaded(monkeypatch):
    monkeypatch.setattr(model_cache, "_loaded", None)
    monkeypatch.setattr(model_cache, "_refused", {})
    watch.note_seen()
    assert "No model is live" in WorkerSeen.objects.get().trouble
    make_version("other preprocessing")
    ModelVersion.objects.update(preprocessing="ink-99")
    watch.note_seen()
    assert "trained with preprocessing ink-99" in WorkerSeen.objects.get().trouble
    ModelArtifact.objects.update(data=b"evil")
    ModelVersion.objects.update(preprocessing=PREPROCESSING_VERSION)
    watch.note_seen()
    assert "ink-99" in WorkerSeen.objects.get().trouble  # remembered: not tried again for RETRY_S
    monkeypatch.setattr(model_cache, "_refused", {})
    watch.note_seen()
    assert "not those that were registered" in WorkerSeen.objects.get().trouble


def test_without_a_model_the_heartbeat_file_is_not_touched(settings, tmp_path, monkeypatch):
    def refuse():
        raise model_cache.CannotLoad("trained with another preprocessing")

    settings.HEARTBEAT_FILE = str(tmp_path / "heartbeat")
    monkeypatch.setattr(recognize, "live", refuse)
    monkeypatch.setattr(watch, "live", refuse)
    assert not watch.poll()
    assert not (tmp_path / "heartbeat").exists()


@pytest.fixture
def held(monkeypatch):
    """Hold the reader of the live version, as after its first batch."""
    loaded = model_cache.Loaded(make_version("held", b"held"), StubReader(batches=[]))
    for name, value in {"_loaded": loaded, "_refused": {}, "_slow": None, "_stand_in": ""}.items():
        monkeypatch.setattr(model_cache, name, value)
    monkeypatch.setattr(recognize, "BATCH_BUDGET_S", 60.0)
    return loaded


def test_a_batch_is_claimed_and_recorded_by_a_query_each(held, django_assert_num_queries):
    for _ in range(3):
        make_submission()
    with django_assert_num_queries(2):
        assert recognize.recognize_batch() == 3
    assert held.reader.batches == [3]
    with django_assert_num_queries(1):
        assert recognize.recognize_batch() == 0


def test_a_batch_after_a_promotion_is_read_by_the_version_that_is_live_then(held, monkeypatch):
    other = StubReader(batches=[])
    monkeypatch.setattr(model_cache, "load_reader", lambda *_: other)
    registry.promote(promoted := make_version("promoted", b"promoted", is_live=False), by=None)
    submission = make_submission()
    assert recognize.recognize_batch() == 1
    assert (held.reader.batches, other.batches) == ([], [1])
    assert submission.predictions.get().model_version == promoted


def test_a_batch_fails_if_no_version_is_live_any_more(held):
    ModelVersion.objects.update(is_live=False)
    submission = make_submission()
    assert recognize.recognize_batch() == 1
    submission.refresh_from_db()
    assert (submission.error_code, held.reader.batches) == ("no_model", [])
