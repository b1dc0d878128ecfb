"""Taking printed lines off, and leaving the ink that crosses them."""

import cv2
import numpy as np

from ml.sheets.layout import Line
from ml.sheets.printed_lines import remove_lines

PX_PER_MM = 8.0
LEVEL = Line(2.0, 10.0, 38.0, 10.0, 0.3, 0.25)
UPRIGHT = Line(20.0, 2.0, 20.0, 38.0, 0.3, 0.25)


def draw(*lines, strokes=()):
    page = np.zeros((320, 320), dtype=np.float32)
    for line in lines:
        ends = [(round(x * PX_PER_MM), round(y * PX_PER_MM)) for x, y in ((line.x0, line.y0), (line.x1, line.y1))]
        cv2.line(page, *ends, 1 - line.grey, 2)
    for one, two in strokes:
        cv2.line(page, one, two, 0.9, 5, cv2.LINE_AA)
    return cv2.GaussianBlur(page, (0, 0), 0.8)


def test_lines_vanish():
    clean = remove_lines(draw(LEVEL, UPRIGHT), [LEVEL, UPRIGHT], PX_PER_MM)
    assert np.quantile(clean, 0.999) < 0.1


def test_ink_that_crosses_a_line_stays_whole():
    strokes = [((100, 50), (120, 120)), ((220, 60), (220, 110))]
    clean = remove_lines(draw(LEVEL, strokes=strokes), [LEVEL], PX_PER_MM)
    alone = draw(strokes=strokes)
    count, _ = cv2.connectedComponents((clean > 0.4).astype(np.uint8))
    assert count - 1 == 2
    assert np.abs(clean - alone)[alone > 0.5].mean() < 0.1


def test_ink_as_dark_as_the_line_is_joined_across_it():
    page = draw(LEVEL)
    page[50:110, 150:154] = 0.75
    clean = remove_lines(page, [LEVEL], PX_PER_MM)
    assert clean[50:110, 151].min() > 0.4


def test_a_line_near_the_edge_is_left_alone():
    edge = Line(2.0, 0.2, 38.0, 0.2, 0.3, 0.25)
    page = draw(edge)
    assert np.array_equal(remove_lines(page, [edge], PX_PER_MM), page)
