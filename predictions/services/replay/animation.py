"""A drawing that draws itself, as an animated GIF.

GIF, not WebP or APNG: whatever opens pictures plays it, in browsers, on phones, in mail and in documents, and in 16
shades of one ink it loses nothing and is small. Its cost is bounded: few frames, a small side, few pieces of ink.
"""

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from PIL import Image, ImageDraw

from predictions.models import Drawing
from predictions.services.replay.frames import Frames, Segment, divide
from predictions.services.replay.timing import LEAST_EXTENT, Stroke

SIDE_PX = 400  # of the longer side
LEAST_SIDE_PX = 40
PAPER, INK = (255, 254, 251), (22, 24, 29)  # as in static/css/inkling.css
SHADES = 16
LAST_MS = 1_500  # for which the whole drawing is shown before it starts again
LEAST_PEN_PX, WIDEST_PEN = 1.5, 0.25  # the pen in pixels, and as a share of the picture
PAINT_LIMIT = 2e7  # px: what costs more is painted without smooth edges

# A pen of unknown width, as in static/js/drawing.js.
PEN_OF_EXTENT, WIDEST_DIGIT, MOST_DIGITS = 0.1, 1.4, 32


@dataclass(frozen=True)
class Picture:
    """Where the drawing is in the picture. scale: pixels a unit; left, top: of the picture, in units."""

    size: tuple[int, int]
    scale: float
    left: float
    top: float
    pen_px: float


def animate(drawing: Drawing) -> bytes:
    """Return a drawing of strokes as a GIF that draws it as it was drawn, forever."""
    strokes = [stroke for stroke in drawing.strokes or () if stroke]
    frames = divide(strokes)
    picture = _place(strokes, drawing)
    finer = 2 if 4 * _paint_cost(frames, picture) <= PAINT_LIMIT else 1
    images = _paint(frames, picture, finer)
    first, *rest = images
    buffer = io.BytesIO()
    durations = [frames.frame_ms] * len(rest) + [LAST_MS]
    first.save(buffer, "GIF", save_all=True, append_images=rest, duration=durations, loop=0, optimize=False)
    return buffer.getvalue()


def _place(strokes: Sequence[Stroke], drawing: Drawing) -> Picture:
    """Return where the drawing is: on its canvas, and as much beside it as was drawn there."""
    xs, ys = ([point[axis] for stroke in strokes for point in stroke] for axis in (0, 1))
    left, top, right, bottom = min(xs), min(ys), max(xs), max(ys)
    extent = max(right - left, bottom - top)
    extent = extent if extent >= LEAST_EXTENT else 0.0
    digit = min(extent, max(WIDEST_DIGIT * (bottom - top), extent / MOST_DIGITS))
    pen = drawing.pen_px or digit * PEN_OF_EXTENT or 1.0
    left, top = min(0.0, left - pen), min(0.0, top - pen)
    width = max(drawing.width or right + pen, right) - left
    height = max(drawing.height or bottom + pen, bottom) - top
    scale = SIDE_PX / max(width, height)
    size = (max(round(width * scale), LEAST_SIDE_PX), max(round(height * scale), LEAST_SIDE_PX))
    margins = (size[0] / scale - width) / 2, (size[1] / scale - height) / 2
    pen_px = min(max(pen * scale, LEAST_PEN_PX), WIDEST_PEN * SIDE_PX)
    return Picture(size, scale, left - margins[0], top - margins[1], pen_px)


def _paint_cost(frames: Frames, picture: Picture) -> float:
    """Return how many pixels the pieces of ink cover, counted each time."""
    pen = picture.pen_px
    pieces = chain.from_iterable(frames.segments)
    return sum(pen * (math.hypot(one.x1 - one.x0, one.y1 - one.y0) * picture.scale + pen) for one in pieces)


def _paint(frames: Frames, picture: Picture, finer: int) -> list[Image.Image]:
    """Return the frames, painted `finer` times as large first."""
    palette = [round(paper + (ink - paper) * i / (SHADES - 1)) for i in range(SHADES) for paper, ink in _CHANNELS]
    canvas = Image.new("L", (picture.size[0] * finer, picture.size[1] * finer))
    pen = ImageDraw.Draw(canvas)
    images = []
    for segments in frames.segments:
        for segment in segments:
            _paint_segment(pen, segment, picture, finer)
        image = canvas.reduce(finer).point(_SHADE_OF)
        image.putpalette(palette)
        images.append(image)
    return images


_CHANNELS = tuple(zip(PAPER, INK, strict=True))
_SHADE_OF = [round(level * (SHADES - 1) / 255) for level in range(256)]


def _paint_segment(pen: ImageDraw.ImageDraw, segment: Segment, picture: Picture, finer: int) -> None:
    scale, radius = picture.scale * finer, picture.pen_px * segment.width * finer / 2
    x0, y0 = (segment.x0 - picture.left) * scale, (segment.y0 - picture.top) * scale
    x1, y1 = (segment.x1 - picture.left) * scale, (segment.y1 - picture.top) * scale
    if length := math.hypot(x1 - x0, y1 - y0):
        nx, ny = (y0 - y1) / length * radius, (x1 - x0) / length * radius
        pen.polygon([(x0 + nx, y0 + ny), (x1 + nx, y1 + ny), (x1 - nx, y1 - ny), (x0 - nx, y0 - ny)], fill=255)
    for x, y in {(x0, y0), (x1, y1)}:
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
