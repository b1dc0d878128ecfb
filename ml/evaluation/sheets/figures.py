"""The figures of read photographs: what was registered, cut, read exactly, and promised."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ml.evaluation.sheets.forms import make_form
from ml.evaluation.sheets.photographs import CODE, CellRecord, PageRecord
from ml.sheets.calibration import Read, ReadCell, calibrate_table, expected_errors
from ml.sheets.solving import solve
from ml.sheets.states import CellState

LARGEST_CORNER_ERROR = 0.03
ERRORS_LEFT = 0.005  # of all cells
THRESHOLDS = (0.8, 0.9, 0.95, 0.98, 0.99)


@dataclass(frozen=True)
class Value:
    """A cell before anybody checked it."""

    cell: CellRecord
    text: str
    confidence: float
    is_changed: bool

    @property
    def is_right(self) -> bool:
        """Whether the table says what was written."""
        return self.text == self.cell.entry.text


def settle(page: PageRecord, seed: int, *, use_sums: bool = True) -> list[Value]:
    """Return the values of a page's cells, as a worker settles them."""
    template = make_form(page.form, seed).template
    cells = {(cell.row, cell.column): read_of(cell) for cell in page.cells if cell.state is not None}
    inputs = calibrate_table(template, cells)
    solved = solve(template if use_sums else replace(template, sums=()), inputs).cells
    values = []
    for cell in page.cells:
        one = solved.get((cell.row, cell.column))
        values.append(Value(cell, one.text, one.confidence, one.is_changed) if one else Value(cell, "", 0.0, False))
    return values


def read_of(cell: CellRecord) -> ReadCell:
    """Return a cell as the calibration takes it."""
    read = None
    if cell.read is not None:
        alternatives = [(one["text"], one["probability"]) for one in cell.read["alternatives"]]
        read = Read(cell.read["text"], cell.read["confidence"], alternatives, cell.read["written"])
    return ReadCell(CellState(cell.state or CellState.NOT_READ), read)


def summarize(pages: Sequence[PageRecord], seed: int) -> dict[str, Any]:
    """Return all figures by name."""
    registered = [page for page in pages if page.code == CODE.format(form=page.form)]
    found = [page for page in pages if page.code is not None]
    cells = [cell for page in found for cell in page.cells]
    corners = [cell.corner_error is not None and cell.corner_error <= LARGEST_CORNER_ERROR for cell in cells]
    values = [value for page in found for value in settle(page, seed)]
    alone = [value for page in found for value in settle(page, seed, use_sums=False)]
    figures: dict[str, Any] = {
        "photographs": len(pages),
        "pages found": _share(len(found), len(pages)),
        "registered": _share(len(registered), len(pages)),
        "cells": len(cells),
        "all corners within 3%": _share(sum(corners), len(corners)),
        "exact": _share_right(values),
        "exact without sums": _share_right(alone),
        "exact of written cells": _share_right(_of_state(values, CellState.WRITTEN)),
        "right and asked about": find_asked(values),
        "promised": find_promises(values),
        "states": count_states(values),
    }
    for name, chosen in _parts(values).items():
        figures[f"exact, {name}"] = _share_right(chosen)
    return figures


def find_asked(values: Sequence[Value]) -> dict[str, float]:
    """Return the least share of cells to ask about so that at most ERRORS_LEFT of all cells are left wrong."""
    ordered = sorted(values, key=lambda value: -value.confidence)
    allowed, wrong, accepted = ERRORS_LEFT * len(values), 0, 0
    for number, value in enumerate(ordered, 1):
        wrong += not value.is_right
        if wrong > allowed:
            break
        accepted = number
    threshold = ordered[accepted - 1].confidence if accepted else 1.0
    promised = expected_errors([value.confidence for value in values], threshold)
    return {
        "asked": round(1 - accepted / max(len(values), 1), 4),
        "threshold": round(threshold, 4),
        "promised errors": round(promised, 1),
        "errors": sum(not value.is_right for value in ordered[:accepted]),
    }


def find_promises(values: Sequence[Value]) -> list[dict[str, float]]:
    """Return, for each threshold, how many cells are accepted, and the errors that are promised and that there are."""
    found = []
    for threshold in THRESHOLDS:
        accepted = [value for value in values if value.confidence >= threshold]
        promised = expected_errors([value.confidence for value in accepted], threshold)
        errors = sum(not value.is_right for value in accepted)
        found.append(
            {
                "threshold": threshold,
                "accepted": round(len(accepted) / max(len(values), 1), 4),
                "promised": round(promised, 1),
                "errors": errors,
                "ratio": round(promised / errors, 2) if errors else float("nan"),
            }
        )
    return found


def count_states(values: Sequence[Value]) -> dict[str, dict[str, int]]:
    """Return, for each state that cells have, how many were taken for each."""
    found: dict[str, Counter[str]] = {}
    for value in values:
        found.setdefault(value.cell.entry.state.value, Counter())[value.cell.state or "not cut"] += 1
    return {state: dict(counts.most_common()) for state, counts in found.items()}


def _parts(values: Iterable[Value]) -> dict[str, list[Value]]:
    parts: dict[str, list[Value]] = {}
    for value in values:
        cell = value.cell
        if cell.entry.state is CellState.WRITTEN:
            parts.setdefault(f"{cell.kind} {'in boxes' if cell.boxes else 'open'}", []).append(value)
    return dict(sorted(parts.items()))


def _of_state(values: Sequence[Value], state: CellState) -> list[Value]:
    return [value for value in values if value.cell.entry.state is state]


def _share_right(values: Sequence[Value]) -> float:
    return _share(sum(value.is_right for value in values), len(values))


def _share(count: int, of: int) -> float:
    return round(count / of, 4) if of else float("nan")
