"""Render pen strokes as ink: the one renderer, for training, serving, thumbnails and figures."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from ml.preprocessing.ink import BlankDrawing, Page
from ml.types import MAX_DIGITS

Stroke = Sequence[Sequence[float]]  # points [x, y], [x, y, t_ms] or [x, y, t_ms, pressure]

MIN_DIGIT_PX, MAX_SIDE_PX = 128, 1024  # least size of a digit, and greatest of the ink, whatever the strokes' units
SUPERSAMPLED_PX = 512  # drawings up to this size are drawn at twice the size and averaged; larger ones don't need it
MIN_PEN = 0.0025  # of the drawing's extent
DEFAULT_PEN = 0.1  # of a digit's extent, as MNIST's pens are
MAX_ASPECT = 1.4  # width to height: a wider drawing is a number of several digits, at most MAX_DIGITS


def render_strokes(
    strokes: Sequence[Stroke], width: float | None = None, height: float | None = None, pen_px: float | None = None
) -> Page:
    """Draw strokes with an antialiased round pen; a tap is a dot.

    Only the strokes' own extent is drawn, so memory is bounded whatever the coordinates are.

    Args:
        strokes: points in any units.
        width, height: of the canvas, in the same units; None takes the strokes' extent.
        pen_px: the pen's width in the same units; None takes a tenth of a digit.

    Raises:
        BlankDrawing: if there are no points.
        ValueError: if a coordinate is not a finite number.
    """
    lines = [np.asarray([point[:2] for point in stroke], dtype=np.float64) for stroke in strokes if len(stroke)]
    if not lines:
        raise BlankDrawing("There is nothing drawn here.")
    points = np.concatenate(lines)
    if not np.isfinite(points).all() or float(np.abs(points).max()) > 1e9:
        raise ValueError("A stroke's coordinates must be finite numbers.")
    low, high = points.min(axis=0), points.max(axis=0)
    extent = float((high - low).max())
    digit = min(extent, max(MAX_ASPECT * float(high[1] - low[1]), extent / MAX_DIGITS))
    pen = _pen_width(pen_px, digit)
    scale = min(max(1.0, MIN_DIGIT_PX / (digit + pen)), MAX_SIDE_PX / (extent + pen))
    margin = pen / 2 + 1 / scale
    offset = low - margin
    shape = np.ceil((high - low + 2 * margin) * scale).astype(int)
    finer = 2 if extent * scale <= SUPERSAMPLED_PX else 1
    image = _draw([(line - offset) * scale * finer for line in lines], shape * finer, pen * scale * finer / 2)
    ink = np.asarray(image.reduce(finer), dtype=np.float32) / 255
    page = (width or float(high[0] + margin)), (height or float(high[1] + margin))
    drawn = tuple((line - offset) * scale for line in lines)
    return Page(ink, scale, (float(offset[0]), float(offset[1])), page, drawn, pen * scale)


def _pen_width(pen_px: float | None, extent: float) -> float:
    """Return the pen's width: the given or the default one, but at least MIN_PEN; 1 for a tap, which has no extent."""
    if pen_px is None or not pen_px > 0:
        pen_px = extent * DEFAULT_PEN or 1.0
    return max(pen_px, extent * MIN_PEN)


def _draw(lines: list[NDArray[np.float64]], size: NDArray[np.int64], radius: float) -> Image.Image:
    """Draw lines, in pixels, in white on a black picture of size (width, height)."""
    image = Image.new("L", (int(size[0]), int(size[1])))
    canvas = ImageDraw.Draw(image)
    for line in lines:
        last, *points = line.tolist()
        _dot(canvas, last, radius)
        for point in points:
            if math.hypot(point[0] - last[0], point[1] - last[1]) >= 1:
                _segment(canvas, last, point, radius)
                last = point
    return image


def _dot(canvas: ImageDraw.ImageDraw, at: list[float], radius: float) -> None:
    x, y = at
    canvas.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)


def _segment(canvas: ImageDraw.ImageDraw, start: list[float], end: list[float], radius: float) -> None:
    """Draw a straight segment with a round end."""
    (x0, y0), (x1, y1) = start, end
    length = math.hypot(x1 - x0, y1 - y0)
    nx, ny = (y0 - y1) / length * radius, (x1 - x0) / length * radius
    canvas.polygon([(x0 + nx, y0 + ny), (x1 + nx, y1 + ny), (x1 - nx, y1 - ny), (x0 - nx, y0 - ny)], fill=255)
    _dot(canvas, end, radius)
