"""A template: the columns, rows and totals of a page to fill in, and the parser of its JSON form."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeGuard

from ml.expects import Expectation, InvalidExpectation, Kind, parse_expectation
from ml.sheets.characters import find_invisible, name_characters

MAX_TITLE_CHARS, MAX_NAME_CHARS, MAX_LABEL_CHARS = 80, 40, 40
MAX_COLUMNS, MAX_ROWS, MAX_SUMS = 20, 400, 20
MAX_BOXES = 16  # in one cell
MIN_ROW_MM, DEFAULT_ROW_MM, MAX_ROW_MM = 7, 10, 20
MIN_WIDTH, MAX_WIDTH = 0.25, 8.0  # of a column, relative to the others


class InvalidTemplate(ValueError):
    """The template can't be used.

    Attributes:
        path: of the part that is wrong, as ("columns", 2, "name"); empty for the whole.
    """

    def __init__(self, message: str, *path: str | int) -> None:
        super().__init__(message)
        self.path = path


class Paper(StrEnum):
    """The size of the paper. Stored; never rename one."""

    A4 = "a4"
    LETTER = "letter"


class ColumnKind(StrEnum):
    """What a column is for. Stored; never rename one."""

    READ = "read"  # written by hand, and read
    TEXT = "text"  # written by hand, kept as a picture
    LABEL = "label"  # printed


class SumKind(StrEnum):
    """What adds up. Stored; never rename one."""

    ROW = "row"  # in each row, one column is the total of others
    COLUMN = "column"  # the last row, printed as a row of totals, is the total of the rows above it


@dataclass(frozen=True)
class Column:
    """A column.

    Attributes:
        expects: what is written in each cell, for READ; None for any number.
        boxes: how many boxes a cell has, a digit or sign each; 0 for an open cell.
        width: relative to the other columns.
        labels: the text printed in each row, from the first on, for LABEL.
    """

    name: str
    kind: ColumnKind = ColumnKind.READ
    expects: Expectation | None = None
    boxes: int = 0
    width: float = 1.0
    labels: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the canonical form, ready for JSON."""
        form: dict[str, Any] = {"name": self.name, "kind": self.kind.value, "width": self.width}
        if self.kind is ColumnKind.READ:
            form |= {"expects": self.expects.as_dict() if self.expects else None, "boxes": self.boxes}
        if self.kind is ColumnKind.LABEL:
            form["labels"] = list(self.labels)
        return form


