"""Find the columns of a table without lines between them: where the lines of its rows leave gaps."""

import itertools

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.sheets.tables.ruling import is_ruled
from ml.sheets.tables.runs import STEP_PX, Contrast, Floats, strip_places
from ml.sheets.tables.tracking import Line

MIN_ROWS = 4
APART = 3.5  # times the usual distance: the edge of the paper, or another table
MIN_SEEN = 0.75  # of its strips
ENDS_PX = 40  # beyond the ends of most lines
BEYOND = 0.25  # of its length: a longer line is not of the same table
SHEARS, TURNS, COARSE_PX = np.linspace(-0.12, 0.12, 61), np.linspace(-0.08, 0.08, 9), 4
TURNED_ROWS = 24  # by which it is found how columns run
GAP_REACH_PX = 12  # from where most of a column's gaps are
MIN_GAP_PX, GAP_LEVEL = 3, 0.5
END_PX, END_LEVEL = 22, 0.5
MIN_WIDTH_PX = 22  # narrower columns are the dashes of lines


def find_columns(contrast: Contrast, lines: list[Line]) -> tuple[list[Line], list[Line]] | None:
    """Return the lines of the rows, from top to bottom, and of the columns that their gaps show; None if none do."""
    rows = _find_rows(lines)
    if not rows or not is_ruled(contrast, rows, np.array([rows[0].first, rows[0].last]) * STEP_PX):
        return None
    at = np.array([line.at[len(line.at) // 2] for line in rows])
    seen = np.stack([_along(contrast, line) for line in rows])
    reach = [int(np.median(list(ends))) * STEP_PX for ends in ([row.first for row in rows], [row.last for row in rows])]
    inside = slice(max(0, reach[0] - ENDS_PX), min(reach[1] + ENDS_PX, contrast.shape[1]))
    shifts = _find_shifts(seen[:, inside], at)
    places = np.arange(inside.stop - inside.start, dtype=float)
    level = [np.interp(places + by, places, row[inside]) for by, row in zip(shifts, seen, strict=True)]
    edges = _find_gaps(np.mean(level, axis=0))
    if len(edges) < 3 or float(np.median(np.diff(edges))) < MIN_WIDTH_PX:
        return None
    strips = strip_places(contrast.shape[0])
    is_inside = (strips > at[0]) & (strips < at[-1])
    columns = []
    for number, edge in enumerate(edges):
        nearest = int(np.clip(edge, 0, len(places) - 1))
        expected = inside.start + edge + shifts[:, nearest]
        if number in (0, len(edges) - 1):
            found = np.array([find_end(contrast, row, number > 0) for row in rows])
        else:
            found = np.array([_find_gap(row, place) for row, place in zip(seen, expected, strict=True)])
        columns.append(Line(_fit(at, expected, found, strips), is_inside.copy(), rows[0].level))
    return rows, columns


def _find_shifts(seen: NDArray[np.float32], at: Floats) -> Floats:
    """Return (rows, w): by how many px the columns are further on in each row, so that most gaps lie in columns.

    The page's lines may run together upwards or downwards, because nothing drawn tells how they run.
    """
    some = np.unique(np.linspace(0, len(at) - 1, TURNED_ROWS).round().astype(int))
    coarse, off = cv2.blur(seen[some], (COARSE_PX, 1))[:, ::COARSE_PX], at[:, None] - float(at.mean())
    along = np.linspace(-1, 1, coarse.shape[1])
    places, numbers = np.arange(coarse.shape[1]), np.arange(len(some))[:, None]
    best, most = (0.0, 0.0), -1.0
    for shear in SHEARS:
        for turn in TURNS:
            moved = places + ((shear + turn * along) * off[some] / COARSE_PX).round().astype(int)
            profile = coarse[numbers, np.clip(moved, 0, len(places) - 1)].mean(axis=0)
            sharpness = float(np.square(np.diff(profile)).sum())
            if sharpness > most:
                best, most = (float(shear), float(turn)), sharpness
    along = np.linspace(-1, 1, seen.shape[1])
    return np.asarray((best[0] + best[1] * along) * off)


def _find_gap(seen: NDArray[np.float32], expected: float) -> float:
    """Return the middle of the gap that is nearest to where it is expected in a row; NaN if there is none."""
    first = max(0, round(expected) - GAP_REACH_PX)
    is_gap = np.flatnonzero(seen[first : round(expected) + GAP_REACH_PX + 1] < GAP_LEVEL)
    gaps = [part for part in np.split(is_gap, np.flatnonzero(np.diff(is_gap) > 1) + 1) if len(part) >= MIN_GAP_PX]
    middles = [first + float(part.mean()) for part in gaps]
    return min(middles, key=lambda middle: abs(middle - expected), default=float("nan"))


def _fit(at: Floats, expected: Floats, found: Floats, places: Floats) -> Floats:
    """Return where a column is at places, along what was found of it; where most of it is not, as expected."""
    keep = np.abs(found - expected) <= GAP_REACH_PX
    if keep.sum() < MIN_ROWS:
        found, keep = expected, np.ones(len(at), bool)
    middle, half = float(at.mean()), float(np.ptp(at)) / 2
    for _ in range(3):
        bent = np.polynomial.polynomial.polyfit((at[keep] - middle) / half, found[keep], 2 if keep.sum() > 6 else 1)
        off = np.abs(np.polynomial.polynomial.polyval((at - middle) / half, bent) - found)
        keep &= off <= max(1.5, 3 * float(np.median(off[keep])))
    return np.asarray(np.polynomial.polynomial.polyval((places - middle) / half, bent))


def _find_rows(lines: list[Line]) -> list[Line]:
    """Return the longest lines of which several begin and end at about the same places, in order."""
    best: list[Line] = []
    lines = [line for line in lines if line.seen.sum() >= MIN_SEEN * (line.last - line.first + 1)]
    for line in lines[:40]:
        span = slice(line.first, line.last + 1)
        most = (1 + BEYOND) * int(line.seen.sum())
        alike = [one for one in lines if one.seen[span].mean() >= MIN_SEEN and one.seen.sum() <= most]
        if len(alike) >= MIN_ROWS and sum(int(one.seen.sum()) for one in alike) > sum(
            int(one.seen.sum()) for one in best
        ):
            best = alike
    best = sorted(best, key=lambda line: float(line.at[len(line.at) // 2]))
    gaps = np.diff([line.at[len(line.at) // 2] for line in best])
    apart = (np.flatnonzero(gaps > APART * np.median(gaps)) + 1).tolist() if len(gaps) else []
    bounds = [0, *apart, len(best)]
    parts = [best[start:end] for start, end in itertools.pairwise(bounds)]
    longest = max(parts, key=len)
    return longest if len(longest) >= MIN_ROWS else []


def _along(contrast: Contrast, line: Line) -> NDArray[np.float32]:
    """Return (w,) the line's contrast at each x, at most 1: half of its usual contrast, and it ends."""
    width = contrast.shape[1]
    x = np.arange(width)
    y = np.interp(x / STEP_PX - 0.5, np.arange(len(line.at)), line.at).round().astype(int)
    values = np.max([contrast[np.clip(y + by, 0, contrast.shape[0] - 1), x] for by in (-1, 0, 1)], axis=0)
    level = float(np.median(values[line.first * STEP_PX : (line.last + 1) * STEP_PX]))
    return np.minimum(values / max(level, line.level, 1e-6), 1).astype(np.float32)


def find_end(contrast: Contrast, line: Line, is_last: bool) -> float:
    """Return where a line ends, to the pixel: the nearest place that is as dark as it, from its last strip on."""
    strip = (line.last + 1 if is_last else line.first) * STEP_PX
    first = max(0, strip - END_PX)
    is_dark = np.flatnonzero(_along(contrast, line)[first : strip + END_PX] > END_LEVEL)
    if not len(is_dark):
        return float(strip)
    return float(first + (is_dark[-1] + 0.5 if is_last else is_dark[0] - 0.5))


def _find_gaps(profile: Floats) -> list[float]:
    """Return the middles of the gaps in a profile, and both its ends."""
    full = float(np.quantile(profile, 0.9))
    is_line = profile > GAP_LEVEL * full
    inside = np.flatnonzero(cv2.erode(is_line.astype(np.uint8)[None], np.ones((1, 9), np.uint8))[0])
    if not len(inside):
        return []
    first, last = int(inside[0]) - 4, int(inside[-1]) + 4
    bounds = np.flatnonzero(np.diff(is_line[first : last + 1].astype(int))) + first
    gaps = [(start + 1, end + 1) for start, end in zip(bounds[::2].tolist(), bounds[1::2].tolist(), strict=False)]
    gaps = [(start, end) for start, end in gaps if end - start >= MIN_GAP_PX]
    if not gaps:
        return []
    return [first - 0.5, *((start + end - 1) / 2 for start, end in gaps), last + 0.5]
