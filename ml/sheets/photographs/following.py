"""How far off what is seen on a straightened page is from what is printed there, at each node of a mesh."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.sheets.layout import PageLayout, list_lines
from ml.sheets.marks import MARK_BITS, SIDE_BITS
from ml.sheets.photographs.chains import find_chain

Pixels = NDArray[np.uint8]
Values = NDArray[np.float32]

NODE_MM = 5.0  # between the nodes of the mesh
EDGE_NODES = 1  # beyond the page
FOLLOW_PX_PER_MM = 4.0  # at which lines are followed
ACROSS_MM = 3.0  # what is darker than this much around it is a line
FAINT = 1e-4  # added to the energy of what is compared, so that bare paper fits nowhere
SHIFT_BITS = 4  # lines are drawn to a sixteenth of a pixel
LEAST_CORRELATION = 0.2
ODD_SHARE = 0.5  # of the reach: a node that is off by so much more than those around it is not believed
CALM = 0.02  # the weight of "not moved" at each node


@dataclass(frozen=True)
class Stage:
    """How lines are followed once.

    Attributes:
        reach_mm: how far off what is printed may be.
        window_mm: how much across the lines is compared at once.
        smooth_nodes: standard deviation of the smoothing of what was found.
        along_mm: how much of a line is seen at once: little where it may lean, more than handwriting where it is level.
        is_chained: whether neighbours along the lines are found together, which bridges what fits in several places;
            half of the reach is along a bow, half beside it.
    """

    reach_mm: float
    window_mm: float
    smooth_nodes: float
    along_mm: float
    is_chained: bool = False


STAGES = (
    Stage(10.0, 40.0, 2.5, 2.5, is_chained=True),
    Stage(2.5, 20.0, 1.5, 4.0),
    Stage(1.5, 12.0, 1.2, 6.0),
    Stage(0.9, 8.0, 0.9, 6.0),
)


def find_moves(page: Pixels, expected: Values, shape: tuple[int, ...], stage: Stage) -> Values:
    """Return by how many mm what is seen at each node is right of and below what is expected there, smoothed.

    Args:
        page: straightened, at FOLLOW_PX_PER_MM.
        expected: of `draw_expected`.
        shape: rows and columns of the nodes.
    """
    dark = _find_darkness(page)
    down = _follow(dark, expected, shape, stage)
    right = _follow(np.ascontiguousarray(dark.T), np.ascontiguousarray(expected.T), shape[::-1], stage).T
    return np.stack([right, down], axis=-1)


def draw_expected(layout: PageLayout) -> Values:
    """Return how dark each pixel of the page is expected to be, at FOLLOW_PX_PER_MM."""
    size = round(layout.height_mm * FOLLOW_PX_PER_MM), round(layout.width_mm * FOLLOW_PX_PER_MM)
    page = np.zeros(size, dtype=np.uint8)
    for line in reversed(list(list_lines(layout))):  # those of the table over those of the boxes
        one, two = (
            tuple(round((side * FOLLOW_PX_PER_MM - 0.5) * 2**SHIFT_BITS) for side in point)
            for point in ((line.x0, line.y0), (line.x1, line.y1))
        )
        cv2.line(page, one, two, round(255 * (1 - line.grey)), 1, cv2.LINE_AA, SHIFT_BITS)
    for mark in layout.marks:
        x, y, side = (round(value * FOLLOW_PX_PER_MM) for value in mark.rect[:3])
        bits = np.ones((SIDE_BITS + 2, SIDE_BITS + 2), dtype=np.uint8)
        bits[1:-1, 1:-1] = [
            [1 - (row >> (SIDE_BITS - 1 - bit) & 1) for bit in range(SIDE_BITS)] for row in MARK_BITS[mark.id]
        ]
        page[y : y + side, x : x + side] = 255 * cv2.resize(bits, (side, side), interpolation=cv2.INTER_NEAREST)
    return np.asarray(page / np.float32(255), dtype=np.float32)


def _find_darkness(page: Pixels) -> Values:
    """Return how dark each pixel is, relative to the paper around it."""
    small = cv2.resize(page, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    paper = cv2.GaussianBlur(cv2.dilate(small, np.ones((9, 9), dtype=np.uint8)), (0, 0), 4)
    level = cv2.resize(paper, page.shape[::-1], interpolation=cv2.INTER_LINEAR).astype(np.float32)
    return np.asarray(np.clip(1 - page / np.maximum(level, 8), 0, 1), np.float32)


def _level_lines(dark: Values, along_mm: float) -> Values:
    """Return how much darker each pixel is, with those left and right of it, than what is above and below."""
    along, across = round(along_mm * FOLLOW_PX_PER_MM), round(ACROSS_MM * FOLLOW_PX_PER_MM)
    level = cv2.blur(dark, (along, 1))
    return np.asarray(np.maximum(level - cv2.blur(level, (1, across)), 0), dtype=np.float32)


def _follow(seen: Values, expected: Values, shape: tuple[int, ...], stage: Stage) -> Values:
    """Return by how many mm what is seen at each node is lower than expected, smoothed."""
    reach = round(stage.reach_mm * FOLLOW_PX_PER_MM)
    lines, printed = (_level_lines(one, stage.along_mm) for one in (seen, expected))
    score, evidence = _correlate(lines, printed, shape, reach, round(stage.window_mm * FOLLOW_PX_PER_MM))
    best = find_chain(score * evidence) if stage.is_chained else score.argmax(axis=0)
    there = np.take_along_axis(score, best[None], axis=0)[0]
    above, below = (np.take_along_axis(score, np.clip(best + by, 0, 2 * reach)[None], axis=0)[0] for by in (-1, 1))
    curve = above - 2 * there + below
    is_peak = (curve < -1e-6) & (there >= above) & (there >= below)
    finer = np.where(is_peak, np.clip((above - below) / np.where(is_peak, 2 * curve, 1), -0.5, 0.5), 0)
    moved = (best - reach + finer) / FOLLOW_PX_PER_MM
    weight = evidence * np.maximum(there - LEAST_CORRELATION, 0) ** 2
    if not stage.is_chained:
        weight = np.where(is_peak, weight, 0)
    around = _smooth(moved, weight, 2 * stage.smooth_nodes)
    is_odd = np.abs(moved - around) > ODD_SHARE * stage.reach_mm
    return _smooth(moved, np.where(is_odd, 0, weight), stage.smooth_nodes)


def _smooth(values: NDArray[Any], weights: NDArray[Any], deviation: float) -> Values:
    """Return weighted means of values around each node, nearer to 0 where there is little weight."""
    total, weight = (cv2.GaussianBlur(one.astype(np.float32), (0, 0), deviation) for one in (values * weights, weights))
    return np.asarray(total / (weight + CALM), dtype=np.float32)


def _correlate(
    seen: Values, expected: Values, shape: tuple[int, ...], reach: int, window: int
) -> tuple[Values, Values]:
    """Return how well what is seen fits at each node if it is so many px too low, and how much is printed there.

    Returns:
        (2 * reach + 1, rows, columns), and (rows, columns), both at most 1.
    """
    high, wide = expected.shape
    rows, columns = (
        np.clip(((np.arange(count) - EDGE_NODES) * NODE_MM * FOLLOW_PX_PER_MM).astype(int), 0, side - 1)
        for count, side in zip(shape, (high, wide), strict=True)
    )
    wanted, found = expected[:, columns], np.pad(seen[:, columns], ((reach, reach), (0, 0)))
    energy = cv2.blur(wanted**2, (1, window))[rows]
    scores = []
    for shift in range(2 * reach + 1):
        shifted = found[shift : shift + high]
        fits, own = (cv2.blur(values, (1, window))[rows] for values in (wanted * shifted, shifted**2))
        scores.append(fits / np.sqrt((energy + FAINT) * (own + FAINT)))
    printed = energy / max(float(np.quantile(energy, 0.8)), FAINT)
    return np.asarray(scores, dtype=np.float32), np.minimum(printed, 1).astype(np.float32)
