"""The line recognizer: touching digits, its input, and its training on synthetic lines."""

import hashlib
import itertools
import json

import numpy as np
import pytest

from ml.__main__ import main
from ml.data.datasets import PenDigit
from ml.data.glyphs import draw_glyphs
from ml.data.synthetic_lines import MAX_LABELS, WIDTH, compose_lines
from ml.data.synthetic_numbers import MARGIN_PX, compose_numbers
from ml.evaluation.number_accuracy import read_numbers
from ml.golden import golden_drawing
from ml.preprocessing.ink import BlankDrawing
from ml.preprocessing.strokes import render_strokes
from ml.recognition.line_recognizer import (
    FIELD,
    MARGIN,
    MAX_WIDTH,
    SYMBOLS,
    TALL,
    LineRecognizer,
    Transcription,
    line_image,
)
from ml.recognition.runtimes import load_line_network
from ml.training import line_recognizer_training
from ml.types import CLASSES

SURE = 0.97


@pytest.fixture(scope="module")
def pens():
    def strokes(digit, seed):
        return [np.array(stroke) for stroke in golden_drawing(digit, seed)["strokes"]]

    return [PenDigit(digit, 1, strokes(digit, seed)) for digit in range(CLASSES) for seed in range(6)]


def transcription(*symbols, certainty=SURE):
    """Return a transcription of these symbols, a frame each, with a blank after each; all others equally unlikely."""
    rows = np.full((2 * len(symbols), SYMBOLS + 1), (1 - certainty) / SYMBOLS)
    for place, symbol in enumerate(symbols):
        rows[2 * place, symbol] = rows[2 * place + 1, SYMBOLS] = certainty
    return Transcription(rows, symbols, tuple(10.0 * place for place in range(len(symbols))))


def test_the_card_states_the_accuracy_of_the_line_recognizer(artifacts):
    assert artifacts["line-litert"].card["line_recognizer"]["calibrating_writers"]["touching"] > 0.85


def test_touching_numbers_are_read_with_a_box_for_each_digit(shipped_reader, pens):
    numbers = compose_numbers(pens, "touching", 30, np.random.default_rng(5))
    readings = read_numbers(shipped_reader, numbers, "pixels")
    right = [
        (number, reading) for number, reading in zip(numbers, readings, strict=True) if reading.text == number.text
    ]
    assert len(right) >= 24
    overlaps = []
    for number, reading in right:
        assert all(sum(guess.probabilities) == pytest.approx(1) for guess in reading.digits)
        assert 0 <= reading.confidence <= min(guess.confidence for guess in reading.digits)
        overlaps += [iou(*each) for each in zip(boxes_of(number), [guess.box for guess in reading.digits], strict=True)]
    assert np.mean(overlaps) > 0.75


def boxes_of(number):
    """Return x, y, width, height of each digit on the picture of a number."""
    page = number.as_strokes()
    for strokes in number.parts:
        points = (np.concatenate(strokes) - page.offset) * page.scale + MARGIN_PX
        reach = number.pen_px * page.scale / 2
        yield *(points.min(axis=0) - reach), *(np.ptp(points, axis=0) + 2 * reach)


def iou(one, other):
    """Return the intersection over union of two boxes."""
    sides = [
        max(min(one[side] + one[side + 2], other[side] + other[side + 2]) - max(one[side], other[side]), 0)
        for side in (0, 1)
    ]
    both = sides[0] * sides[1]
    return both / (one[2] * one[3] + other[2] * other[3] - both)


def test_a_number_has_several_digits_and_nothing_else():
    assert transcription(1, 0).is_number
    assert not transcription(7).is_number and not transcription(1, CLASSES).is_number and not transcription().is_number


def test_alternatives_are_the_probabilities_of_each_symbol():
    alternatives, chance = transcription(4, 4, 2).alternatives()
    assert alternatives.shape == (3, SYMBOLS) and alternatives.sum(axis=1) == pytest.approx(1)
    assert alternatives.argmax(axis=1).tolist() == [4, 4, 2] and alternatives.max(axis=1).min() > 0.9
    assert 0.8 < chance <= 1
    doubtful = transcription(4, 2)
    doubtful.probabilities[2, [2, 3]] = 0.5
    alternatives, _ = doubtful.alternatives()
    assert alternatives[0, 4] > 0.9 and alternatives[1, 2] == pytest.approx(alternatives[1, 3], rel=0.01)


