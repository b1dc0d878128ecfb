"""A page of ours whose marks are not on the photograph is known by its lines and names; somebody else's is not."""

import numpy as np
import pytest

from ml.sheets.layout import lay_out
from ml.sheets.photographs.unmarked import is_unmarked_page
from ml.sheets.tables import FoundTable, find_table
from ml.sheets.template import parse_template
from tests.ml.sheets.photographed import COLUMNS, draw_page, take

NAMES = ("Datum", "Menge", "Raum", "Zone", "Wert")


def _template(names=None, **form):
    columns = [column | {"name": name} for column, name in zip(COLUMNS, names or [], strict=True)] if names else COLUMNS
    return parse_template({"title": "Harvest", "rows": 10, "row_mm": 12, "columns": columns} | form)


def _cut(taken, above_mm=3.0):
    """Return the photograph of the table alone, without the margins in which the marks and the code are."""
    layout = draw_page().layout
    left, top = layout.heads[0].x - 3, layout.heads[0].y - above_mm
    right, bottom = layout.heads[-1].x + layout.heads[-1].width + 3, layout.cells[-1].rect.y + 15
    seen = taken.camera.locate(np.array([[left, top], [right, top], [right, bottom], [left, bottom]]))
    low, high = np.maximum(seen.min(axis=0), 0).astype(int), seen.max(axis=0).astype(int)
    return np.ascontiguousarray(taken.pixels[low[1] : high[1], low[0] : high[0]])


@pytest.fixture(scope="module")
def cut():
    return _cut(take(tilt_degrees=8.0))


@pytest.fixture(scope="module")
def found(cut):
    return find_table(cut)


def test_a_page_without_its_margins_is_known(cut, found):
    assert is_unmarked_page(cut, found, _template())


def test_it_is_known_whichever_way_its_table_was_taken(cut, found):
    turned = FoundTable(np.rot90(found.corners), 0, found.heights, found.widths)
    assert is_unmarked_page(cut, turned, _template())


def test_a_table_with_other_names_is_somebody_elses(cut, found):
    assert not is_unmarked_page(cut, found, _template(NAMES))


@pytest.mark.parametrize("form", [{"rows": 7}, {"columns": COLUMNS[:4]}, {"row_mm": 20, "rows": 8}])
def test_a_table_with_other_lines_is_somebody_elses(cut, found, form):
    assert not is_unmarked_page(cut, found, _template(**form))


def test_columns_of_one_width_tell_nothing_without_their_names(cut, found):
    headless = FoundTable(found.corners[1:], 0, found.widths, found.heights[1:])
    below = np.ascontiguousarray(cut[int(found.corners[1, :, 1].min()) - 2 :])
    moved = headless.corners - [0, int(found.corners[1, :, 1].min()) - 2]
    headless = FoundTable(moved, 0, headless.widths, headless.heights)
    assert len({round(head.width, 3) for head in lay_out(_template())[0].heads}) == 1
    assert not is_unmarked_page(below, headless, _template())
