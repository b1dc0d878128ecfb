"""The lines of tables: how far they are followed, what is none, and how gaps and neighbours tell where they are."""

import itertools

import cv2
import numpy as np
import pytest

from ml.data.tables.forms import WORDS
from ml.sheets.tables import find_table
from ml.sheets.tables.corners import Grid
from ml.sheets.tables.gaps import find_columns
from ml.sheets.tables.mending import align, fill_missing
from ml.sheets.tables.runs import STEP_PX, strip_places
from ml.sheets.tables.straightening import find_directions, find_segments
from ml.sheets.tables.tracking import Line, find_lines


def _draw(shape, *lines):
    """Return a contrast picture of lines: x from, x to, y."""
    contrast = np.zeros(shape, np.float32)
    for first, last, y in lines:
        cv2.line(contrast, (first, y), (last, y), 0.4, 2)
    return contrast


@pytest.mark.parametrize(("beyond", "last_px"), [(220, 900), (90, 560)])
def test_a_line_goes_on_over_a_gap_but_not_beyond_the_paper(beyond, last_px):
    contrast = _draw((200, 1000), (100, 560, 100), (700, 900, 100))
    paper = np.full((20, 100), 230, np.float32)
    paper[:, 62:] = beyond
    [line, *_] = find_lines(contrast, paper)
    assert line.first * STEP_PX == pytest.approx(100, abs=2 * STEP_PX)
    assert line.last * STEP_PX == pytest.approx(last_px, abs=2 * STEP_PX)


def test_the_grain_of_a_dark_table_top_does_not_turn_the_page():
    grain = np.random.default_rng(1).normal(0, 9, (160, 12)).astype(np.float32)
    gray = np.clip(60 + cv2.resize(grain, (900, 1200), interpolation=cv2.INTER_CUBIC), 0, 255).astype(np.uint8)
    page = np.full((700, 500), 230, np.uint8)
    for place in range(100, 420, 40):
        cv2.line(page, (80, place), (420, place), 60, 2)
        cv2.line(page, (place - 20, 100), (place - 20, 380), 60, 2)
    turn = np.vstack([cv2.getRotationMatrix2D((250, 350), 14, 1), [0, 0, 1]])
    matrix = np.array([[1, 0, 200], [0, 1, 250], [0, 0, 1.0]]) @ turn
    cv2.warpPerspective(page, matrix, (900, 1200), dst=gray, borderMode=cv2.BORDER_TRANSPARENT)
    along_x, along_y = find_directions(find_segments(gray), gray)
    middle = np.array([450, 600])
    for point, degrees in ((along_x, -14), (along_y, 76)):
        towards = point[:2] - point[2] * middle
        assert np.degrees(np.arctan2(towards[1], towards[0])) % 180 == pytest.approx(degrees % 180, abs=2)


def test_columns_are_found_by_gaps_that_run_together():
    edges = np.array([[100, 250, 380, 600], [130, 260, 375, 570]])  # of the first row, and of the last
    contrast = np.zeros((500, 700), np.float32)
    for row in range(9):
        y, at = 50 + 50 * row, edges[0] + (edges[1] - edges[0]) * row / 8
        for number, (left, right) in enumerate(itertools.pairwise(at)):
            ends = round(left + 8 * (number > 0)), round(right - 8 * (number < 2))
            cv2.line(contrast, (ends[0], y), (ends[1], y), 0.4, 2)
    rows, columns = find_columns(contrast, find_lines(contrast, np.full((50, 70), 230, np.float32)))
    assert len(rows) == 9
    for line, (above, below) in zip(columns, edges.T, strict=True):
        assert np.interp([50, 450], strip_places(500), line.at) == pytest.approx([above, below], abs=2.5)


def test_a_line_that_ends_astray_is_laid_between_its_neighbours():
    def straight(at):
        return Line(np.full(60, float(at)), np.ones(60, bool), 0.3)

    rows = [straight(100 + 40 * number) for number in range(7)]
    rows[3].at[35:55] += np.linspace(0, 14, 20)
    rows[5].at += 3  # a row may be higher than the next
    mended = align(Grid(rows, [straight(60 * number + 30) for number in range(10)])).rows
    assert mended[3].at[:57] == pytest.approx(220, abs=1)
    assert mended[5].at[:57] == pytest.approx(303, abs=0.1)
    assert rows[3].at.max() > 230


def test_a_page_of_text_is_no_table():
    rng = np.random.default_rng(0)
    page = np.full((700, 520), 240, np.uint8)
    for y in range(60, 660, 20):
        cv2.putText(page, " ".join(rng.choice(WORDS, 8)), (30, y), cv2.FONT_HERSHEY_SIMPLEX, 0.45, 40, 1, cv2.LINE_AA)
    assert find_table(page) is None


@pytest.mark.parametrize("labels", [1, 2])
def test_a_thick_frame_and_printed_labels_hide_no_head(labels):
    page = np.full((640, 560), 240, np.uint8)
    xs, ys = range(50, 511, 115), range(60, 581, 52)
    for x in xs:
        cv2.line(page, (x, ys[0]), (x, ys[-1]), 40, 8 if x in (xs[0], xs[-1]) else 2)
    for y in ys:
        cv2.line(page, (xs[0], y), (xs[-1], y), 40, 8 if y in (ys[0], ys[-1]) else 2)
    for row, y in enumerate(ys[:-1]):
        for x in xs[:-1]:
            text, size = ("Item", 0.4) if row == 0 or x in xs[:labels] else (str(11 * row), 1.2)
            cv2.putText(page, text, (x + 20, y + 40), cv2.FONT_HERSHEY_SIMPLEX, size, 40, 2, cv2.LINE_AA)
    found = find_table(page, turned=0)
    assert found is not None
    assert (found.head_rows, found.rows, found.columns) == (1, 9, 4)


@pytest.mark.parametrize("is_drawn", [True, False])
def test_a_line_is_filled_in_only_where_there_is_one(is_drawn):
    contrast = np.zeros((400, 400), np.float32)
    rows, columns = [40, 80, 120, 160, 240, 280, 320], [40, 110, 240, 350]
    for y in (*rows, 200) if is_drawn else rows:
        cv2.line(contrast, (40, y), (350, y), 0.15, 2)
    for x in columns:
        cv2.line(contrast, (x, 40), (x, 320), 0.15, 2)
    grid = [[Line(np.full(39, float(at)), np.ones(39, bool), 0.15) for at in one] for one in (rows, columns)]
    filled = fill_missing(contrast, Grid(*grid))
    assert len(filled.rows) == len(rows) + is_drawn
    assert len(filled.columns) == len(columns)
