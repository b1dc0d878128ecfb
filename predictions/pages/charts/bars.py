"""Charts of counts: bars that stand or lie, and the squares of a confusion matrix."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.formats import number_format

from predictions.pages.charts.shares import place_evenly, thin_out_ticks
from predictions.pages.model import HIGH, WIDE

GAP = 0.25  # between bars, of the room that each has
ROW_HIGH = 18.0  # of a lying bar with its label
CELL = 11.0  # of the squares


@dataclass(frozen=True)
class Box:
    """A rectangle; SVG's y grows downwards. title: what a pointer on it is told."""

    x: float
    y: float
    wide: float
    high: float
    title: str = ""
    kind: str = ""


@dataclass(frozen=True)
class Bars:
    """Standing bars, with (x, label) ticks below and three counts at the left. title: what they show, for readers."""

    title: str
    boxes: list[Box]
    ticks: list[tuple[float, str]]
    scale: tuple[str, str, str]
    wide: int = WIDE
    high: int = HIGH


@dataclass(frozen=True)
class Row:
    """A lying bar below its label, with its count at the right."""

    label: str
    count: str
    y: float
    wide: float


@dataclass(frozen=True)
class Rows:
    """Lying bars."""

    title: str
    rows: list[Row]
    high: float
    wide: int = WIDE


@dataclass(frozen=True)
class Squares:
    """A confusion matrix: the area of a square is the share of its row. ticks: (place, label) of rows and columns."""

    title: str
    boxes: list[Box]
    ticks: list[tuple[float, str]]
    side: float


def bar_chart(title: str, counts: Sequence[int], labels: Sequence[str]) -> Bars:
    """Return a chart of counts, from 0 up."""
    top = round_up(max(counts, default=0))
    room = WIDE / max(len(counts), 1)
    places = place_evenly(len(counts))
    boxes = [
        Box(round(x - room * (1 - GAP) / 2, 1), round(HIGH * (1 - count / top), 1), round(room * (1 - GAP), 1),
            round(HIGH * count / top, 1), f"{label}: {number_format(count, force_grouping=True)}")
        for x, count, label in zip(places, counts, labels, strict=True)
    ]  # fmt: skip
    scale = tuple(number_format(value, force_grouping=True) for value in (top, top // 2, 0))
    return Bars(title, boxes, thin_out_ticks(places, labels), (scale[0], scale[1], scale[2]))


def round_up(count: int) -> int:
    """Return the next count that is 2, 4, 6 or 10 times a power of ten, so that half of it is whole too."""
    power = 10 ** max(len(str(count)) - 1, 0)
    return next((step * power for step in (2, 4, 6, 10) if step * power >= count), 20 * power)


def row_chart(title: str, counts: Sequence[int], labels: Sequence[str]) -> Rows:
    """Return a chart of counts whose labels are long."""
    top = max(counts, default=0) or 1
    rows = [
        Row(label, number_format(count, force_grouping=True), place * ROW_HIGH, round(WIDE * count / top, 1))
        for place, (count, label) in enumerate(zip(counts, labels, strict=True))
    ]
    return Rows(title, rows, ROW_HIGH * len(rows))


def square_chart(title: str, counts: Sequence[Sequence[int]], labels: Sequence[str]) -> Squares:
    """Return a chart of a confusion matrix, also known as a Hinton diagram. counts: by row, then by column."""
    boxes = []
    for row, found in enumerate(counts):
        total = sum(found)
        for column, count in enumerate(found):
            if count:
                side = max((CELL - 1) * math.sqrt(count / total), 1.5)
                corner = [round((place + 0.5) * CELL - side / 2, 1) for place in (column, row)]
                kind = "right" if row == column else "wrong"
                boxes.append(Box(corner[0], corner[1], round(side, 1), round(side, 1), kind=kind))
    ticks = [(round((place + 0.5) * CELL, 1), label) for place, label in enumerate(labels)]
    return Squares(title, boxes, ticks, CELL * len(labels))
