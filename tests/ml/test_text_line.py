"""Finding the lines of a page: their components, the height of their digits, and what is no writing."""

import numpy as np
import pytest

from ml.golden import golden_drawing
from ml.preprocessing.ink import BlankDrawing
from ml.preprocessing.labels import Box
from ml.preprocessing.strokes import render_strokes
from ml.recognition.line_image import DIGIT_PX
from ml.recognition.text_line import (
    MAX_COMPONENTS,
    MAX_LINES,
    MAX_ROWS,
    MIN_DIGIT_ROWS,
    find_text_line,
    measure_digit_height,
    split_into_lines,
    without_borders,
)
from tests.ml.blocks import HEIGHT, PITCH, WIDTH, line_of, page_of


def paper(height=200, width=300):
    return np.zeros((height, width))


def write(ink, left, top, height=40, width=24, pen=5):
    """Draw a ring: a zero."""
    ink[top : top + height, left : left + width] = 1
    ink[top + pen : top + height - pen, left + pen : left + width - pen] = 0


def test_components_are_found_with_their_boxes():
    line = line_of(3)
    assert line.step == 1 and line.lines == (line,)
    boxes = [(box.left, box.top, box.width, box.height) for box in line.components]
    assert sorted(boxes) == [(10 + place * PITCH, 20, WIDTH, HEIGHT) for place in range(3)]
    assert line.digit_height == pytest.approx(HEIGHT, abs=2)


def test_labels_belong_to_the_components():
    line = line_of(3)
    for number, box in enumerate(line.components, start=1):
        assert (line.labels[box.top : box.bottom, box.left : box.right] == number).all()


def test_a_page_without_ink_is_blank():
    with pytest.raises(BlankDrawing):
        find_text_line(page_of(paper()))


def test_high_ink_is_found_in_cells():
    ink = paper(900, 600)
    write(ink, 50, 50, height=800, width=400, pen=60)
    line = find_text_line(page_of(ink))
    assert line.step > 1 and line.digit_height <= MAX_ROWS
    (box,) = line.components
    assert box.height * line.step == pytest.approx(800, abs=2 * line.step)


def test_small_digits_on_high_ink_are_looked_at_closely():
    ink = paper(1500, 300)
    for row in range(10):
        write(ink, 40, 20 + row * 140, height=60)
        write(ink, 90, 20 + row * 140, height=60)
    line = find_text_line(page_of(ink))
    assert line.digit_height >= MIN_DIGIT_ROWS
    assert len(line.lines) == MAX_LINES and all(len(one.components) == 2 for one in line.lines)


def test_lines_come_from_the_top_down_with_their_own_ink():
    line = line_of(3, 1, 2)
    assert [len(one.components) for one in line.lines] == [3, 1, 2]
    tops = [min(box.top for box in one.components) for one in line.lines]
    assert tops == sorted(tops)
    for one in line.lines:
        rows = np.flatnonzero(one.cells.max(axis=1) > 0.5)
        assert rows[-1] - rows[0] < 1.5 * HEIGHT, "the ink of other lines is left out"
        assert one.labels.max() == len(one.components)
        inked = np.flatnonzero(one.image.pixels.max(axis=1) > 0.5)
        assert len(inked) == pytest.approx(DIGIT_PX, abs=2)


def test_a_rising_line_is_one_line():
    ink = paper(400, 500)
    for place in range(8):
        write(ink, 10 + place * 40, 340 - place * 40)
    line = find_text_line(page_of(ink))
    assert len(line.lines) == 1 and len(line.components) == 8


def test_points_and_dashes_belong_to_the_nearest_line():
    ink = paper()
    for top in (20, 100):
        write(ink, 20, top)
        write(ink, 70, top)
    ink[54:60, 52:58] = 1  # a point on the first line
    ink[118:122, 48:64] = 1  # a dash on the second
    line = find_text_line(page_of(ink))
    assert [len(one.components) for one in line.lines] == [3, 3]


def test_a_colon_does_not_make_two_lines():
    ink = paper()
    write(ink, 20, 20)
    write(ink, 90, 20)
    ink[28:34, 62:68] = ink[48:54, 62:68] = 1
    assert len(find_text_line(page_of(ink)).lines) == 1


def test_dust_is_dropped():
    ink = paper()
    write(ink, 20, 20)
    write(ink, 70, 20)
    ink[10, 200] = ink[150, 30] = ink[40, 48] = 1
    line = find_text_line(page_of(ink))
    assert len(line.components) == 2 and len(line.lines) == 1
    assert line.cells[150, 30] == 0, "its ink is not on the line"


