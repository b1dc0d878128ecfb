"""Connected components of ink, specks removed, and the crop of one digit."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ml.preprocessing.filters import max_pool
from ml.preprocessing.ink import MIN_INK, Ink, Page, ink_bounds, pad_with_zeros
from ml.preprocessing.labels import find_components
from ml.preprocessing.normalization import normalize_crop

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
    seen = np.round(normalize_crop(ink[y0:y1, x0:x1]) * 255) / np.float32(255)
    return DigitImage(seen.astype(np.float32), page.box_of(left + x0, top + y0, left + x1, top + y1))


def remove_specks(ink: Ink) -> Ink:
    """Remove what is far smaller or fainter than the main ink: dust, a slip of the pen, a shadow.

    Faint ink stays only where it is close to dark ink, as the edge of a stroke is.
    """
    step = -(-max(ink.shape) // LABELLED_SIDE_PX)
    coarse = max_pool(ink, step)
    found = find_components(coarse > STAIN_LEVEL * float(coarse.max()))
    if not found.boxes:
        return ink
    lengths = np.array([max(box.width, box.height) for box in found.boxes])
    is_speck = (found.areas < SPECK_AREA * found.areas.max()) & (lengths < SPECK_LENGTH * lengths.max())
    is_kept = np.concatenate([[False], ~is_speck])[found.labels]
    near = max_filter(is_kept, NEAR_PX)
    near &= is_kept | (found.labels == 0)
    if not (coarse[~near] > 0).any():
        return ink
    return ink * near.repeat(step, axis=0).repeat(step, axis=1)[: ink.shape[0], : ink.shape[1]]


def max_filter(values: NDArray[Any], reach: int) -> NDArray[Any]:
    """Return for each cell of (h, w) the maximum over all cells at most `reach` rows and columns away."""
    framed = pad_with_zeros(values, reach, reach)
    rows = np.maximum.reduce([framed[by : by + values.shape[0]] for by in range(2 * reach + 1)])
    return np.asarray(np.maximum.reduce([rows[:, by : by + values.shape[1]] for by in range(2 * reach + 1)]))


def downsample_ink(ink: Ink, step: int) -> tuple[Ink, NDArray[np.bool_]]:
    """Return the ink level of each `step` x `step` block, and which count as ink; keep pens thinner than a block."""
    cells = ink if step == 1 else np.asarray(Image.fromarray(ink).reduce(step))
    inked = cells[cells > MIN_INK / 2]
    full = float(np.partition(inked, len(inked) * 3 // 4)[len(inked) * 3 // 4]) if len(inked) else 0.0
    if full < THIN_PEN:
        cells = max_pool(ink, step)
        return cells, cells > MIN_INK
    return cells, cells > full / 2
