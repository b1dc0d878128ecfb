"""Render pen strokes as ink: the one renderer, for training, serving, thumbnails and figures."""

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from ml.preprocessing.ink import BlankDrawing, Page
from ml.types import MAX_DIGITS

Stroke = Sequence[Sequence[float]]  # points [x, y], [x, y, t_ms] or [x, y, t_ms, pressure]
Point = list[float]  # x, y
Points = NDArray[np.float64]  # (n, 2)

MIN_DIGIT_PX, MAX_SIDE_PX = 128, 1024  # least size of a digit, and greatest of the ink, whatever the strokes' units
SUPERSAMPLED_PX = 512  # drawings up to this size are drawn at twice the size and averaged; larger ones don't need it
LEAST_EXTENT_PX = 1e-6  # less is a tap, or the arithmetic would overflow
MIN_PEN = 0.0025  # of the drawing's extent
THICKEST_PEN = 0.12  # of a digit's extent: small digits drawn with a thick pen are drawn thinner ...
LEAST_SHRINK = 0.3  # ... but by no more than this factor
DEFAULT_PEN = 0.1  # of a digit's extent, as MNIST's pens are
PAINT_LIMIT = 1e9  # px: more is painted with fewer points; an ordinary digit takes 1e7
POINT_COST = 2e5  # px that could be painted in the time that one point takes
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
    extent = extent if extent >= LEAST_EXTENT_PX else 0.0
    digit = min(extent, max(MAX_ASPECT * float(high[1] - low[1]), extent / MAX_DIGITS))
    pen = _pen_width(pen_px, digit)
    pen = min(pen, max(THICKEST_PEN * digit, LEAST_SHRINK * pen)) if extent else pen
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


def _draw(lines: list[Points], size: NDArray[np.int64], radius: float) -> Image.Image:
    """Draw lines, in pixels, in white on a black picture of size (width, height)."""
    image = Image.new("L", (int(size[0]), int(size[1])))
    canvas = ImageDraw.Draw(image)
    for first, *rest in _within_limit([line.tolist() for line in lines], radius):
        last = first
        _dot(canvas, last, radius)
        for point in rest:
            _segment(canvas, last, point, radius)
            last = point
    return image


def _within_limit(lines: list[list[Point]], radius: float) -> list[list[Point]]:
    """Return lines with at least 1 px between points; more if painting them would cost more than PAINT_LIMIT."""
    spacing = 1.0
    lines = [_thin(line, spacing) for line in lines]
    while _paint_cost(lines, radius) > PAINT_LIMIT and sum(map(len, lines)) > 1:
        spacing *= 2
        lines = [_thin(line, spacing) for line in lines]
        dots = _thin([line[0] for line in lines if len(line) == 1], spacing)
        lines = [line for line in lines if len(line) > 1] + [[dot] for dot in dots]
    return lines


def _thin(line: list[Point], spacing: float) -> list[Point]:
    """Return the points that are at least `spacing` away from the one before."""
    kept = line[:1]
    for point in line[1:]:
        if math.hypot(point[0] - kept[-1][0], point[1] - kept[-1][1]) >= spacing:
            kept.append(point)
    return kept


def _paint_cost(lines: list[list[Point]], radius: float) -> float:
    """Return the px that discs and segments cover, counted each time they are painted, with POINT_COST added."""
    points = sum(map(len, lines))
    length = sum(math.dist(*pair) for line in lines for pair in pairwise(line))
    return points * (math.pi * radius**2 + POINT_COST) + 2 * radius * length


def _dot(canvas: ImageDraw.ImageDraw, at: Point, radius: float) -> None:
    x, y = at
    canvas.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)


def _segment(canvas: ImageDraw.ImageDraw, start: Point, end: Point, radius: float) -> None:
    """Draw a straight segment with a round end."""
    (x0, y0), (x1, y1) = start, end
    length = math.hypot(x1 - x0, y1 - y0)
    nx, ny = (y0 - y1) / length * radius, (x1 - x0) / length * radius
    canvas.polygon([(x0 + nx, y0 + ny), (x1 + nx, y1 + ny), (x1 - nx, y1 - ny), (x0 - nx, y0 - ny)], fill=255)
    _dot(canvas, end, radius)