@dataclass(frozen=True)
class Sum:
    """Numbers that add up to another.

    Attributes:
        total: the index of the column that holds the total: for ROW next to its parts, for COLUMN in the last row.
        parts: the indexes of the columns that are added up, for ROW; empty for COLUMN.
    """

    kind: SumKind
    total: int
    parts: tuple[int, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the canonical form, ready for JSON."""
        form: dict[str, Any] = {"kind": self.kind.value, "total": self.total}
        return form | ({"parts": list(self.parts)} if self.kind is SumKind.ROW else {})


@dataclass(frozen=True)
class Template:
    """A page, or several, to be filled in by hand. Made by `parse_template`.

    Attributes:
        rows: how many are filled in, without the row of totals.
        row_mm: the height of a row.
    """

    title: str
    columns: tuple[Column, ...]
    rows: int
    paper: Paper = Paper.A4
    is_landscape: bool = False
    row_mm: float = DEFAULT_ROW_MM
    sums: tuple[Sum, ...] = ()

    @property
    def has_total_row(self) -> bool:
        """Whether a row of totals follows the last row."""
        return any(one.kind is SumKind.COLUMN for one in self.sums)

    @property
    def all_rows(self) -> int:
        """How many rows there are, with the row of totals."""
        return self.rows + self.has_total_row

    def is_read(self, row: int, column: int) -> bool:
        """Return whether the cell is read: in the row of totals, only the totals of columns are."""
        if self.columns[column].kind is not ColumnKind.READ:
            return False
        return row < self.rows or any(one.kind is SumKind.COLUMN and one.total == column for one in self.sums)

    def expects_at(self, row: int, column: int) -> Expectation | None:
        """Return what is written in a cell: a total has as many digits as it needs, and no range."""
        expects = self.columns[column].expects
        if row < self.rows or expects is None or expects.kind not in (Kind.DIGIT, Kind.DIGITS, Kind.NUMBER):
            return expects
        form = {name: value for name, value in expects.as_dict().items() if name in ("kind", "decimal", "sign")}
        return parse_expectation(form if expects.kind is Kind.NUMBER else Kind.DIGITS.value)

    def as_dict(self) -> dict[str, Any]:
        """Return the canonical form, ready for JSON; `parse_template` takes it back."""
        return {
            "title": self.title,
            "paper": self.paper.value,
            "landscape": self.is_landscape,
            "rows": self.rows,
            "row_mm": self.row_mm,
            "columns": [column.as_dict() for column in self.columns],
            "sums": [one.as_dict() for one in self.sums],
        }


def parse_template(form: object) -> Template:
    """Return the template that a JSON object describes.

    Raises:
        InvalidTemplate: if it is none; says which part, and what to change.
    """
    if not isinstance(form, Mapping):
        raise InvalidTemplate('Send an object with "title", "rows" and "columns".')
    known = ("title", "paper", "landscape", "rows", "row_mm", "columns", "sums")
    _refuse_unknown(form, known)
    listed = form.get("columns")
    if not _is_list(listed) or not 1 <= len(listed) <= MAX_COLUMNS:
        raise InvalidTemplate(f'Set "columns" to a list of 1 to {MAX_COLUMNS} columns.', "columns")
    rows = _parse_int(form, "rows", None, 1, MAX_ROWS)
    columns = tuple(_parse_column(one, rows, number) for number, one in enumerate(listed))
    names = [column.name.casefold() for column in columns]
    for number, name in enumerate(names):
        if name in names[:number]:
            raise InvalidTemplate("Give each column a name of its own.", "columns", number, "name")
    if all(column.kind is not ColumnKind.READ for column in columns):
        raise InvalidTemplate('At least one column must be of the kind "read".', "columns")
    is_landscape = form.get("landscape", False)
    if not isinstance(is_landscape, bool):
        raise InvalidTemplate('Set "landscape" to true or false.', "landscape")
    return Template(
        title=_parse_text(form, "title", MAX_TITLE_CHARS),
        columns=columns,
        rows=rows,
        paper=_parse_choice(Paper, form, "paper", Paper.A4),
        is_landscape=is_landscape,
        row_mm=_parse_number(form, "row_mm", DEFAULT_ROW_MM, MIN_ROW_MM, MAX_ROW_MM),
        sums=_parse_sums(form.get("sums", []), columns),
    )


def _parse_column(form: object, rows: int, number: int) -> Column:
    path = ("columns", number)
    if not isinstance(form, Mapping):
        raise InvalidTemplate('Send each column as an object with a "name".', *path)
    kind = _parse_choice(ColumnKind, form, "kind", ColumnKind.READ, *path)
    own = {ColumnKind.READ: ("expects", "boxes"), ColumnKind.TEXT: (), ColumnKind.LABEL: ("labels",)}[kind]
    _refuse_unknown(form, ("name", "kind", "width", *own), *path)
    expects = None
    if form.get("expects") is not None:
        try:
            expects = parse_expectation(form["expects"])
        except InvalidExpectation as error:
            raise InvalidTemplate(str(error), *path, "expects") from error
    labels = form.get("labels", [])
    if not _is_list(labels) or len(labels) > rows:
        raise InvalidTemplate(f'Set "labels" to a list of at most {rows} texts, one a row.', *path, "labels")
    return Column(
        name=_parse_text(form, "name", MAX_NAME_CHARS, *path),
        kind=kind,
        expects=expects,
        boxes=_parse_int(form, "boxes", 0, 0, MAX_BOXES, *path),
        width=_parse_number(form, "width", 1.0, MIN_WIDTH, MAX_WIDTH, *path),
        labels=tuple(_parse_label(label, *path, "labels", place) for place, label in enumerate(labels)),
    )


def _parse_sums(listed: object, columns: Sequence[Column]) -> tuple[Sum, ...]:
    if not _is_list(listed) or len(listed) > MAX_SUMS:
        raise InvalidTemplate(f'Set "sums" to a list of at most {MAX_SUMS}.', "sums")
    sums = tuple(_parse_sum(one, columns, number) for number, one in enumerate(listed))
    for number, one in enumerate(sums):
        if any((one.kind, one.total) == (other.kind, other.total) for other in sums[:number]):
            raise InvalidTemplate("This column already is such a total.", "sums", number, "total")
    return sums


def _parse_sum(form: object, columns: Sequence[Column], number: int) -> Sum:
    path = ("sums", number)
    if not isinstance(form, Mapping):
        raise InvalidTemplate('Send each sum as an object with a "kind" and a "total".', *path)
    kind = _parse_choice(SumKind, form, "kind", None, *path)
    _refuse_unknown(form, ("kind", "total", *(("parts",) if kind is SumKind.ROW else ())), *path)
    readable = [place for place, column in enumerate(columns) if column.kind is ColumnKind.READ]
    total = form.get("total")
    if isinstance(total, bool) or total not in readable:
        raise InvalidTemplate('Set "total" to the index, from 0, of a column that is read.', *path, "total")
    if kind is SumKind.COLUMN:
        return Sum(kind, total)
    parts = form.get("parts")
    usable = [place for place in readable if place != total]
    if not _is_list(parts) or not parts or any(isinstance(one, bool) or one not in usable for one in parts):
        message = 'Set "parts" to the indexes, from 0, of the columns that are added up; the total is not one of them.'
        raise InvalidTemplate(message, *path, "parts")
    return Sum(kind, total, tuple(sorted(set(parts))))


def _is_list(value: object) -> TypeGuard[Sequence[Any]]:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _refuse_unknown(form: Mapping[Any, Any], known: Sequence[str], *path: str | int) -> None:
    unknown = sorted(str(name) for name in form.keys() - set(known))
    if unknown:
        raise InvalidTemplate(f'Leave out "{unknown[0][:40]}". The fields here are {", ".join(known)}.', *path)


def _parse_text(form: Mapping[Any, Any], name: str, limit: int, *path: str | int) -> str:
    text = _normalize(form.get(name), *path, name)
    if not text or len(text) > limit:
        raise InvalidTemplate(f'Set "{name}" to a text of 1 to {limit} characters.', *path, name)
    return text


def _parse_label(value: object, *path: str | int) -> str:
    text = _normalize(value, *path)
    if text is None or len(text) > MAX_LABEL_CHARS:
        raise InvalidTemplate(f"Send a text of at most {MAX_LABEL_CHARS} characters.", *path)
    return text


def _normalize(value: object, *path: str | int) -> str | None:
    """Return a text with single spaces in place of tabs, line breaks and the like; None if it is no text."""
    if not isinstance(value, str):
        return None
    text = " ".join(value.split())
    if invisible := find_invisible(text):
        raise InvalidTemplate(f"Leave out what can't be printed: {name_characters(invisible)}.", *path)
    return text


def _parse_choice(kinds: Any, form: Mapping[Any, Any], name: str, default: Any, *path: str | int) -> Any:
    value = form.get(name, default)
    if not isinstance(value, str) or value not in tuple(kinds):
        raise InvalidTemplate(f'Set "{name}" to one of {", ".join(kinds)}.', *path, name)
    return kinds(value)


def _parse_int(form: Mapping[Any, Any], name: str, default: int | None, least: int, most: int, *path: str | int) -> int:
    value = form.get(name, default)
    is_whole = type(value) is int or (type(value) is float and value.is_integer())
    if not is_whole or not least <= value <= most:
        raise InvalidTemplate(f'Set "{name}" to a whole number from {least} to {most}.', *path, name)
    return int(value)


def _parse_number(
    form: Mapping[Any, Any], name: str, default: float, least: float, most: float, *path: str | int
) -> float:
    value = form.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise InvalidTemplate(f'Set "{name}" to a number from {least} to {most}.', *path, name)
    return float(value)
