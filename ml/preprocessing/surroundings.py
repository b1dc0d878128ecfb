"""Remove what lies around the writing: the table, a finger, a title bar, punched holes."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ml.preprocessing.filters import max_pool, open_runs, spread
from ml.preprocessing.labels import Box, Components, find_components

MAX_COMPONENTS = 64
SIDE_CELLS = 128  # surroundings are found at this size
MIN_LEVEL = 24  # of 255: less contrast is no edge of a thing
OF_PEAK = 0.3  # of the highest contrast
THICKER = 2.5  # times the thickest writing: what is thicker and runs into the picture's edge is no writing
FULL_EDGE = 0.95  # of an edge of the picture: what covers that much is a band along it
LEAST_THICK = 0.03  # of the longer side
FRAME_EDGE = 0.5  # of an edge: what covers so much of two edges is a frame
BAND_THICKER = 1.25  # times the thickest writing: a band along an edge
HOLE_MARGIN = 0.14  # of the side: a punched hole lies no farther from the picture's edge
HOLE_THICKER = 2.0  # times the thickest writing
LEAST_EXTENT = 0.08  # of the longer side: smaller specks are no writing
DIAGONAL = 1.4  # of a disc's largest square is its diameter
HOLE_ASPECT, HOLE_FILL = 1.5, 0.6
HUGGING = 0.05  # of the side: what lies wholly within this strip at the edge goes with what is thick there


@dataclass(frozen=True)
class _Part:
    """A component.

    Attributes:
        inked, solid: its cells within its box, and those that are full.
        edges: how many cells it covers at the top, bottom, left and right edge of the picture.
        sides: how long those are.
    """

    inked: NDArray[np.bool_]
    solid: NDArray[np.bool_]
    box: Box
    edges: tuple[int, int, int, int]
    sides: tuple[int, int, int, int]

    @cached_property
    def thickness(self) -> int:
        """The side of the largest square, at most 32 cells, that fits into it."""
        found = 0
        for side in (1, 2, 3, 4, 5, 6, 7, 8, 11, 16, 24, 32):
            if not open_runs(open_runs(self.solid, side, 0), side, 1).any():
                break
            found = side
        return found

    def full_edges(self, share: float) -> int:
        """Return of how many edges of the picture it covers more than a share."""
        return sum(held > share * side for held, side in zip(self.edges, self.sides, strict=True))

    @property
    def is_band(self) -> bool:
        """Whether it lies along the whole of an edge of the picture."""
        is_full = self.inked.sum() > 0.8 * self.inked.size
        return bool(is_full) and self.full_edges(FULL_EDGE) > 0

    @cached_property
    def is_hole(self) -> bool:
        """Whether it is a filled disc near the picture's edge."""
        high, wide = self.inked.shape
        x, y = (self.box.left + wide / 2) / self.sides[0], (self.box.top + high / 2) / self.sides[2]
        if max(high, wide) > HOLE_ASPECT * min(high, wide) or min(x, y, 1 - x, 1 - y) >= HOLE_MARGIN:
            return False
        return self.inked.mean() > HOLE_FILL and self.thickness >= 0.5 * min(high, wide)


def remove_surroundings(contrast: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return contrast, (h, w), without thick things at the picture's edges and punched holes; else the same array."""
    step = -(-max(contrast.shape) // SIDE_CELLS)
    peak = int(contrast.max())
    if peak < MIN_LEVEL or min(contrast.shape) < 3 * step:
        return contrast
    level = max(MIN_LEVEL, OF_PEAK * peak)
    solid = np.asarray(Image.fromarray(contrast).reduce(step)) > level
    core = max(3, int(LEAST_THICK * max(solid.shape)))
    if not _near_edges(open_runs(open_runs(solid, core, 0), core, 1)).any():
        return contrast  # most pictures end here
    found = find_components(max_pool(contrast, step) > level)
    if not 2 <= len(found.boxes) <= MAX_COMPONENTS:
        return contrast
    parts = [_part(found.labels, number, box, solid) for number, box in enumerate(found.boxes, 1)]
    writing = [part for part in parts if not any(part.edges) and not part.is_hole]
    if len(writing) == len(parts) or not writing:
        return contrast
    if max(max(part.inked.shape) for part in writing) < LEAST_EXTENT * max(solid.shape):
        return contrast  # the writing itself may run into the edge
    gone = _things(found.labels, parts, max(part.thickness for part in writing))
    if not gone.any():
        return contrast
    gone |= _hugs_the_edge(found, gone)
    gone = spread(gone, 1, np.logical_or).repeat(step, axis=0).repeat(step, axis=1)
    return np.where(gone[: contrast.shape[0], : contrast.shape[1]], 0, contrast).astype(np.uint8)


def _part(labels: NDArray[np.int32], number: int, box: Box, solid: NDArray[np.bool_]) -> _Part:
    height, width = labels.shape
    inked = labels[box.slices] == number
    edges = (
        int(inked[0].sum()) if box.top == 0 else 0,
        int(inked[-1].sum()) if box.bottom == height else 0,
        int(inked[:, 0].sum()) if box.left == 0 else 0,
        int(inked[:, -1].sum()) if box.right == width else 0,
    )
    return _Part(inked, inked & solid[box.slices], box, edges, (width, width, height, height))


def _things(labels: NDArray[np.int32], parts: list[_Part], thickest: int) -> NDArray[np.bool_]:
    """Return the cells of what is no writing, given the thickness of the thickest writing."""
    limit = max(THICKER * thickest, LEAST_THICK * max(labels.shape))
    gone = np.zeros(labels.shape, dtype=bool)
    for part in parts:
        is_frame = part.full_edges(FRAME_EDGE) > 1
        is_whole = is_frame or part.is_band
        if (
            is_frame
            or (max(part.edges) >= limit and part.thickness >= limit)
            or (part.is_hole and DIAGONAL * part.thickness >= HOLE_THICKER * thickest)
            or (part.is_band and part.thickness > BAND_THICKER * thickest)
        ):
            gone[part.box.slices] |= part.inked if is_whole else _thick_part(part.inked, int(limit))
    return gone


def _near_edges(inked: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the cells where a thing at the edge, or a punched hole, may lie."""
    margins = [round(HOLE_MARGIN * side) for side in inked.shape]
    found = inked.copy()
    found[margins[0] : -margins[0] or None, margins[1] : -margins[1] or None] = False
    return found


def _thick_part(inked: NDArray[np.bool_], limit: int) -> NDArray[np.bool_]:
    """Return a component without thin strokes that run into it; all of it if there is hardly more."""
    core = max(2, limit // 2 + 1)
    thick = spread(open_runs(open_runs(inked, core, 0), core, 1), 1, np.logical_or) & inked
    return inked if float(thick.sum()) > 0.85 * float(inked.sum()) else thick


def _hugs_the_edge(found: Components, gone: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return what is left of the thick components, or lies beside them, in a narrow strip at the picture's edge."""
    labels = found.labels
    strip = max(1, round(HUGGING * max(labels.shape)))
    hugging = np.zeros_like(gone)
    for number in range(1, len(found.boxes) + 1):
        rest = (labels == number) & ~gone
        rows, columns = np.flatnonzero(rest.any(axis=1)), np.flatnonzero(rest.any(axis=0))
        if not len(rows):
            continue
        is_narrow = rows[-1] < strip or rows[0] >= len(labels) - strip
        is_narrow |= columns[-1] < strip or columns[0] >= labels.shape[1] - strip
        if is_narrow:
            hugging |= rest
    return hugging
