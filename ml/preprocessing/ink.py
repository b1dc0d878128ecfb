"""Ink on a page and the one preprocessing: from ink to the 28 x 28 pixels that the network sees."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from ml.types import SIDE

Ink = NDArray[np.floating[Any]]  # float32, (h, w) or (n, h, w), in [0, 1], 1 = ink

BOX_SIDE = 20  # MNIST fits its digits in 20 x 20 px
WORKING_SIDE = 100  # strokes are measured and thickened at this size, five times the box
THINNEST_STROKE = 7.0  # px at WORKING_SIDE; MNIST's own thin strokes are about 1.4 px in the box
FAINTEST_INK = 0.1


class BlankDrawing(ValueError):
    """There is no ink, or too little of it to be a digit."""


@dataclass(frozen=True)
class Page:
    """Ink, and where on what was sent it lies.

    ink: (h, w) float32 in [0, 1], 1 = ink, 0 = paper.
    scale: ink pixels for one unit of what was sent.
    offset: x, y of the ink's upper left corner, in units of what was sent.
    size: width and height of what was sent.
    strokes, pen: where ink was drawn by strokes, (points, 2) each, and by what pen, in ink pixels.
    """

    ink: Ink
    scale: float
    offset: tuple[float, float]
    size: tuple[float, float]
    strokes: tuple[NDArray[np.float64], ...] = ()
    pen: float = 0.0

    def box_of(self, left: int, top: int, right: int, bottom: int) -> tuple[float, float, float, float]:
        """Return x, y, width, height of these ink pixels in the coordinates of what was sent."""
        x, y = left / self.scale + self.offset[0], top / self.scale + self.offset[1]
        return x, y, (right - left) / self.scale, (bottom - top) / self.scale


def to_mnist(ink: Ink) -> Ink:
    """Return one digit the place and size that MNIST digits have.

    ink: (h, w) float32 in [0, 1], 1 = ink, 0 = paper.
    Returns (28, 28) float32 in [0, 1].
    Raises BlankDrawing if there is no ink.
    Source: LeCun, Cortes, Burges, "The MNIST database of handwritten digits": fitted in 20 x 20 px with its aspect
    kept, centre of mass moved to the middle of 28 x 28. A pen too thin to survive that is thickened first.
    """
    drawn = thicken(fit_inside(crop_to_ink(ink), side=WORKING_SIDE))
    digit = fit_inside(crop_to_ink(drawn), side=BOX_SIDE)  # (<=20, <=20)
    return centre_on_mass(digit, side=SIDE)


def ink_bounds(ink: Ink) -> tuple[int, int, int, int]:
    """Return left, top, right, bottom of the ink, right and bottom exclusive. Raises BlankDrawing if there is none."""
    inked = ink > FAINTEST_INK
    columns, rows = np.flatnonzero(inked.any(axis=0)), np.flatnonzero(inked.any(axis=1))
    if not len(columns):
        raise BlankDrawing("There is nothing drawn here.")
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def padded(values: NDArray[Any], rows: int, columns: int) -> NDArray[Any]:
    """Return (h, w) with so many rows of zeros above and below and columns at the sides: a tenth of what np.pad costs."""
    height, width = values.shape
    found = np.zeros((height + 2 * rows, width + 2 * columns), dtype=values.dtype)
    found[rows : rows + height, columns : columns + width] = values
    return found


def crop_to_ink(ink: Ink) -> Ink:
    """Return the smallest part that holds all the ink. Raises BlankDrawing if there is none."""
    left, top, right, bottom = ink_bounds(ink)
    return ink[top:bottom, left:right]


def fit_inside(ink: Ink, side: int) -> Ink:
    """Resize so that the longer side is `side` px, the aspect kept; the darkest ink becomes 1."""
    height, width = ink.shape
    scale = side / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    resized = np.asarray(
        Image.fromarray(ink).resize(size, Image.Resampling.BOX if scale < 1 else Image.Resampling.BILINEAR)
    )
    return resized / max(float(resized.max()), FAINTEST_INK)


def thicken(ink: Ink) -> Ink:
    """Grow strokes that are too thin to be seen at 28 x 28; leave all others as they are.

    The mean width of a stroke is twice its area by its outline; an outline of n pixel steps is about n * pi / 4 long.
    """
    inked = padded(ink > 0.25, 1, 1)
    steps = int((inked[1:] != inked[:-1]).sum() + (inked[:, 1:] != inked[:, :-1]).sum())
    width_px = 2.0 * float(inked.sum()) / max(steps * np.pi / 4, 1.0)
    growth = round((THINNEST_STROKE - width_px) / 2)
    if growth < 1:
        return ink
    thin = Image.fromarray(padded((ink * 255).astype(np.uint8), growth, growth))
    return np.asarray(thin.filter(ImageFilter.MaxFilter(2 * growth + 1)), dtype=np.float32) / 255


def centre_on_mass(digit: Ink, side: int) -> Ink:
    """Put a digit on a side x side field so that its centre of mass is in the middle, but never over the edge."""
    height, width = digit.shape
    mass = float(digit.sum())
    middle_y = float(digit.sum(axis=1) @ (np.arange(height) + 0.5)) / mass
    middle_x = float(digit.sum(axis=0) @ (np.arange(width) + 0.5)) / mass
    top = min(max(round(side / 2 - middle_y), 0), side - height)
    left = min(max(round(side / 2 - middle_x), 0), side - width)
    field = np.zeros((side, side), dtype=np.float32)
    field[top : top + height, left : left + width] = digit
    return field
