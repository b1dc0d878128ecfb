"""Ruled tables that are not ours, in ten styles, filled in by hand."""

from dataclasses import dataclass, field
from itertools import accumulate, pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.evaluation.sheets.entries import Entry
from ml.evaluation.sheets.forms import TOPICS, Topic
from ml.evaluation.sheets.handwriting import InkLayer, Writer, write_entry
from ml.evaluation.sheets.paper import PX_PER_MM, Picture, put_ink
from ml.sheets.layout import Cell, Rect
from ml.sheets.solving import Place
from ml.sheets.states import CellState

STYLES = (
    "thin", "thick frame", "dotted", "dashed", "coloured", "faint", "level lines alone", "broken lines", "merged heads",
    "double lines",
)  # fmt: skip
SIZE_MM = 210.0, 297.0
HEADS = ("Item", "Date", "Qty", "Room", "Start", "End", "Value", "Unit", "No.", "Check", "Level", "Sum")
OPEN_TOPICS = tuple(topic for topic in TOPICS if not topic.boxes)

Floats = NDArray[np.float64]


@dataclass
class RuledTable:
    """A table as it was printed: where its lines are, in mm, and what was written into it.

    Attributes:
        x, y: of its lines; the rows that are filled in begin after `head_rows`.
        topics: of the columns; None for one of printed labels.
    """

    style: str
    x: list[float]
    y: list[float]
    head_rows: int
    topics: list[Topic | None]
    entries: dict[Place, Entry] = field(default_factory=dict)

    def cells(self) -> list[Cell]:
        """Return the cells that are filled in, row by row, from 0."""
        rows, columns = list(pairwise(self.y))[self.head_rows :], list(pairwise(self.x))
        return [
            Cell(row, column, Rect(left, top, right - left, bottom - top), ())
            for row, (top, bottom) in enumerate(rows)
            for column, (left, right) in enumerate(columns)
        ]


def draw_ruled_table(number: int, writer: Writer, rng: np.random.Generator) -> tuple[Picture, RuledTable]:
    """Return a page with a ruled table, filled in, and the truth about it."""
    table = _plan(STYLES[number % len(STYLES)], rng)
    printed = np.full((round(SIZE_MM[1] * PX_PER_MM), round(SIZE_MM[0] * PX_PER_MM), 3), 255, np.uint8)
    _print_lines(printed, table, rng)
    _print_words(printed, table, rng)
    ink = InkLayer(*SIZE_MM, PX_PER_MM)
    for cell in table.cells():
        topic = table.topics[cell.column]
        if topic is not None:
            is_empty = rng.uniform() < 0.12
            text = "" if is_empty else topic.sample(rng)
            entry = Entry(CellState.EMPTY if is_empty else CellState.WRITTEN, text, text)
            table.entries[cell.row, cell.column] = entry
            write_entry(ink, cell, entry, writer, rng)
    return put_ink(printed, ink.pixels, rng), table


def _plan(style: str, rng: np.random.Generator) -> RuledTable:
    columns, rows = int(rng.integers(4, 8)), int(rng.integers(8, 18))
    heads = 2 if style == "merged heads" else 1
    left, right = rng.uniform(12, 25), SIZE_MM[0] - rng.uniform(12, 25)
    topics: list[Topic | None] = [OPEN_TOPICS[int(one)] for one in rng.integers(0, len(OPEN_TOPICS), columns)]
    if rng.uniform() < 0.4:
        topics[0] = None
    shares = np.array([topic.width if topic else 1.0 for topic in topics]) * rng.uniform(0.9, 1.3, columns)
    x = left + (right - left) * np.concatenate([[0.0], np.cumsum(shares) / shares.sum()])
    top = rng.uniform(25, 60)
    height = min(rng.uniform(8, 13), (SIZE_MM[1] - 20 - top) / (rows + heads))
    y = list(accumulate([height] * (rows + heads), initial=top))
    return RuledTable(style, x.tolist(), y, heads, topics)


