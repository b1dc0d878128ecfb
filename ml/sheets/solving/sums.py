"""Which cells of a table add up to which, and what their texts are worth."""

import re
from collections.abc import Container, Iterator
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
