"""What is found on a photograph of a page: its picture, its cells, and what is wrong with it."""

from typing import NamedTuple

import numpy as np

from ml.sheets.problems import Problem
from ml.sheets.states import CellState

__all__ = [
    "Box",
    "CellState",
    "CutCell",
    "CutPage",
    "Point",
    "Problem",
    "Quad",
]

Point = tuple[float, float]
Box = tuple[float, float, float, float]
Quad = tuple[Point, Point, Point, Point]


class CutCell(NamedTuple):
    """A cell.

    Attributes:
        row: of the template, from 0.
        column: from 0.
        box: x, y, width and height in px of the page's picture.
        quad: its corners in px of the photograph, clockwise from the upper left of the upright page.
        pixels: (h, w) uint8, 255 is paper; without the lines of the cell and its boxes.
        is_covered: whether some of its printed lines are not seen, so that something lies over it.
    """

    row: int
    column: int
    box: Box
    quad: Quad
    pixels: np.ndarray
    state: CellState
    is_covered: bool = False


class CutPage(NamedTuple):
    """A page and its cells, row by row.

    Attributes:
        picture: (h, w) uint8, the upright page as if it had been scanned.
    """

    picture: np.ndarray
    cells: list[CutCell]
