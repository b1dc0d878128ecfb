"""The bit patterns of the marks."""

import cv2
import numpy as np

from ml.sheets.layout import lay_out, list_lines
from ml.sheets.marks import MARK_BITS, SIDE_BITS
from ml.sheets.template import parse_template


def test_patterns_are_those_of_opencv():
    dictionary = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_50)
    for number, rows in MARK_BITS.items():
        drawn = cv2.aruco.generateImageMarker(dictionary, number, SIDE_BITS + 2, borderBits=1)[1:-1, 1:-1] > 0
        assert [[row >> (3 - x) & 1 for x in range(SIDE_BITS)] for row in rows] == drawn.astype(int).tolist(), number


def test_every_layout_has_a_pattern_for_each_mark():
    [page] = lay_out(parse_template({"title": "Marks", "rows": 12, "columns": [{"name": "Points", "boxes": 3}]}))
    assert {mark.id for mark in page.marks} == set(MARK_BITS)


def test_lines_frame_each_cell_and_box():
    [page] = lay_out(
        parse_template({"title": "Marks", "rows": 2, "columns": [{"name": "A", "boxes": 3}, {"name": "B"}]})
    )
    lines = list(list_lines(page))
    level = [line for line in lines if line.y0 == line.y1]
    assert len(level) == 4 + 2 * 2  # above and below the heads and both rows; the boxes of two cells
    for cell in page.cells:
        assert any(np.isclose(line.x0, cell.rect.x) and line.x0 == line.x1 for line in lines)
        assert any(np.isclose(line.y0, cell.rect.y + cell.rect.height) for line in level)
