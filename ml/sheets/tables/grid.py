"""Make one grid of the lines that cross, and find the corners of its cells."""

import itertools
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ml.sheets.tables.gaps import find_columns, find_end
from ml.sheets.tables.tracking import STEP_PX, Contrast, Floats, Line

MOST_LINES = 160  # of each direction, the longest: of a table of 100 rows, and writing
NEAR_STRIPS = 4  # lines cross if both are seen so near
MIN_COVERED = 0.45  # of the table's side: shorter lines are writing, or divide a head
OF_TYPICAL = 0.6  # of the typical line's share that is seen
DOUBLE = 0.3  # of the typical distance: closer lines are one, printed double
OPEN_PX = 12
OPEN_SIDE = 0.35  # of a typical column: rows reach so far beyond the last line across if the table's side is open
EVEN = 0.15  # rows are of one height if they differ by no more than that
EVEN_ROWS, EVEN_SHARE = 4, 0.7  # so many rows, and so large a part of them, tell how high they are
MIN_LINES = 2
MIN_DRAWN = 0.4  # of the sides of an outer row or column
TABLES = 4  # the largest of so many is taken
WELL_DRAWN = 0.9  # of the sides of the cells
LARGER = 0.5  # of a grid of lines that cross: a grid of gaps that is smaller is none
MIN_CELLS, SMALLEST = 6, 0.06  # of another table that is worth telling; its area, of the largest's
MIN_CROSSED = 0.5  # of the lines of the other direction, by weight

Flags = NDArray[np.bool_]


class Grid(NamedTuple):
    """The lines of a table, from top to bottom and from left to right."""

    rows: list[Line]
    columns: list[Line]


def find_grid(contrast: Contrast, across: list[Line], down: list[Line]) -> tuple[Grid | None, int]:
    """Return the largest grid of lines that run along x and along y, and how many other tables there are.

    Lines of one direction alone are enough if they leave gaps.
    """
    longest = [sorted(lines, key=lambda line: -int(line.seen.sum()))[:MOST_LINES] for lines in (across, down)]
    grids = _find_crossing_grids(*longest)
    crossing = max(grids, key=_count_cells, default=None)
    others = sum(_count_cells(grid) >= MIN_CELLS for grid in grids) - 1
    gapped = _find_gapped(contrast, *longest)
    if gapped is None or (crossing is not None and _is_better(crossing, *gapped)):
        return (_fill(_add_open_sides(contrast, crossing)) if crossing is not None else None), others
    return gapped[0], 0


def _find_gapped(contrast: Contrast, across: list[Line], down: list[Line]) -> tuple[Grid, bool] | None:
    """Return the grid of lines in one direction and of the gaps in them, and whether they run along x."""
    by_rows = find_columns(contrast, across)
    by_columns = find_columns(np.ascontiguousarray(contrast.T), down)
    if by_rows and (not by_columns or _length(by_rows[0]) >= _length(by_columns[0])):
        return Grid(*by_rows), True
    return (Grid(by_columns[1], by_columns[0]), False) if by_columns else None


def _length(lines: list[Line]) -> int:
    return sum(int(line.seen.sum()) for line in lines)


def _is_better(crossing: Grid, gapped: Grid, is_along_x: bool) -> bool:
    """Return whether lines that cross are clear, or stand where most gaps are, as of boxes with space between."""
    if _area(gapped) < LARGER * _area(crossing):
        return True
    if _is_clear(crossing):
        return True
    lines, gaps = (crossing.columns, gapped.columns) if is_along_x else (crossing.rows, gapped.rows)
    place = int(np.mean([np.flatnonzero(line.seen).mean() for line in gaps]))
    at = np.array([line.at[place] for line in lines])
    inner = np.array([line.at[place] for line in gaps[1:-1]])
    width = float(np.median(np.diff([line.at[place] for line in gaps])))
    return bool((np.abs(inner[:, None] - at).min(axis=1) < 0.06 * width).mean() > 0.7)


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


def _find_crossing_grids(across: list[Line], down: list[Line]) -> list[Grid]:
    """Return the grids of lines that cross: of tables, and of the paper's edges."""
    if len(across) < MIN_LINES or len(down) < MIN_LINES:
        return []
    corners = find_corners(Grid(across, down))
    crosses = _near(across, corners[:, :, 0]) & _near(down, corners[:, :, 1].T).T
    usable = np.ones(len(across), bool), np.ones(len(down), bool)
    grids = []
    for _ in range(TABLES):
        rows, columns = _find_core(crosses, across, down, usable)
        if rows.sum() < MIN_LINES or columns.sum() < MIN_LINES:
            break
        usable[0][rows], usable[1][columns] = False, False
        grid = _find_crossing(across, down, corners, crosses, rows, columns)
        if grid is not None and _count_cells(grid) > 1:
            grids.append(grid)
    return grids


