"""The measure of sheets: what it draws is what it says it drew, and what it counts is so."""

import io
from decimal import Decimal

import cv2
import numpy as np
import pytest
from PIL import Image

from ml.data.cases.case_lines import group_hands, template_pens
from ml.evaluation.sheets.camera import photograph
from ml.evaluation.sheets.entries import Entry, fill_in
from ml.evaluation.sheets.figures import Value, count_states, find_asked, find_promises
from ml.evaluation.sheets.fitting import fit
from ml.evaluation.sheets.forms import COLUMNS, ROWS, make_form
from ml.evaluation.sheets.handwriting import make_writer
from ml.evaluation.sheets.photographs import CellRecord
from ml.evaluation.sheets.ruled import STYLES, draw_ruled_table
from ml.sheets.solving import find_value
from ml.sheets.states import CellState
from ml.sheets.template import SumKind

PX_PER_MM, SIZE_MM = 4, (210.0, 297.0)


@pytest.mark.long  # takes a photograph of 12 megapixels: 3 s
def test_photographs_show_each_point_of_the_page_where_they_say():
    """Dots on bent and tilted paper; a finder of dark spots, which knows nothing of the camera, sees them there."""
    page = np.full((round(SIZE_MM[1] * PX_PER_MM), round(SIZE_MM[0] * PX_PER_MM), 3), 250, np.uint8)
    points = np.array([(x, y) for x in (30.0, 105.0, 180.0) for y in (40.0, 150.0, 260.0)])
    for x, y in points:
        cv2.circle(page, (round(x * PX_PER_MM), round(y * PX_PER_MM)), 3 * PX_PER_MM, (0, 0, 0), -1)
    taken = photograph(page, SIZE_MM, np.random.default_rng(1))
    seen = np.asarray(Image.open(io.BytesIO(taken.data)).convert("L")).astype(np.float64)
    for x, y in taken.view.find_px(points):
        left, top = round(x) - 60, round(y) - 60
        near = seen[top : top + 121, left : left + 121]
        dark = np.maximum(np.quantile(near, 0.9) * 0.6 - near, 0)
        rows, columns = np.mgrid[:121, :121]
        assert (columns * dark).sum() / dark.sum() == pytest.approx(60, abs=5)
        assert (rows * dark).sum() / dark.sum() == pytest.approx(60, abs=5)


def test_forms_are_the_same_each_time_and_differ_from_those_for_tuning():
    forms = [make_form(number, 26).template for number in range(20)]
    assert forms == [make_form(number, 26).template for number in range(20)]
    assert not set(forms) & {make_form(number, 11).template for number in range(20)}
    assert all((len(form.columns), form.rows) == (COLUMNS, ROWS) for form in forms)
    assert sum(bool(form.sums) for form in forms) >= 5
    kinds = {column.expects.kind for form in forms for column in form.columns}
    assert {"digits", "number", "date", "time"} <= {str(kind) for kind in kinds}


def test_totals_add_up_but_for_the_few_that_people_add_up_wrongly():
    wrong = checked = 0
    for number in range(1, 80, 2):
        form = make_form(number % 20, 26)
        entries = fill_in(form, np.random.default_rng(number))
        for one in form.template.sums:
            rows = range(ROWS) if one.kind is SumKind.ROW else [ROWS]
            for row in rows:
                parts = [(row, column) for column in one.parts] or [(other, one.total) for other in range(ROWS)]
                values = [find_value(entries[part].text) or Decimal(0) for part in parts]
                checked += 1
                wrong += sum(values) != find_value(entries[row, one.total].text)
    assert checked > 100
    assert 0 < wrong < 0.05 * checked


@pytest.mark.long  # draws three pages of 7 megapixels: 3 s
def test_ruled_tables_are_drawn_in_their_style():
    writer = make_writer(group_hands(template_pens())[0], (), np.random.default_rng(0))
    for number, style in list(enumerate(STYLES))[::4]:
        page, table = draw_ruled_table(number, writer, np.random.default_rng(number))
        assert table.style == style
        assert len(table.entries) >= 3 * 8
        assert (page < 128).mean() > 0.002


def _value(confidence, is_right, state=CellState.WRITTEN):
    entry = Entry(state, "1" if state is CellState.WRITTEN else "", "1")
    cell = CellRecord(0, 0, 0, "digits", entry, state.value)
    return Value(cell, entry.text if is_right else "?", confidence, is_changed=False)


def test_as_few_cells_are_asked_about_as_the_errors_allow():
    values = [_value(0.99, is_right=True)] * 197 + [_value(0.9, is_right=False), *[_value(0.6, is_right=False)] * 2]
    asked = find_asked(values)
    assert asked["asked"] == pytest.approx(2 / 200)
    assert asked["errors"] == 1
    assert asked["promised errors"] == pytest.approx(197 * 0.01 + 0.1, abs=0.06)


def test_promises_are_counted_at_each_threshold():
    values = [_value(0.95, is_right=number > 5) for number in range(100)]
    [first, *_, last] = find_promises(values)
    assert (first["promised"], first["errors"], first["ratio"]) == (5.0, 6, 0.83)
    assert last["accepted"] == 0


def test_states_are_counted_as_they_are_and_as_they_were_taken():
    values = [_value(0.9, is_right=True), _value(0.9, is_right=True, state=CellState.EMPTY)]
    assert count_states(values) == {"written": {"written": 1}, "empty": {"empty": 1}}


def test_the_fit_finds_the_curve_that_the_cells_were_drawn_from():
    rng = np.random.default_rng(4)
    features = np.stack(
        [rng.uniform(-1, 6, 20000), np.ones(20000), rng.uniform(size=20000) < 0.2, np.zeros(20000)], axis=1
    )
    chance = 1 / (1 + np.exp(-(0.8 * features[:, 0] + 0.3 - 1.2 * features[:, 2])))
    assert fit(features, rng.uniform(size=20000) < chance)[:3] == pytest.approx([0.8, 0.3, -1.2], abs=0.12)
