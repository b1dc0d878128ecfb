"""What a worker does with a batch; a stub reader where the network does not matter."""

import io
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import timedelta
from threading import Event, Timer
from types import SimpleNamespace

import pytest
from django.db import OperationalError
from django.db.models.functions import Now
from PIL import Image

from ml.types import PREPROCESSING_VERSION, DigitReading, Reading, Verdict
from predictions import lifecycle, registry
from predictions.models import Drawing, ModelArtifact, ModelVersion, Prediction, Status, Submission, WorkerSeen
from predictions.worker import model_cache, recognize, sweep, watch
from tests.factories import make_submission, make_version

pytestmark = pytest.mark.django_db


@dataclass
class StubReader:
    """Reads everything as a 7, or raises what it was given."""

    error: Exception | None = None
    network = SimpleNamespace(runtime="stub", device="none")
    batches: list[int] | None = None

    def read(self, pages):
        if self.error:
            raise self.error
        if self.batches is not None:
            self.batches.append(len(pages))
        guess = DigitReading(7, 0.9, (0.1,) * 10, (0, 0, 1, 1), bytes(784))
        return [Reading("7", Verdict.DIGIT, 0.9, (guess,)) for _ in pages]


@pytest.fixture
def reader(monkeypatch):
    stub = StubReader(batches=[])
    loaded = model_cache.Loaded(make_version(), stub)
    monkeypatch.setattr(recognize, "live", lambda: loaded)
    monkeypatch.setattr(watch, "live", lambda: loaded)
    monkeypatch.setattr(recognize, "BATCH_BUDGET_S", 60.0)  # batches do not depend on how busy this machine is
    return stub


def test_a_batch_is_read_in_one_pass(reader):
    for _ in range(5):
        make_submission()
    assert recognize.recognize_batch() == 5
    assert reader.batches == [5]
    assert set(Submission.objects.values_list("status", "text")) == {("succeeded", "7")}
    assert set(Prediction.objects.values_list("batch_size", "runtime")) == {(5, "stub")}


def test_a_full_batch_rings_for_the_rest_before_it_reads(reader, settings):
    settings.BATCH_LIMIT = 2
    for _ in range(3):
        make_submission()
    rung = []
    recognize.recognize_batch(on_more=lambda: rung.append(len(reader.batches)))
    assert rung == [0]
    recognize.recognize_batch(on_more=lambda: rung.append(len(reader.batches)))
    assert rung == [0]


def test_a_gpu_worker_and_a_cpu_worker_serve_the_same_table_each_with_its_own_batch(reader, settings):
    settings.BATCH_LIMIT, settings.GPU_BATCH_LIMIT = 2, 4
    cpu = SimpleNamespace(runtime="litert", device="cpu")
    gpu = SimpleNamespace(runtime="tensorflow", device="gpu")  # stands for a machine that has one
    for _ in range(7):
        make_submission()
    for network in (gpu, cpu, gpu):
        reader.network = network
        recognize.recognize_batch()
    assert reader.batches == [4, 2, 1]
    receipts = Prediction.objects.order_by("pk").values_list("runtime", "device", "batch_size")
    assert list(receipts) == [("tensorflow", "gpu", 4)] * 4 + [("litert", "cpu", 2)] * 2 + [("tensorflow", "gpu", 1)]


def test_one_drawing_that_cannot_be_prepared_leaves_its_neighbours_alone(reader, monkeypatch):
    bad, good = make_submission(), make_submission()
    real = recognize.prepare

    def fail_on_bad(drawing):
        if drawing.submission_id == bad.pk:
            raise RuntimeError("nobody expected this")
        return real(drawing)

    monkeypatch.setattr(recognize, "prepare", fail_on_bad)
    assert recognize.recognize_batch() == 1
    bad.refresh_from_db(), good.refresh_from_db()
    assert (bad.status, bad.attempts, good.status) == (Status.QUEUED, 1, Status.SUCCEEDED)


def test_a_network_that_raises_puts_all_back_and_then_finds_the_culprit(reader, settings):
    for _ in range(2):
        make_submission()
    reader.error = RuntimeError("out of luck")
    for _ in range(2 * settings.MAX_ATTEMPTS):
        Submission.objects.update(available_at=Now())
        try:
            recognize.recognize_batch()
        except RuntimeError:
            continue
    Submission.objects.filter(status=Status.QUEUED).update(available_at=Now())
    recognize.recognize_batch()
    assert set(Submission.objects.values_list("status", "error_code")) == {("failed", "gave_up")}


