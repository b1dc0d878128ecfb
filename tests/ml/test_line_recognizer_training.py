"""The line recognizer's training: its loss, augmentation and schedule, and a run from end to end."""

import csv
import json
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest

from ml.__main__ import main
from ml.data.lines import pool
from ml.recognition.ctc import log_likelihood
from ml.recognition.line_image import FIELD_PX
from ml.recognition.line_recognizer import ALPHABET, BLANK, FRAME_PX, OUTPUTS, softmax
from ml.recognition.runtimes import load_network
from ml.training import line_recognizer_training as training
from ml.training.line_network import SIZES, build_line_network

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning:keras"),  # Keras 3.15 on NumPy 2.4
]


@pytest.mark.parametrize("size", SIZES)
def test_a_network_has_a_frame_for_every_two_pixels_of_any_width(size):
    network = build_line_network(size)
    for width in (32, 96):
        logits = network(np.zeros((2, FIELD_PX, width), dtype=np.float32))
        assert logits.shape == (2, width // FRAME_PX, OUTPUTS)


def test_the_loss_is_the_likelihood_that_decoding_uses():
    logits = np.random.default_rng(1).normal(size=(2, 12, OUTPUTS)).astype(np.float32)
    codes = np.full((2, pool.MAX_LABELS), BLANK, dtype=np.int32)
    texts = ((3, 3, 7), (26,))
    for row, text in zip(codes, texts, strict=True):
        row[: len(text)] = text
    losses = np.asarray(training.ctc_loss(codes, logits))
    assert losses == pytest.approx(
        [-log_likelihood(softmax(one.astype(float)), text) for one, text in zip(logits, texts, strict=True)], rel=1e-4
    )


def test_lines_are_augmented_only_in_training():
    pixels = np.zeros((4, FIELD_PX, 64), dtype=np.uint8)
    pixels[:, 8:24, 20:24] = 255
    augment = training.Augment(1)
    assert (np.asarray(augment(pixels)) == pixels / np.float32(255)).all()
    drawn = np.asarray(augment(pixels, training=True))
    assert drawn.shape == pixels.shape and drawn.min() >= 0 and drawn.max() <= 1
    assert len({one.tobytes() for one in drawn}) == 4 and drawn[:, 12:20, 21:23].min() > 0.1


def test_the_learning_rate_rises_and_then_falls(tmp_path):
    options = training.LineTrainingOptions(epochs=100)
    schedule = training.Schedule(None, tmp_path / "mine.keras", options, [])
    schedule.set_model(SimpleNamespace(optimizer=SimpleNamespace(learning_rate=0.0)))
    rates = []
    for epoch in range(101):
        schedule.on_epoch_begin(epoch)
        rates.append(schedule.model.optimizer.learning_rate)
    assert rates[0] < rates[2] < max(rates) == training.LEARNING_RATE
    assert rates[20] == max(rates) > rates[60] > rates[90] > rates[100] > 0


def test_a_run_ends_when_its_time_is_over(tmp_path):
    options = training.LineTrainingOptions(epochs=100, minutes=10)
    schedule = training.Schedule(None, tmp_path / "mine.keras", options, [])
    schedule.began -= 5 * 60
    assert schedule.share(1) == pytest.approx(0.5, abs=0.01)
    schedule.began -= 6 * 60
    assert schedule.share(1) > 1


@pytest.fixture
def small_run(data, monkeypatch):
    """Make a run of a few steps on a few lines, composed in threads, which see the small data set."""

    def in_threads(processes, _context, initializer, initargs):
        return ThreadPoolExecutor(1, initializer=initializer, initargs=initargs)

    monkeypatch.setattr(pool, "ProcessPoolExecutor", in_threads)
    monkeypatch.setattr(pool, "_sources", None)
    monkeypatch.setattr(pool, "CHUNK", 150)
    monkeypatch.setattr(training, "MIN_LINES", 150)
    monkeypatch.setattr(training, "EPOCH_STEPS", 3)
    monkeypatch.setattr(training, "SAVED_EPOCHS", 2)
    held_out = pool.compose_held_out_lines
    monkeypatch.setattr(pool, "compose_held_out_lines", lambda data: held_out(data, 40))
    return data


@pytest.mark.long  # trains from end to end: 40 s on one core
def test_a_line_recognizer_is_trained_and_exported(small_run, capsys):
    lines, out = small_run / "lines", small_run / "tiny.line.keras"
    arguments = ["--data", str(small_run), "--lines", str(lines)]
    assert main(["compose-lines", *arguments, "--files", "1", "--processes", "1"]) == 0
    arguments += ["--out", str(out), "--batch", "4"]
    assert main(["train-line-recognizer", *arguments, "--epochs", "2"]) == 0
    record = json.loads((small_run / "tiny.line.json").read_text())
    assert record == json.loads(capsys.readouterr().out.partition("{")[2].join(("{", "")))
    assert (record["lines_composed"], record["steps"], record["size"]) == (150, 6, "plain")
    assert 0 <= record["held_out_exact"] <= 1 and record["parameters"] < 700_000
    with (small_run / "tiny.line.history.csv").open() as file:
        history = list(csv.DictReader(file))
    assert [row["epoch"] for row in history] == ["0", "1"] and all(float(row["loss"]) > 0 for row in history)
    backup = small_run / "tiny.line.latest.keras"
    assert main(["train-line-recognizer", *arguments, "--epochs", "1", "--start-from", str(backup)]) == 0

    assert main(["export", "--model", str(out), "--out", str(out)]) == 0
    pixels = np.random.default_rng(1).random((FIELD_PX, 96)).astype(np.float32)
    formats = {"line-keras": out, "line-litert": small_run / "tiny.line.tflite"}
    one, other = (load_network(name, path.read_bytes()).logits(pixels[None]) for name, path in formats.items())
    assert one.shape == (1, 48, 1 + len(ALPHABET)) and softmax(one) == pytest.approx(softmax(other), abs=0.05)
