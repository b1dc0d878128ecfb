"""Make one grid of the lines that cross, or of those of one direction and their gaps."""

import numpy as np

from ml.sheets.tables.corners import (
    Grid,
    count_cells,
    find_area,
    find_corners,
    find_covered,
    find_edges,
    find_spans,
    is_clear,
)
from ml.sheets.tables.crossings import Flags, find_core, find_crossings, find_joined
from ml.sheets.tables.gaps import find_columns
from ml.sheets.tables.mending import add_open_sides, align, fill_missing, merge
from ml.sheets.tables.ruling import is_ruled
from ml.sheets.tables.runs import Contrast, Floats
from ml.sheets.tables.tracking import Line

MOST_LINES = 160  # of each direction, the longest: of a table of 100 rows, and writing
MIN_COVERED = 0.45  # of the table's side: shorter lines are writing, or divide a head
OF_TYPICAL = 0.6  # of the typical line's share that is seen
MIN_LINES = 2
MIN_DRAWN = 0.4  # of the sides of cells
TABLES = 4  # the largest of so many is taken
LARGER = 0.5  # of a grid of lines that cross: a grid of gaps that is smaller is none
MIN_CELLS, SMALLEST = 6, 0.06  # of another table that is worth telling; its area, of the largest's


def find_grid(contrast: Contrast, across: list[Line], down: list[Line]) -> tuple[Grid | None, int]:
    """Return the largest grid of lines that run along x and along y, and how many other tables there are.

    Lines of one direction alone are enough if they leave gaps.
    """
    longest = [sorted(lines, key=lambda line: -int(line.seen.sum()))[:MOST_LINES] for lines in (across, down)]
    grids = [grid for grid in _find_crossing_grids(*longest) if _is_ruled(contrast, grid)]
    crossing = max(grids, key=_weigh, default=None)
    others = sum(_is_other(grid, crossing) for grid in grids if crossing is not None and grid is not crossing)
    gapped = _find_gapped(contrast, *longest)
    if gapped is None or (crossing is not None and _is_better(crossing, *gapped)):
        return (fill_missing(add_open_sides(contrast, align(crossing))) if crossing is not None else None), others
    return gapped[0], 0


def _find_gapped(contrast: Contrast, across: list[Line], down: list[Line]) -> tuple[Grid, bool] | None:
    """Return the grid of lines in one direction and of the gaps in them, and whether they run along x."""
    by_rows = find_columns(contrast, across)
    by_columns = find_columns(np.ascontiguousarray(contrast.T), down)
    if by_rows and (not by_columns or _length(by_rows[0]) >= _length(by_columns[0])):
        return Grid(*by_rows), True
    return (Grid(by_columns[1], by_columns[0]), False) if by_columns else None


def _is_ruled(contrast: Contrast, grid: Grid) -> bool:
    """Return whether a grid is of lines, not of letters, along x and along y."""
    along_x, along_y = find_spans(find_corners(grid))
    turned = np.ascontiguousarray(contrast.T)
    return is_ruled(contrast, grid.rows, along_x) and is_ruled(turned, grid.columns, along_y)


def _length(lines: list[Line]) -> int:
    return sum(int(line.seen.sum()) for line in lines)


def _is_better(crossing: Grid, gapped: Grid, is_along_x: bool) -> bool:
    """Return whether lines that cross are clear, or stand where most gaps are, as of boxes with space between."""
    if find_area(gapped) < LARGER * find_area(crossing):
        return True
    if is_clear(crossing):
        return True
    lines, gaps = (crossing.columns, gapped.columns) if is_along_x else (crossing.rows, gapped.rows)
    place = int(np.mean([np.flatnonzero(line.seen).mean() for line in gaps]))
    at = np.array([line.at[place] for line in lines])
    inner = np.array([line.at[place] for line in gaps[1:-1]])
    width = float(np.median(np.diff([line.at[place] for line in gaps])))
    return bool((np.abs(inner[:, None] - at).min(axis=1) < 0.06 * width).mean() > 0.7)


