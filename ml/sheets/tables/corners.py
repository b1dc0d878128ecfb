"""A grid of lines: the corners of its cells, and which of their sides are seen."""

import itertools
from typing import NamedTuple

import numpy as np

from ml.sheets.tables.runs import STEP_PX, Floats
from ml.sheets.tables.tracking import Line

WELL_DRAWN = 0.9  # of the sides of the cells


class Grid(NamedTuple):
    """The lines of a table, from top to bottom and from left to right."""

    rows: list[Line]
    columns: list[Line]


def find_corners(grid: Grid) -> Floats:
    """Return (rows + 1, columns + 1, 2) px: where the lines cross."""
    x = np.array([[line.at.mean() for line in grid.columns]] * len(grid.rows))
    y = np.zeros_like(x)
    for _ in range(4):
        y = np.stack([_value(line, place) for line, place in zip(grid.rows, x, strict=True)])
        x = np.stack([_value(line, place) for line, place in zip(grid.columns, y.T, strict=True)], axis=1)
    return np.stack([x, y], axis=-1)


def find_edges(grid: Grid, corners: Floats) -> tuple[Floats, Floats]:
    """Return which share of each cell's side is seen: (rows + 1, columns) of those above, (rows, columns + 1) left."""
    above = np.stack([_shares(line, row[:, 0]) for line, row in zip(grid.rows, corners, strict=True)])
    left = [_shares(line, column[:, 1]) for line, column in zip(grid.columns, corners.transpose(1, 0, 2), strict=True)]
    return above, np.stack(left, axis=1)


def _shares(line: Line, places: Floats) -> Floats:
    strips = np.clip((places / STEP_PX).astype(int), 0, len(line.seen))
    return np.array([line.seen[start:end].mean() if end > start else 0.0 for start, end in itertools.pairwise(strips)])


def _value(line: Line, places: Floats) -> Floats:
    """Return where the line is at places between its strips; straight on beyond them."""
    strips = places / STEP_PX - 0.5
    at = np.interp(strips, np.arange(len(line.at)), line.at)
    first, last = line.at[1] - line.at[0], line.at[-1] - line.at[-2]
    return at + np.minimum(strips, 0) * first + np.maximum(strips - (len(line.at) - 1), 0) * last


def find_spans(corners: Floats) -> tuple[Floats, Floats]:
    """Return from where to where the grid reaches, in x and in y; lines that lead astray hardly count."""
    columns, rows = np.median(corners[:, :, 0], axis=0), np.median(corners[:, :, 1], axis=1)
    return np.array([columns.min(), columns.max()]), np.array([rows.min(), rows.max()])


def find_covered(line: Line, span: Floats) -> float:
    """Return the share of a line that is seen, from one place to another."""
    first, last = np.clip((span / STEP_PX).astype(int), 0, len(line.seen))
    return float(line.seen[first : max(last, first + 1)].mean())


def is_clear(grid: Grid) -> bool:
    """Return whether nearly all sides of a grid's cells are drawn."""
    edges = find_edges(grid, find_corners(grid))
    return min(float(np.median(edges[0])), float(np.median(edges[1]))) > WELL_DRAWN


def find_area(grid: Grid) -> float:
    """Return the area of a grid in square px."""
    (left, right), (top, bottom) = find_spans(find_corners(grid))
    return float((right - left) * (bottom - top))


def count_cells(grid: Grid) -> int:
    """Return how many cells a grid has."""
    return (len(grid.rows) - 1) * (len(grid.columns) - 1)
