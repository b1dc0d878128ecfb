"""Remove what lies around the writing: the table, a finger, a title bar, punched holes."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ml.preprocessing.filters import max_pool, open_runs, spread
from ml.preprocessing.labels import label_components

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


def remove_surroundings(contrast: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return contrast, (h, w), without thick things at the picture's edges and punched holes; else the same array."""
    step = -(-max(contrast.shape) // SIDE_CELLS)
    peak = int(contrast.max())
    if peak < MIN_LEVEL or min(contrast.shape) < 3 * step:
        return contrast
    solid = np.asarray(Image.fromarray(contrast).reduce(step)) > max(MIN_LEVEL, OF_PEAK * peak)
    core = max(3, int(LEAST_THICK * max(solid.shape)))
    if not _near_edges(open_runs(open_runs(solid, core, 0), core, 1)).any():
        return contrast  # most pictures end here
    cells = max_pool(contrast, step)
    labels = label_components(cells > max(MIN_LEVEL, OF_PEAK * peak))
    count = int(labels.max())
    if count < 2:
        return contrast
    at_edge = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    if count > MAX_COMPONENTS:
        return contrast
    sizes = np.array([_thickness((labels == one) & solid) for one in range(1, count + 1)])
    edge = np.isin(np.arange(1, count + 1), at_edge)
    holes = np.array([_is_hole(labels == one, size) for one, size in enumerate(sizes.tolist(), 1)])
    writing = sizes[~edge & ~holes]
    tallest = max((_extent(labels == one) for one in (np.flatnonzero(~edge & ~holes) + 1).tolist()), default=0)
    if tallest < LEAST_EXTENT * max(labels.shape):
        return contrast  # the writing itself may run into the edge
    limit = max(THICKER * float(writing.max()), LEAST_THICK * max(labels.shape))
    bands = np.array([_fills_an_edge(labels == one) for one in range(1, count + 1)]) & edge
    broad = np.array([_contact(labels == one) for one in range(1, count + 1)]) >= limit
    is_thing = (edge & broad & (sizes >= limit)) | (holes & (DIAGONAL * sizes >= HOLE_THICKER * float(writing.max())))
    is_thing |= bands & (sizes > BAND_THICKER * writing.max())
    frames = np.array([_full_edges(labels == one, FRAME_EDGE) > 1 for one in range(1, count + 1)])
    is_thing |= frames
    bands |= frames
    thick = np.flatnonzero(is_thing) + 1
    if not len(thick):
        return contrast
    gone = np.zeros(labels.shape, dtype=bool)
    for one in thick.tolist():
        gone |= labels == one if bands[one - 1] else _thick_part(labels == one, int(limit))
    gone |= _hugs_the_edge(labels, thick, gone)
    gone = spread(gone, 1, np.logical_or).repeat(step, axis=0).repeat(step, axis=1)
    return np.where(gone[: contrast.shape[0], : contrast.shape[1]], 0, contrast).astype(np.uint8)


def _extent(inked: NDArray[np.bool_]) -> int:
    """Return the longer side of the ink's bounding box."""
    rows, columns = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
    return int(max(rows[-1] - rows[0], columns[-1] - columns[0])) + 1


def _near_edges(inked: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the cells where a thing at the edge, or a punched hole, may lie."""
    margins = [round(HOLE_MARGIN * side) for side in inked.shape]
    found = inked.copy()
    found[margins[0] : -margins[0] or None, margins[1] : -margins[1] or None] = False
    return found


def _contact(inked: NDArray[np.bool_]) -> int:
    """Return how many cells of a component lie at one edge of the picture, at most."""
    return max(int(side.sum()) for side in (inked[0], inked[-1], inked[:, 0], inked[:, -1]))


def _fills_an_edge(inked: NDArray[np.bool_]) -> bool:
    """Return whether a component is a band along the whole of an edge of the picture."""
    rows, columns = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
    is_full = inked.sum() > 0.8 * (rows[-1] - rows[0] + 1) * (columns[-1] - columns[0] + 1)
    return bool(is_full) and _full_edges(inked, FULL_EDGE) > 0


def _full_edges(inked: NDArray[np.bool_], share: float) -> int:
    """Return of how many edges of the picture a component covers more than a share."""
    return sum(float(side.mean()) > share for side in (inked[0], inked[-1], inked[:, 0], inked[:, -1]))


def _thickness(inked: NDArray[np.bool_]) -> int:
    """Return the side of the largest square, at most 32 cells, that fits into the ink."""
    rows, columns = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
    if not len(rows):
        return 0
    part = inked[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    found = 0
    for side in (1, 2, 3, 4, 5, 6, 7, 8, 11, 16, 24, 32):
        if not open_runs(open_runs(part, side, 0), side, 1).any():
            break
        found = side
    return found


def _is_hole(inked: NDArray[np.bool_], thickness: int) -> bool:
    """Return whether a component is a filled disc near the picture's edge."""
    height, width = inked.shape
    rows, columns = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
    high, wide = int(rows[-1] - rows[0]) + 1, int(columns[-1] - columns[0]) + 1
    if max(high, wide) > HOLE_ASPECT * min(high, wide) or thickness < 0.5 * min(high, wide):
        return False
    x, y = (columns[0] + wide / 2) / width, (rows[0] + high / 2) / height
    return min(x, y, 1 - x, 1 - y) < HOLE_MARGIN and float(inked.sum()) > HOLE_FILL * high * wide


def _thick_part(inked: NDArray[np.bool_], limit: int) -> NDArray[np.bool_]:
    """Return a component without thin strokes that run into it; all of it if there is hardly more."""
    core = max(2, limit // 2 + 1)
    thick = spread(open_runs(open_runs(inked, core, 0), core, 1), 1, np.logical_or) & inked
    return inked if float(thick.sum()) > 0.85 * float(inked.sum()) else thick


def _hugs_the_edge(labels: NDArray[np.int32], thick: NDArray[np.int64], gone: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return what is left of the thick components, or lies beside them, in a narrow strip at the picture's edge."""
    strip = max(1, round(HUGGING * max(labels.shape)))
    found = np.zeros_like(gone)
    for one in range(1, int(labels.max()) + 1):
        rest = (labels == one) & ~gone
        rows, columns = np.flatnonzero(rest.any(axis=1)), np.flatnonzero(rest.any(axis=0))
        if not len(rows):
            continue
        is_narrow = rows[-1] < strip or rows[0] >= len(labels) - strip
        is_narrow |= columns[-1] < strip or columns[0] >= labels.shape[1] - strip
        if is_narrow:
            found |= rest
    return found