def _find_crossing_grids(across: list[Line], down: list[Line]) -> list[Grid]:
    """Return the grids of lines that cross: of tables, and of the paper's edges."""
    if len(across) < MIN_LINES or len(down) < MIN_LINES:
        return []
    corners = find_corners(Grid(across, down))
    crosses = find_crossings(Grid(across, down), corners)
    grids = []
    for usable in find_joined(crosses):
        for _ in range(TABLES):
            rows, columns = find_core(crosses, across, down, usable)
            if max(rows.sum(), columns.sum()) < MIN_LINES or not rows.any() or not columns.any():
                break
            if columns.sum() >= MIN_LINES:  # else the paper's edge alone, which many rows cross
                usable[0][rows] = False
            if rows.sum() >= MIN_LINES:
                usable[1][columns] = False
            grid = _find_crossing(across, down, corners, crosses, rows, columns)
            if grid is not None and count_cells(grid) > 1 and _is_drawn(grid):
                grids.append(grid)
    return grids


def _weigh(grid: Grid) -> float:
    """Return how many cells a grid has, and less if their sides are not drawn, as in the grain of a table top."""
    return count_cells(grid) * min(float(sides.mean()) for sides in find_edges(grid, find_corners(grid))) ** 2


def _find_crossing(
    across: list[Line], down: list[Line], corners: Floats, crosses: Flags, rows: Flags, columns: Flags
) -> Grid | None:
    """Return the grid of the chosen lines, without writing."""
    for _ in range(4):
        if rows.sum() < MIN_LINES or columns.sum() < MIN_LINES:
            return None
        spans = find_spans(corners[np.ix_(np.flatnonzero(rows), np.flatnonzero(columns))])
        rows = rows & _well_covered(across, rows, spans[0])
        columns = columns & _well_covered(down, columns, spans[1])
        rows &= crosses[:, columns].sum(axis=1) >= MIN_LINES
        columns &= crosses[rows].sum(axis=0) >= MIN_LINES
    found = Grid([across[place] for place in np.flatnonzero(rows)], [down[place] for place in np.flatnonzero(columns)])
    if len(found.rows) < MIN_LINES or len(found.columns) < MIN_LINES:
        return None
    corners = find_corners(found)
    middle = np.median(corners[:, :, 1], axis=1), np.median(corners[:, :, 0], axis=0)
    spans = find_spans(corners)
    return _trim(Grid(merge(found.rows, middle[0], spans[0]), merge(found.columns, middle[1], spans[1])))


def _is_drawn(grid: Grid) -> bool:
    """Return whether most sides of its cells are drawn, as they are not where writing was taken for lines."""
    return min(float(np.median(sides)) for sides in find_edges(grid, find_corners(grid))) >= MIN_DRAWN


def _trim(grid: Grid) -> Grid | None:
    """Leave out outer rows and columns whose sides are not drawn, as between a table and the paper's edge."""
    while len(grid.rows) >= MIN_LINES and len(grid.columns) >= MIN_LINES:
        above, left = find_edges(grid, find_corners(grid))
        sides = {
            "left": np.median(above[:, 0]),
            "right": np.median(above[:, -1]),
            "top": np.median(left[0]),
            "bottom": np.median(left[-1]),
        }
        worst = min(sides, key=lambda side: float(sides[side]))
        if sides[worst] >= MIN_DRAWN:
            return grid
        rows, columns = grid
        grid = Grid(
            rows[1:] if worst == "top" else rows[:-1] if worst == "bottom" else rows,
            columns[1:] if worst == "left" else columns[:-1] if worst == "right" else columns,
        )
    return None


def _well_covered(lines: list[Line], chosen: Flags, span: Floats) -> Flags:
    covered = np.array([find_covered(line, span) if one else 0.0 for line, one in zip(lines, chosen, strict=True)])
    clear = covered * np.sqrt([line.level for line in lines])
    most = np.quantile(covered[chosen], 0.8)
    typical = np.median(clear[chosen & (covered >= OF_TYPICAL * most)])  # a frame may be much thicker
    return (covered >= max(MIN_COVERED * min(1.0, most / 0.7), OF_TYPICAL * most)) & (clear >= OF_TYPICAL * typical)


def _is_other(grid: Grid, largest: Grid) -> bool:
    """Return whether a grid is another table, beside the largest: not writing in it, nor the paper's edges."""
    if count_cells(grid) < MIN_CELLS or not is_clear(grid) or find_area(grid) < SMALLEST * find_area(largest):
        return False
    own, around = (find_spans(find_corners(one)) for one in (grid, largest))
    return any(mine[1] < other[0] or mine[0] > other[1] for mine, other in zip(own, around, strict=True))
