"""Lines from which the speller learns: numbers in every closeness, single digits, signs; composed by the thousand."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from ml.data.augmentation import Strokes, vary_strokes
from ml.data.datasets import Labels, PenDigit
from ml.data.hard_negatives import nondigit_strokes
from ml.preprocessing.ink import BlankDrawing, Ink, ink_bounds
from ml.recognition.grouping import measure_pen_width
from ml.recognition.line_recognizer import FIELD, TALL, line_image
from ml.types import CLASSES

WIDTH = 128  # px of a lesson's picture
MOST_SIGNS = 10
GLYPH_TALL = 56  # px: digits are drawn so high and set side by side; the pictures are made from that
ROWS, FOOT = 160, 120  # of the field they are set in, and where they stand
PENS = (0.03, 0.055, 0.08, 0.11, 0.15)  # of a digit's height
ROUNDS = 2  # how often each pen-written digit is drawn with each pen
VARIED_SHARE = 0.75
NONDIGITS = 700  # for each pen
IMAGES = 24_000  # of MNIST's; more differ too little from these
PEN_SHARE = 0.72  # of the numbers: written with a pen; the others are of MNIST's digits
LENGTHS = (0.16, 0.18, 0.18, 0.16, 0.14, 0.10, 0.05, 0.03)  # shares of numbers of 1, 2, ... digits
NONDIGIT_SHARE, STRAY_SHARE = 0.07, 0.015  # alone, and among digits
WAYS = {"separate": 0.14, "close": 0.16, "touching": 0.36, "deep": 0.12, "joined": 0.22}
NEVER = 9999


@dataclass(frozen=True)
class Glyph:
    """One sign as drawn: (h, w) bytes, 255 = ink; (h,) where ink begins and ends in each row; where the pen did."""

    sign: int
    pixels: NDArray[np.uint8]
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    began: NDArray[np.float64] | None = None
    ended: NDArray[np.float64] | None = None


@dataclass(frozen=True)
class Glyphs:
    """What lines are composed of. hands: by writer and pen. signs: by pen. images: by the width of their strokes."""

    hands: list[tuple[int, list[Glyph]]]
    signs: list[list[Glyph]]
    images: list[Glyph]


def draw_glyphs(pens: Sequence[PenDigit], images: Ink, labels: Labels, rng: np.random.Generator) -> Glyphs:
    """Draw every pen-written digit with every pen, signs that are no digits, and MNIST's digits larger.

    Cost: 40 s for 5,500 pen-written digits.
    """
    hands: dict[tuple[int, int], list[Glyph]] = {}
    for pen in pens:
        for place, wide in enumerate(PENS):
            for _ in range(ROUNDS):
                strokes = vary_strokes(pen.strokes, rng)[0] if rng.uniform() < VARIED_SHARE else pen.strokes
                glyph = _drawn(pen.digit, strokes, wide * float(np.exp(rng.normal(0, 0.12))), 0.09, rng)
                hands.setdefault((pen.writer, place), []).append(glyph)
    signs = [[_nondigit(wide, rng) for _ in range(NONDIGITS)] for wide in PENS]
    widths = [measure_pen_width(image > 0.4) for image in images[:IMAGES]]
    larger = [_enlarged(images[place], int(labels[place]), rng) for place in np.argsort(widths).tolist()]
    return Glyphs([(place, glyphs) for (_, place), glyphs in sorted(hands.items())], signs, larger)


def _nondigit(pen: float, rng: np.random.Generator) -> Glyph:
    while (strokes := nondigit_strokes([], rng)) is None:
        pass
    points = np.concatenate(strokes)
    high = max(float(np.ptp(points[:, 1])), 0.2 * float(np.ptp(points[:, 0])), 1.0)
    return _drawn(CLASSES, [stroke / high for stroke in strokes], pen, 0.25, rng)


def _drawn(sign: int, strokes: Strokes, pen: float, spread: float, rng: np.random.Generator) -> Glyph:
    """Draw strokes about GLYPH_TALL high by a pen of so much of that. spread: of the height, its logarithm's."""
    points = np.concatenate(strokes)
    low, size = points.min(axis=0), np.maximum(np.ptp(points, axis=0), 1e-3)
    tall = GLYPH_TALL * float(np.exp(np.clip(rng.normal(0, spread), -1, 0.4)))
    scale = min(tall / size[1], 1.6 * GLYPH_TALL / size[0])
    wide = pen * GLYPH_TALL
    margin = wide / 2 + 1
    placed = [(stroke - low) * scale + margin for stroke in strokes]
    width, height = np.ceil(size * scale + 2 * margin).astype(int).tolist()
    image = Image.new("L", (2 * width, 2 * height))
    canvas = ImageDraw.Draw(image)
    for stroke in placed:
        line = [(2 * x, 2 * y) for x, y in stroke.tolist()]
        canvas.line([line[0], *line], fill=255, width=max(1, round(2 * wide)), joint="curve")
        for x, y in (line[0], line[-1]):
            canvas.ellipse((x - wide, y - wide, x + wide, y + wide), fill=255)
    ink = np.asarray(image.reduce(2), dtype=np.float32) / 255
    corner = ink_bounds(ink)[:2]
    return _glyph(sign, ink, placed[0][0] - corner, placed[-1][-1] - corner)


