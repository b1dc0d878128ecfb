"""Compose lines of digits and symbols, with every kind of spacing, to train the line recognizer."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from ml.data.glyphs import GLYPH_HEIGHT_PX, NO_INK, PENS, Glyph, Glyphs
from ml.preprocessing.ink import BlankDrawing, Ink, ink_bounds
from ml.recognition.grouping import measure_pen_width
from ml.recognition.line_recognizer import FIELD, TALL, line_image

WIDTH = 128  # px of a training picture
MAX_LABELS = 10  # in a line
ROWS, BASELINE = 160, 120  # px: height of the canvas on which a line is composed, and its baseline
PEN_SHARE = 0.72  # of lines: pen-written digits; the others are MNIST's
LENGTHS = (0.16, 0.18, 0.18, 0.16, 0.14, 0.10, 0.05, 0.03)  # probability of 1, 2, ... digits
NEGATIVE_SHARE, STRAY_SHARE = 0.07, 0.015  # lines that hold a symbol alone; symbols among digits
SPACINGS = {"separate": 0.14, "close": 0.16, "touching": 0.36, "deep": 0.12, "joined": 0.22}


def compose_lines(glyphs: Glyphs, rng: np.random.Generator) -> Iterator[tuple[Ink, list[int]]]:
    """Yield pictures (FIELD, WIDTH) with their labels, left to right, without end. Cost: 1 ms each."""
    while True:
        try:
            composed = _compose_line(glyphs, rng)
            if composed:
                yield _render_line(composed[0], composed[2], rng), composed[1]
        except BlankDrawing:
            continue


def _compose_line(glyphs: Glyphs, rng: np.random.Generator) -> tuple[NDArray[np.uint8], list[int], list[int]] | None:
    """Set one writer's digits side by side; return the pixels, the labels and the height of each glyph in px."""
    place, hand, pen = _choose_hand(glyphs, rng)
    is_alone = rng.uniform() < NEGATIVE_SHARE
    length = 1 if is_alone else 1 + int(rng.choice(len(LENGTHS), p=LENGTHS))
    line = _LineBuilder()
    for _ in range(length):
        pool = glyphs.symbols[place] if is_alone or rng.uniform() < STRAY_SHARE else hand
        if not line.add(pool[int(rng.integers(len(pool)))], pen, rng):
            break
    return (line.pixels[:, : line.right + 2], line.labels, line.heights) if line.labels else None


