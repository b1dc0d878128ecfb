"""Draw a ruled form as people print them, filled in by one hand, in many styles of lines."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from ml.data.cases.case_lines import Hand, draw_text, set_line

Colour = tuple[int, int, int]
Place = tuple[float, float]

PX_PER_MM = 8
PAPER_MM = 210.0, 297.0
STYLES = (
    "solid",
    "dotted",
    "dashed",
    "coloured",
    "faint",
    "broken",
    "open_sides",
    "double",
    "thick_frame",
    "rows_only",
    "columns_only",
    "merged_heads",
    "shaded",
    "boxes",
    "heavy_frame",
    "sparse_dots",
    "pale",
)
COLOURED: tuple[Colour, ...] = ((70, 110, 200), (200, 70, 60), (60, 150, 90), (90, 170, 220))
GREY: Colour = (120, 120, 120)
PALE: Colour = (185, 185, 190)
BLACK: Colour = (25, 25, 28)
PENS: tuple[Colour, ...] = ((20, 20, 26), (24, 40, 120), (40, 40, 44))
WORDS = ("Datum", "Menge", "Name", "Zone", "Total", "Start", "Ende", "Wert", "Raum", "Gas", "Strom", "Note", "Plan")
GAP_MM = 1.6  # between the lines of neighbours, in styles that leave gaps


@dataclass
class Form:
    """A drawn page and the truth about its table.

    Attributes:
        picture: of the page, PX_PER_MM.
        xs_mm, ys_mm: where columns and rows to fill in begin, and where the last ends.
        head_rows: above the first row to fill in.
        texts: what is written by hand, by row and column; nothing else is.
        groups: of columns with a head in common, in one style; a column by itself has a head of two rows.
    """

    style: str
    picture: Image.Image
    xs_mm: list[float]
    ys_mm: list[float]
    head_rows: int
    texts: dict[tuple[int, int], str] = field(default_factory=dict)
    groups: list[range] = field(default_factory=list)

    @property
    def corners_mm(self) -> NDArray[np.float64]:
        """Return (rows + 1, columns + 1, 2)."""
        return np.stack(np.meshgrid(self.xs_mm, self.ys_mm), axis=-1)


@dataclass(frozen=True)
class _Pen:
    """How lines are printed."""

    canvas: ImageDraw.ImageDraw
    colour: Colour
    width_mm: float
    on_mm: float = 0.0  # of dots and dashes; 0 draws whole lines
    off_mm: float = 0.0

    def line(self, start: Place, end: Place, width_mm: float | None = None) -> None:
        wide = max(1, round((width_mm or self.width_mm) * PX_PER_MM))
        for one, other in self._parts(np.array(start), np.array(end)):
            self.canvas.line([*(one * PX_PER_MM), *(other * PX_PER_MM)], self.colour, wide)

    def _parts(
        self, start: NDArray[np.float64], end: NDArray[np.float64]
    ) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]]:
        length = float(np.hypot(*(end - start)))
        if not self.on_mm or length == 0:
            yield start, end
            return
        for place in np.arange(0, length, self.on_mm + self.off_mm):
            yield (
                start + (end - start) * place / length,
                start + (end - start) * min(place + self.on_mm, length) / length,
            )


def draw_form(style: str, hand: Hand, rng: np.random.Generator) -> Form:
    """Return a form in one of STYLES, filled in by `hand`."""
    picture = Image.new("RGB", (round(PAPER_MM[0] * PX_PER_MM), round(PAPER_MM[1] * PX_PER_MM)), _paper_colour(rng))
    canvas = ImageDraw.Draw(picture)
    form = _lay_out(style, picture, rng)
    if rng.uniform() < 0.7:
        _print(canvas, (form.xs_mm[0], 16 + rng.uniform(0, 6)), "Liste " + _word(rng), rng.uniform(5, 8))
    _draw_heads(form, canvas, rng)
    _draw_lines(form, canvas, rng)
    _draw_surroundings(form, canvas, rng)
    first = int(rng.uniform() < 0.5)  # a column of printed labels
    for row in range(len(form.ys_mm) - 1) if first else ():
        place = form.xs_mm[0] + 1.5, form.ys_mm[row] + 1.8
        _print(canvas, place, f"{row + 1} {_word(rng)}"[: int((form.xs_mm[1] - form.xs_mm[0]) / 2)], 3.0)
    _fill_in(form, canvas, hand, first, rng)
    return form


def _paper_colour(rng: np.random.Generator) -> Colour:
    level = int(rng.integers(232, 253))
    return level, level, level - int(rng.integers(0, 10))


def _word(rng: np.random.Generator) -> str:
    return str(rng.choice(WORDS))


def _lay_out(style: str, picture: Image.Image, rng: np.random.Generator) -> Form:
    columns, rows = int(rng.integers(3, 9)), int(rng.integers(6, 21))
    left, top = rng.uniform(14, 26), rng.uniform(32, 50)
    shares = rng.uniform(0.7, 1.6, columns)
    widths = shares / shares.sum() * (PAPER_MM[0] - left - rng.uniform(14, 40))
    head_rows = 2 if style == "merged_heads" else int(rng.uniform() < 0.85)
    head_mm = rng.uniform(6, 12) * head_rows
    height = min(rng.uniform(7, 11.5), (PAPER_MM[1] - 40 - top - head_mm) / rows)
    xs = [left, *(left + np.cumsum(widths)).tolist()]
    ys = [top + head_mm + height * row for row in range(rows + 1)]
    groups = _group(columns, rng) if style == "merged_heads" else []
    return Form(style, picture, xs, ys, head_rows, groups=groups)


def _group(columns: int, rng: np.random.Generator) -> list[range]:
    """Return groups of one to three columns, of which one at least has two."""
    groups = [range(min(2, columns))]
    while groups[-1].stop < columns:
        first = groups[-1].stop
        groups.append(range(first, min(columns, first + int(rng.integers(1, 4)))))
    return groups if rng.uniform() < 0.5 else [range(columns - one.stop, columns - one.start) for one in groups[::-1]]


def _head_edges(form: Form, top: float) -> list[float]:
    return [top + (form.ys_mm[0] - top) * row / form.head_rows for row in range(form.head_rows + 1)]


def _head_top(form: Form) -> float:
    return form.ys_mm[0] - form.head_rows * min(9.0, 0.9 * (form.ys_mm[1] - form.ys_mm[0]) + 1)


def _draw_heads(form: Form, canvas: ImageDraw.ImageDraw, rng: np.random.Generator) -> None:
    """Print the names of the columns, on a dark or grey ground in one style."""
    if not form.head_rows:
        return
    top = _head_top(form)
    is_dark = form.style == "shaded" and rng.uniform() < 0.4
    if form.style == "shaded":
        box = (form.xs_mm[0], top, form.xs_mm[-1], form.ys_mm[0])
        canvas.rectangle([side * PX_PER_MM for side in box], (70, 80, 100) if is_dark else (205, 208, 214))
        for row in range(1, len(form.ys_mm) - 1, 2):
            box = (form.xs_mm[0], form.ys_mm[row], form.xs_mm[-1], form.ys_mm[row + 1])
            canvas.rectangle([side * PX_PER_MM for side in box], (226, 228, 232))
    for column, (x, right) in enumerate(zip(form.xs_mm, form.xs_mm[1:], strict=False)):
        text = _word(rng)[: max(2, int((right - x) / 2.4))]
        y = _head_edges(form, top)[-2] + 1.6
        _print(canvas, (x + 1.2, y), text, 3.2, (240, 240, 240) if is_dark else BLACK)
        if any(len(group) > 1 and column == group.start for group in form.groups):
            _print(canvas, (x + 1.2, top + 1.6), _word(rng), 3.2)


def _print(canvas: ImageDraw.ImageDraw, place_mm: Place, text: str, size_mm: float, colour: Colour = BLACK) -> None:
    font = ImageFont.load_default(size_mm * PX_PER_MM)
    canvas.text((place_mm[0] * PX_PER_MM, place_mm[1] * PX_PER_MM), text, colour, font)


def _pen(form: Form, canvas: ImageDraw.ImageDraw, rng: np.random.Generator) -> _Pen:
    colour = BLACK if rng.uniform() < 0.6 else GREY
    width = rng.uniform(0.18, 0.4)
    if form.style == "dotted":
        return _Pen(canvas, colour, max(width, 0.3), 0.35, rng.uniform(0.4, 1.0))
    if form.style == "dashed":
        return _Pen(canvas, colour, width, rng.uniform(1.2, 3), rng.uniform(0.8, 1.8))
    if form.style == "coloured":
        return _Pen(canvas, COLOURED[int(rng.integers(len(COLOURED)))], width)
    if form.style == "sparse_dots":
        return _Pen(canvas, colour, width, rng.uniform(0.2, 0.4), rng.uniform(0.5, 1.2))
    if form.style == "pale":
        return _Pen(canvas, (int(rng.integers(165, 201)),) * 3, width)
    return _Pen(canvas, PALE if form.style == "faint" else colour, width)


def _draw_lines(form: Form, canvas: ImageDraw.ImageDraw, rng: np.random.Generator) -> None:
    pen, xs, ys, style = _pen(form, canvas, rng), form.xs_mm, list(form.ys_mm), form.style
    if form.head_rows:
        ys = [*_head_edges(form, _head_top(form))[:-1], *ys]
    gap = GAP_MM / 2 if style in ("rows_only", "columns_only", "boxes") else 0.0
    for number, y in enumerate(ys):
        for x, right in itertools.pairwise(xs):
            is_merged = number == 1 and range(xs.index(x), xs.index(x) + 1) in form.groups
            if style == "columns_only" or is_merged or (style == "broken" and rng.uniform() < 0.12):
                continue
            is_double = style == "double" and number == form.head_rows > 0
            first, last = (gap * (style == "boxes" or not is_outer) for is_outer in (x == xs[0], right == xs[-1]))
            for shift in (-gap, gap) if style == "boxes" else (-0.4, 0.4) if is_double else (0.0,):
                pen.line((x + first, y + shift), (right - last, y + shift))
    for number, x in enumerate(xs):
        is_outer = number in (0, len(xs) - 1)
        if style == "rows_only" or (style == "open_sides" and is_outer):
            continue
        for row, (y, below) in enumerate(itertools.pairwise(ys)):
            is_merged = row == 0 and any(number in group and number > group.start for group in form.groups)
            if is_merged or (style == "broken" and rng.uniform() < 0.12):
                continue
            first, last = (gap * (style == "boxes" or not is_end) for is_end in (y == ys[0], below == ys[-1]))
            for shift in (-gap, gap) if style == "boxes" else (0.0,):
                pen.line((x + shift, y + first), (x + shift, below - last))
    if style == "double":
        box = (xs[0] - 0.8, ys[0] - 0.8, xs[-1] + 0.8, ys[-1] + 0.8)
        _frame(pen, box, pen.width_mm)
    if style == "heavy_frame":
        _frame(pen, (xs[0], ys[0], xs[-1], ys[-1]), pen.width_mm * rng.uniform(2, 4))
    if style == "thick_frame" or (style in ("dotted", "dashed") and rng.uniform() < 0.5):
        _frame(_Pen(canvas, pen.colour, pen.width_mm), (xs[0], ys[0], xs[-1], ys[-1]), rng.uniform(0.5, 1.1))


def _frame(pen: _Pen, box: tuple[float, float, float, float], width_mm: float) -> None:
    left, top, right, bottom = box
    for start, end in (
        ((left, top), (right, top)),
        ((right, top), (right, bottom)),
        ((right, bottom), (left, bottom)),
        ((left, bottom), (left, top)),
    ):
        pen.line(start, end, width_mm)


def _draw_surroundings(form: Form, canvas: ImageDraw.ImageDraw, rng: np.random.Generator) -> None:
    """Print text below and beside the table, and a smaller table for signatures."""
    below = form.ys_mm[-1] + 6
    if rng.uniform() < 0.5:
        _print(canvas, (form.xs_mm[0], below), "Bemerkung: " + " ".join(_word(rng) for _ in range(5)), 3.2)
    if rng.uniform() < 0.3 and form.xs_mm[-1] < PAPER_MM[0] - 28:
        for line in range(4):
            _print(canvas, (form.xs_mm[-1] + 4, form.ys_mm[0] + 5 * line), _word(rng), 3.0)
    if rng.uniform() < 0.35 and below + 30 < PAPER_MM[1] - 8:
        pen = _Pen(canvas, BLACK, 0.3)
        left, top = form.xs_mm[0] + rng.uniform(0, 30), below + 10
        _frame(pen, (left, top, left + 60, top + 14), 0.3)
        pen.line((left + 30, top), (left + 30, top + 14))


def _fill_in(form: Form, canvas: ImageDraw.ImageDraw, hand: Hand, first: int, rng: np.random.Generator) -> None:
    pen_mm, colour = rng.uniform(0.35, 0.6), PENS[int(rng.integers(len(PENS)))]
    filled = rng.uniform(0.5, 1.0)
    for column in range(first, len(form.xs_mm) - 1):
        width = form.xs_mm[column + 1] - form.xs_mm[column]
        digits = int(rng.integers(1, max(2, min(5, int(width / 4.5))) + 1))
        for row in range(len(form.ys_mm) - 1):
            if rng.uniform() > filled:
                continue
            text = str(rng.integers(10 ** (digits - 1) if digits > 1 else 0, 10**digits))
            line = set_line(draw_text(text, hand, rng), rng, pen=0.09)
            points = np.concatenate(line.strokes)
            low, high = points.min(axis=0), points.max(axis=0)
            row_mm = form.ys_mm[row + 1] - form.ys_mm[row]
            scale = min(row_mm * rng.uniform(0.45, 0.8) / (high[1] - low[1]), (width - 2.5) / (high[0] - low[0]))
            room = np.array([width, row_mm]) - (high - low) * scale
            corner = np.array([form.xs_mm[column], form.ys_mm[row]]) + room * [
                rng.uniform(0.15, 0.8),
                rng.normal(0.5, 0.18),
            ]
            form.texts[row, column] = text
            for stroke in line.strokes:
                placed = ((stroke - low) * scale + corner) * PX_PER_MM
                canvas.line([tuple(point) for point in placed], colour, max(1, round(pen_mm * PX_PER_MM)), "curve")
