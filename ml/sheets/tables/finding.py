"""Find a ruled table on a photograph."""

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.sheets.problems import Problem
from ml.sheets.tables.corners import find_corners
from ml.sheets.tables.found import FoundTable
from ml.sheets.tables.grid import find_grid
from ml.sheets.tables.heads import find_upright
from ml.sheets.tables.quality import find_problems
from ml.sheets.tables.runs import Floats
from ml.sheets.tables.straightening import (
    Straightened,
    darkest_channel,
    find_directions,
    find_segments,
    straighten,
)
from ml.sheets.tables.tracking import find_lines
from ml.sheets.template import MAX_COLUMNS, MAX_ROWS

SIDE_PX = 2000  # of the picture in which lines are looked for
MIN_ROWS, MIN_CELLS = 2, 4  # to fill in, heads apart
PLACES = (0.15, 0.3, 0.5, 0.7, 0.85)  # in a cell


def find_table(pixels: NDArray[np.uint8], turned: int | None = None) -> FoundTable | None:
    """Return the largest ruled table on a photograph; None if there is none, or no template could hold it.

    Args:
        pixels: (h, w) or (h, w, 3) uint8.
        turned: 0, 90, 180 or 270: the degrees by which the photograph has to be turned clockwise to stand about
            upright; None to guess by the table's heads and the form of its cells.
    """
    gray = darkest_channel(pixels)
    scale = min(1.0, SIDE_PX / max(gray.shape))
    small = np.asarray(cv2.resize(gray, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    directions = find_directions(find_segments(small), small)
    if directions is None:
        return None
    straight = straighten(small, *directions)
    contrast = straight.contrast
    down = find_lines(np.ascontiguousarray(contrast.T), straight.paper.T)
    grid, others = find_grid(contrast, find_lines(contrast, straight.paper), down)
    if grid is None:
        return None
    corners = find_corners(grid)
    turns = None if turned is None else round(turned / 90) % 4
    levels = _find_levels(small, _to_photograph(corners, straight, 1.0))
    upright = find_upright(contrast, grid, corners, levels, turns)
    inside = np.rot90(corners, -upright.turns)
    rows, columns = inside.shape[0] - 1 - upright.head_rows, inside.shape[1] - 1
    if not MIN_ROWS <= rows <= MAX_ROWS or columns > MAX_COLUMNS or rows * columns < MIN_CELLS:
        return None
    placed = _to_photograph(inside, straight, scale)
    widths, heights = _sizes(inside)
    problems = find_problems(small, placed[upright.head_rows :] * scale, scale)
    if others and all(problem.kind != "dark" for problem in problems):
        problems.append(Problem("several_tables"))
    return FoundTable(placed, upright.head_rows, widths, heights, upright.turns * 90, problems)


def _to_photograph(corners: Floats, straight: Straightened, scale: float) -> Floats:
    """Return corners in px of the photograph."""
    back = cv2.perspectiveTransform(corners.reshape(1, -1, 2), np.linalg.inv(straight.matrix))
    return np.asarray((back.reshape(corners.shape) + 0.5) / scale - 0.5)


def _find_levels(gray: NDArray[np.uint8], corners: Floats) -> Floats:
    """Return (rows, columns): how bright the paper of each cell is, from a few places in it."""
    above, below = corners[:-1], corners[1:]
    levels = []
    for right in PLACES:
        for down in PLACES:
            upper = above[:, :-1] * (1 - right) + above[:, 1:] * right
            lower = below[:, :-1] * (1 - right) + below[:, 1:] * right
            places = np.round(upper * (1 - down) + lower * down).astype(int)
            x, y = (np.clip(places[..., axis], 0, gray.shape[1 - axis] - 1) for axis in (0, 1))
            levels.append(gray[y, x])
    return np.quantile(np.stack(levels).astype(float), 0.7, axis=0)


def _sizes(corners: Floats) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return the widths of columns, and heights of rows, relative to the table's width."""
    widths = np.median(np.hypot(*np.diff(corners, axis=1).transpose(2, 0, 1)), axis=0)
    heights = np.median(np.hypot(*np.diff(corners, axis=0).transpose(2, 0, 1)), axis=1)
    return tuple((widths / widths.sum()).tolist()), tuple((heights / widths.sum()).tolist())