def _choose_hand(glyphs: Glyphs, rng: np.random.Generator) -> tuple[int, list[Glyph], float]:
    """Choose a pen and a writer; return the pen's index, that writer's digits, and the pen's width in px."""
    if rng.uniform() < PEN_SHARE:
        place, hand = glyphs.hands[int(rng.integers(len(glyphs.hands)))]
        return place, hand, PENS[place] * GLYPH_HEIGHT_PX
    count = max(len(glyphs.images) // 8, 1)
    first = int(rng.integers(max(len(glyphs.images) - count, 0) + 1))
    return int(rng.integers(len(PENS))), glyphs.images[first : first + count], 0.1 * GLYPH_HEIGHT_PX


class _LineBuilder:
    """A line that grows to the right. edge: (ROWS,) one past the last column of ink in each row."""

    def __init__(self) -> None:
        self.pixels = np.zeros((ROWS, 5 * GLYPH_HEIGHT_PX + WIDTH * GLYPH_HEIGHT_PX // TALL), dtype=np.uint8)
        self.edge = np.full(ROWS, -NO_INK)
        self.right = 0
        self.labels: list[int] = []
        self.heights: list[int] = []
        self.pen_end: NDArray[np.float64] | None = None

    def add(self, glyph: Glyph, pen: float, rng: np.random.Generator) -> bool:
        """Add a glyph at the right, with a random spacing. Return whether there was room for it."""
        height, width = glyph.pixels.shape
        foot = min(max(BASELINE + int(rng.normal(0, 0.045) * GLYPH_HEIGHT_PX), height + 2), ROWS - 1)
        top = foot - height
        if top < 0:
            return False
        spacing = str(rng.choice(list(SPACINGS), p=list(SPACINGS.values())))
        if spacing == "joined" and (glyph.pen_start is None or self.pen_end is None):
            spacing = "touching"
        left = round(self._find_left(glyph, top, spacing, pen, rng)) if self.labels else 8
        if left < 0 or (left + width) * TALL / GLYPH_HEIGHT_PX > WIDTH - 10:
            return False
        if self.pen_end is not None and glyph.pen_start is not None and spacing == "joined":
            self._join(self.pen_end, np.add(glyph.pen_start, (left, top)), pen, rng)
        place = self.pixels[top:foot, left : left + width]
        np.maximum(place, glyph.pixels, out=place)
        self.edge[top:foot] = np.maximum(self.edge[top:foot], glyph.right + left)
        self.pen_end = None if glyph.pen_end is None else np.add(glyph.pen_end, (left, top))
        self.right = max(self.right, left + width)
        self.labels.append(glyph.label)
        self.heights.append(height)
        return True

    def _find_left(self, glyph: Glyph, top: int, spacing: str, pen: float, rng: np.random.Generator) -> float:
        if spacing == "separate":
            return float(self.right + rng.uniform(0.06, 0.4) * GLYPH_HEIGHT_PX + 1)
        if spacing == "joined":
            return float(self.right + rng.uniform(0.0, 0.25) * GLYPH_HEIGHT_PX)
        reach = 3 if spacing == "close" else 1
        edge = np.max([np.roll(self.edge, by) for by in range(-reach, reach + 1)], axis=0)
        touch = float((edge[top : top + len(glyph.left)] - glyph.left).max())
        if touch < self.right - 0.75 * GLYPH_HEIGHT_PX:
            touch = self.right - 0.1 * GLYPH_HEIGHT_PX
        if spacing == "close":
            return touch + 1.5
        return touch - float(rng.uniform(0.03, 0.5 if spacing == "touching" else 1.3)) * pen - 1

    def _join(
        self, pen_end: NDArray[np.float64], pen_start: NDArray[np.float64], pen: float, rng: np.random.Generator
    ) -> None:
        """Draw a slightly bent line from the end of the last glyph to the start of this one."""
        along = np.linspace(0, 1, 9)[:, None]
        bend = rng.normal(0, 0.08) * GLYPH_HEIGHT_PX * np.sin(np.pi * along) * [0.3, 1.0]
        points = pen_end + (pen_start - pen_end) * along + bend
        image = Image.fromarray(self.pixels)
        line = [(float(x), float(y)) for x, y in points.tolist()]
        ImageDraw.Draw(image).line(line, fill=255, width=max(1, round(pen)), joint="curve")
        self.pixels = np.array(image)


def _render_line(pixels: NDArray[np.uint8], heights: list[int], rng: np.random.Generator) -> Ink:
    """Return the training picture of a line, some slanted, widened or blurred.

    Its height varies as much as the one that `find_text_line` measures.
    """
    image = Image.fromarray(pixels)
    if len(heights) > 1 and rng.uniform() < 0.5:
        slant, wider = float(rng.normal(0, 0.15)), float(np.exp(rng.normal(0, 0.1)))
        size = int(image.width / wider + abs(slant) * ROWS) + 2, ROWS
        turn = (wider, slant, -max(slant, 0) * ROWS, 0, 1, 0)
        image = image.transform(size, Image.Transform.AFFINE, turn, Image.Resampling.BILINEAR)
    if rng.uniform() < 0.15:
        image = image.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.4, 2.2))))
    ink = np.asarray(image, dtype=np.float32) / 255
    _, top, _, bottom = ink_bounds(ink)
    height_px = float(bottom - top) if rng.uniform() < 0.5 else float(np.median(heights))
    height_px = max(height_px * float(np.exp(rng.normal(0, 0.05))), 12.0)
    drawn = line_image(ink, height_px, measure_pen_width(ink > 0.5))[0]
    if drawn.shape[1] > WIDTH:
        drawn = np.asarray(Image.fromarray(drawn).resize((WIDTH, FIELD), Image.Resampling.BILINEAR))
    picture = np.zeros((FIELD, WIDTH), dtype=np.float32)
    left = int(rng.integers(WIDTH - drawn.shape[1] + 1)) if rng.uniform() < 0.3 else 0
    picture[:, left : left + drawn.shape[1]] = drawn
    return picture
