"""The solver: the most likely table under its sums, and how sure it is of each cell."""

import math
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.sheets.solving import CellInput, find_wrong_sums, solve
from ml.sheets.solving.factors import WRONG_SUM
from ml.sheets.states import CellState
from ml.sheets.template import parse_template

WRITTEN = CellState.WRITTEN
EMPTY = CellInput(CellState.EMPTY, (("", 0.999),))


def _template(columns, rows, *sums):
    return parse_template(
        {"title": "Stock", "rows": rows, "columns": [{"name": str(one)} for one in range(columns)], "sums": list(sums)}
    )


ROW_SUM = {"kind": "row", "total": 2, "parts": [0, 1]}


def _row(*texts, state=WRITTEN):
    return {
        (0, column): text if isinstance(text, CellInput) else CellInput(state, text)
        for column, text in enumerate(texts)
    }


def _texts(solution):
    return {place: cell.text for place, cell in solution.cells.items()}


def test_a_doubtful_cell_takes_the_alternative_that_adds_up():
    solution = solve(_template(3, 1, ROW_SUM), _row([("12", 0.9), ("17", 0.08)], [("5", 0.99)], [("22", 0.98)]))
    assert _texts(solution) == {(0, 0): "17", (0, 1): "5", (0, 2): "22"}
    changed = solution.cells[0, 0]
    assert changed.is_changed
    assert changed.sums == (0,)
    assert changed.confidence > 0.95
    assert not solution.wrong_sums


def test_a_sum_that_adds_up_makes_its_cells_surer():
    cells = _row([("12", 0.9), ("17", 0.08)], [("5", 0.9), ("6", 0.05)], [("17", 0.9), ("11", 0.05)])
    for place, cell in solve(_template(3, 1, ROW_SUM), cells).cells.items():
        assert cell.confidence > cells[place].candidates[0][1] + 0.05


def test_a_sum_that_nothing_makes_right_is_told_and_makes_its_cells_less_sure():
    cells = _row([("12", 0.99)], [("5", 0.99)], [("18", 0.98)])
    solution = solve(_template(3, 1, ROW_SUM), cells)
    assert _texts(solution) == {(0, 0): "12", (0, 1): "5", (0, 2): "18"}
    [wrong] = solution.wrong_sums
    assert (wrong.total, wrong.parts, wrong.written, wrong.computed) == ((0, 2), ((0, 0), (0, 1)), "18", "17")
    assert all(cell.confidence < cells[place].candidates[0][1] for place, cell in solution.cells.items())


def test_a_total_that_was_surely_read_but_wrongly_added_is_left_alone():
    cells = _row([("12", 0.9999), ("13", 0.0001)], [("5", 0.9999)], [("18", 0.9999)])
    solution = solve(_template(3, 1, ROW_SUM), cells)
    assert _texts(solution)[0, 0] == "12"
    assert len(solution.wrong_sums) == 1


def test_confirmed_cells_stay_and_the_others_follow_them():
    cells = _row([("12", 0.9), ("17", 0.08)], [("5", 0.99)], [("17", 0.98), ("22", 0.01)])
    cells[0, 0] = cells[0, 0]._replace(fixed="17")
    solution = solve(_template(3, 1, ROW_SUM), cells)
    assert _texts(solution) == {(0, 0): "17", (0, 1): "5", (0, 2): "22"}
    assert solution.cells[0, 0].confidence == 1.0


def test_empty_cells_count_as_nothing_and_an_empty_total_is_not_checked():
    template = _template(3, 1, ROW_SUM)
    assert not solve(template, _row([("12", 0.9)], EMPTY, [("12", 0.9)])).wrong_sums
    assert len(solve(template, _row([("12", 0.9)], EMPTY, [("13", 0.9)])).wrong_sums) == 1
    assert not solve(template, _row([("12", 0.9)], [("5", 0.9)], EMPTY)).wrong_sums
    assert not solve(template, _row(EMPTY, EMPTY, [("17", 0.9)])).wrong_sums


def test_sums_whose_cells_are_on_a_missing_page_are_not_checked():
    cells = {place: cell for place, cell in _row([("1", 0.9)], [("5", 0.9)], [("9", 0.9)]).items() if place != (0, 1)}
    assert not solve(_template(3, 1, ROW_SUM), cells).wrong_sums


@pytest.mark.parametrize(
    ("parts", "total"),
    [(("1,5", "2.25"), "3,75"), (("-3", "5"), "2"), (("7:45", "0:30"), "8:15"), (("1.50", ".5"), "2")],
)
def test_decimal_marks_signs_and_durations_are_added_up(parts, total):
    solution = solve(_template(3, 1, ROW_SUM), _row([(parts[0], 0.9)], [(parts[1], 0.9)], [(total, 0.9)]))
    assert not solution.wrong_sums
    assert all(cell.confidence > 0.95 for cell in solution.cells.values())


