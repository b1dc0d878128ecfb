"""Draw a laid-out line as ink, with the flaws of pens, cameras and scans."""

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from ml.data.augmentation import Strokes
from ml.preprocessing.ink import Ink

Rng = np.random.Generator

DIGIT_HEIGHT_PX = (34.0, 84.0)
MAX_WIDTH_PX = 2400
STAMP_CONTRAST = 2.2  # an enlarged image's edges are sharpened by this factor
BLURRED_SHARE, GRAINY_SHARE, FADING_SHARE, DUSTY_SHARE, BROKEN_SHARE = 0.2, 0.1, 0.08, 0.06, 0.05


class LineTooWide(ValueError):
    """The line would be drawn wider than MAX_WIDTH_PX."""


@dataclass(frozen=True)
class Stamp:
    """An image of a digit on the line: its left, top and height in digit heights, and its slant."""

    pixels: NDArray[np.uint8]
    x: float
    y: float
    height: float
    slant: float


@dataclass
class Layout:
    """The strokes and stamps of a line, in digit heights."""

    strokes: Strokes = field(default_factory=list)
    stamps: list[Stamp] = field(default_factory=list)


def draw_layout(layout: Layout, pen: float, rng: Rng) -> Ink:
    """Return the ink, (h, w) float32 in [0, 1]; `pen` is in digit heights. Raises LineTooWide."""
    digit_px = float(np.exp(rng.uniform(*np.log(DIGIT_HEIGHT_PX))))
    corners = list(layout.strokes)
    for stamp in layout.stamps:
        width = stamp.height * stamp.pixels.shape[1] / stamp.pixels.shape[0]
        corners.append(np.array([[stamp.x, stamp.y], [stamp.x + width + 0.2, stamp.y + stamp.height]]))
    points = np.concatenate(corners)
    low, size = points.min(axis=0), np.ptp(points, axis=0)
    pen_px = max(1.0, pen * digit_px)
    margin = math.ceil(pen_px) + 3
    width_px, height_px = (math.ceil(side * digit_px) + 2 * margin for side in size)
    if width_px > MAX_WIDTH_PX:
        raise LineTooWide
    image = Image.new("L", (width_px, height_px))
    for stamp in layout.stamps:
        _paste(image, stamp, low, digit_px, margin)
    _draw_strokes(image, [(stroke - low) * digit_px + margin for stroke in layout.strokes], pen_px)
    return _with_flaws(image, digit_px, rng)


def _paste(image: Image.Image, stamp: Stamp, low: NDArray[np.float64], digit_px: float, margin: int) -> None:
    height = max(2, round(stamp.height * digit_px))
    width = max(2, round(height * stamp.pixels.shape[1] / stamp.pixels.shape[0]))
    digit = Image.fromarray(stamp.pixels).resize((width, height), Image.Resampling.BICUBIC)
    if lean := round(stamp.slant * height):
        room = abs(lean)
        framed = Image.new("L", (width + room, height))
        framed.paste(digit, (room if lean < 0 else 0, 0))
        shear = lean / height
        digit = framed.transform(framed.size, Image.Transform.AFFINE, (1, shear, -room if lean > 0 else 0, 0, 1, 0))
    digit = digit.point(lambda level: max(0, min(255, round((level - 110) * STAMP_CONTRAST + 110))))
    left, top = round((stamp.x - low[0]) * digit_px) + margin, round((stamp.y - low[1]) * digit_px) + margin
    image.paste(255, (left, top), digit)


def _draw_strokes(image: Image.Image, strokes: Strokes, pen_px: float) -> None:
    canvas, width, radius = ImageDraw.Draw(image), max(1, round(pen_px)), pen_px / 2
    for stroke in strokes:
        line = [(x, y) for x, y in stroke.tolist()]
        canvas.line([line[0], *line], fill=255, width=width, joint="curve" if width > 3 else None)
        if radius > 1:
            for x, y in (line[0], line[-1]):
                canvas.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)


def _with_flaws(image: Image.Image, digit_px: float, rng: Rng) -> Ink:
    if rng.random() < BLURRED_SHARE:
        image = image.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.5, 0.035 * digit_px))))
    ink = np.asarray(image, dtype=np.float32) / 255
    if rng.random() < GRAINY_SHARE:  # a pencil, or a camera's noise
        cell = int(rng.integers(1, 4))
        faintest = rng.uniform(0.0, 0.6)
        coarse = rng.uniform(faintest, 1.25, (ink.shape[0] // cell + 1, ink.shape[1] // cell + 1)).astype(np.float32)
        ink = np.clip(ink * coarse.repeat(cell, axis=0).repeat(cell, axis=1)[: ink.shape[0], : ink.shape[1]], 0, 1)
    if rng.random() < FADING_SHARE:  # light or pressure that changes along the line
        left, right = rng.uniform(0.3, 1.0, 2).tolist()
        ramp = np.linspace(left, right, ink.shape[1], dtype=np.float32)
        ink = ink * (ramp / ramp.max())
    if rng.random() < BROKEN_SHARE:  # gaps where the pen did not write
        for _ in range(int(rng.integers(1, 4))):
            y, x = (int(rng.integers(side)) for side in ink.shape)
            ink[y : y + max(1, int(0.04 * digit_px)), x : x + int(0.5 * digit_px)] = 0
    if rng.random() < DUSTY_SHARE:
        for _ in range(int(rng.integers(1, 6))):
            side = max(1, int(rng.uniform(0.01, 0.04) * digit_px))
            y, x = (int(rng.integers(max(1, length - side))) for length in ink.shape)
            ink[y : y + side, x : x + side] = rng.uniform(0.4, 1)
    return ink
