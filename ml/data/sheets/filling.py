"""Fill in a page of a template by one writer's digits, as it would lie before a camera."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray
from pypdfium2 import PdfDocument

from ml.data.augmentation import Strokes
from ml.data.datasets import PenDigit
from ml.data.lines.signs import draw_sign
from ml.data.lines.styled_digits import cross_out, distort, standing
from ml.expects.expectation import Expectation, Kind
from ml.sheets.layout import Cell, PageLayout
from ml.sheets.pages import CellState
from ml.sheets.printing import draw_pages
from ml.sheets.template import Template
from ml.types import CLASSES

Rng = np.random.Generator
Pixels = NDArray[np.uint8]
Writer = Mapping[int, Sequence[Strokes]]

PX_PER_MM = 12.0
MM_PER_POINT = 25.4 / 72
EMPTY_SHARE, CROSSED_OUT_SHARE = 0.06, 0.01
SHIFT_BITS = 4  # OpenCV draws to a sixteenth of a pixel


@dataclass(frozen=True)
class FilledPage:
    """A page as it was filled in.

    Attributes:
        pixels: (h, w) uint8 at PX_PER_MM, 255 is paper.
        texts: what is written, by row and column; "" where nothing is.
        states: of the same cells.
    """

    layout: PageLayout
    template: Template
    code: str
    pixels: Pixels
    texts: dict[tuple[int, int], str] = field(default_factory=dict)
    states: dict[tuple[int, int], CellState] = field(default_factory=dict)


def gather_writers(pens: Sequence[PenDigit]) -> list[Writer]:
    """Return the digits of each writer who wrote all ten, each digit 1 high."""
    found: dict[int, dict[int, list[Strokes]]] = {}
    for pen in pens:
        own = found.setdefault(pen.writer, {digit: [] for digit in range(CLASSES)})
        own[pen.digit].append(standing([np.asarray(stroke, dtype=float) for stroke in pen.strokes]))
    return [own for _, own in sorted(found.items()) if all(own.values())]


def draw_printed(template: Template, layout: PageLayout, code: str) -> Pixels:
    """Return a page as it is printed: its PDF at PX_PER_MM."""
    codes = [code if number == layout.number else "" for number in range(1, layout.pages + 1)]
    document = PdfDocument(draw_pages(template, codes))
    try:
        page = document[layout.number - 1].render(scale=PX_PER_MM * MM_PER_POINT, grayscale=True).to_numpy()
    finally:
        document.close()
    size = round(layout.width_mm * PX_PER_MM), round(layout.height_mm * PX_PER_MM)
    return np.asarray(cv2.resize(page, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def fill_page(
    layout: PageLayout,
    template: Template,
    code: str,
    writer: Writer,
    rng: Rng,
    texts: Mapping[tuple[int, int], str] | None = None,
) -> FilledPage:
    """Return the printed page with something written in most cells of columns that are read.

    texts: what is written, by row and column; None for something that is expected there.
    """
    filled = FilledPage(layout, template, code, draw_printed(template, layout, code))
    ink = np.zeros(filled.pixels.shape, dtype=np.uint8)
    pen_mm, height = float(rng.uniform(0.3, 0.7)), float(rng.uniform(0.5, 0.72))
    slant, loose = float(rng.normal(0, 0.1)), float(rng.uniform(0.02, 0.08))
    for cell in layout.cells:
        if not template.is_read(cell.row, cell.column):
            continue
        place = cell.row, cell.column
        if rng.random() < EMPTY_SHARE if texts is None else not texts.get(place):
            filled.texts[place], filled.states[place] = "", CellState.EMPTY
            continue
        text = draw_value(template.columns[cell.column].expects, rng) if texts is None else texts[place]
        symbols = [_draw_symbol(symbol, writer, slant, rng) for symbol in text]
        if cell.boxes and len(text) > len(cell.boxes):
            text, symbols = text[: len(cell.boxes)], symbols[: len(cell.boxes)]
        strokes = _place_in_boxes(cell, symbols, rng) if cell.boxes else _place_open(cell, symbols, height, loose, rng)
        is_struck = texts is None and rng.random() < CROSSED_OUT_SHARE
        filled.texts[place] = "" if is_struck else text
        filled.states[place] = CellState.CROSSED_OUT if is_struck else CellState.WRITTEN
        _draw(ink, cross_out(strokes, rng) if is_struck else strokes, pen_mm)
    darkness = float(rng.uniform(0.65, 0.95))
    np.multiply(filled.pixels, 1 - darkness * (ink / 255.0), out=filled.pixels, casting="unsafe")
    return filled


def draw_value(expects: Expectation | None, rng: Rng) -> str:
    """Return a text that is expected: digits, or a number within its limits."""
    options = dict(expects.options) if expects else {}
    if expects and expects.kind is Kind.DIGIT:
        return str(rng.integers(10))
    if expects and expects.kind is Kind.DIGITS:
        length = int(rng.integers(int(options["min_length"]), int(options["max_length"]) + 1))
        return "".join(str(digit) for digit in rng.integers(0, 10, length))
    low, high = float(options.get("min", 0)), float(options.get("max", 999))
    number = float(rng.uniform(low, high))
    if expects and expects.allows_signs and options.get("decimal") != "none":
        return f"{number:.1f}"
    return str(round(number))


def _draw_symbol(symbol: str, writer: Writer, slant: float, rng: Rng) -> Strokes:
    """Return the strokes of a digit or sign in digit heights: 0 is a digit's top, 1 the baseline."""
    if symbol == ".":
        return [np.array([[0.0, 0.96], [0.03, 1.0]]) + rng.normal(0, 0.02, 2)]
    if symbol.isdigit():
        own = writer[int(symbol)]
        drawn = distort(own[int(rng.integers(len(own)))], rng, 0.015, 0.05, 0.1)
    else:
        drawn = distort(draw_sign(symbol, rng), rng, 0.01, 0.03, 0.05)
    return [np.stack([stroke[:, 0] + slant * (1 - stroke[:, 1]), stroke[:, 1]], axis=1) for stroke in drawn]