def _find_crossing(
    across: list[Line], down: list[Line], corners: Floats, crosses: Flags, rows: Flags, columns: Flags
) -> Grid | None:
    """Return the grid of the chosen lines, without writing."""
    for _ in range(4):
        if rows.sum() < MIN_LINES or columns.sum() < MIN_LINES:
            return None
        spans = _spans(corners[np.ix_(np.flatnonzero(rows), np.flatnonzero(columns))])
        rows = rows & _well_covered(across, rows, spans[0])
        columns = columns & _well_covered(down, columns, spans[1])
        rows &= crosses[:, columns].sum(axis=1) >= MIN_LINES
        columns &= crosses[rows].sum(axis=0) >= MIN_LINES
    found = Grid([across[place] for place in np.flatnonzero(rows)], [down[place] for place in np.flatnonzero(columns)])
    if len(found.rows) < MIN_LINES or len(found.columns) < MIN_LINES:
        return None
    corners = find_corners(found)
    middle = np.median(corners[:, :, 1], axis=1), np.median(corners[:, :, 0], axis=0)
    spans = _spans(corners)
    return _trim(Grid(merge(found.rows, middle[0], spans[0]), merge(found.columns, middle[1], spans[1])))


def _spans(corners: Floats) -> tuple[Floats, Floats]:
    """Return from where to where the grid reaches, in x and in y; lines that lead astray hardly count."""
    columns, rows = np.median(corners[:, :, 0], axis=0), np.median(corners[:, :, 1], axis=1)
    return np.array([columns.min(), columns.max()]), np.array([rows.min(), rows.max()])


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


def _near(lines: list[Line], places: Floats) -> Flags:
    """Return (lines, places): whether each line is seen near its places."""
    near = np.zeros(places.shape, bool)
    for number, (line, row) in enumerate(zip(lines, places, strict=True)):
        seen = np.concatenate([[0], np.cumsum(line.seen)])
        strips = (row / STEP_PX).astype(int)
        low, high = (np.clip(strips + by, 0, len(line.seen)) for by in (-NEAR_STRIPS, NEAR_STRIPS + 1))
        near[number] = seen[high] > seen[low]
    return near


def _find_core(
    crosses: Flags, across: list[Line], down: list[Line], usable: tuple[Flags, Flags]
) -> tuple[Flags, Flags]:
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


def _covered(line: Line, span: Floats) -> float:
    first, last = np.clip((span / STEP_PX).astype(int), 0, len(line.seen))
    return float(line.seen[first : max(last, first + 1)].mean())


def _well_covered(lines: list[Line], chosen: Flags, span: Floats) -> Flags:
    covered = np.array([_covered(line, span) if one else 0.0 for line, one in zip(lines, chosen, strict=True)])
    clear = covered * np.sqrt([line.level for line in lines])
    most, clearest = (np.quantile(values[chosen], 0.8) for values in (covered, clear))
    return (covered >= max(MIN_COVERED * min(1.0, most / 0.7), OF_TYPICAL * most)) & (clear >= OF_TYPICAL * clearest)


def merge(lines: list[Line], middles: Floats, span: Floats) -> list[Line]:
    """Return the lines in order, double lines as one in their middle, and without writing that divides a row."""
    order = np.argsort(middles)
    lines, middles = [lines[place] for place in order], middles[order]
    if len(lines) < 3:
        return lines
    gaps = np.diff(middles)
    typical = float(np.quantile(gaps, 0.75))
    starts = [0, *(np.flatnonzero(gaps >= DOUBLE * typical) + 1).tolist(), len(lines)]
    groups = [_clear(lines[start:end], span) for start, end in itertools.pairwise(starts)]
    if not any(len(group) > 1 for group in groups[1:-1]):  # only the frame is double: cells end at its inner line
        groups = [groups[0][-1:], *groups[1:-1], groups[-1][:1]]
    return _drop_dividing([_middle(group) for group in groups], span)


def _clear(group: list[Line], span: Floats) -> list[Line]:
    covered = np.array([_covered(line, span) for line in group])
    return [line for line, share in zip(group, covered, strict=True) if share >= 0.75 * covered.max()]


def _middle(group: list[Line]) -> Line:
    ends = [group[0], group[-1]]
    seen = np.any([line.seen for line in group], axis=0)
    middle = np.mean([line.at for line in ends], axis=0)
    return Line(middle, seen, max(line.level for line in group), float(np.abs(np.median(ends[1].at - ends[0].at))))


