"""What readings of cells are worth: texts that fit the column, and how many errors are left."""

import pytest

from ml.expects import parse_expectation
from ml.sheets.calibration import Read, ReadCell, calibrate_table, expected_errors
from ml.sheets.calibration.repairs import repair
from ml.sheets.solving import solve
from ml.sheets.states import CellState
from ml.sheets.template import parse_template

WRITTEN = CellState.WRITTEN
COMMA = {"kind": "number", "decimal": "comma"}


def _column(expects, *texts):
    """Return a template of one column, and its cells, read as these texts."""
    template = parse_template({"title": "Stock", "rows": len(texts), "columns": [{"name": "a", "expects": expects}]})
    return template, {(row, 0): ReadCell(WRITTEN, Read(text, 0.95)) for row, text in enumerate(texts)}


def _solve(expects, *texts):
    template, cells = _column(expects, *texts)
    solution = solve(template, calibrate_table(template, cells))
    return [solution.cells[row, 0] for row in range(len(texts))]


@pytest.mark.parametrize(
    ("expects", "read", "meant"),
    [
        ("time", "16.20", "16:20"),
        ("time", "1050", "10:50"),
        ("date", "28,12.24", "28.12.24"),
        ("date", "18.1228", "18.12.28"),
        ("date", "7.624", "7.6.24"),
        (COMMA, "38.42", "38,42"),
        ({"kind": "pattern", "pattern": "d.d"}, "52", "5.2"),
        ({"kind": "digits", "length": 4}, "4-127", "4127"),
    ],
)
def test_a_misread_sign_is_mended_as_the_column_expects(expects, read, meant):
    [cell] = _solve(expects, read)
    assert cell.text == meant
    assert cell.is_changed


@pytest.mark.parametrize("read", ["2811112026", "28/1112026", "28111/2026"])
def test_a_slash_that_was_read_as_a_one_is_mended(read):
    chances = repair(read, parse_expectation("date"))
    assert max(chances, key=chances.__getitem__) == "28/11/2026"


def test_digits_are_never_mended():
    assert repair("1234", parse_expectation({"kind": "digits", "length": 5})) == {}
    assert repair("17:75", parse_expectation("time")) == {}


def test_a_text_that_nothing_mends_stays_and_is_doubtful():
    [cell] = _solve("time", "17:75")
    assert cell.text == "17:75"
    assert not cell.is_changed
    assert cell.confidence < 0.9


def test_a_missed_point_is_mended_where_all_the_other_numbers_have_one():
    cells = _solve(COMMA, "12,50", "3,75", "20,00", "1475", "8,20", "9,90", "17,00", "4,40")
    assert cells[3].text == "14,75"
    assert cells[3].confidence < cells[2].confidence


def test_whole_numbers_stay_whole_where_many_are():
    cells = _solve(COMMA, "12,50", "3", "20", "1475", "8,20", "9", "17", "4,40")
    assert cells[3].text == "1475"


def test_an_alternative_that_fits_comes_before_a_reading_that_does_not():
    template, cells = _column({"kind": "digit", "min": 1, "max": 6}, "9")
    cells[0, 0] = ReadCell(WRITTEN, Read("9", 0.85, (("3", 0.14),)))
    [solved] = solve(template, calibrate_table(template, cells)).cells.values()
    assert solved.text == "3"


def test_what_was_read_as_struck_through_counts_as_crossed_out():
    template, cells = _column("digit", "2")
    cells[0, 0] = ReadCell(WRITTEN, Read("2", 0.3, (), "#"))
    inputs = calibrate_table(template, cells)
    assert inputs[0, 0].state is CellState.CROSSED_OUT
    assert solve(template, inputs).cells[0, 0].text == ""


def test_confirmed_cells_and_cells_without_a_reading():
    template, cells = _column("digit", "2", "3", "4")
    cells |= {(0, 0): ReadCell(WRITTEN, Read("2", 0.5), fixed="7"), (1, 0): ReadCell(WRITTEN)}
    cells[2, 0] = ReadCell(CellState.EMPTY)
    solved = solve(template, calibrate_table(template, cells)).cells
    assert [(one.text, one.confidence > 0.9) for one in solved.values()] == [("7", True), ("", False), ("", True)]


def test_errors_are_expected_among_accepted_cells_alone():
    assert expected_errors([0.99, 0.98, 0.5], 0.9) == pytest.approx(0.03)


def test_a_total_may_leave_the_range_of_what_it_adds_up():
    points = {"kind": "digits", "max_length": 2, "max": 60}
    form = {"title": "Marks", "rows": 2, "columns": [{"name": "a", "expects": points}]}
    template = parse_template(form | {"sums": [{"kind": "column", "total": 0}]})
    cells = {(row, 0): ReadCell(WRITTEN, Read(text, 0.95)) for row, text in enumerate(("58", "57", "115"))}
    calibrated = calibrate_table(template, cells)
    assert calibrated[2, 0].candidates[0] == ("115", pytest.approx(calibrated[0, 0].candidates[0][1]))
    solution = solve(template, calibrated)
    assert [solution.cells[row, 0].text for row in range(3)] == ["58", "57", "115"]


@pytest.mark.parametrize("written", ["314\n6005", "60+05"])
def test_a_text_that_leaves_out_what_stands_there_is_doubtful(written):
    template, cells = _column({"kind": "digits", "max_length": 4}, "6005")
    cells[0, 0] = ReadCell(WRITTEN, Read("6005", 0.998, (), written))
    [solved] = solve(template, calibrate_table(template, cells)).cells.values()
    assert solved.text == "6005"
    assert solved.confidence <= 0.5


def test_no_reading_is_surer_than_the_surest_that_were_measured():
    template, cells = _column({"kind": "digits", "max_length": 4}, "6005")
    cells[0, 0] = ReadCell(WRITTEN, Read("6005", 0.999999))
    [solved] = solve(template, calibrate_table(template, cells)).cells.values()
    assert 0.99 < solved.confidence < 0.998


@pytest.mark.parametrize("state", [WRITTEN, CellState.EMPTY, CellState.DITTO])
def test_a_cell_that_something_lies_over_is_doubtful_whatever_is_seen_of_it(state):
    template, cells = _column({"kind": "digits", "max_length": 5}, "12", "3558")
    read = cells[1, 0].read if state is WRITTEN else None
    cells[1, 0] = ReadCell(state, read, is_covered=True)
    assert solve(template, calibrate_table(template, cells)).cells[1, 0].confidence <= 0.5