def test_a_blank_picture_fails_with_its_reason_and_its_neighbour_is_read(reader):
    paper = io.BytesIO()
    Image.new("L", (50, 50), 255).save(paper, "PNG")
    blank = Submission(guest_key="golden")
    lifecycle.queue(blank, Drawing(image=paper.getvalue(), image_type="image/png", is_original=True))
    good = make_submission()
    assert recognize.recognize_batch() == 2
    blank.refresh_from_db(), good.refresh_from_db()
    assert (blank.status, blank.error_code, good.status) == ("failed", "blank", "succeeded")


def test_more_digits_than_a_page_may_hold_are_a_failure(reader, monkeypatch):
    many = Reading("1" * 17, Verdict.DIGIT, 0.9, (DigitReading(1, 0.9, (0.1,) * 10, (0, 0, 1, 1), b""),) * 17)
    monkeypatch.setattr(reader, "read", lambda pages: [many for _ in pages])
    submission = make_submission()
    assert recognize.recognize_batch() == 1
    submission.refresh_from_db()
    assert (submission.status, submission.error_code) == ("failed", "too_many_digits")


def test_without_a_model_the_submission_says_so(monkeypatch):
    monkeypatch.setattr(model_cache, "_loaded", None)
    submission = make_submission()
    assert recognize.recognize_batch() == 1
    submission.refresh_from_db()
    assert submission.error_code == "no_model"


def test_a_worker_that_can_load_no_model_leaves_the_drawings_to_others(monkeypatch):
    monkeypatch.setattr(model_cache, "_loaded", None)
    monkeypatch.setattr(model_cache, "_refused", {})
    make_version("not a network")
    submission = make_submission()
    with pytest.raises(model_cache.CannotLoad):
        recognize.recognize_batch()
    submission.refresh_from_db()
    assert (submission.status, submission.attempts) == (Status.QUEUED, 0)


def test_a_picture_that_was_refused_is_not_kept(reader):
    broken = Submission(guest_key="golden")
    lifecycle.queue(broken, Drawing(image=b"\x89PNG and a place", image_type="image/png", is_original=True))
    assert recognize.recognize_batch() == 1
    drawing = Drawing.objects.get()
    assert (bytes(drawing.image), drawing.image_type, drawing.is_original) == (b"", "", False)


def test_a_model_that_cannot_be_loaded_leaves_the_previous_one_serving(monkeypatch, caplog):
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


def test_a_model_that_is_slow_to_load_leaves_the_previous_one_serving(monkeypatch):
    monkeypatch.setattr(model_cache, "PATIENCE_S", 0.0)
    monkeypatch.setattr(model_cache, "_refused", {})
    served = model_cache.Loaded(make_version("quick", b"quick"), StubReader())
    monkeypatch.setattr(model_cache, "_loaded", served)
    goes_on = Event()
    monkeypatch.setattr(model_cache, "load_network", lambda *_: goes_on.wait(60) and StubReader.network)
    monkeypatch.setattr(model_cache, "import_string", lambda _: lambda network, card: StubReader())
    registry.promote(slow := make_version("slow", b"slow", is_live=False), by=None)
    assert model_cache.live() is served and model_cache.live() is served
    goes_on.set()
    deadline = time.monotonic() + 30
    while model_cache.live() is served:
        assert time.monotonic() < deadline
    assert model_cache.live().version == slow


def test_a_worker_says_why_it_can_load_no_model(monkeypatch):
    monkeypatch.setattr(model_cache, "_loaded", None)
    monkeypatch.setattr(model_cache, "_refused", {})
    watch.note_seen()
    assert "No model is live" in WorkerSeen.objects.get().trouble
    make_version("otherwise")
    ModelVersion.objects.update(preprocessing="ink-99")
    watch.note_seen()
    assert "trained with preprocessing ink-99" in WorkerSeen.objects.get().trouble
    ModelArtifact.objects.update(data=b"evil")
    ModelVersion.objects.update(preprocessing=PREPROCESSING_VERSION)
    watch.note_seen()
    assert "ink-99" in WorkerSeen.objects.get().trouble  # not tried again so soon
    monkeypatch.setattr(model_cache, "_refused", {})
    watch.note_seen()
    assert "not those that were registered" in WorkerSeen.objects.get().trouble


def test_a_worker_says_that_it_lives(reader):
    watch.note_seen()
    first = WorkerSeen.objects.get()
    assert (first.runtime, first.device) == ("stub", "none")
    watch.note_seen()
    assert WorkerSeen.objects.get().seen_at >= first.seen_at