def test_what_durations_should_add_up_to_is_written_as_a_duration():
    [wrong] = solve(_template(3, 1, ROW_SUM), _row([("7:45", 0.9)], [("0:30", 0.9)], [("8:05", 0.9)])).wrong_sums
    assert wrong.computed == "8:15"


def test_ditto_marks_change_with_the_cell_above():
    """Twice the same doubtful reading, once by ditto marks; the total of the column decides."""
    template = _template(1, 3, {"kind": "column", "total": 0})
    cells = {
        (0, 0): CellInput(WRITTEN, (("4", 0.8), ("9", 0.15))),
        (1, 0): CellInput(CellState.DITTO),
        (2, 0): CellInput(WRITTEN, (("2", 0.99),)),
        (3, 0): CellInput(WRITTEN, (("20", 0.97),)),
    }
    solution = solve(template, cells)
    assert _texts(solution) == {(0, 0): "9", (1, 0): "9", (2, 0): "2", (3, 0): "20"}


def test_a_row_and_a_column_together_find_the_misread_cell():
    template = _template(3, 2, ROW_SUM, *({"kind": "column", "total": one} for one in range(3)))
    table = [["10", "20", "30"], ["31", "42", "73"], ["41", "62", "103"]]
    cells = {
        (row, column): CellInput(WRITTEN, ((text, 0.97),))
        for row, texts in enumerate(table)
        for column, text in enumerate(texts)
    }
    cells[1, 1] = CellInput(WRITTEN, (("47", 0.95), ("42", 0.02), ("92", 0.02)))
    solution = solve(template, cells)
    assert solution.cells[1, 1].text == "42"
    assert solution.cells[1, 1].confidence > 0.99
    assert not solution.wrong_sums


def test_sums_with_a_cell_that_could_not_be_read_are_not_checked():
    cells = _row([("12", 0.9)], CellInput(WRITTEN), [("17", 0.9)])
    solution = solve(_template(3, 1, ROW_SUM), cells)
    assert not solution.wrong_sums
    assert solution.cells[0, 0].confidence == pytest.approx(0.9)


def test_a_cell_that_could_not_be_read_has_no_text():
    solution = solve(_template(1, 1), {(0, 0): CellInput(WRITTEN)})
    assert solution.cells[0, 0].text == ""
    assert solution.cells[0, 0].confidence == 0.0


CANDIDATES = st.lists(st.integers(0, 12), min_size=1, max_size=3, unique=True).flatmap(
    lambda values: st.lists(st.floats(0.02, 1), min_size=len(values), max_size=len(values)).map(
        lambda weights: tuple(
            (str(value), 0.95 * weight / sum(weights)) for value, weight in zip(values, weights, strict=True)
        )
    )
)


@given(st.lists(CANDIDATES, min_size=3, max_size=5))
@settings(deadline=None, max_examples=20)
def test_beliefs_of_one_sum_are_those_of_counting_all_tables(row):
    """A wrong sum, and a text that is no candidate, weigh as documented; every table of candidates is tried."""
    total = len(row) - 1
    template = _template(len(row), 1, {"kind": "row", "total": total, "parts": list(range(total))})
    solution = solve(template, _row(*row))
    evidence = min((1 - WRONG_SUM) * 10 ** len(row[-1][0][0]), 1e4)
    masses: dict[tuple[int, str], float] = {}
    whole = 0.0
    for table in product(*([*candidates, (None, 0.05)] for candidates in row)):
        texts = [text for text, _ in table]
        weight = 1.0
        if None not in texts:
            adds_up = sum(map(Decimal, texts[:-1])) == Decimal(texts[-1])
            weight = evidence if adds_up else WRONG_SUM
        mass = weight * math.prod(chance for _, chance in table)
        whole += mass
        for place, text in enumerate(texts):
            masses[place, text] = masses.get((place, text), 0.0) + mass
    for (_, column), cell in solution.cells.items():
        assert cell.confidence == pytest.approx(masses[column, cell.text] / whole, abs=1e-4)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(["", "0", "1", "2", "3", "0:30", "1,5", "2?"]), min_size=9, max_size=9))
def test_the_wrong_sums_of_a_table_are_those_of_its_confirmed_cells(texts):
    template = _template(3, 2, ROW_SUM, *({"kind": "column", "total": column} for column in range(3)))
    written = dict(zip(product(range(3), range(3)), texts, strict=True))
    cells = {place: CellInput(WRITTEN, fixed=text) for place, text in written.items()}
    assert list(find_wrong_sums(template, written)) == solve(template, cells).wrong_sums
