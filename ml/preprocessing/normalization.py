"""The one normalization: from the ink of a digit to the network's 28 x 28 input."""

import numpy as np
from PIL import Image, ImageFilter

from ml.preprocessing.ink import MIN_INK, Ink, ink_bounds, pad_with_zeros
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
    drawn = thicken(fit_inside(ink, side=WORKING_SIDE))
    digit = fit_inside(crop_to_ink(drawn), side=BOX_SIDE)  # (<=20, <=20)
    return center_on_mass(digit, side=SIDE)


def crop_to_ink(ink: Ink) -> Ink:
    """Return the smallest part that holds all the ink. Raises BlankDrawing."""
    left, top, right, bottom = ink_bounds(ink)
    return ink[top:bottom, left:right]


def fit_inside(ink: Ink, side: int) -> Ink:
    """Resize so that the longer side is `side` px, keeping the aspect; scale the darkest ink to 1."""
    height, width = ink.shape
    scale = side / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    resized = np.asarray(
        Image.fromarray(ink).resize(size, Image.Resampling.BOX if scale < 1 else Image.Resampling.BILINEAR)
    )
    return resized / max(float(resized.max()), MIN_INK)


def thicken(ink: Ink) -> Ink:
    """Thicken strokes that are too thin to be seen at 28 x 28; return others unchanged.

    The mean stroke width is twice the area over the outline; an outline of n pixel steps is about n * pi / 4 long.
    """
    inked = pad_with_zeros(ink > 0.25, 1, 1)
    steps = int((inked[1:] != inked[:-1]).sum() + (inked[:, 1:] != inked[:, :-1]).sum())
    width_px = 2.0 * float(inked.sum()) / max(steps * np.pi / 4, 1.0)
    growth = round((MIN_STROKE - width_px) / 2)
    if growth < 1:
        return ink
    thin = Image.fromarray(pad_with_zeros((ink * 255).astype(np.uint8), growth, growth))
    return np.asarray(thin.filter(ImageFilter.MaxFilter(2 * growth + 1)), dtype=np.float32) / 255


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
