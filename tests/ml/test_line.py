"""Numbers of several digits: pieces, cuts, the best path through them, and what is no number."""

from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from ml.golden import golden_drawing
from ml.preprocessing.images import page_of
from ml.preprocessing.strokes import render
from ml.recognition.candidates import edges_of
from ml.recognition.components import one_digit
from ml.recognition.reader import Reader
from ml.recognition.seams import find_cuts
from ml.recognition.text_line import find_line
from ml.types import MOST_DIGITS, Verdict


@pytest.fixture(scope="module")
def reader(network, artifacts):
    return Reader(network, artifacts["litert"].card)


def write(text, apart=190.0, seed=4):
    """Return strokes of golden digits side by side, on a line of 150 px."""
    strokes = []
    for place, digit in enumerate(text):
        drawn = golden_drawing(int(digit), seed + place)["strokes"]
        points = np.array([point for stroke in drawn for point in stroke])
        low, tall = points.min(axis=0), np.ptp(points[:, 1])
        strokes += [((np.array(stroke) - low) / tall * 150 + [20 + place * apart, 20]).tolist() for stroke in drawn]
    return strokes


def as_picture(strokes, pen_px=16):
    ink = np.pad(render(strokes, pen_px=pen_px).ink, 30)
    return Image.fromarray(np.round(255 - 255 * ink).astype(np.uint8))


def read(reader, *pages):
    return reader.read([find_line(page) for page in pages])


@pytest.mark.parametrize("way", ["strokes", "pixels"])
def test_a_number_is_read_from_left_to_right_with_a_box_for_each_digit(reader, way):
    strokes = write("20758")
    page = render(strokes, pen_px=16) if way == "strokes" else page_of(as_picture(strokes))
    (reading,) = read(reader, page)
    assert reading.text == "20758" and reading.verdict == Verdict.DIGIT
    boxes = [guess.box for guess in reading.digits]
    assert all(one[0] + one[2] <= other[0] for one, other in pairwise(boxes))
    assert all(120 < box[3] < 200 for box in boxes)
    assert all(sum(guess.probabilities) == pytest.approx(1) for guess in reading.digits)
    assert 0.8 < reading.confidence <= min(guess.confidence for guess in reading.digits)


def test_digits_that_touch_are_parted(reader):
    """The arm of one runs into the next, so all ink is one piece."""
    strokes = write("35")
    joined = [strokes[0] + strokes[-1][:0], *strokes[1:], [[strokes[0][-1][0], 165.0], [260.0, 165.0]]]
    line = find_line(page_of(as_picture(joined)))
    assert len(line.pieces) == 1
    (reading,) = reader.read([line])
    assert len(reading.digits) == 2 and reading.text[0] == "3"


def test_one_digit_is_seen_as_it_always_was(reader):
    for digit in range(10):
        page = render(**golden_drawing(digit, 7))
        (reading,) = read(reader, page)
        seen = np.round(one_digit(page).input * 255).astype(np.uint8).tobytes()
        assert [guess.input for guess in reading.digits] == [seen]


def test_a_sure_digit_of_one_piece_costs_one_look(reader):
    assert len(edges_of(find_line(page_of(as_picture(write("8")))))) == 1


def test_several_lines_are_unsure(reader):
    below = [[[x, y + 260] for x, y in stroke] for stroke in write("17")]
    (reading,) = read(reader, render(write("23") + below, pen_px=16))
    assert reading.verdict != Verdict.DIGIT


@pytest.mark.parametrize("sign", [[[188, 168], [190, 170]], [[186, 165], [180, 185]], [[175, 95], [205, 95]]])
@pytest.mark.parametrize("way", ["strokes", "pixels"])
def test_points_commas_and_signs_are_unsure(reader, sign, way):
    strokes = [*write("7", seed=4), sign, *([[x + 230, y] for x, y in stroke] for stroke in write("2", seed=4))]
    page = render(strokes, pen_px=16) if way == "strokes" else page_of(as_picture(strokes))
    assert read(reader, page)[0].verdict != Verdict.DIGIT


def test_more_digits_than_may_be_are_counted(reader):
    (reading,) = read(reader, render(write("1234567890" * 2), pen_px=16))
    assert len(reading.digits) > MOST_DIGITS


def test_numbers_do_not_depend_on_their_neighbours(reader):
    pages = [render(write(text), pen_px=16) for text in ("20758", "3", "64")]
    together = read(reader, *pages)
    for page, reading in zip(pages, together, strict=True):
        (alone,) = read(reader, page)
        assert alone.text == reading.text and alone.confidence == pytest.approx(reading.confidence, abs=1e-5)


def test_a_cut_goes_where_two_rings_touch():
    y, x = np.mgrid[:40, :80]
    rings = [np.abs(np.hypot(y - 20, x - middle) - 16) < 2.5 for middle in (22, 57)]
    ink = (rings[0] | rings[1]).astype(np.float32)
    middles = [float(cut.columns[15:25].mean()) for cut in find_cuts(ink, 40.0, 5.0, at=[22.0, 57.0])]
    assert any(36 <= middle <= 43 for middle in middles)
