"""Mend a grid: join double lines, leave out writing, close open sides, and add lines that are missing."""

import itertools
from dataclasses import replace

import numpy as np

from ml.sheets.tables.corners import Grid, find_corners, find_covered, find_spans
from ml.sheets.tables.gaps import find_end
from ml.sheets.tables.ruling import is_ruled
from ml.sheets.tables.runs import STEP_PX, Contrast, Floats
from ml.sheets.tables.tracking import Line

DOUBLE = 0.3  # of the typical distance: closer lines are one, printed double
OPEN_PX = 12
OPEN_SIDE = 0.35  # of a typical column: rows reach so far beyond the last line across if the table's side is open
ASTRAY = 0.05  # of both rows beside it: a line is further from its neighbours' course
EVEN = 0.15  # rows are of one height if they differ by no more than that
EVEN_ROWS, EVEN_SHARE = 4, 0.65  # so many rows, and so large a part of them, tell how high they are


def merge(lines: list[Line], middles: Floats, span: Floats) -> list[Line]:
    """Return the lines in order, double lines as one in their middle, and without writing that divides a row."""
    order = np.argsort(middles)
    lines, middles = [lines[place] for place in order], middles[order]
    if len(lines) < 3:
        return lines
    gaps = np.diff(middles)
    typical = float(np.quantile(gaps, 0.75))
    starts = [0, *(np.flatnonzero(gaps >= DOUBLE * typical) + 1).tolist(), len(lines)]
    groups = [_clearest(lines[start:end], span) for start, end in itertools.pairwise(starts)]
    if not any(len(group) > 1 for group in groups[1:-1]):  # only the frame is double: cells end at its inner line
        groups = [groups[0][-1:], *groups[1:-1], groups[-1][:1]]
    return _drop_dividing([_middle(group) for group in groups], span)


def _clearest(group: list[Line], span: Floats) -> list[Line]:
    covered = np.array([find_covered(line, span) for line in group])
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
        covered = np.array([find_covered(line, span) for line in lines])
        both = gaps[:-1] + gaps[1:]
        divides = (np.abs(both / typical - 1) < EVEN) & (covered[1:-1] < 0.85 * np.median(covered))
        if not divides.any():
            break
        worst = 1 + int(np.where(divides, covered[1:-1], np.inf).argmin())
        lines = lines[:worst] + lines[worst + 1 :]
    return lines


def add_open_sides(contrast: Contrast, grid: Grid) -> Grid:
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


def align(grid: Grid) -> Grid:
    """Lay lines that end astray, in writing, between their neighbours."""
    spans = find_spans(find_corners(grid))
    return Grid(_align(grid.rows, spans[0]), _align(grid.columns, spans[1]))


def _align(lines: list[Line], span: Floats) -> list[Line]:
    lines, part = list(lines), slice(int(span[0] / STEP_PX), int(span[1] / STEP_PX) + 1)
    for _ in range(len(lines)):
        at = np.array([line.at for line in lines])
        middles = np.median(at[:, part], axis=1)[:, None]
        share = (middles[1:-1] - middles[:-2]) / np.maximum(middles[2:] - middles[:-2], 1)
        expected = at[:-2] * (1 - share) + at[2:] * share
        off = at[1:-1] - expected
        off -= np.median(off[:, part], axis=1)[:, None]
        astray = np.abs(off[:, part]).max(axis=1, initial=0) / (middles[2:] - middles[:-2])[:, 0]
        if not len(astray) or astray.max() < ASTRAY:
            break
        worst = int(astray.argmax())
        lines[worst + 1] = replace(lines[worst + 1], at=(at[1:-1] - off)[worst])
    return lines


def fill_missing(contrast: Contrast, grid: Grid) -> Grid:
    """Add lines that are missing among evenly spaced ones and that are to be seen, though pale or under writing."""
    corners = find_corners(grid)
    spans, turned = find_spans(corners), np.ascontiguousarray(contrast.T)
    rows = _fill_even(grid.rows, np.median(corners[:, :, 1], axis=1))
    columns = _fill_even(grid.columns, np.median(corners[:, :, 0], axis=0))
    return Grid(
        [row for row in rows if row.seen.any() or is_ruled(contrast, [row], spans[0])],
        [column for column in columns if column.seen.any() or is_ruled(turned, [column], spans[1])],
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
