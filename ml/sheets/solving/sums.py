"""Which cells of a table add up to which, and what their texts are worth."""

import re
from collections.abc import Container, Iterator, Mapping
from decimal import Decimal
from typing import NamedTuple

from ml.expects.values import find_value as find_number
from ml.sheets.template import SumKind, Template

Place = tuple[int, int]  # row and column
_DURATION = re.compile(r"(\d{1,3}):([0-5]\d)")


class SumAt(NamedTuple):
    """A sum where it stands.

    Attributes:
        number: the index of the sum in the template.
    """

    number: int
    total: Place
    parts: tuple[Place, ...]


class WrongSum(NamedTuple):
    """A sum that does not add up, whichever of its cells is wrong.

    Attributes:
        written: what the cell of the total says.
        computed: what its parts add up to; durations as hours and minutes.
    """

    number: int
    total: Place
    parts: tuple[Place, ...]
    written: str
    computed: str


def find_value(text: str) -> Decimal | None:
    """Return the number that a text stands for in a sum, or None: hours and minutes, as 7:45, count as minutes."""
    if match := _DURATION.fullmatch(text):
        return Decimal(int(match[1]) * 60 + int(match[2]))
    return find_number(text)


def format_value(value: Decimal, like: str) -> str:
    """Return a value written as the text `like` is: as a duration, or with a decimal comma."""
    if ":" in like:
        hours, minutes = divmod(int(value), 60)
        return f"{hours}:{minutes:02}"
    return f"{value:f}".replace(".", "," if "," in like else ".")


def find_sums(template: Template, places: Container[Place]) -> Iterator[SumAt]:
    """Yield the sums whose cells are all there: what stands on a page that is missing can't be checked.

    In the row of totals, the totals of rows are checked as well, where the totals of all their parts are written.
    """
    for number, one in enumerate(template.sums):
        if one.kind is SumKind.COLUMN:
            parts = tuple((row, one.total) for row in range(template.rows))
            found = [SumAt(number, (template.rows, one.total), parts)]
        else:
            found = [
                SumAt(number, (row, one.total), tuple((row, column) for column in one.parts))
                for row in range(template.all_rows)
                if all(template.is_read(row, column) for column in (one.total, *one.parts))
            ]
        for candidate in found:
            if all(place in places for place in (candidate.total, *candidate.parts)):
                yield candidate


def find_wrong_sums(template: Template, texts: Mapping[Place, str]) -> Iterator[WrongSum]:
    """Yield the sums that do not add up in a table as it is; one without a total, or without parts, is not checked."""
    for one in find_sums(template, texts):
        is_checked = texts[one.total] and any(texts[place] for place in one.parts)
        if is_checked and (wrong := check_sum(one, texts)):
            yield wrong


def check_sum(one: SumAt, texts: Mapping[Place, str]) -> WrongSum | None:
    """Return the sum if its texts do not add up; None if they do. What is no number counts as wrong."""
    written = texts[one.total]
    values = [find_value(texts[place]) if texts[place] else Decimal(0) for place in one.parts]
    total = find_value(written) if written else None
    known = [value for value in values if value is not None]
    computed = sum(known, Decimal(0))
    if total == computed and len(known) == len(values):
        return None
    like = next((texts[place] for place in (one.total, *one.parts) if texts[place]), "")
    return WrongSum(one.number, one.total, one.parts, written, format_value(computed, like))
