"""Ink on a page, in the units of its sender, and the box around it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.types import Reason

Ink = NDArray[np.floating[Any]]  # float32, (h, w) or (n, h, w), in [0, 1], 1 = ink

MIN_INK = 0.1


class BlankDrawing(ValueError):
    """There is too little ink to be a digit."""


@dataclass(frozen=True)
class Page:
    """The ink of a drawing and its place on the canvas or picture that was sent, in its sender's units.

    Attributes:
        ink: (h, w) float32 in [0, 1]; 1 is ink, 0 is paper.
        scale: ink pixels per sender's unit.
        offset: x, y of the ink's upper left corner, in sender's units.
        size: width and height of the canvas or picture, in sender's units.
        strokes: (points, 2) each, in ink pixels, if the drawing was sent as strokes.
        pen_width: in ink pixels, if the drawing was sent as strokes.
        notes: what makes the page hard to read.
    """

    ink: Ink
    scale: float
    offset: tuple[float, float]
    size: tuple[float, float]
    strokes: tuple[NDArray[np.float64], ...] = ()
    pen_width: float = 0.0
    notes: frozenset[Reason] = frozenset()

    def box_of(self, left: int, top: int, right: int, bottom: int) -> tuple[float, float, float, float]:
        """Return x, y, width, height of a box of ink pixels, in sender's units."""
        x, y = left / self.scale + self.offset[0], top / self.scale + self.offset[1]
        return x, y, (right - left) / self.scale, (bottom - top) / self.scale


def ink_bounds(ink: Ink) -> tuple[int, int, int, int]:
    """Return left, top, right, bottom of the ink; right and bottom are exclusive. Raises BlankDrawing."""
    inked = ink > MIN_INK
    columns, rows = np.flatnonzero(inked.any(axis=0)), np.flatnonzero(inked.any(axis=1))
    if not len(columns):
        raise BlankDrawing("There is nothing drawn here.")
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def pad_with_zeros(values: NDArray[Any], rows: int, columns: int) -> NDArray[Any]:
    """Pad (h, w) with `rows` above and below and `columns` left and right, at a tenth of np.pad's cost."""
    height, width = values.shape
    found = np.zeros((height + 2 * rows, width + 2 * columns), dtype=values.dtype)
    found[rows : rows + height, columns : columns + width] = values
    return found


def measure_pen_width(inked: NDArray[np.bool_]) -> float:
    """Return the mean stroke width in cells, at least 1: twice the area over the outline.

    An outline of n steps from cell to cell is about n * pi / 4 long.
    """
    framed = pad_with_zeros(inked, 1, 1)
    steps = np.count_nonzero(framed[1:] != framed[:-1]) + np.count_nonzero(framed[:, 1:] != framed[:, :-1])
    return max(2.0 * np.count_nonzero(inked) / max(steps * np.pi / 4, 1.0), 1.0)
