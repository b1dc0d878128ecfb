"""Batches of drawings are read, and one that fails does not affect the others."""

import io
from types import SimpleNamespace

import pytest
from django.db.models.functions import Now
from PIL import Image

from ml.types import DigitReading, Reading, Verdict
from predictions import claims, lifecycle
from predictions.models import Drawing, Prediction, Status, Submission
from predictions.worker import recognize
from tests.factories import make_submission

pytestmark = pytest.mark.django_db


def test_a_batch_is_read_in_one_pass(reader):
    for _ in range(5):
        make_submission()
    assert recognize.recognize_batch() == 5
    assert reader.batches == [5]
    assert set(Submission.objects.values_list("status", "text")) == {("succeeded", "7")}
    assert set(Prediction.objects.values_list("batch_size", "runtime")) == {(5, "stub")}


def test_the_ink_of_the_random_sample_is_measured(reader):
    sampled, other = make_submission(), make_submission()
    Submission.objects.filter(pk=sampled.pk).update(review_sample=True)
    inked = bytes(28 * 10) + bytes([0] * 12 + [255] * 4 + [0] * 12) * 8 + bytes(28 * 10)
    guess = DigitReading(1, 0.9, (0.1,) * 10, (0, 0, 1, 1), inked)
    reader.reading = Reading("11", Verdict.DIGIT, 0.9, (guess, guess))
    assert recognize.recognize_batch() == 2
    assert Prediction.objects.get(submission=other).ink is None
    assert Prediction.objects.get(submission=sampled).ink == {
        "stroke": [3.4, 3.4],
        "aspect": [0.5] * 2,
        "tilt": [0] * 2,
    }


def test_a_full_batch_wakes_another_worker_before_it_is_read(reader, settings):
    settings.BATCH_LIMIT = 2
    for _ in range(3):
        make_submission()
    woken = []
    recognize.recognize_batch(on_more=lambda: woken.append(len(reader.batches)))
    assert woken == [0]
    recognize.recognize_batch(on_more=lambda: woken.append(len(reader.batches)))
    assert woken == [0]


def test_gpu_and_cpu_workers_claim_batches_of_their_own_size(reader, settings):
    settings.BATCH_LIMIT, settings.GPU_BATCH_LIMIT = 2, 4
    cpu = SimpleNamespace(runtime="litert", device="cpu")
    gpu = SimpleNamespace(runtime="tensorflow", device="gpu")  # a stand-in for a machine that has one
    for _ in range(7):
        make_submission()
    for network in (gpu, cpu, gpu):
        reader.network = network
        recognize.recognize_batch()
    assert reader.batches == [4, 2, 1]
    receipts = Prediction.objects.order_by("pk").values_list("runtime", "device", "batch_size")
    assert list(receipts) == [("tensorflow", "gpu", 4)] * 4 + [("litert", "cpu", 2)] * 2 + [("tensorflow", "gpu", 1)]


def test_a_drawing_that_cannot_be_prepared_does_not_fail_the_batch(reader, monkeypatch):
    bad, good = make_submission(), make_submission()
    real = recognize.prepare

    def fail_on_bad(drawing):
        if drawing.submission_id == bad.pk:
            raise RuntimeError("unexpected")
        return real(drawing)

    monkeypatch.setattr(recognize, "prepare", fail_on_bad)
    assert recognize.recognize_batch() == 1
    bad.refresh_from_db(), good.refresh_from_db()
    assert (bad.status, bad.attempts, good.status) == (Status.QUEUED, 1, Status.SUCCEEDED)


def test_a_network_that_raises_returns_the_batch_to_the_queue_until_its_attempts_are_used(reader, settings):
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


def test_a_blank_image_fails_and_the_rest_of_the_batch_is_read(reader):
    paper = io.BytesIO()
    Image.new("L", (50, 50), 255).save(paper, "PNG")
    blank = Submission(guest_key="golden")
    lifecycle.queue(blank, Drawing(image=paper.getvalue(), image_type="image/png", is_original=True))
    good = make_submission()
    assert recognize.recognize_batch() == 2
    blank.refresh_from_db(), good.refresh_from_db()
    assert (blank.status, blank.error_code, good.status) == ("failed", "blank", "succeeded")


def test_too_many_digits_fail(reader, monkeypatch):
    many = Reading("1" * 33, Verdict.DIGIT, 0.9, (DigitReading(1, 0.9, (0.1,) * 10, (0, 0, 1, 1), b""),) * 33)
    monkeypatch.setattr(reader, "read", lambda pages: [many for _ in pages])
    submission = make_submission()
    assert recognize.recognize_batch() == 1
    submission.refresh_from_db()
    assert (submission.status, submission.error_code) == ("failed", "too_many_digits")


def test_a_refused_image_is_erased(reader):
    broken = Submission(guest_key="golden")
    lifecycle.queue(broken, Drawing(image=b"\x89PNG and a location", image_type="image/png", is_original=True))
    assert recognize.recognize_batch() == 1
    drawing = Drawing.objects.get()
    assert (bytes(drawing.image), drawing.image_type, drawing.is_original) == (b"", "", False)


def test_large_images_are_fetched_one_by_one(reader):
    noise = Image.effect_noise((900, 900), 60).convert("RGB")
    sent = io.BytesIO()
    noise.save(sent, "PNG", compress_level=0)
    rows = [Submission(guest_key="golden"), Submission(guest_key="golden")]
    for row in rows:
        lifecycle.queue(row, Drawing(image=sent.getvalue(), image_type="image/png", is_original=True))
    small = make_submission()
    with claims.claimed(3) as batch:
        assert ["image" in row.drawing.get_deferred_fields() for row in batch] == [True, True, False]
        assert bytes(batch[0].drawing.image) == sent.getvalue()
    Submission.objects.update(available_at=Now())
    while recognize.recognize_batch():
        Submission.objects.update(available_at=Now())
    assert not Drawing.objects.filter(is_original=True).exists()
    small.refresh_from_db()
    assert small.status == Status.SUCCEEDED