def test_a_decimal_point_is_not_dust():
    ink = paper()
    write(ink, 20, 20)
    write(ink, 70, 20)
    ink[55:60, 54:59] = 1
    assert len(find_text_line(page_of(ink)).components) == 3


def test_noise_has_a_limited_number_of_components():
    ink = paper(70, 1600)
    for top in range(2, 66, 8):
        for left in range(2, 1596, 8):
            ink[top : top + 4, left : left + 4] = 1
    line = find_text_line(page_of(ink))
    assert sum(len(one.components) for one in line.lines) <= MAX_COMPONENTS


def test_the_largest_components_are_kept_among_noise():
    ink = paper(70, 1600)
    for top in range(2, 66, 8):
        for left in range(102, 1596, 8):
            ink[top : top + 4, left : left + 4] = 1
    write(ink, 20, 10)
    assert any(box.height == 40 for one in find_text_line(page_of(ink)).lines for box in one.components)


def test_borders_beside_the_writing_do_not_count_for_its_height():
    ink = paper(200, 300)
    for place in range(3):
        write(ink, 60 + place * 50, 80)
    alone = find_text_line(page_of(ink))
    ink[5:195, 20:25] = ink[5:195, 250:255] = 1
    line = find_text_line(page_of(ink))
    assert line.digit_height == pytest.approx(alone.digit_height, abs=2)
    inked = np.flatnonzero(line.image.pixels[:, 40:60].max(axis=1) > 0.5)
    assert len(inked) == pytest.approx(DIGIT_PX, abs=3), "nor do they make the digits smaller"


def test_ones_are_not_borders():
    ones = [Box(place * 20, 0, place * 20 + 5, 40) for place in range(3)]
    assert without_borders(ones, pen_width=5.0) == ones
    mixed = [Box(0, 0, 5, 42), Box(20, 2, 44, 40)]
    assert without_borders(mixed, pen_width=5.0) == mixed


def test_a_bar_much_higher_than_the_digits_is_a_border():
    digits = [Box(20, 20, 44, 60), Box(60, 20, 84, 60)]
    assert without_borders([Box(0, 0, 5, 100), *digits], pen_width=5.0) == digits


def test_the_height_is_that_of_most_digits():
    digits = [Box(place * 30, 0, place * 30 + 20, height) for place, height in enumerate((40, 42, 38, 55))]
    point = Box(200, 36, 205, 41)
    assert 38 <= measure_digit_height([*digits, point], pen_width=5.0) <= 42


def test_a_lone_dash_is_not_a_digits_height():
    assert measure_digit_height([Box(0, 0, 50, 6)], pen_width=6.0) > 12


def test_components_far_apart_above_one_another_are_lines():
    boxes = [Box(0, 0, 20, 40), Box(30, 2, 50, 42), Box(5, 60, 25, 100), Box(35, 58, 55, 98)]
    assert [sorted(line) for line in split_into_lines(boxes, 40.0)] == [[0, 1], [2, 3]]
    assert split_into_lines(boxes[:2], 40.0) == [[0, 1]]


@pytest.mark.parametrize("digit", range(10))
def test_a_digit_on_the_drawing_page_is_one_line(digit):
    for seed in range(5):
        line = find_text_line(render_strokes(**golden_drawing(digit, seed)))
        assert len(line.lines) == 1
        inked = np.flatnonzero(line.image.pixels.max(axis=1) > 0.5)
        assert len(inked) == pytest.approx(DIGIT_PX, abs=3)


@pytest.mark.parametrize("reach", [20, 40])
def test_a_bar_longer_than_the_digits_is_seen_to_be_longer(reach):
    ink = paper()
    write(ink, 60, 80)
    write(ink, 100, 80)
    ink[80 - reach : 120 + reach, 150:154] = 1
    pixels = find_text_line(page_of(ink)).image.pixels > 0.5
    digit, bar = (np.flatnonzero(part.any(axis=1)) for part in (pixels[:, :40], pixels[:, -9:]))
    assert np.ptp(digit) + 1 == pytest.approx(DIGIT_PX, abs=1)
    assert np.ptp(bar) + 1 >= 1.25 * DIGIT_PX and bar[0] < digit[0] - 1 and bar[-1] > digit[-1] + 1
