"""Tell which lines cross, and which of them make a table together."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ml.sheets.tables.corners import Grid
from ml.sheets.tables.runs import STEP_PX, Floats
from ml.sheets.tables.tracking import Line

NEAR_STRIPS = 4  # lines cross if both are seen so near
MIN_CROSSED = 0.5  # of the lines of the other direction, by weight
Flags = NDArray[np.bool_]


def find_crossings(grid: Grid, corners: Floats) -> Flags:
    """Return (rows, columns): which lines are both seen about where they cross."""
    return np.asarray(_near(grid.rows, corners[:, :, 0]) & _near(grid.columns, corners[:, :, 1].T).T)


def find_joined(crosses: Flags) -> Iterator[tuple[Flags, Flags]]:
    """Yield which rows and columns are joined by crossings, part by part: a table, the paper's edges, the table top."""
    left: Flags = np.any(crosses, axis=1)
    while left.any():
        rows: Flags = np.arange(len(left)) == left.argmax()
        columns: Flags = np.any(crosses[rows], axis=0)
        while np.count_nonzero(more := np.any(crosses[:, columns], axis=1)) > np.count_nonzero(rows):
            rows, columns = more, np.any(crosses[more], axis=0)
        left = left & ~rows
        yield rows, columns


def _near(lines: list[Line], places: Floats) -> Flags:
    """Return (lines, places): whether each line is seen near its places."""
    near = np.zeros(places.shape, bool)
    for number, (line, row) in enumerate(zip(lines, places, strict=True)):
        seen = np.concatenate([[0], np.cumsum(line.seen)])
        strips = (row / STEP_PX).astype(int)
        low, high = (np.clip(strips + by, 0, len(line.seen)) for by in (-NEAR_STRIPS, NEAR_STRIPS + 1))
        near[number] = seen[high] > seen[low]
    return near


def find_core(crosses: Flags, across: list[Line], down: list[Line], usable: tuple[Flags, Flags]) -> tuple[Flags, Flags]:
    """Return which rows and columns cross most of one another: the worst is left out until all do.

    Lines count by the square of their length, so that writing, in which short lines are seen, does not outweigh them.
    """
    rows, columns = usable[0].copy(), usable[1].copy()
    weights = [np.array([float(line.seen.sum()) ** 2 for line in lines]) for lines in (across, down)]
    while rows.any() and columns.any():
        row_share = crosses[:, columns] @ weights[1][columns] / weights[1][columns].sum()
        column_share = weights[0][rows] @ crosses[rows] / weights[0][rows].sum()
        row_share[~rows], column_share[~columns] = np.inf, np.inf
        if min(row_share.min(), column_share.min()) >= MIN_CROSSED:
            break
        if row_share.min() <= column_share.min():
            rows[int(row_share.argmin())] = False
        else:
            columns[int(column_share.argmin())] = False
    return rows, columns
