"""The ink of each symbol: whole components, cut where several symbols share one."""

import numpy as np
import pytest

from ml.golden import golden_drawing
from ml.preprocessing.strokes import render_strokes
from ml.recognition.components import crop_single_digit
from ml.recognition.symbols import crop_symbols
from ml.recognition.text_line import find_text_line
from tests.ml.blocks import HEIGHT, PITCH, WIDTH, line_of, page_of


def boxes_of(line, *columns):
    return [found.box for found in crop_symbols(line, columns)]


def test_each_symbol_gets_the_component_at_its_column():
    boxes = boxes_of(line_of(3), 15, 15 + PITCH, 15 + 2 * PITCH)
    assert [box[0] for box in boxes] == pytest.approx([10, 10 + PITCH, 10 + 2 * PITCH], abs=1)
    assert all(box[2:] == pytest.approx((WIDTH, HEIGHT), abs=2) for box in boxes)


def test_a_lone_symbol_gets_all_ink():
    ((left, _, width, _),) = boxes_of(line_of(3), 15 + PITCH)
    assert left == pytest.approx(10, abs=1) and width == pytest.approx(2 * PITCH + WIDTH, abs=2)


def test_no_symbols_have_no_crops():
    assert crop_symbols(line_of(2), []) == []


def test_ink_between_two_symbols_belongs_to_the_nearer():
    ink = np.zeros((80, 160))
    ink[20:60, 10:26] = ink[20:60, 100:116] = 1
    ink[50:60, 36:46] = 1  # the dot beside the first
    first, second = boxes_of(find_text_line(page_of(ink)), 18, 108)
    assert first[0] + first[2] == pytest.approx(46, abs=2) and second[2] == pytest.approx(16, abs=2)


def test_a_component_of_two_symbols_is_cut_where_there_is_least_ink():
    ink = np.zeros((80, 160))
    ink[20:60, 10:50] = ink[20:60, 64:104] = 1
    ink[38:42, 50:64] = 1  # joins both
    first, second = boxes_of(find_text_line(page_of(ink)), 30, 84)
    assert 48 <= first[0] + first[2] <= 66 and 48 <= second[0] <= 66
    assert first[0] + first[2] == pytest.approx(second[0], abs=2), "no ink is lost or counted twice"


def test_a_component_of_three_symbols_is_cut_twice():
    ink = np.zeros((80, 160))
    ink[38:42, 10:140] = 1
    for left in (10, 60, 110):
        ink[20:60, left : left + 30] = 1
    boxes = boxes_of(find_text_line(page_of(ink)), 25, 75, 125)
    assert [box[0] for box in boxes] == sorted(box[0] for box in boxes)
    assert sum(box[2] for box in boxes) == pytest.approx(130, abs=4)
    assert all(28 <= box[2] <= 58 for box in boxes)


def test_a_symbol_without_ink_of_its_own_gets_the_ink_around_it():
    line = line_of(2)
    crops = crop_symbols(line, [14, 15, 15 + PITCH])
    assert len(crops) == 3
    assert all(found.input.shape == (28, 28) and found.input.max() > 0 for found in crops)


@pytest.mark.parametrize("columns", [[-50.0], [500.0], [15.0, 15.0], [15.0, 500.0], [5.0] * 4])
def test_columns_without_ink_still_get_crops(columns):
    for found in crop_symbols(line_of(2), columns):
        assert found.input.shape == (28, 28) and np.isfinite(found.input).all() and found.input.any()


@pytest.mark.parametrize("step", [1, 2, 5])
def test_boxes_are_in_the_senders_units(step):
    blocks = np.zeros((80, 120))
    blocks[20:60, 10:26] = blocks[20:60, 60:76] = 1
    ink = blocks.repeat(step, axis=0).repeat(step, axis=1)
    line = find_text_line(page_of(ink, scale=4.0, offset=(300.0, 200.0)))
    assert (line.step > 1) == (step > 1)
    columns = [18 * step / line.step, 68 * step / line.step]
    first, second = boxes_of(line, *columns)
    unit, slack = step / 4, 3 * line.step / 4
    assert first == pytest.approx((300 + 10 * unit, 200 + 20 * unit, 16 * unit, 40 * unit), abs=slack)
    assert second == pytest.approx((300 + 60 * unit, 200 + 20 * unit, 16 * unit, 40 * unit), abs=slack)


def test_a_single_digit_looks_as_in_training():
    for digit in range(10):
        page = render_strokes(**golden_drawing(digit, 7))
        (found,) = crop_symbols(find_text_line(page), [0.0])
        alone = crop_single_digit(page)
        shifts = [(down, right) for down in (-1, 0, 1) for right in (-1, 0, 1)]  # centred on its mass, to a pixel
        moved = [np.roll(found.input, shift, axis=(0, 1)) for shift in shifts]
        assert min(np.abs(one - alone.input).mean() for one in moved) < 0.02
        assert found.box == pytest.approx(alone.box, abs=4)
