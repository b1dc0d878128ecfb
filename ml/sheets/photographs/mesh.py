"""Follow a page's printed lines, so that a bent or wrinkled page is straightened.

The marks say where the page is to a few millimetres. From there, a mesh over the page is moved until what is printed
lies where the layout says: coarsely along whole bands of the table, where neighbours may differ little, then finer.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.sheets.layout import Mark, PageLayout, list_lines
from ml.sheets.marks import MARK_BITS, SIDE_BITS

Pixels = NDArray[np.uint8]
Points = NDArray[np.float64]
Values = NDArray[np.float32]

NODE_MM = 5.0  # between the nodes of the mesh
EDGE_NODES = 1  # beyond the page
FOLLOW_PX_PER_MM = 4.0  # at which lines are followed
ACROSS_MM = 3.0  # what is darker than this much around it is a line
FAINT = 1e-4  # added to the energy of what is compared, so that bare paper fits nowhere
BOW_STEP_PX = 2
STEP_COST, FAR_COST = 0.02, 0.15  # of a px between neighbours, squared; of being as far off as may be
SHIFT_BITS = 4  # lines are drawn to a sixteenth of a pixel
LEAST_CORRELATION = 0.2
ODD_SHARE = 0.5  # of the reach: a node that is off by so much more than those around it is not believed
STIFF = 0.05  # against bending a page to few marks
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


@dataclass(frozen=True)
class Mesh:
    """Where the nodes of a regular grid over the page, and a little beyond, are on its photograph.

    Attributes:
        transform: (3, 3), from mm of a flat page to px.
        moves: (rows, columns, 2): by how many mm each node is moved before it is transformed.
    """

    transform: NDArray[np.float64]
    moves: Values

    def locate(self, points: Points) -> Points:
        """Return the px of points (n, 2) in mm of the page."""
        at = (points / NODE_MM + EDGE_NODES).astype(np.float32)
        moved = cv2.remap(self.moves, at[None, :, 0], at[None, :, 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(cv2.perspectiveTransform((points + moved[0])[None], self.transform)[0])

    def straighten(self, pixels: Pixels, width_mm: float, height_mm: float, px_per_mm: float) -> Pixels:
        """Return the page as if it had been scanned; the middle of pixel (0, 0) is half a pixel from its corner."""
        size = round(width_mm * px_per_mm), round(height_mm * px_per_mm)
        step = NODE_MM / 2
        xs, ys = (np.arange(-1, int(side / step) + 3) * step for side in (width_mm, height_mm))
        grid = np.stack(np.meshgrid(xs, ys), axis=-1)
        seen = self.locate(grid.reshape(-1, 2)).reshape(grid.shape).astype(np.float32)
        # An affine map enlarges the coarse grid to one entry a pixel.
        scale = 1 / (px_per_mm * step)
        offset = 0.5 * scale + 1
        enlarge = np.array([[scale, 0, offset], [0, scale, offset]])
        at = cv2.warpAffine(seen, enlarge, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
        return np.asarray(cv2.remap(pixels, at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))


def fit_mesh(grey: Pixels, transform: NDArray[np.float64], layout: PageLayout, marks: Mapping[int, Points]) -> Mesh:
    """Return the mesh that puts what is printed where the layout says.

    Args:
        grey: the photograph.
        transform: of the marks, from mm to px.
        layout: of the page.
        marks: the corners in px of those found, by id.
    """
    shape = tuple(int(np.ceil(side / NODE_MM)) + 1 + 2 * EDGE_NODES for side in (layout.height_mm, layout.width_mm))
    mesh = Mesh(transform, _bend_to_marks(shape, transform, layout, marks))
    expected = _draw_expected(layout)
    for stage in STAGES:
        page = mesh.straighten(grey, layout.width_mm, layout.height_mm, FOLLOW_PX_PER_MM)
        dark = _darkness(page)
        down = _follow(dark, expected, shape, stage)
        right = _follow(np.ascontiguousarray(dark.T), np.ascontiguousarray(expected.T), shape[::-1], stage).T
        mesh = replace(mesh, moves=mesh.moves + np.stack([right, down], axis=-1))
    return mesh


def _bend_to_marks(
    shape: tuple[int, ...], transform: NDArray[np.float64], layout: PageLayout, marks: Mapping[int, Points]
) -> Values:
    """Return moves by which the marks in the middle of the sides lie where they are on a page that is bent."""
    size = np.array([layout.width_mm, layout.height_mm])
    known = [mark for mark in layout.marks if mark.id in marks]
    places = np.concatenate([corners_of(mark) for mark in known])
    seen = np.concatenate([marks[mark.id] for mark in known])
    moved = cv2.perspectiveTransform(seen[None], np.linalg.inv(transform))[0] - places
    terms = _bend_terms(places / size)
    curve = np.linalg.solve(terms.T @ terms + STIFF * np.eye(terms.shape[1]), terms.T @ moved)
    ys, xs = ((np.arange(count) - EDGE_NODES) * NODE_MM for count in shape)
    nodes = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)
    return np.asarray((_bend_terms(nodes / size) @ curve).reshape(*shape, 2), dtype=np.float32)


def _bend_terms(points: Points) -> Points:
    """Return (n, 6): the terms of a surface that bends from the top to the bottom, points are shares of the page."""
    right, down = 2 * points.T - 1
    return np.stack([np.ones_like(right), right, down, right * down, down**2, right * down**2], axis=1)


def corners_of(mark: Mark) -> Points:
    """Return the corners of a mark's black square in mm, clockwise from the upper left."""
    x, y, wide, high = mark.rect
    return np.array([[x, y], [x + wide, y], [x + wide, y + high], [x, y + high]])


