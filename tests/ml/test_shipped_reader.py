"""The shipped reader on drawings of its own templates: what it must never get wrong."""

from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from ml.data.datasets import PenDigit
from ml.data.synthetic_numbers import MARGIN_PX, compose_numbers
from ml.evaluation.number_accuracy import read_numbers
from ml.golden import golden_drawing
from ml.preprocessing.images import page_from_image
from ml.preprocessing.strokes import render_strokes
from ml.recognition.text_line import find_text_line
from ml.types import CLASSES, MAX_DIGITS, Reason, Verdict

BAR = [[[175, 95], [205, 95]]]
MARKS = {".": [[[188, 168], [190, 170]]], ",": [[[186, 165], [180, 185]]], "-": BAR, "/": [[[210, 5], [170, 195]]]}


@pytest.fixture(scope="module")
def reader(shipped_reader):
    return shipped_reader


def write(text, apart=190.0, seed=4):
    """Return strokes of golden digits side by side, 150 px high."""
    strokes = []
    for place, digit in enumerate(text):
        drawn = golden_drawing(int(digit), seed + place)["strokes"]
        points = np.array([point for stroke in drawn for point in stroke])
        low, tall = points.min(axis=0), np.ptp(points[:, 1])
        strokes += [((np.array(stroke) - low) / tall * 150 + [20 + place * apart, 20]).tolist() for stroke in drawn]
    return strokes


def as_picture(strokes, pen_px=16):
    ink = np.pad(render_strokes(strokes, pen_px=pen_px).ink, 30)
    return Image.fromarray(np.round(255 - 255 * ink).astype(np.uint8))


def page_of(strokes, way):
    return render_strokes(strokes, pen_px=16) if way == "strokes" else page_from_image(as_picture(strokes))


def read(reader, *pages):
    return reader.read([find_text_line(page) for page in pages])


def test_single_digits_are_read(reader):
    drawn = [(digit, seed) for digit in range(10) for seed in range(10)]
    readings = read(reader, *(render_strokes(**golden_drawing(digit, seed)) for digit, seed in drawn))
    right = [reading.text == str(digit) for reading, (digit, _) in zip(readings, drawn, strict=True)]
    assert np.mean(right) >= 0.97
    sure = [reading.verdict == Verdict.DIGIT for reading in readings]
    assert np.mean(sure) > 0.85 and sum(np.array(sure) & ~np.array(right)) <= 1


@pytest.mark.parametrize("way", ["strokes", "pixels"])
def test_a_number_is_read_from_left_to_right_with_a_box_for_each_digit(reader, way):
    (reading,) = read(reader, page_of(write("20758"), way))
    assert reading.text == reading.written == "20758" and reading.verdict == Verdict.DIGIT
    boxes = [guess.box for guess in reading.digits]
    assert all(one[0] + one[2] <= other[0] for one, other in pairwise(boxes))
    assert all(120 < box[3] < 200 for box in boxes)
    assert all(sum(guess.probabilities) == pytest.approx(1) for guess in reading.digits)
    assert 0.8 < reading.confidence <= 1


def test_touching_digits_are_separated(reader):
    strokes = write("35")
    joined = [strokes[0] + strokes[-1][:0], *strokes[1:], [[strokes[0][-1][0], 165.0], [260.0, 165.0]]]
    line = find_text_line(page_from_image(as_picture(joined)))
    assert len(line.components) == 1
    (reading,) = reader.read([line])
    assert len(reading.digits) == 2 and reading.text[0] == "3"


def test_touching_numbers_are_read_with_a_box_for_each_digit(reader):
    pens = [
        PenDigit(digit, 1, [np.array(stroke) for stroke in golden_drawing(digit, seed)["strokes"]])
        for digit in range(CLASSES)
        for seed in range(6)
    ]
    numbers = compose_numbers(pens, "touching", 30, np.random.default_rng(5))
    readings = read_numbers(reader, numbers, "pixels")
    right = [(number, found) for number, found in zip(numbers, readings, strict=True) if found.text == number.text]
    assert len(right) >= 24
    overlaps = []
    for number, found in right:
        overlaps += [iou(*each) for each in zip(boxes_of(number), [guess.box for guess in found.digits], strict=True)]
    assert np.mean(overlaps) > 0.68


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


def test_several_lines_are_unsure_and_all_are_written(reader):
    below = [[[x, y + 260] for x, y in stroke] for stroke in write("17")]
    (reading,) = read(reader, render_strokes(write("23") + below, pen_px=16))
    assert reading.verdict == Verdict.UNSURE and reading.reasons[0] == Reason.SEVERAL_LINES
    assert reading.written == "23\n17"


@pytest.mark.parametrize("sign", MARKS)
@pytest.mark.parametrize("way", ["strokes", "pixels"])
def test_signs_between_digits_are_written_and_never_sure(reader, sign, way):
    strokes = [*write("7"), *MARKS[sign], *([[x + 230, y] for x, y in stroke] for stroke in write("2"))]
    (reading,) = read(reader, page_of(strokes, way))
    assert reading.written == f"7{sign}2" and reading.text == "72"
    assert reading.verdict != Verdict.DIGIT and Reason.SIGN in reading.reasons


def test_lines_of_many_digits_are_read(reader):
    (reading,) = read(reader, render_strokes(write("1234567890" * 2), pen_px=16))
    assert reading.text == "1234567890" * 2 and len(reading.digits) == 20 < MAX_DIGITS


def test_a_reading_does_not_depend_on_its_batch(reader):
    pages = [render_strokes(write(text), pen_px=16) for text in ("20758", "3", "64")]
    together = read(reader, *pages)
    for page, reading in zip(pages, together, strict=True):
        (alone,) = read(reader, page)
        assert alone.text == reading.text and alone.confidence == pytest.approx(reading.confidence, abs=1e-5)
