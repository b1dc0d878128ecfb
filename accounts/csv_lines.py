"""CSV files a line at a time, so that memory does not grow with the rows."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

BYTE_ORDER_MARK = "\ufeff"  # without which Excel takes UTF-8 for another encoding
SIGNS = "=+@\uff1d\uff0b\uff0d\uff20-"  # and their full-width twins, which count in East Asian spreadsheets
# At the start of a cell. Some spreadsheets begin one after a semicolon, a tab or a new line, too.
BEGINS_A_FORMULA = re.compile(f"^(?=[\t\r\n])|(?:^|(?<=[;\t\r\n]))(?=[{SIGNS}])")

NEGATIVE = re.compile(r"-[0-9]+(?:[.,][0-9]+)*")  # a number, whatever the signs between its digits mean


class _Line:
    """A file for `csv.writer` that keeps only the last line."""

    text = ""

    def write(self, text: str) -> None:
        self.text = text


def csv_lines(titles: Sequence[str], rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """Yield a line of titles, then one for each row."""
    line = _Line()
    writer = csv.writer(line)
    writer.writerow([_cell(title) for title in titles])
    yield line.text
    for row in rows:
        writer.writerow([_cell(value) for value in row])
        yield line.text


def _cell(value: Any) -> Any:
    """Return a value for spreadsheets: what they would take for a formula gets an apostrophe before it."""
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, str) and not NEGATIVE.fullmatch(value):
        return BEGINS_A_FORMULA.sub("'", value)
    return value