def test_a_worker_beats_at_every_look_with_the_database_away_too(reader, settings, tmp_path, monkeypatch):
    settings.HEARTBEAT_FILE = str(tmp_path / "heartbeat")
    make_submission()
    assert watch.poll()
    (tmp_path / "heartbeat").unlink()  # as a health check does
    assert not watch.poll()
    (tmp_path / "heartbeat").unlink()

    def away():
        raise OperationalError("connection timeout expired")

    monkeypatch.setattr(watch, "note_seen", away)
    assert not watch.poll()
    assert (tmp_path / "heartbeat").exists()


def test_a_worker_ends_after_its_batch_not_in_the_middle_of_it(monkeypatch):
    begun, released, finished = Event(), Event(), []

    def look():
        begun.set()
        released.wait(10)
        finished.append(1)
        return False

    monkeypatch.setattr(watch, "look", look)
    watch.start()
    assert begun.wait(10)
    watch.stop()
    Timer(0.2, released.set).start()
    watch.finish()
    assert finished == [1]
    watch._stopping.clear()  # this process goes on with other tests


IDLE, HANGS, COMPARES = "pass", "if len(looks) > 2: time.sleep(60)", "while go_on(): time.sleep(0.05)"


@pytest.mark.parametrize(
    ("attends", "compares", "status"), [(IDLE, IDLE, 0), (HANGS, IDLE, 70), (IDLE, HANGS, 70), (IDLE, COMPARES, 0)]
)
def test_a_worker_that_lives_but_takes_nothing_ends_itself(attends, compares, status):
    code = f"""
import time, django
django.setup()
from predictions.worker import watch
watch.PULSE_EVERY_S, looks = 0.05, []
def attend():
    looks.append(1)
    {attends}
    return 0
def compare(go_on):
    {compares}
watch.note_seen, watch.jobs.run_next, watch.comparison.run_next = print, int, compare
watch.recognize.recognize_batch = attend
watch._stopping.wait = lambda s, wait=watch._stopping.wait: wait(min(s, 0.05))
watch.start()
time.sleep(3)
watch.stop()
"""
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=100)
    assert done.returncode == status, done.stderr
    assert ("takes nothing" in done.stderr) is (status != 0)
    assert time.monotonic() - began < 60


def test_a_worker_that_can_load_no_model_does_not_beat(settings, tmp_path, monkeypatch):
    def refuse():
        raise model_cache.CannotLoad("trained otherwise")

    settings.HEARTBEAT_FILE = str(tmp_path / "heartbeat")
    monkeypatch.setattr(recognize, "live", refuse)
    monkeypatch.setattr(watch, "live", refuse)
    assert not watch.poll()
    assert not (tmp_path / "heartbeat").exists()


def test_the_sweep_puts_back_what_was_abandoned_and_forgets_what_is_old():
    abandoned, old = make_submission(), make_submission(source="golden")
    past = Now() - timedelta(days=2)
    Submission.objects.filter(pk=abandoned.pk).update(status="running", claim=abandoned.id, lease_until=past)
    Submission.objects.filter(pk=old.pk).update(created_at=past)
    assert sweep.sweep()
    abandoned.refresh_from_db()
    assert abandoned.status == Status.QUEUED
    assert not Submission.objects.filter(pk=old.pk).exists()


def test_the_watchdog_ends_a_process_that_hangs_with_the_interpreter_locked():
    code = (
        "import django; django.setup()\n"
        "from predictions.claims import Batch\n"
        "from predictions.worker.watchdog import guarded\n"
        "import re\n"
        "with guarded(Batch()): re.match('(a*)*b', 'a' * 40)\n"  # never lets the interpreter go
    )
    began = time.monotonic()
    env = {**os.environ, "WATCHDOG_S": "2", "LEASE_S": "600", "DJANGO_SETTINGS_MODULE": "config.settings"}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "Timeout" in done.stderr
    assert time.monotonic() - began < 45


def test_the_watchdog_counts_for_each_drawing_not_for_the_batch():
    code = (
        "import time, django; django.setup()\n"
        "from predictions.claims import Batch\n"
        "from predictions.worker.watchdog import guarded\n"
        "with guarded(Batch()) as rearm:\n"
        "    for _ in range(4): rearm(), time.sleep(1)\n"
    )
    env = {**os.environ, "WATCHDOG_S": "2", "LEASE_S": "600", "DJANGO_SETTINGS_MODULE": "config.settings"}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
