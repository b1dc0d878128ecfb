"""Find the columns of a table without lines between them: where the lines of its rows leave gaps."""

import itertools

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.sheets.tables.runs import STEP_PX, Contrast, Floats
from ml.sheets.tables.tracking import Line

MIN_ROWS = 4
APART = 3.5  # times the usual distance: the edge of the paper, or another table
MIN_SEEN = 0.75  # of its strips
ENDS_PX = 40  # beyond the ends of most lines
BEYOND = 0.25  # of its length: a longer line is not of the same table
SHEARS = np.linspace(-0.08, 0.08, 65)
MIN_GAP_PX, GAP_LEVEL = 3, 0.5
END_PX, END_LEVEL = 22, 0.5
MIN_WIDTH_PX = 22  # narrower columns are the dashes of lines


def find_columns(contrast: Contrast, lines: list[Line]) -> tuple[list[Line], list[Line]] | None:
    """Return the lines of the rows, from top to bottom, and of the columns that their gaps show; None if none do."""
    rows = _find_rows(lines)
    if not rows:
        return None
    width = contrast.shape[1]
    at = np.array([line.at[len(line.at) // 2] for line in rows])
    middle = float(at.mean())
    seen = np.stack([_along(contrast, line) for line in rows])
    places = np.arange(width, dtype=float)
    sheared = [
        np.mean(
            [np.interp(places + shear * (y - middle), places, row) for y, row in zip(at, seen, strict=True)], axis=0
        )
        for shear in SHEARS
    ]
    best = int(
        np.argmax(
            [float(np.square(np.diff(cv2.blur(one[None].astype(np.float32), (3, 1))[0])).sum()) for one in sheared]
        )
    )
    reach = [int(np.median(list(ends))) * STEP_PX for ends in ([row.first for row in rows], [row.last for row in rows])]
    inside = slice(max(0, reach[0] - ENDS_PX), reach[1] + ENDS_PX)
    edges = [inside.start + edge for edge in _find_gaps(sheared[best][inside])]
    if len(edges) < 3 or float(np.median(np.diff(edges))) < MIN_WIDTH_PX:
        return None
    height_strips = max(1, len(np.arange(STEP_PX / 2, max(contrast.shape[0] - STEP_PX / 2, STEP_PX), STEP_PX)))
    strips = np.arange(height_strips) * STEP_PX + STEP_PX / 2
    is_inside = (strips > at[0]) & (strips < at[-1])
    columns = [Line(edge + SHEARS[best] * (strips - middle), is_inside.copy(), rows[0].level) for edge in edges]
    return rows, columns


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
    """Return the middles of the gaps in a profile, and both ends, half a gap further out."""
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
    half = float(np.median([end - start for start, end in gaps])) / 2
    return [first - 0.5 - half, *((start + end - 1) / 2 for start, end in gaps), last + 0.5 + half]
