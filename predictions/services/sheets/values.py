"""What the texts of a column mean to a spreadsheet: numbers, dates, times, or the texts themselves.

A column is of one kind: leading zeros in one of its cells tell that it holds numbers of things, not amounts, and one
date that is not of an order tells that none is.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, time
from decimal import Decimal

from ml.expects import Expectation, Kind
from ml.expects.values import find_value

Value = Decimal | date | time | str | None
MAX_EXACT_DIGITS = 15  # a spreadsheet's numbers hold no more
BEGINS_WITH_ZERO = re.compile(r"[^0-9.,]*0[0-9]")
ORDERS = {"year first": "%Y-%m-%d", "day first": "%d-%m-%Y", "month first": "%m-%d-%Y"}


def find_values(texts: Sequence[str], expects: Expectation | None) -> list[Value]:
    """Return the value of each text of a column; None for an empty cell.

    expects: what is written in the column; None for any number.
    """
    kind = expects.kind if expects else Kind.NUMBER
    written = [text for text in texts if text]
    convert: Callable[[str], Value] = str
    if kind is Kind.TIME:
        convert = _read_time
    elif kind is Kind.DATE:
        convert = _choose_order(written)
    elif kind is not Kind.PATTERN and not any(map(_is_name_of_thing, written)):
        convert = _read_number
    return [convert(text) if text else None for text in texts]


def _is_name_of_thing(text: str) -> bool:
    """Return whether a text is the number of an article or a person rather than an amount."""
    return bool(BEGINS_WITH_ZERO.match(text)) or sum(map(str.isdigit, text)) > MAX_EXACT_DIGITS


def _read_number(text: str) -> Value:
    value = find_value(text)
    return text if value is None else value


def _read_time(text: str) -> Value:
    try:
        hour, minute, *second = (int(part) for part in text.split(":"))
        return time(hour, minute, *second[:1])
    except ValueError:  # 24:00, or none
        return text


def _choose_order(texts: Iterable[str]) -> Callable[[str], Value]:
    """Return how to read the dates of a column: as texts, unless there is just one order that suits all."""
    texts = list(texts)
    fitting = [order for order in ORDERS.values() if all(_read_date(text, order) for text in texts)]
    if len(fitting) > 1 and all("." in text for text in texts):
        fitting = [ORDERS["day first"]]  # where dates have points, the day comes first
    if len(fitting) != 1:
        return str
    return lambda text: _read_date(text, fitting[0]) or text


def _read_date(text: str, order: str) -> date | None:
    bare = re.sub(r"[/.]", "-", text)
    for form in (order, order.replace("%Y", "%y")):
        try:
            return datetime.strptime(bare, form).date()  # noqa: DTZ007 (a day without a time)
        except ValueError:
            continue
    return None
