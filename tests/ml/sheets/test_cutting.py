"""Cutting a photographed page into cells."""

import cv2
import numpy as np
import pytest
from PIL import Image

from ml.preprocessing.images import page_from_image
from ml.recognition.text_line import find_text_line
from ml.sheets.cutting import PX_PER_MM, cut_page
from ml.sheets.pages import CellState
from ml.sheets.registration import find_page
from tests.ml.sheets.photographed import draw_page, draw_writers, take


def find_off(cells, layout, camera):
    """Return how far each cell's corners are off, in shares of the cell."""
    off = []
    for cell, place in zip(cells, layout.cells, strict=True):
        true = camera.locate(np.array(place.rect.corners))
        sides = np.stack([true[1] - true[0], true[3] - true[0]], axis=1)
        off.append(np.abs(np.linalg.solve(sides, (np.array(cell.quad) - true).T)).max())
    return np.array(off)


@pytest.fixture(scope="module")
def bent():
    return take(tilt_degrees=22.0, bend_mm=8.0, wrinkle_mm=0.8, light=0.6, shadow=0.6, hidden=(4,))


@pytest.fixture(scope="module")
def cut(bent):
    page = draw_page()
    return cut_page(bent.pixels, find_page(bent.pixels), page.layout, page.template)


def test_cells_of_a_bent_page_are_where_they_are(bent, cut):
    page, cells = draw_page(), cut.cells
    assert [(cell.row, cell.column) for cell in cells] == [(cell.row, cell.column) for cell in page.layout.cells]
    assert (find_off(cells, page.layout, bent.camera) < 0.03).mean() > 0.99


def test_the_picture_is_the_page_as_if_scanned(cut):
    assert cut.picture.shape == (round(297 * PX_PER_MM), round(210 * PX_PER_MM))
    for cell, place in zip(cut.cells, draw_page().layout.cells, strict=True):
        assert np.allclose(cell.box, np.array(place.rect) * PX_PER_MM, atol=1)


def test_numbers_are_read_from_boxes_and_open_cells(cut, shipped_reader):
    page = draw_page()
    written = [cell for cell in cut.cells if page.texts.get((cell.row, cell.column))]
    assert {cell.column for cell in written} == {0, 1, 3}
    lines = [find_text_line(page_from_image(Image.fromarray(cell.pixels))) for cell in written]
    readings = shipped_reader.read(lines, [page.template.columns[cell.column].expects for cell in written])
    exact = [reading.text == page.texts[cell.row, cell.column] for cell, reading in zip(written, readings, strict=True)]
    assert np.mean(exact) > 0.9


def test_empty_cells_and_those_that_are_not_read_are_told(cut):
    page = draw_page()
    states = {(cell.row, cell.column): cell.state for cell in cut.cells}
    assert all(states[row, column] is CellState.NOT_READ for row in range(10) for column in (2, 4))
    empty = [place for place, state in page.states.items() if state is CellState.EMPTY]
    assert empty
    assert all(states[place] is CellState.EMPTY for place in empty)


def test_nothing_is_left_of_lines_and_boxes(cut):
    page = draw_page()
    for cell in cut.cells:
        if page.states.get((cell.row, cell.column)) is CellState.EMPTY:
            assert (cell.pixels < 200).mean() < 0.002


def test_our_digits_are_one_whole_writer():
    assert [sorted(writer) for writer in draw_writers()] == [list(range(10))]


def test_a_pencil_beside_pens_loses_nothing(bent, cut):
    """Cells of the first two rows are written in pencil: its digits are whole, in boxes and out of them."""
    page, faint = draw_page(), bent.pixels.copy()
    cells = [cell for cell in page.layout.cells if cell.row < 2]
    for cell in cells:
        x, y, wide, high = cell.rect
        quad = bent.camera.locate(np.array([[x, y], [x + wide, y], [x + wide, y + high], [x, y + high]]))
        where = cv2.fillConvexPoly(np.zeros(faint.shape, np.uint8), np.round(quad).astype(np.int32), 1) > 0
        paper = float(np.quantile(faint[where], 0.8))
        faint[where] = (paper - 0.4 * np.maximum(paper - faint[where], 0)).astype(np.uint8)
    again = cut_page(faint, find_page(faint), page.layout, page.template)
    for before, after in zip(cut.cells, again.cells, strict=True):
        if before.row < 2 and before.state is CellState.WRITTEN:
            assert after.state is CellState.WRITTEN
            assert (after.pixels < 225).sum() > 0.6 * (before.pixels < 190).sum()


def test_cells_with_a_finger_over_their_lines_are_told(bent, cut):
    page, pixels = draw_page(), bent.pixels.copy()
    assert not any(cell.is_covered for cell in cut.cells)
    x, y, _, high = next(cell.rect for cell in page.layout.cells if (cell.row, cell.column) == (5, 0))
    fingertip = bent.camera.locate(
        np.array([[x - 8, y + 1], [x + 9, y + 1], [x + 9, y + high - 1], [x - 8, y + high - 1]])
    )
    cv2.fillConvexPoly(pixels, np.round(fingertip).astype(np.int32), 150)
    again = cut_page(pixels, find_page(pixels), page.layout, page.template)
    covered = [(cell.row, cell.column) for cell in again.cells if cell.is_covered]
    assert (5, 0) in covered
    assert all(row in (4, 5, 6) and column == 0 for row, column in covered)
