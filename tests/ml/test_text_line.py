"""Numbers of several digits: components, seams, decoding, and ink that is not a number."""

from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from ml.golden import golden_drawing
from ml.preprocessing.images import page_from_image
from ml.preprocessing.strokes import render_strokes
from ml.recognition.candidates import find_candidates
from ml.recognition.components import crop_single_digit
from ml.recognition.seams import find_seams
from ml.recognition.text_line import find_text_line
from ml.types import MAX_DIGITS, Verdict


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


def read(reader, *pages):
    return reader.read([find_text_line(page) for page in pages])


@pytest.mark.parametrize("way", ["strokes", "pixels"])
def test_a_number_is_read_from_left_to_right_with_a_box_for_each_digit(reader, way):
    strokes = write("20758")
    page = render_strokes(strokes, pen_px=16) if way == "strokes" else page_from_image(as_picture(strokes))
    (reading,) = read(reader, page)
    assert reading.text == "20758" and reading.verdict == Verdict.DIGIT
    boxes = [guess.box for guess in reading.digits]
    assert all(one[0] + one[2] <= other[0] for one, other in pairwise(boxes))
    assert all(120 < box[3] < 200 for box in boxes)
    assert all(sum(guess.probabilities) == pytest.approx(1) for guess in reading.digits)
    assert 0.8 < reading.confidence <= min(guess.confidence for guess in reading.digits)


def test_touching_digits_are_separated(reader):
    strokes = write("35")
    joined = [strokes[0] + strokes[-1][:0], *strokes[1:], [[strokes[0][-1][0], 165.0], [260.0, 165.0]]]
    line = find_text_line(page_from_image(as_picture(joined)))
    assert len(line.components) == 1
    (reading,) = reader.read([line])
    assert len(reading.digits) == 2 and reading.text[0] == "3"


def test_a_single_digit_gets_the_same_input_as_in_training(reader):
    for digit in range(10):
        page = render_strokes(**golden_drawing(digit, 7))
        (reading,) = read(reader, page)
        seen = np.round(crop_single_digit(page).input * 255).astype(np.uint8).tobytes()
        assert [guess.input for guess in reading.digits] == [seen]


def test_a_digit_of_one_component_has_one_candidate(reader):
    assert len(find_candidates(find_text_line(page_from_image(as_picture(write("8")))))) == 1


def test_several_lines_are_unsure(reader):
    below = [[[x, y + 260] for x, y in stroke] for stroke in write("17")]
    (reading,) = read(reader, render_strokes(write("23") + below, pen_px=16))
    assert reading.verdict != Verdict.DIGIT


@pytest.mark.parametrize("sign", [[[188, 168], [190, 170]], [[186, 165], [180, 185]], [[175, 95], [205, 95]]])
@pytest.mark.parametrize("way", ["strokes", "pixels"])
def test_numbers_with_points_commas_or_signs_are_unsure(reader, sign, way):
    strokes = [*write("7", seed=4), sign, *([[x + 230, y] for x, y in stroke] for stroke in write("2", seed=4))]
    page = render_strokes(strokes, pen_px=16) if way == "strokes" else page_from_image(as_picture(strokes))
    assert read(reader, page)[0].verdict != Verdict.DIGIT


def test_lines_longer_than_the_limit_are_still_read(reader):
    (reading,) = read(reader, render_strokes(write("1234567890" * 2), pen_px=16))
    assert len(reading.digits) > MAX_DIGITS


def test_a_reading_does_not_depend_on_its_batch(reader):
    pages = [render_strokes(write(text), pen_px=16) for text in ("20758", "3", "64")]
    together = read(reader, *pages)
    for page, reading in zip(pages, together, strict=True):
        (alone,) = read(reader, page)
        assert alone.text == reading.text and alone.confidence == pytest.approx(reading.confidence, abs=1e-5)


def test_a_seam_is_found_where_two_rings_touch():
    y, x = np.mgrid[:40, :80]
    rings = [np.abs(np.hypot(y - 20, x - middle) - 16) < 2.5 for middle in (22, 57)]
    ink = (rings[0] | rings[1]).astype(np.float32)
    middles = [float(seam.columns[15:25].mean()) for seam in find_seams(ink, 40.0, 5.0, digit_columns=[22.0, 57.0])]
    assert any(36 <= middle <= 43 for middle in middles)