def _drop_dividing(lines: list[Line], span: Floats) -> list[Line]:
    """Leave out lines without which two gaps would be one of the typical height, if they are less seen."""
    place = int(np.clip(span.mean() / STEP_PX, 0, len(lines[0].at) - 1))
    while len(lines) > 4:
        at = np.array([line.at[place] for line in lines])
        gaps = np.diff(at)
        typical = float(np.quantile(gaps, 0.6))
        covered = np.array([_covered(line, span) for line in lines])
        both = gaps[:-1] + gaps[1:]
        divides = (np.abs(both / typical - 1) < EVEN) & (covered[1:-1] < 0.85 * np.median(covered))
        if not divides.any():
            break
        worst = 1 + int(np.where(divides, covered[1:-1], np.inf).argmin())
        lines = lines[:worst] + lines[worst + 1 :]
    return lines


def _is_clear(grid: Grid) -> bool:
    edges = find_edges(grid, find_corners(grid))
    return min(float(np.median(edges[0])), float(np.median(edges[1]))) > WELL_DRAWN


def _is_other(grid: Grid, largest: Grid) -> bool:
    """Return whether a grid is another table, beside the largest: not writing in it, nor the paper's edges."""
    if _count_cells(grid) < MIN_CELLS or not _is_clear(grid) or _area(grid) < SMALLEST * _area(largest):
        return False
    own, around = (_spans(find_corners(one)) for one in (grid, largest))
    return any(mine[1] < other[0] or mine[0] > other[1] for mine, other in zip(own, around, strict=True))


def _area(grid: Grid) -> float:
    (left, right), (top, bottom) = _spans(find_corners(grid))
    return float((right - left) * (bottom - top))


def _count_cells(grid: Grid) -> int:
    return (len(grid.rows) - 1) * (len(grid.columns) - 1)


def _add_open_sides(contrast: Contrast, grid: Grid) -> Grid:
    """Close the sides of a table that has no lines there: where the lines that run towards them end."""
    corners = find_corners(grid)
    columns = _close(contrast, grid.rows, grid.columns, corners[:, :, 0], corners[:, :, 1])
    grid = Grid(grid.rows, columns)
    corners = find_corners(grid)
    turned = np.ascontiguousarray(contrast.T)
    rows = _close(turned, grid.columns, grid.rows, corners[:, :, 1].T, corners[:, :, 0].T)
    return Grid(rows, grid.columns)


def _close(contrast: Contrast, running: list[Line], crossing: list[Line], along: Floats, across: Floats) -> list[Line]:
    """Add a line across where most of the running lines end beyond the first or the last crossing one."""
    typical = float(np.median(np.diff(along, axis=1)))
    closed = list(crossing)
    for is_last in (False, True):
        side = -1 if is_last else 0
        ends = np.array([find_end(contrast, line, is_last) for line in running])
        beyond = (ends - along[:, side]) * (1 if is_last else -1)
        middle = float(np.median(beyond))
        agree = np.abs(beyond - middle) < 0.12 * typical + 3
        if middle < max(OPEN_SIDE * typical, OPEN_PX) or agree.mean() < 0.6 or agree.sum() < 3:
            continue
        slope, offset = np.polyfit(across[agree, side], ends[agree], 1)
        at = offset + slope * (np.arange(len(crossing[0].at)) + 0.5) * STEP_PX
        closed.insert(len(closed) if is_last else 0, Line(at, crossing[side].seen.copy(), crossing[side].level))
    return closed


def _fill(grid: Grid) -> Grid:
    """Add lines that are missing among evenly spaced ones: they are pale, or hidden by writing."""
    corners = find_corners(grid)
    return Grid(
        _fill_even(grid.rows, np.median(corners[:, :, 1], axis=1)),
        _fill_even(grid.columns, np.median(corners[:, :, 0], axis=0)),
    )


def _fill_even(lines: list[Line], at: Floats) -> list[Line]:
    gaps = np.diff(at)
    typical = float(np.median(gaps))
    if len(gaps) < EVEN_ROWS or (np.abs(gaps / typical - 1) < EVEN / 2).mean() < EVEN_SHARE:
        return lines
    filled = [lines[0]]
    for one, other, gap in zip(lines, lines[1:], gaps.tolist(), strict=False):
        times = round(gap / typical)
        if 2 <= times <= 4 and abs(gap / typical - times) < EVEN:
            filled += [
                Line(one.at + (other.at - one.at) * part / times, np.zeros_like(one.seen), one.level)
                for part in range(1, times)
            ]
        filled.append(other)
    return filled