def _place_open(cell: Cell, symbols: Sequence[Strokes], height: float, loose: float, rng: Rng) -> Strokes:
    """Return strokes in mm: a number somewhere in an open cell, rarely over one of its lines."""
    placed: Strokes = []
    x = 0.0
    for strokes in symbols:
        points = np.concatenate(strokes)
        shift = np.array([x - points[:, 0].min(), rng.normal(0, loose)])
        placed += [stroke + shift for stroke in strokes]
        x += float(np.ptp(points[:, 0])) + float(rng.uniform(0.12, 0.35))
    scale = min(height * cell.rect.height * float(np.exp(rng.normal(0, 0.08))), (cell.rect.width - 1.5) / max(x, 0.3))
    room = cell.rect.width - 1.0 - (x - 0.15) * scale
    left = cell.rect.x + 0.5 + max(0.0, room) * float(rng.uniform(0.1, 0.9))
    top = cell.rect.y + cell.rect.height / 2 - scale / 2 + float(rng.normal(0, 0.05)) * cell.rect.height
    return [stroke * scale + [left, top] for stroke in placed]


def _place_in_boxes(cell: Cell, symbols: Sequence[Strokes], rng: Rng) -> Strokes:
    """Return strokes in mm: a symbol a box, the last in the last box."""
    placed: Strokes = []
    for box, strokes in zip(cell.boxes[len(cell.boxes) - len(symbols) :], symbols, strict=True):
        points = np.concatenate(strokes)
        low, size = points.min(axis=0), np.ptp(points, axis=0)
        scale = min(box.height * float(rng.uniform(0.6, 0.92)), box.width * 0.95 / max(size[0], 0.1))
        middle = np.array([box.x + box.width / 2, box.y + box.height / 2]) + rng.normal(0, 0.06, 2) * [
            box.width,
            box.height,
        ]
        placed += [(stroke - [low[0] + size[0] / 2, 0.5]) * scale + middle for stroke in strokes]
    return placed


def _draw(ink: Pixels, strokes: Strokes, pen_mm: float) -> None:
    for stroke in strokes:
        points = np.round(stroke * PX_PER_MM * 2**SHIFT_BITS).astype(np.int32).reshape(-1, 1, 2)
        if len(points) == 1:
            points = np.repeat(points, 2, axis=0)
        cv2.polylines(ink, [points], False, 255, max(1, round(pen_mm * PX_PER_MM)), cv2.LINE_AA, SHIFT_BITS)
