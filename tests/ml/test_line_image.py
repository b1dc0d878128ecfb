"""The line recognizer's input: digits of one height, in an image of one height."""

import numpy as np
import pytest

from ml.preprocessing.ink import BlankDrawing
from ml.recognition.line_image import DIGIT_PX, FIELD_PX, MARGIN_PX, MAX_WIDTH_PX, draw_line_image


def bar(left=50, width=12, height=72):
    ink = np.zeros((100, 300), dtype=np.float32)
    ink[20 : 20 + height, left : left + width] = 1
    return ink


def test_digits_are_drawn_with_one_height_in_the_middle():
    image = draw_line_image(bar(), digit_height=72.0, pen_width=12.0)
    assert image.pixels.shape == (FIELD_PX, 2 * MARGIN_PX + 4) and image.pixels.dtype == np.float32
    assert image.scale == pytest.approx(DIGIT_PX / 72) and image.left == 50
    rows = np.flatnonzero(image.pixels.max(axis=1) > 0.5)
    assert len(rows) == DIGIT_PX and abs(rows[0] + rows[-1] - (FIELD_PX - 1)) <= 1


def test_paper_is_left_on_both_sides():
    pixels = draw_line_image(bar(width=100), digit_height=72.0, pen_width=12.0).pixels
    assert not pixels[:, :MARGIN_PX].any() and not pixels[:, -MARGIN_PX:].any()
    assert pixels[:, MARGIN_PX].max() == 1 == pixels[:, -MARGIN_PX - 1].max()


def test_a_column_of_the_image_is_found_in_the_ink():
    ink = bar(left=60) + bar(left=200)
    image = draw_line_image(ink, digit_height=72.0, pen_width=12.0)
    inked = np.flatnonzero(image.pixels.max(axis=0) > 0.5)
    assert image.column_of(inked[0]) == pytest.approx(60, abs=2)
    assert image.column_of(inked[-1] + 1) == pytest.approx(212, abs=2)


def test_a_thin_pen_is_thickened():
    image = draw_line_image(bar(width=1), digit_height=72.0, pen_width=1.0)
    assert image.pixels.max() == 1 and image.left < 50
    thick = draw_line_image(bar(width=9), digit_height=72.0, pen_width=9.0)
    assert thick.left == 50


def test_faint_ink_is_drawn_as_dark_as_any():
    faint = draw_line_image(bar() * 0.3, digit_height=72.0, pen_width=12.0)
    assert faint.pixels.max() == pytest.approx(1)


def test_ink_higher_than_the_image_is_drawn_smaller():
    pixels = draw_line_image(bar(height=78), digit_height=40.0, pen_width=12.0).pixels
    assert pixels.shape[0] == FIELD_PX and not pixels[0].any() and not pixels[-1].any()


def test_a_line_longer_than_the_image_is_drawn_smaller():
    wide = np.ones((40, 4000), dtype=np.float32)
    assert draw_line_image(wide, digit_height=40.0, pen_width=40.0).pixels.shape[1] == MAX_WIDTH_PX


def test_a_blank_line_has_no_image():
    with pytest.raises(BlankDrawing):
        draw_line_image(np.zeros((9, 9), dtype=np.float32), digit_height=9.0, pen_width=1.0)
