"""A made page as the API takes it, with what is written on it, and the plain ways to send a line."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ml.data.augmentation import Strokes
from ml.data.cases.case_lines import HEIGHT_PX, Hand, Line, draw_text, set_line, stroke_box
from ml.data.cases.page_effects import (
    INK_COLOURS,
    PAPER_COLOURS,
    WHITE,
    Colour,
    as_png,
    ink_on_paper,
    paint_strokes,
    photograph,
)

Drawing = bytes | dict[str, Any]  # a picture's bytes, or {"strokes", "width", "height", "pen_px"}

STROKES_SHARE, PHOTO_SHARE = 0.3, 0.15  # of pages whose kind says nothing about how they are sent


@dataclass(frozen=True)
class CasePage:
    """A page of one kind of the cases.

    Attributes:
        sent: a picture's bytes, or strokes, as the API takes them.
        written: all that stands there, as in `Reading.written`; a raised digit follows "^", and a space parts lines.
        text: the plain number that is to be read; None if the page holds more than a plain number.
    """

    kind: str
    sent: Drawing
    written: str
    text: str | None


@dataclass(frozen=True)
class PlacedLine:
    """Strokes in px on a page of a given size, with the scale (px in a digit's height) that took them there."""

    strokes: Strokes
    pen_px: float
    size: tuple[int, int]
    height_px: float

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Return left, top, right and bottom of the ink, in px."""
        left, top, right, bottom = stroke_box(self.strokes)
        half = self.pen_px / 2
        return left - half, top - half, right + half, bottom + half


def place_line(
    line: Line,
    rng: np.random.Generator,
    height_px: float | None = None,
    margins: tuple[float, float] = (0.2, 0.6),
) -> PlacedLine:
    """Place a line on a page, with margins (each side's own, in digit heights) around it."""
    height_px = height_px or float(np.exp(rng.uniform(*np.log(HEIGHT_PX))))
    left, top, right, bottom = stroke_box(line.strokes)
    half = line.pen / 2
    before, above, behind, below = rng.uniform(*margins, 4)
    origin = np.array([left - half - before, top - half - above])
    wide, high = right - left + line.pen + before + behind, bottom - top + line.pen + above + below
    strokes = [(stroke - origin) * height_px for stroke in line.strokes]
    size = max(1, round(wide * height_px)), max(1, round(high * height_px))
    return PlacedLine(strokes, line.pen * height_px, size, height_px)


def paint_line(
    placed: PlacedLine, rng: np.random.Generator, paper: Colour = WHITE, pen: Colour | None = None
) -> np.ndarray:
    """Return (h, w, 3) of the page, by default in an everyday ink on white."""
    ink = paint_strokes(placed.strokes, placed.pen_px, placed.size)
    return ink_on_paper(ink, paper, pen or INK_COLOURS[int(rng.integers(len(INK_COLOURS)))])


def as_strokes(placed: PlacedLine, has_canvas: bool = True) -> dict[str, Any]:
    """Return the line as the drawing page and other clients send strokes."""
    strokes = [[[round(float(x), 2), round(float(y), 2)] for x, y in stroke] for stroke in placed.strokes]
    size = {"width": float(placed.size[0]), "height": float(placed.size[1])} if has_canvas else {}
    return {"strokes": strokes, **size, "pen_px": round(placed.pen_px, 2)}


def send_line(placed: PlacedLine, rng: np.random.Generator) -> Drawing:
    """Return the line as strokes, as a photo of a pen on paper, or as a clean PNG."""
    pick = rng.uniform()
    if pick < STROKES_SHARE:
        return as_strokes(placed, has_canvas=rng.uniform() < 0.5)
    if pick < STROKES_SHARE + PHOTO_SHARE:
        return photograph(paint_line(placed, rng, PAPER_COLOURS[int(rng.integers(len(PAPER_COLOURS)))]), rng)
    return as_png(paint_line(placed, rng))


def random_digits(rng: np.random.Generator, fewest: int, most: int) -> str:
    """Return a random number of `fewest` to `most` digits."""
    return "".join(str(digit) for digit in rng.integers(0, 10, rng.integers(fewest, most + 1)))


def number_line(hand: Hand, rng: np.random.Generator, fewest: int = 1, most: int = 5) -> Line:
    """Return a line of a random number."""
    return set_line(draw_text(random_digits(rng, fewest, most), hand, rng), rng)
