"""The templates that are measured: ten columns of mixed kinds, twelve rows, some with sums."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ml.sheets.template import Template, parse_template

COLUMNS, ROWS = 10, 12
Rng = np.random.Generator
Sample = Callable[[Rng], str]


@dataclass(frozen=True)
class Topic:
    """A kind of column: what is expected there, and what people write."""

    name: str
    expects: object
    sample: Sample
    boxes: int = 0
    width: float = 1.0


def _whole(least: int, most: int) -> Sample:
    """Return whole numbers, small ones as often as large ones."""
    return lambda rng: str(
        int(rng.integers(least, most + 1) if rng.uniform() < 0.5 else rng.integers(least, most // 4 + 2))
    )


def _digits(length: int) -> Sample:
    return lambda rng: "".join(str(digit) for digit in rng.integers(0, 10, length))


def _decimals(whole: int, places: int, mark: str) -> Sample:
    return lambda rng: f"{rng.integers(0, whole)}{mark}{int(rng.integers(0, 10**places)):0{places}}"


def _signed(most: int) -> Sample:
    return lambda rng: ("-" if rng.uniform() < 0.4 else "") + str(int(rng.integers(1, most)))


def _date(form: str) -> Sample:
    return lambda rng: form.format(
        day=int(rng.integers(1, 29)), month=int(rng.integers(1, 13)), year=int(rng.integers(20, 30))
    )


def _time(rng: Rng) -> str:
    return f"{int(rng.integers(6, 22))}:{5 * int(rng.integers(0, 12)):02}"


TOPICS = (
    Topic("Count", {"kind": "digits", "max_length": 3}, _whole(0, 999)),
    Topic("Pieces", {"kind": "number", "decimal": "none", "sign": False, "min": 0, "max": 500}, _whole(0, 500)),
    Topic("Points", {"kind": "number", "decimal": "none", "sign": False, "min": 0, "max": 15}, _whole(0, 15), 0, 0.8),
    Topic("Mark", {"kind": "digit", "min": 1, "max": 6}, lambda rng: str(int(rng.integers(1, 7))), 1, 0.6),
    Topic("Code", {"kind": "digits", "length": 4}, _digits(4), 4, 1.2),
    Topic("Number", {"kind": "digits", "length": 5}, _digits(5), 5, 1.4),
    Topic("Meter", {"kind": "digits", "length": 6}, _digits(6), 6, 1.6),
    Topic("Stock", {"kind": "digits", "min_length": 1, "max_length": 3}, _whole(0, 999), 3, 1.0),
    Topic("Price", {"kind": "number", "decimal": "point", "sign": False}, _decimals(100, 2, "."), 0, 1.2),
    Topic("Euro", {"kind": "number", "decimal": "comma", "sign": False}, _decimals(100, 2, ","), 0, 1.2),
    Topic("Weight", {"kind": "number", "decimal": "point", "sign": False, "max": 200}, _decimals(100, 1, "."), 0, 1.0),
    Topic("pH", {"kind": "pattern", "pattern": "d.d"}, _decimals(10, 1, "."), 3, 1.0),
    Topic("Degrees", {"kind": "number", "decimal": "none", "min": -40, "max": 60}, _signed(40), 0, 0.9),
    Topic("Date", "date", _date("{day}.{month}.{year}"), 0, 1.6),
    Topic("Day", {"kind": "pattern", "pattern": "dd?/dd?"}, _date("{day}/{month}"), 0, 1.1),
    Topic("Time", "time", _time, 0, 1.2),
    Topic("From", "time", _time, 0, 1.2),
)
ADDED = (
    Topic("Part", {"kind": "number", "decimal": "none", "sign": False, "max": 999}, _whole(0, 300)),
    Topic("Part", {"kind": "digits", "max_length": 3}, _whole(0, 300), 3, 1.0),
    Topic("Part", {"kind": "number", "decimal": "comma", "sign": False}, _decimals(60, 2, ","), 0, 1.2),
)
TOTALS: tuple[dict[str, Any], ...] = (
    {"kind": "number", "decimal": "none", "sign": False},
    {"kind": "number", "decimal": "none", "sign": False},
    {"kind": "number", "decimal": "comma", "sign": False},
)


@dataclass(frozen=True)
class Form:
    """A template, and what people write into each of its columns; None for one that holds totals of rows."""

    template: Template
    samples: tuple[Sample | None, ...]


def make_form(number: int, seed: int) -> Form:
    """Return one of the templates: the same for the same number and seed."""
    rng = np.random.default_rng([seed, number])
    kind = int(rng.integers(len(ADDED)))
    added = int(rng.integers(2, 5)) if number % 2 else 0
    topics = [ADDED[kind]] * added
    total = Topic("Total", TOTALS[kind], ADDED[kind].sample, 0, 1.3)
    others = COLUMNS - added - bool(added)
    topics = (
        [TOPICS[int(one)] for one in rng.choice(len(TOPICS), others, replace=False)] + topics + [total] * bool(added)
    )
    is_landscape = sum(max(topic.boxes * 0.25, topic.width) for topic in topics) > 9.5 or bool(rng.uniform() < 0.5)
    sums: list[dict[str, Any]] = []
    if added:
        sums.append({"kind": "row", "total": COLUMNS - 1, "parts": list(range(others, COLUMNS - 1))})
        if number % 4 == 1:
            sums += [{"kind": "column", "total": column} for column in range(others, COLUMNS)]
    form = {
        "title": f"Measured form {number + 1}",
        "paper": "letter" if rng.uniform() < 0.3 else "a4",
        "landscape": is_landscape,
        "rows": ROWS,
        "row_mm": 9.0 if is_landscape else float(rng.choice([10.0, 12.0, 14.0])),
        "columns": [
            {"name": f"{topic.name} {place + 1}", "expects": topic.expects, "boxes": topic.boxes, "width": topic.width}
            for place, topic in enumerate(topics)
        ],
        "sums": sums,
    }
    samples = tuple(None if topic is total else topic.sample for topic in topics)
    return Form(parse_template(form), samples)