def test_line_images_have_digits_of_one_height():
    ink = np.zeros((100, 300), dtype=np.float32)
    ink[20:92, 50:62] = 1
    picture, scale, left = line_image(ink, line_height=72.0, pen_width=12.0)
    assert picture.shape == (FIELD, MARGIN * 2 + 4) and scale == pytest.approx(TALL / 72) and left == 50
    rows = np.flatnonzero(picture.max(axis=1) > 0.5)
    assert len(rows) == TALL and rows[0] + rows[-1] == FIELD - 1
    thick, _, left = line_image(ink[:, :53], line_height=72.0, pen_width=1.0)
    assert thick.max() == 1 and left == 48, "a thin pen is thickened"
    wide = np.ones((2, 4000), dtype=np.float32)
    assert line_image(wide, line_height=2.0, pen_width=2.0)[0].shape[1] == MAX_WIDTH
    with pytest.raises(BlankDrawing):
        line_image(np.zeros((9, 9), dtype=np.float32), line_height=9.0, pen_width=1.0)


def right_of(strokes, by):
    return [[[point[0] + by, *point[1:]] for point in stroke] for stroke in strokes]


def test_a_transcription_does_not_depend_on_earlier_ones(line_network):
    recognizer = LineRecognizer(line_network)
    page = render_strokes(
        [*golden_drawing(2, 1)["strokes"], *right_of(golden_drawing(3, 1)["strokes"], 230)], pen_px=16
    )
    tall = float(page.ink.shape[0])
    first = recognizer.recognize(page.ink, tall, 16 * page.scale)
    recognizer.recognize(np.ones((40, 600), dtype=np.float32), 40.0, 9.0)
    again = recognizer.recognize(page.ink, tall, 16 * page.scale)
    assert first.text == (2, 3) and (first.probabilities == again.probabilities).all()
    assert 0 < first.symbol_columns[0] < page.ink.shape[1] / 2 < first.symbol_columns[1] < page.ink.shape[1]


def test_synthetic_lines_depend_only_on_the_seed(pens):
    def draw():
        rng = np.random.default_rng(3)
        images = np.stack([np.pad(np.ones((12, 3), dtype=np.float32), ((8, 8), (12, 13)))] * 4)
        glyphs = draw_glyphs(pens[::6], images, np.ones(4, dtype=np.int64), rng)
        return list(itertools.islice(compose_lines(glyphs, rng), 40))

    lines = draw()
    assert all((one[0] == other[0]).all() and one[1] == other[1] for one, other in zip(lines, draw(), strict=True))
    for picture, symbols in lines:
        assert picture.shape == (FIELD, WIDTH) and picture.min() >= 0 and picture.max() <= 1
        assert 1 <= len(symbols) <= MAX_LABELS and set(symbols) <= set(range(SYMBOLS))
        assert picture.max(axis=0).sum() > 2 * len(symbols), "each symbol takes some columns"


@pytest.mark.long  # trains from end to end: 20 s on one core
@pytest.mark.timeout(600)
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning:keras")  # Keras 3.15 under NumPy 2.4
def test_a_line_recognizer_is_trained_end_to_end(data, monkeypatch, capsys):
    monkeypatch.setattr(line_recognizer_training, "EPOCH_STEPS", 3)
    monkeypatch.setattr(line_recognizer_training, "BATCH", 4)
    out = data / "tiny.tflite"
    assert (
        main(["train-line-recognizer", "--data", str(data), "--out", str(out), "--epochs", "2", "--limit", "20"]) == 0
    )
    card = json.loads(out.with_suffix(".json").read_text())
    assert card["training"]["lines"] == 24 and len(card["training"]["loss"]) == 2
    assert card["training"]["parameters"] < 300_000 and card["sha256"] == hashlib.sha256(out.read_bytes()).hexdigest()
    assert f'"touching": {card["calibrating_writers"]["touching"]}' in capsys.readouterr().out
    picture = np.ones((20, 30), dtype=np.float32)
    probabilities = (
        LineRecognizer(load_line_network("line-litert", out.read_bytes())).recognize(picture, 20.0, 5.0).probabilities
    )
    assert probabilities.shape == (32, SYMBOLS + 1) and probabilities.sum(axis=1) == pytest.approx(1)
