"""Ruled tables that are not ours: found on photographs, known again, and cut."""

import json

import cv2
import numpy as np
import pytest

from ml.data.cases.case_lines import group_hands, template_pens
from ml.data.tables.forms import STYLES, draw_form
from ml.data.tables.photographs import take_photograph
from ml.sheets.pages import CellState
from ml.sheets.tables import FoundTable, cut_table, find_table, is_same_form
from ml.sheets.tables.straightening import find_contrast

SMALL_PX = (1700, 1701)
TOLERANCE = 0.03  # of a cell's shorter side


def _form(style, seed=1):
    return draw_form(style, group_hands(template_pens())[0], np.random.default_rng([seed, STYLES.index(style)]))


def _photograph(form, seed=3, tilt=12, turn=8):
    return take_photograph(form, np.random.default_rng(seed), tilt, turn, SMALL_PX)


def _share_found(found, photograph):
    """Return the share of cells all of whose corners are found."""
    if found is None or found.corners[found.head_rows :].shape != photograph.corners.shape:
        return 0.0
    off = np.hypot(*(found.corners[found.head_rows :] - photograph.corners).transpose(2, 0, 1))
    worst = np.maximum.reduce([off[:-1, :-1], off[1:, :-1], off[:-1, 1:], off[1:, 1:]])
    height = np.hypot(*np.diff(photograph.corners, axis=0).transpose(2, 0, 1))[:, :-1]
    width = np.hypot(*np.diff(photograph.corners, axis=1).transpose(2, 0, 1))[:-1]
    return float((worst < TOLERANCE * np.minimum(height, width)).mean())


@pytest.fixture(scope="module")
def photograph():
    return _photograph(_form("coloured"))


@pytest.fixture(scope="module")
def found(photograph):
    return find_table(photograph.pixels)


def test_every_cell_of_a_coloured_table_is_found(photograph, found):
    assert found is not None
    assert _share_found(found, photograph) == 1
    assert "several_tables" not in [problem.kind for problem in found.problems]


@pytest.mark.parametrize(("seed", "strength"), [(5, 7), (4, 12)])
def test_the_grain_of_a_table_top_hides_no_small_table(seed, strength):
    grain = np.random.default_rng(seed).normal(0, strength, (300, 50)).astype(np.float32)
    top = 62 + cv2.resize(grain, (1200, 1500), interpolation=cv2.INTER_CUBIC)
    gray = np.clip(top, 0, 255).astype(np.uint8)
    gray[200:1350, 220:1000] = 225
    for place in range(7):
        x, y = 290 + 60 * place, 300 + 40 * place
        cv2.line(gray, (290, y), (650, y), 70, 5 if place in (0, 6) else 2)
        cv2.line(gray, (x, 300), (x, 540), 70, 5 if place in (0, 6) else 2)
    turn = cv2.getRotationMatrix2D((600, 750), 6, 1)
    found = find_table(cv2.GaussianBlur(cv2.warpAffine(gray, turn, (1200, 1500)), (0, 0), 0.8), turned=0)
    assert found is not None
    assert (found.rows + found.head_rows, found.columns) == (6, 6)
    assert np.abs(found.corners[0, 0] - turn @ [290, 300, 1]).max() < 2


def test_the_edge_of_paper_is_a_line_only_where_it_is_wanted():
    gray = np.full((800, 600), 50, np.uint8)
    gray[103:697, 101:499] = 230
    gray[400:403, 150:450] = 60
    assert find_contrast(gray, keeps_edges=True)[300, 80:120].max() > 0.3
    contrast = find_contrast(gray)
    assert contrast[300].max() < 0.02
    assert contrast[398:405, 300].max() > 0.6


def test_a_table_survives_json(found):
    stored = json.loads(json.dumps(found.as_dict()))
    again = FoundTable.from_dict(stored)
    assert again.rows == found.rows
    assert again.problems == found.problems
    assert np.allclose(again.corners, found.corners, atol=0.06)


