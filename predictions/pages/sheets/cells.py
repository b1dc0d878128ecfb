"""Cells and sums of a table as the pages show them: their names, and what there is to say about them."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from ml.expects import Kind
from ml.sheets.solving import WrongSum
from ml.sheets.template import ColumnKind, SumKind, Template
from predictions.models.sheets import CellState, SheetCell, ValueSource
from predictions.services.labels import PROBLEMS
from predictions.services.sheets.tables import Table, TableCell
from predictions.services.sheets.wording.columns import find_problem

MOST_ALTERNATIVES = 4
AROUND = 0.35  # of a cell's height, that is shown of its surroundings


def is_doubtful(cell: TableCell | SheetCell, threshold: float) -> bool:
    """Return whether the cell is one that a person should check, or should have before they confirmed it."""
    return cell.state != CellState.NOT_READ and (cell.confidence is None or cell.confidence < threshold)


def name_row(template: Template, row: int) -> str:
    """Return the name of a row: its number and what is printed in it, or that it is the row of totals."""
    if row >= template.rows:
        return _("Totals")
    labels = [column.labels[row] for column in template.columns if row < len(column.labels) and column.labels[row]]
    return " · ".join([_("Row %(number)d") % {"number": row + 1}, *labels])


def name_cell(template: Template, row: int, column: int) -> str:
    """Return the name of a cell, such as "Row 3 · Meyer · Points"."""
    return f"{name_row(template, row)} · {template.columns[column].name}"


def explain_cell(cell: TableCell) -> str:
    """Return why a cell has its value, or what is odd about it; "" if there is nothing to say."""
    values = {"read": cell.read_text, "text": cell.text}
    if cell.source == ValueSource.SUM and cell.read_text != cell.text:
        if not cell.read_text:
            return _("%(text)s makes the total right.") % values
        return _("Read %(read)s; %(text)s makes the total right.") % values
    if cell.source == ValueSource.DITTO:
        return _("Ditto marks: the value of the row above.")
    if cell.source == ValueSource.PERSON and cell.read_text and cell.read_text != cell.text:
        return _("Read as %(read)s.") % values
    return {
        CellState.CROSSED_OUT.value: _("Crossed out."),
        CellState.EMPTY.value: _("It looks empty."),
        CellState.NOT_READ.value: _("Kept as a picture. Type it if you need it as text."),
    }.get(cell.state, "" if cell.read_text or cell.text else _("Nothing could be read here."))


def explain_problem(template: Template, row: int, column: int, text: str) -> str:
    """Return why a value is not what its column expects; "" if it is."""
    problem = find_problem(template, row, column, text)
    return str(PROBLEMS[problem]) if problem else ""


def explain(template: Template, cell: TableCell) -> str:
    """Return all there is to say about a cell; "" if there is nothing."""
    return " ".join(filter(None, (explain_cell(cell), explain_problem(template, cell.row, cell.column, cell.text))))


def alternatives_of(cell: TableCell) -> list[str]:
    """Return other texts that may be right, the likeliest first; what was read first of all, if a sum changed it."""
    texts = [cell.read_text, *(text for text, _probability in cell.alternatives)]
    return [text for text in dict.fromkeys(texts) if text and text != cell.text][:MOST_ALTERNATIVES]


def describe_cell(template: Template, cell: TableCell, threshold: float) -> dict[str, Any]:
    """Return a cell as the script of the page takes it."""
    return {
        "id": cell.id,
        "row": cell.row,
        "column": cell.column,
        "name": name_cell(template, cell.row, cell.column),
        "text": cell.text,
        "reason": explain(template, cell),
        "alternatives": alternatives_of(cell),
        "box": [round(number, 1) for number in cell.box],
        "view_box": _around(cell.box),
        "input_mode": find_input_mode(template, cell.row, cell.column),
        "is_text": template.columns[cell.column].kind is not ColumnKind.READ,
        "is_doubtful": is_doubtful(cell, threshold),
        "is_confirmed": cell.confirmed_at is not None,
        "has_problem": bool(find_problem(template, cell.row, cell.column, cell.text)),
    }


def find_input_mode(template: Template, row: int, column: int) -> str:
    """Return which keys a phone shows to type a value: its pads of digits lack "-", ":" and "/"."""
    expects = template.expects_at(row, column)
    if expects is None:
        return "text"
    if not expects.allows_signs:
        return "numeric"
    # a pad with a mark has that of the phone's language only
    is_decimal = expects.kind is Kind.NUMBER and {".", ","} <= expects.symbols and "-" not in expects.symbols
    return "decimal" if is_decimal else "text"


def _around(box: tuple[float, float, float, float]) -> str:
    """Return the part of the picture to show enlarged, as SVG's viewBox."""
    x, y, width, height = box
    around = AROUND * height
    return f"{x - around:.1f} {y - around:.1f} {width + 2 * around:.1f} {height + 2 * around:.1f}"


def explain_sums(table: Table) -> list[str]:
    """Return a sentence for each sum that does not add up."""
    template = table.template
    if template is None:
        return []
    return [_explain_sum(template, wrong) for listed in table.wrong_sums.values() for wrong in listed]


def _explain_sum(template: Template, wrong: WrongSum) -> str:
    values = {
        "row": name_row(template, wrong.total[0]),
        "column": template.columns[wrong.total[1]].name,
        "written": wrong.written or "0",
        "computed": wrong.computed,
    }
    if template.sums[wrong.number].kind is SumKind.COLUMN:
        return _("%(column)s: the total says %(written)s, the rows add up to %(computed)s.") % values
    return _("%(row)s: %(column)s says %(written)s, the cells add up to %(computed)s.") % values


def count_progress(cells: Iterable[TableCell], threshold: float) -> dict[str, int]:
    """Return how many of the doubtful cells were confirmed."""
    found = [cell for cell in cells if is_doubtful(cell, threshold)]
    return {"done": sum(cell.confirmed_at is not None for cell in found), "total": len(found)}
