"""Draw single digits and symbols as glyphs, from which lines for the line recognizer are composed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from ml.data.augmentation import Strokes, augment_strokes
from ml.data.datasets import Labels, PenDigit
from ml.data.hard_negatives import hard_negative_strokes
from ml.preprocessing.ink import Ink, ink_bounds
from ml.recognition.grouping import measure_pen_width
from ml.types import CLASSES

GLYPH_HEIGHT_PX = 56
PENS = (0.03, 0.055, 0.08, 0.11, 0.15)  # pen widths, as fractions of a digit's height
ROUNDS = 2  # times each pen-written digit is drawn with each pen
AUGMENTED_SHARE = 0.75
NEGATIVES = 700  # for each pen
MNIST_IMAGES = 24_000  # more add little
NO_INK = 9999  # column of the edges of rows without ink


@dataclass(frozen=True)
class Glyph:
    """One digit or symbol as drawn.

    Attributes:
        label: a digit, or CLASSES for a symbol.
        pixels: (h, w) uint8, 255 = ink.
        left, right: (h,) first and one past the last column of ink in each row.
        pen_start, pen_end: x, y of the first and the last point; None for MNIST's digits.
    """

    label: int
    pixels: NDArray[np.uint8]
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    pen_start: NDArray[np.float64] | None = None
    pen_end: NDArray[np.float64] | None = None


@dataclass(frozen=True)
class Glyphs:
    """The glyphs to compose lines of.

    Attributes:
        hands: a pen's index in PENS and the digits of one writer drawn with it.
        symbols: for each pen in PENS.
        images: MNIST's digits, sorted by stroke width.
    """

    hands: list[tuple[int, list[Glyph]]]
    symbols: list[list[Glyph]]
    images: list[Glyph]


def draw_glyphs(pens: Sequence[PenDigit], images: Ink, labels: Labels, rng: np.random.Generator) -> Glyphs:
    """Draw every pen-written digit with every pen, random symbols, and MNIST's digits enlarged.

    Cost: 40 s for 5,500 pen-written digits.
    """
    hands: dict[tuple[int, int], list[Glyph]] = {}
    for pen in pens:
        for place, width in enumerate(PENS):
            for _ in range(ROUNDS):
                strokes = augment_strokes(pen.strokes, rng)[0] if rng.uniform() < AUGMENTED_SHARE else pen.strokes
                glyph = _draw_strokes(pen.digit, strokes, width * float(np.exp(rng.normal(0, 0.12))), 0.09, rng)
                hands.setdefault((pen.writer, place), []).append(glyph)
    symbols = [[_draw_symbol(width, rng) for _ in range(NEGATIVES)] for width in PENS]
    widths = [measure_pen_width(image > 0.4) for image in images[:MNIST_IMAGES]]
    larger = [_enlarge(images[place], int(labels[place]), rng) for place in np.argsort(widths).tolist()]
    return Glyphs([(place, glyphs) for (_, place), glyphs in sorted(hands.items())], symbols, larger)


def _draw_symbol(pen: float, rng: np.random.Generator) -> Glyph:
    while (strokes := hard_negative_strokes([], rng)) is None:
        pass
    points = np.concatenate(strokes)
    high = max(float(np.ptp(points[:, 1])), 0.2 * float(np.ptp(points[:, 0])), 1.0)
    return _draw_strokes(CLASSES, [stroke / high for stroke in strokes], pen, 0.25, rng)


def _draw_strokes(label: int, strokes: Strokes, pen: float, spread: float, rng: np.random.Generator) -> Glyph:
    """Draw strokes about GLYPH_HEIGHT_PX high.

    Args:
        label: a digit, or CLASSES.
        strokes: in any unit.
        pen: width, as a fraction of GLYPH_HEIGHT_PX.
        spread: standard deviation of the logarithm of the height.
        rng: source of the height.
    """
    points = np.concatenate(strokes)
    low, size = points.min(axis=0), np.maximum(np.ptp(points, axis=0), 1e-3)
    height_px = GLYPH_HEIGHT_PX * float(np.exp(np.clip(rng.normal(0, spread), -1, 0.4)))
    scale = min(height_px / size[1], 1.6 * GLYPH_HEIGHT_PX / size[0])
    width_px = pen * GLYPH_HEIGHT_PX
    margin = width_px / 2 + 1
    placed = [(stroke - low) * scale + margin for stroke in strokes]
    width, height = np.ceil(size * scale + 2 * margin).astype(int).tolist()
    image = Image.new("L", (2 * width, 2 * height))
    canvas = ImageDraw.Draw(image)
    for stroke in placed:
        line = [(2 * x, 2 * y) for x, y in stroke.tolist()]
        canvas.line([line[0], *line], fill=255, width=max(1, round(2 * width_px)), joint="curve")
        for x, y in (line[0], line[-1]):
            canvas.ellipse((x - width_px, y - width_px, x + width_px, y + width_px), fill=255)
    ink = np.asarray(image.reduce(2), dtype=np.float32) / 255
    corner = ink_bounds(ink)[:2]
    return _make_glyph(label, ink, placed[0][0] - corner, placed[-1][-1] - corner)


def _enlarge(image: Ink, label: int, rng: np.random.Generator) -> Glyph:
    """Return one of MNIST's digits enlarged to about GLYPH_HEIGHT_PX, with sharpened edges."""
    left, top, right, bottom = ink_bounds(image)
    digit = Image.fromarray(np.round(image[top:bottom, left:right] * 255).astype(np.uint8))
    scale = min(
        GLYPH_HEIGHT_PX * float(np.exp(rng.normal(0, 0.09))) / digit.height, 1.6 * GLYPH_HEIGHT_PX / digit.width
    )
    size = max(1, round(digit.width * scale)), max(1, round(digit.height * scale))
    grey = np.asarray(digit.resize(size, Image.Resampling.BICUBIC), dtype=np.float32) / 255
    return _make_glyph(label, np.clip((grey - 0.5) * 2.2 + 0.5, 0, 1))


def _make_glyph(
    label: int, ink: Ink, pen_start: NDArray[np.float64] | None = None, pen_end: NDArray[np.float64] | None = None
) -> Glyph:
    left, top, right, bottom = ink_bounds(ink)
    inked = ink[top:bottom, left:right] > 0.3
    is_inked = inked.any(axis=1)
    begins = np.where(is_inked, inked.argmax(axis=1), NO_INK)
    ends = np.where(is_inked, inked.shape[1] - inked[:, ::-1].argmax(axis=1), -NO_INK)
    pixels = np.round(ink[top:bottom, left:right] * 255).astype(np.uint8)
    return Glyph(label, pixels, begins, ends, pen_start, pen_end)
