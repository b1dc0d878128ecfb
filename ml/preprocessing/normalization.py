"""The one normalization: from the ink of a digit to the network's 28 x 28 input."""

import numpy as np
from PIL import Image, ImageFilter

from ml.preprocessing.ink import MIN_INK, Ink, ink_bounds, measure_pen_width, pad_with_zeros
from ml.types import SIDE

BOX_SIDE = 20  # px: MNIST fits its digits in 20 x 20
WORKING_SIDE = 100  # px: strokes are measured and thickened at this size, five times the box
MIN_STROKE = 7.0  # px at WORKING_SIDE; MNIST's own thin strokes are about 1.4 px in the box


def normalize(ink: Ink) -> Ink:
    """Scale and center one digit as MNIST's digits are; thicken strokes too thin to survive that.

    Args:
        ink: (h, w) float32 in [0, 1]; 1 is ink.

    Returns:
        (28, 28) float32 in [0, 1]: fitted into 20 x 20 px with its aspect kept, centre of mass in the middle.

    Raises:
        BlankDrawing: if there is no ink.

    Source: LeCun, Cortes, Burges, "The MNIST database of handwritten digits".
    """
    return normalize_crop(crop_to_ink(ink))


def normalize_crop(ink: Ink) -> Ink:
    """Do what `normalize` does with a part that holds nothing but its ink."""
    image, drawn = _resize(Image.fromarray(ink), WORKING_SIDE)
    width_px = measure_pen_width(drawn > 0.25)
    growth = round((MIN_STROKE - width_px) / 2)
    if growth > 0:  # too thin to be seen at 28 x 28
        thin = Image.fromarray(pad_with_zeros((drawn * 255).astype(np.uint8), growth, growth))
        drawn = np.asarray(thin.filter(ImageFilter.MaxFilter(2 * growth + 1)), dtype=np.float32) / 255
        image = Image.fromarray(drawn)
    _, digit = _resize(image, BOX_SIDE, ink_bounds(drawn))  # (<=20, <=20)
    return center_on_mass(digit, side=SIDE)


def crop_to_ink(ink: Ink) -> Ink:
    """Return the smallest part that holds all the ink. Raises BlankDrawing."""
    left, top, right, bottom = ink_bounds(ink)
    return ink[top:bottom, left:right]


def _resize(image: Image.Image, side: int, box: tuple[int, int, int, int] | None = None) -> tuple[Image.Image, Ink]:
    """Resize a part so that its longer side is `side` px, keeping the aspect; return it, and with full ink at 1."""
    left, top, right, bottom = box or (0, 0, *image.size)
    scale = side / max(right - left, bottom - top)
    size = max(1, round((right - left) * scale)), max(1, round((bottom - top) * scale))
    resized = image.resize(size, Image.Resampling.BOX if scale < 1 else Image.Resampling.BILINEAR, box)
    ink = np.asarray(resized)
    return resized, ink / max(float(ink.max()), MIN_INK)


def center_on_mass(digit: Ink, side: int) -> Ink:
    """Place a digit on a side x side field with its centre of mass in the middle, but never over the edge."""

    height, width = digit.shape
    mass = float(digit.sum())
    middle_y = float(digit.sum(axis=1) @ (np.arange(height) + 0.5)) / mass
    middle_x = float(digit.sum(axis=0) @ (np.arange(width) + 0.5)) / mass
    top = min(max(round(side / 2 - middle_y), 0), side - height)
    left = min(max(round(side / 2 - middle_x), 0), side - width)
    field = np.zeros((side, side), dtype=np.float32)
    field[top : top + height, left : left + width] = digit
    return field