def test_the_same_form_is_known_on_another_photograph(photograph, found):
    another = find_table(_photograph(photograph.form, seed=11, tilt=25, turn=20).pixels)
    assert another is not None
    assert is_same_form(found.as_dict(), another)


@pytest.mark.long  # one photograph more
def test_another_form_is_not_the_same(found):
    another = find_table(_photograph(_form("solid", seed=5)).pixels)
    assert another is not None
    assert not is_same_form(found.as_dict(), another)


def test_forms_with_another_column_or_row_or_width_are_not_the_same(found):
    stored = found.as_dict()
    widths = list(stored["widths"])
    widths[0], widths[1] = widths[0] * 0.7, widths[1] + widths[0] * 0.3
    assert is_same_form(stored, found)
    assert not is_same_form(stored | {"widths": widths}, found)
    assert not is_same_form(stored | {"widths": [*widths, 0.1]}, found)
    assert not is_same_form(stored | {"rows": 1, "heights": stored["heights"][:2]}, found)


def test_cells_are_cut_without_lines_and_with_their_ink(photograph, found):
    page = cut_table(photograph.pixels, found)
    assert page.picture.ndim == 2
    cells = {(cell.row, cell.column): cell for cell in page.cells}
    assert len(cells) == found.rows * found.columns
    wrong = [place for place in photograph.form.texts if cells[place].state is CellState.EMPTY]
    assert len(wrong) <= 0.01 * len(photograph.form.texts)
    empty = [cell for cell in cells.values() if cell.state is CellState.EMPTY]
    assert empty
    assert np.mean([(cell.pixels > 200).mean() for cell in empty]) > 0.999


def test_a_cell_lies_where_it_is_in_the_picture_and_in_the_photograph(photograph, found):
    page = cut_table(photograph.pixels, found)
    first = page.cells[0]
    assert np.allclose(first.quad[0], found.corners[found.head_rows, 0])
    height, width = page.picture.shape
    assert all(
        x >= 0 and y >= 0 and x + wide <= width and y + high <= height
        for x, y, wide, high in (c.box for c in page.cells)
    )


def test_a_page_turned_by_a_quarter_can_be_set_upright(photograph, found):
    turned = np.ascontiguousarray(np.rot90(photograph.pixels))  # anticlockwise
    again = find_table(turned, turned=90)
    assert again is not None
    assert (again.rows, again.columns, again.turned) == (found.rows, found.columns, 90)


def test_no_table_is_found_on_an_empty_page_or_a_table_top():
    assert find_table(np.full((1200, 900, 3), 235, np.uint8)) is None
    grain = np.random.default_rng(0).normal(70, 6, (900, 1200, 3)).clip(0, 255).astype(np.uint8)
    assert find_table(grain) is None


def test_a_tiny_picture_holds_no_table():
    assert find_table(np.full((3, 3), 255, np.uint8)) is None


@pytest.mark.long  # six seconds
def test_blur_is_told():
    sharp = _photograph(_form("solid")).pixels
    blurred = [find_table(cv2.GaussianBlur(sharp, (0, 0), blur_px)) for blur_px in (1.0, 2.5)]
    assert [table and "blurred" in [problem.kind for problem in table.problems] for table in blurred] == [False, True]


def test_a_table_that_is_cut_off_is_told(photograph):
    left = int(photograph.corners[:, :, 0].min()) + 40
    cut = find_table(np.ascontiguousarray(photograph.pixels[:, left:]))
    assert cut is not None
    assert ("cut_off", "left") in [tuple(problem) for problem in cut.problems]


@pytest.mark.long  # three photographs of each style: about three minutes
@pytest.mark.parametrize("is_wrinkled", [False, True])
@pytest.mark.parametrize("style", STYLES)
def test_tables_of_each_style_are_found(style, is_wrinkled):
    shares = []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        photograph = take_photograph(_form(style, seed + 20), rng, 25, 20, (2200, 3000), is_wrinkled=is_wrinkled)
        shares.append(_share_found(find_table(photograph.pixels), photograph))
    assert np.mean([share > 0.9 for share in shares]) >= 2 / 3, shares