def _enlarged(image: Ink, label: int, rng: np.random.Generator) -> Glyph:
    """Return one of MNIST's digits as if it had been drawn GLYPH_TALL high."""
    left, top, right, bottom = ink_bounds(image)
    digit = Image.fromarray(np.round(image[top:bottom, left:right] * 255).astype(np.uint8))
    scale = min(GLYPH_TALL * float(np.exp(rng.normal(0, 0.09))) / digit.height, 1.6 * GLYPH_TALL / digit.width)
    size = max(1, round(digit.width * scale)), max(1, round(digit.height * scale))
    grey = np.asarray(digit.resize(size, Image.Resampling.BICUBIC), dtype=np.float32) / 255
    return _glyph(label, np.clip((grey - 0.5) * 2.2 + 0.5, 0, 1))


def _glyph(
    sign: int, ink: Ink, began: NDArray[np.float64] | None = None, ended: NDArray[np.float64] | None = None
) -> Glyph:
    left, top, right, bottom = ink_bounds(ink)
    inked = ink[top:bottom, left:right] > 0.3
    is_inked = inked.any(axis=1)
    begins = np.where(is_inked, inked.argmax(axis=1), NEVER)
    ends = np.where(is_inked, inked.shape[1] - inked[:, ::-1].argmax(axis=1), -NEVER)
    pixels = np.round(ink[top:bottom, left:right] * 255).astype(np.uint8)
    return Glyph(sign, pixels, begins, ends, began, ended)


def compose_lines(glyphs: Glyphs, rng: np.random.Generator) -> Iterator[tuple[Ink, list[int]]]:
    """Return picture after picture (FIELD, WIDTH) with the signs on it, left to right. Cost: 1 ms each."""
    while True:
        try:
            composed = _set_line(glyphs, rng)
            if composed:
                yield _pictured(composed[0], composed[2], rng), composed[1]
        except BlankDrawing:
            continue


def _set_line(glyphs: Glyphs, rng: np.random.Generator) -> tuple[NDArray[np.uint8], list[int], list[int]] | None:
    """Set one writer's digits side by side; give the pixels, the signs and how high each is."""
    place, hand, pen = _hand(glyphs, rng)
    is_alone = rng.uniform() < NONDIGIT_SHARE
    length = 1 if is_alone else 1 + int(rng.choice(len(LENGTHS), p=LENGTHS))
    line = _Line()
    for _ in range(length):
        pool = glyphs.signs[place] if is_alone or rng.uniform() < STRAY_SHARE else hand
        if not line.set(pool[int(rng.integers(len(pool)))], pen, rng):
            break
    return (line.pixels[:, : line.reached + 2], line.signs, line.heights) if line.signs else None