def _draw_expected(layout: PageLayout) -> Values:
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
    return page.astype(np.float32) / 255


def _darkness(page: Pixels) -> Values:
    """Return how dark each pixel is, relative to the paper around it."""
    small = cv2.resize(page, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    paper = cv2.GaussianBlur(cv2.dilate(small, np.ones((9, 9), dtype=np.uint8)), (0, 0), 4)
    level = cv2.resize(paper, page.shape[::-1], interpolation=cv2.INTER_LINEAR).astype(np.float32)
    return np.asarray(np.clip(1 - page / np.maximum(level, 8), 0, 1), dtype=np.float32)


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
    best = _find_chain(score * evidence) if stage.is_chained else score.argmax(axis=0)
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


def _find_chain(score: Values) -> NDArray[np.int64]:
    """Return the best shift at each node, found beside a bow: of a page that is bent, the middle is farthest off."""
    reach, (_, high, wide) = len(score) // 2, score.shape
    rows, columns = np.arange(high)[:, None], np.arange(wide)[None, :]
    bow = max(_list_bows(reach // 2, high, wide), key=lambda one: float(score[reach + one, rows, columns].sum()))
    near = np.arange(-(reach // 2), reach // 2 + 1)[:, None, None]
    return np.asarray(_chain(score[reach + near + bow, rows, columns]) + reach - reach // 2 + bow)


def _list_bows(reach: int, high: int, wide: int) -> Iterator[NDArray[np.int64]]:
    """Yield (high, wide) shifts of a page that is bent to both sides, to the top and bottom, or both: none first."""
    down, across = (1 - np.linspace(-1, 1, count) ** 2 for count in (high, wide))
    sizes = sorted(range(-reach, reach + 1, BOW_STEP_PX), key=abs)
    for one, two in product(sizes, sizes):
        yield np.clip(np.rint(one * down[:, None] + two * across[None, :]), -reach, reach).astype(int)


def _chain(score: Values) -> NDArray[np.int64]:
    """Return the best shift at each node where neighbours from left to right differ little: a Viterbi search."""
    shifts = np.arange(len(score)) - len(score) // 2
    apart = STEP_COST * (shifts[:, None] - shifts[None, :]) ** 2
    gain = score - FAR_COST * (shifts / shifts[-1])[:, None, None] ** 2
    total, back = gain[:, :, 0], []
    for column in range(1, score.shape[2]):
        options = total[None, :, :] - apart[:, :, None]
        back.append(options.argmax(axis=1))
        total = options.max(axis=1) + gain[:, :, column]
    best = [total.argmax(axis=0)]
    for step in reversed(back):
        best.append(np.take_along_axis(step, best[-1][None], axis=0)[0])
    return np.stack(best[::-1], axis=1)
