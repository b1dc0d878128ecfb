"""Connected components of ink, specks removed, and the crop of one digit."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ml.preprocessing.ink import MIN_INK, Ink, Page, ink_bounds, pad_with_zeros
from ml.preprocessing.labels import label_components
from ml.preprocessing.normalization import normalize

LabelMap = NDArray[np.int32]  # (h, w) cells: the number of the component at each cell, 0 = paper

THIN_PEN = 0.6  # ink level: a pen that fills its cells no darker than this is thinner than a cell
LABELLED_SIDE_PX = 96  # components are found at this size
SPECK_LENGTH = 0.12  # a speck is shorter than this share of the longest component ...
SPECK_AREA = 0.02  # ... and smaller than this share of the largest
STAIN_LEVEL = 0.35  # ink nowhere darker than this share of the darkest is a stain, however large ...
NEAR_PX = 2  # ... unless it is this close to darker ink, at the labelled size


@dataclass(frozen=True)
class DigitImage:
    """The crop of one digit, or of ink that may be one.

    Attributes:
        input: (28, 28) float32, multiples of 1/255 in [0, 1]: the network's input.
        box: x, y, width, height in the coordinates of the submitted drawing.
    """

    input: Ink
    box: tuple[float, float, float, float]


def crop_single_digit(page: Page) -> DigitImage:
    """Crop all ink except specks as one digit. Raises BlankDrawing."""
    return crop_digit(page, remove_specks(page.ink))


def crop_digit(page: Page, ink: Ink, left: int = 0, top: int = 0) -> DigitImage:
    """Crop one digit from a part of the page whose corner is at `left`, `top`. Raises BlankDrawing."""
    x0, y0, x1, y1 = ink_bounds(ink)
    seen = np.round(normalize(ink) * 255) / np.float32(255)
    return DigitImage(seen.astype(np.float32), page.box_of(left + x0, top + y0, left + x1, top + y1))


def remove_specks(ink: Ink) -> Ink:
    """Remove what is far smaller or fainter than the main ink: dust, a slip of the pen, a shadow.

    Faint ink stays only where it is close to dark ink, as the edge of a stroke is.
    """
    step = -(-max(ink.shape) // LABELLED_SIDE_PX)
    coarse = max_pool(ink, step)
    labels = label_components(coarse > STAIN_LEVEL * float(coarse.max()))
    count = int(labels.max())
    if count < 1:
        return ink
    areas, lengths = np.bincount(labels.reshape(-1), minlength=count + 1)[1:], _lengths(labels, count)
    is_speck = (areas < SPECK_AREA * areas.max()) & (lengths < SPECK_LENGTH * lengths.max())
    is_kept = np.concatenate([[False], ~is_speck])[labels]
    near = max_filter(is_kept, NEAR_PX)
    near &= is_kept | (labels == 0)
    if not (coarse[~near] > 0).any():
        return ink
    return ink * near.repeat(step, axis=0).repeat(step, axis=1)[: ink.shape[0], : ink.shape[1]]


def max_filter(values: NDArray[Any], reach: int) -> NDArray[Any]:
    """Return for each cell of (h, w) the maximum over all cells at most `reach` rows and columns away."""
    framed = pad_with_zeros(values, reach, reach)
    rows = np.maximum.reduce([framed[by : by + values.shape[0]] for by in range(2 * reach + 1)])
    return np.asarray(np.maximum.reduce([rows[:, by : by + values.shape[1]] for by in range(2 * reach + 1)]))


def max_pool(ink: Ink, step: int) -> Ink:
    """Return the maximum of each `step` x `step` block."""
    height, width = ink.shape
    whole = np.zeros((height + -height % step, width + -width % step), dtype=ink.dtype)
    whole[:height, :width] = ink
    rows = np.maximum.reduce([whole[by::step] for by in range(step)])
    return np.maximum.reduce([rows[:, by::step] for by in range(step)])


def _lengths(labels: NDArray[np.int32], count: int) -> NDArray[np.int64]:
    """Return the longer side of each component's bounding box."""
    rows, columns = np.nonzero(labels)
    low, high = np.full((2, count), 1 << 30), np.full((2, count), -1)
    for axis, places in enumerate((rows, columns)):
        np.minimum.at(low[axis], labels[rows, columns] - 1, places)
        np.maximum.at(high[axis], labels[rows, columns] - 1, places)
    return np.asarray((high - low).max(axis=0) + 1)


@dataclass(frozen=True)
class Box:
    """A bounding box in cells; right and bottom are exclusive."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top

    def union(self, other: "Box") -> "Box":
        """Return the box around both."""
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )


def downsample_ink(ink: Ink, step: int) -> tuple[Ink, NDArray[np.bool_]]:
    """Return the ink level of each `step` x `step` block, and which count as ink; keep pens thinner than a block."""
    cells = ink if step == 1 else np.asarray(Image.fromarray(ink).reduce(step))
    inked = cells[cells > MIN_INK / 2]
    full = float(np.quantile(inked, 0.75)) if len(inked) else 0.0
    if full < THIN_PEN:
        cells = max_pool(ink, step)
        return cells, cells > MIN_INK
    return cells, cells > full / 2


def measure_pen_width(inked: NDArray[np.bool_]) -> float:
    """Return the mean stroke width in cells, at least 1: twice the area over the outline, as in `thicken`."""
    framed = pad_with_zeros(inked, 1, 1)
    steps = int((framed[1:] != framed[:-1]).sum() + (framed[:, 1:] != framed[:, :-1]).sum())
    return max(2.0 * float(inked.sum()) / max(steps * np.pi / 4, 1.0), 1.0)


def component_boxes(labels: LabelMap) -> list[Box]:
    """Return the bounding box of each label, from 1."""
    count = int(labels.max())
    rows, columns = np.nonzero(labels)
    numbers = labels[rows, columns] - 1
    low, high = np.full((2, count), 1 << 30), np.full((2, count), -1)
    for axis, places in enumerate((columns, rows)):
        np.minimum.at(low[axis], numbers, places)
        np.maximum.at(high[axis], numbers, places)
    corners = np.stack([low[0], low[1], high[0] + 1, high[1] + 1], axis=1)
    return [Box(*row) for row in corners.tolist()]
