"""The totals of a table: what is written, what its parts add up to, and whether the two are the same."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import NamedTuple

from ml.sheets.solving import Place, find_value
from ml.sheets.solving.sums import SumAt, find_sums, format_value
from ml.sheets.template import SumKind, Template
from predictions.services.sheets.tables import Table, list_texts


class SumCheck(NamedTuple):
    """A total, where it is written, and what was added up.

    written: the text of the total, "" if it is empty.
    computed: what its parts add up to, written in the same way; None if one of them is no number.
    adds_up: whether the total is right; None if that cannot be told.
    """

    kind: SumKind
    row: int
    column: int
    written: str
    computed: str | None
    adds_up: bool | None


def check_table(table: Table) -> Iterator[tuple[int, SumCheck]]:
    """Yield each total of a table, with the copy that it is of; nothing until the template is known."""
    if table.template is None:
        return
    for copy, found in list_texts(table.rows).items():
        for check in check_sums(table.template, found):
            yield copy, check


def check_sums(template: Template, texts: Mapping[Place, str]) -> Iterator[SumCheck]:
    """Yield each total of a filled-in template; those without anything in them are left out."""
    for one in find_sums(template, texts):
        if any(texts[place] for place in (one.total, *one.parts)):
            yield _check(template.sums[one.number].kind, one, texts)


def _check(kind: SumKind, one: SumAt, texts: Mapping[Place, str]) -> SumCheck:
    """Return a check. An empty part counts as nothing, as it does in a spreadsheet."""
    written = texts[one.total]
    filled = [text for place in one.parts if (text := texts[place])]
    values = [value for text in filled if (value := find_value(text)) is not None]
    if len(values) < len(filled):
        return SumCheck(kind, *one.total, written, None, None)
    computed = sum(values, Decimal(0))
    total = find_value(written) if written else None
    like = next(iter((*filled, written)))
    return SumCheck(
        kind, *one.total, written, format_value(computed, like), None if total is None else total == computed
    )
