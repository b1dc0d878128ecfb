"""What a person writes into the cells of a template: values, empty cells, crossed-out ones, ditto marks and totals."""

from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

import numpy as np

from ml.evaluation.sheets.forms import Form
from ml.sheets.solving import Place, find_value
from ml.sheets.states import CellState
from ml.sheets.template import Column, SumKind

EMPTY, CROSSED_OUT, DITTO = 0.06, 0.02, 0.025  # of all cells but totals
WRONG_TOTAL = 0.01


class Entry(NamedTuple):
    """What stands in a cell.

    Attributes:
        text: what it is worth: that of the cell above for ditto marks, "" for an empty or crossed-out cell.
        written: what was written; what was crossed out too.
    """

    state: CellState
    text: str
    written: str


def fill_in(form: Form, rng: np.random.Generator) -> dict[Place, Entry]:
    """Return the entries of all cells that are read."""
    template = form.template
    entries: dict[Place, Entry] = {}
    for row in range(template.rows):
        for column, sample in enumerate(form.samples):
            if sample is not None:
                entries[row, column] = _draw_entry(sample(rng), entries.get((row - 1, column)), rng)
    for one in template.sums:
        if one.kind is SumKind.ROW:
            for row in range(template.rows):
                parts = [(row, column) for column in one.parts]
                entries[row, one.total] = _add_up(entries, parts, template.columns[one.total], rng)
    for one in template.sums:
        if one.kind is SumKind.COLUMN:
            parts = [(row, one.total) for row in range(template.rows)]
            entries[template.rows, one.total] = _add_up(entries, parts, template.columns[one.total], rng)
    return entries


def _draw_entry(text: str, above: Entry | None, rng: np.random.Generator) -> Entry:
    pick = rng.uniform()
    if pick < EMPTY:
        return Entry(CellState.EMPTY, "", "")
    if pick < EMPTY + CROSSED_OUT:
        return Entry(CellState.CROSSED_OUT, "", text)
    if pick < EMPTY + CROSSED_OUT + DITTO and above is not None and above.state is CellState.WRITTEN:
        return Entry(CellState.DITTO, above.text, "")
    return Entry(CellState.WRITTEN, text, text)


def _add_up(entries: Mapping[Place, Entry], parts: list[Place], column: Column, rng: np.random.Generator) -> Entry:
    values = [find_value(entries[place].text) for place in parts if entries[place].text]
    total = sum((value for value in values if value is not None), Decimal(0))
    if rng.uniform() < WRONG_TOTAL:
        total += int(rng.choice([-10, -1, 1, 10, 100])) if total > 10 else 1
    options = dict(column.expects.options) if column.expects else {}
    text = f"{total:f}".replace(".", "," if options.get("decimal") == "comma" else ".")
    return Entry(CellState.WRITTEN, text, text)