def _hand(glyphs: Glyphs, rng: np.random.Generator) -> tuple[int, list[Glyph], float]:
    """Return which pen, digits of one writer by it, and its width in px."""
    if rng.uniform() < PEN_SHARE:
        place, hand = glyphs.hands[int(rng.integers(len(glyphs.hands)))]
        return place, hand, PENS[place] * GLYPH_TALL
    alike = max(len(glyphs.images) // 8, 1)
    first = int(rng.integers(max(len(glyphs.images) - alike, 0) + 1))
    return int(rng.integers(len(PENS))), glyphs.images[first : first + alike], 0.1 * GLYPH_TALL


class _Line:
    """A line that grows to the right. edge: (ROWS,) where its ink ends in each row."""

    def __init__(self) -> None:
        self.pixels = np.zeros((ROWS, 5 * GLYPH_TALL + WIDTH * GLYPH_TALL // TALL), dtype=np.uint8)
        self.edge = np.full(ROWS, -NEVER)
        self.reached = 0
        self.signs: list[int] = []
        self.heights: list[int] = []
        self.ended: NDArray[np.float64] | None = None

    def set(self, glyph: Glyph, pen: float, rng: np.random.Generator) -> bool:
        """Set one sign more, in one of the WAYS; say whether there was room for it."""
        height, width = glyph.pixels.shape
        foot = min(max(FOOT + int(rng.normal(0, 0.045) * GLYPH_TALL), height + 2), ROWS - 1)
        top = foot - height
        if top < 0:
            return False
        way = str(rng.choice(list(WAYS), p=list(WAYS.values())))
        if way == "joined" and (glyph.began is None or self.ended is None):
            way = "touching"
        left = round(self._left_of(glyph, top, way, pen, rng)) if self.signs else 8
        if left < 0 or (left + width) * TALL / GLYPH_TALL > WIDTH - 10:
            return False
        if self.ended is not None and glyph.began is not None and way == "joined":
            self._join(self.ended, np.add(glyph.began, (left, top)), pen, rng)
        place = self.pixels[top:foot, left : left + width]
        np.maximum(place, glyph.pixels, out=place)
        self.edge[top:foot] = np.maximum(self.edge[top:foot], glyph.right + left)
        self.ended = None if glyph.ended is None else np.add(glyph.ended, (left, top))
        self.reached = max(self.reached, left + width)
        self.signs.append(glyph.sign)
        self.heights.append(height)
        return True

    def _left_of(self, glyph: Glyph, top: int, way: str, pen: float, rng: np.random.Generator) -> float:
        if way == "separate":
            return float(self.reached + rng.uniform(0.06, 0.4) * GLYPH_TALL + 1)
        if way == "joined":
            return float(self.reached + rng.uniform(0.0, 0.25) * GLYPH_TALL)
        reach = 3 if way == "close" else 1
        edge = np.max([np.roll(self.edge, by) for by in range(-reach, reach + 1)], axis=0)
        touch = float((edge[top : top + len(glyph.left)] - glyph.left).max())
        if touch < self.reached - 0.75 * GLYPH_TALL:
            touch = self.reached - 0.1 * GLYPH_TALL
        if way == "close":
            return touch + 1.5
        return touch - float(rng.uniform(0.03, 0.5 if way == "touching" else 1.3)) * pen - 1

    def _join(
        self, ended: NDArray[np.float64], began: NDArray[np.float64], pen: float, rng: np.random.Generator
    ) -> None:
        """Draw a slightly bent line from where the pen left the last sign to where it begins this one."""
        along = np.linspace(0, 1, 9)[:, None]
        bend = rng.normal(0, 0.08) * GLYPH_TALL * np.sin(np.pi * along) * [0.3, 1.0]
        points = ended + (began - ended) * along + bend
        image = Image.fromarray(self.pixels)
        line = [(float(x), float(y)) for x, y in points.tolist()]
        ImageDraw.Draw(image).line(line, fill=255, width=max(1, round(pen)), joint="curve")
        self.pixels = np.array(image)


def _pictured(pixels: NDArray[np.uint8], heights: list[int], rng: np.random.Generator) -> Ink:
    """Return the picture of a line, some slanted, wider or blurred, its height as uncertain as in `find_text_line`."""
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
    tall = float(bottom - top) if rng.uniform() < 0.5 else float(np.median(heights))
    tall = max(tall * float(np.exp(rng.normal(0, 0.05))), 12.0)
    drawn = line_image(ink, tall, measure_pen_width(ink > 0.5))[0]
    if drawn.shape[1] > WIDTH:
        drawn = np.asarray(Image.fromarray(drawn).resize((WIDTH, FIELD), Image.Resampling.BILINEAR))
    picture = np.zeros((FIELD, WIDTH), dtype=np.float32)
    left = int(rng.integers(WIDTH - drawn.shape[1] + 1)) if rng.uniform() < 0.3 else 0
    picture[:, left : left + drawn.shape[1]] = drawn
    return picture