def _print_lines(printed: Picture, table: RuledTable, rng: np.random.Generator) -> None:
    grey = int(rng.integers(165, 200)) if table.style == "faint" else int(rng.integers(20, 110))
    hues = ((40, 80, 190), (200, 60, 50), (30, 130, 70), (90, 160, 210))
    colour = hues[int(rng.integers(len(hues)))] if table.style == "coloured" else (grey,) * 3
    width = float(rng.uniform(0.2, 0.45))
    x, y = table.x, table.y
    for place, level in enumerate(y):
        frame = 2.6 if table.style == "thick frame" and place in (0, len(y) - 1) else 1.0
        start = x[0]
        if table.style == "merged heads" and place == 1:
            _print_line(printed, table.style, (x[1], level), (x[-1], level), width, colour, rng)
            continue
        _print_line(printed, table.style, (start, level), (x[-1], level), width * frame, colour, rng)
        if table.style == "double lines" and place in (0, 1, len(y) - 1):
            _print_line(printed, table.style, (start, level - 0.9), (x[-1], level - 0.9), width, colour, rng)
    for place, across in enumerate(x):
        if table.style == "level lines alone" and place not in (0, len(x) - 1):
            # a gap in the level lines tells the columns apart
            cv2.rectangle(printed, _px(across - 1.0, y[0] - 2), _px(across + 1.0, y[-1] + 2), (255, 255, 255), -1)
            continue
        frame = 2.6 if table.style == "thick frame" and place in (0, len(x) - 1) else 1.0
        is_merged = table.style == "merged heads" and place > 1 and place % 2 == 0 and place < len(x) - 1
        if table.style != "level lines alone":
            _print_line(printed, table.style, (across, y[is_merged]), (across, y[-1]), width * frame, colour, rng)


def _print_line(
    printed: Picture,
    style: str,
    start: tuple[float, float],
    end: tuple[float, float],
    width_mm: float,
    colour: tuple[int, ...],
    rng: np.random.Generator,
) -> None:
    """Print a line; dotted, dashed or broken ones as parts of it."""
    length = float(np.hypot(end[0] - start[0], end[1] - start[1]))
    on, off = {"dotted": (0.35, 0.8), "dashed": (2.2, 1.3), "broken lines": (float(rng.uniform(15, 40)), 4.0)}.get(
        style, (length, 1.0)
    )
    at = 0.0
    thick = max(1, round(width_mm * PX_PER_MM))
    while at < length:
        part = [
            tuple(a + (b - a) * min(share, length) / length for a, b in zip(start, end, strict=True))
            for share in (at, at + on)
        ]
        cv2.line(printed, _px(*part[0]), _px(*part[1]), colour, thick, cv2.LINE_AA)
        at += on + off


def _print_words(printed: Picture, table: RuledTable, rng: np.random.Generator) -> None:
    """Print a title, the heads of the columns, labels, and a line of text below or beside the table."""
    x, y = table.x, table.y
    _print_text(printed, f"Record {int(rng.integers(1, 99))}", (x[0], y[0] - 8), 1.6)
    if rng.uniform() < 0.6:
        _print_text(printed, "Name: ____________   Date: ________", (x[0] + 50, y[0] - 8), 0.9)
    if y[-1] < SIZE_MM[1] - 18 and rng.uniform() < 0.6:
        _print_text(printed, "Return this form to the school by Friday.", (x[0], y[-1] + 8), 0.8)
    names = rng.permutation(HEADS)
    for column, left in enumerate(x[:-1]):
        _print_text(printed, names[column], (left + 1.5, y[table.head_rows] - 2.5), 0.8)
    if table.style == "merged heads":
        for column in range(1, len(x) - 1, 2):
            _print_text(printed, "Group " + "ABCD"[column // 2 % 4], (x[column] + 2, y[1] - 2.5), 0.8)
    if table.topics[0] is None:
        for row, level in enumerate(y[table.head_rows + 1 :]):
            _print_text(printed, f"{row + 1}. {HEADS[row % len(HEADS)]}", (x[0] + 1.5, level - 2.5), 0.7)


def _print_text(printed: Picture, text: str, at: tuple[float, float], size: float) -> None:
    scale = size * PX_PER_MM / 11
    cv2.putText(
        printed, text, _px(*at), cv2.FONT_HERSHEY_SIMPLEX, scale, (30, 30, 30), max(1, round(2 * scale)), cv2.LINE_AA
    )


def _px(x: float, y: float) -> tuple[int, int]:
    return round(x * PX_PER_MM), round(y * PX_PER_MM)
