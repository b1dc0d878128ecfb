"""Compose numbers of several digits, each from one writer's digits."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from ml.data.augmentation import Strokes
from ml.data.datasets import PenDigit
from ml.preprocessing.ink import Page
from ml.preprocessing.labels import label_components
from ml.preprocessing.strokes import render_strokes

DIGIT_HEIGHT_PX = 140.0
MARGIN_PX = 30
MAX_LENGTH = {"separate": 6, "close": 6, "touching": 6, "in one go": 5}
KINDS = tuple(MAX_LENGTH)
TOUCHING_INK = 0.3
MAX_JOINED_START = 0.6  # of a digit's width: one whose first stroke starts further right is not joined to its neighbour


class NoDigitFits(ValueError):
    """None of the writer's digits that were tried fits the kind of number."""


@dataclass(frozen=True)
class Number:
    """A composed number: its text, its strokes in px, the pen's width, and the strokes of each digit alone."""

    text: str
    strokes: Strokes
    pen_px: float
    parts: tuple[Strokes, ...] = ()

    def as_strokes(self) -> Page:
        """Return the ink as the service renders strokes."""
        return render_strokes([stroke.tolist() for stroke in self.strokes], pen_px=self.pen_px)

    def as_picture(self) -> Image.Image:
        """Return a picture of it, black on white."""
        ink = self.as_strokes().ink
        height, width = ink.shape
        paper = np.full((height + 2 * MARGIN_PX, width + 2 * MARGIN_PX), 255, dtype=np.uint8)
        paper[MARGIN_PX : MARGIN_PX + height, MARGIN_PX : MARGIN_PX + width] = np.round(255 - ink * 255)
        return Image.fromarray(paper)


def compose_numbers(pens: Sequence[PenDigit], kind: str, count: int, rng: np.random.Generator) -> list[Number]:
    """Return `count` numbers of 2 to 6 digits ("in one go": 2 to 5), each from one writer's digits.

    Args:
        pens: the digits to compose.
        kind: "separate": the gap between bounding boxes is 8 to 35% of the height. "close": boxes overlap, ink does not
            touch. "touching": each digit is moved left until its ink overlaps its neighbour's. "in one go": a mix of
            these, and of digits joined by a line of the pen.
        count: how many.
        rng: source of everything random.
    """
    by_writer: dict[int, list[PenDigit]] = {}
    for pen in pens:
        by_writer.setdefault(pen.writer, []).append(pen)
    writers = sorted(by_writer)
    numbers: list[Number] = []
    while len(numbers) < count:
        hand = by_writer[writers[int(rng.integers(len(writers)))]]
        with contextlib.suppress(NoDigitFits):
            numbers.append(_compose(hand, kind, int(rng.integers(2, MAX_LENGTH[kind] + 1)), rng))
    return numbers


def _compose(hand: Sequence[PenDigit], kind: str, length: int, rng: np.random.Generator) -> Number:
    """Set `length` digits side by side; where one does not fit its neighbour, another is tried."""
    pen_px = float(rng.uniform(5, 20))
    text = ""
    strokes: Strokes = []
    parts: list[Strokes] = []
    edge: np.ndarray | None = None
    for _ in range(length):
        spacing = kind if kind != "in one go" else str(rng.choice(["separate", "close", "touching", "joined"]))
        for _try in range(60):
            pen = hand[int(rng.integers(len(hand)))]
            placed = _scale_digit(pen.strokes, rng)
            left, right = _edges(placed, pen_px)
            if spacing == "joined" and parts and not _can_join(parts[-1], placed):
                spacing = "touching"
            shift = 0.0 if edge is None else _shift(edge, left, right, spacing, pen_px, rng)
            if shift is not None:
                break
            if kind == "in one go":
                spacing = "separate"
        else:
            raise NoDigitFits
        moved = [stroke + np.array([shift, 0.0]) for stroke in placed]
        parts.append(moved)
        if spacing == "joined" and edge is not None:
            strokes[-1] = np.concatenate([strokes[-1], _ligature(strokes[-1][-1], moved[0][0], rng), moved[0]])
            moved = moved[1:]
        strokes += moved
        text += str(pen.digit)
        reached = right + shift
        edge = reached if edge is None else np.maximum(edge, reached)
    number = Number(text, strokes, pen_px, tuple(parts))
    if kind == "touching" and label_components(number.as_strokes().ink > TOUCHING_INK).max() > 1:
        raise NoDigitFits
    return number


def _scale_digit(strokes: Strokes, rng: np.random.Generator) -> Strokes:
    """Scale a digit to about DIGIT_HEIGHT_PX, near the baseline, with its left edge at 0."""
    points = np.concatenate(strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    scale = DIGIT_HEIGHT_PX * float(np.exp(rng.normal(0, 0.07))) / max(high[1] - low[1], 1.0)
    scale = min(scale, 1.6 * DIGIT_HEIGHT_PX / max(high[0] - low[0], 1.0))
    foot = 300 + rng.normal(0, 0.04) * DIGIT_HEIGHT_PX
    return [(stroke - [low[0], high[1]]) * scale + [0.0, foot] for stroke in strokes]


def _edges(strokes: Strokes, pen_px: float) -> tuple[np.ndarray, np.ndarray]:
    """Return two arrays (600,): the first and the last column of ink in each row; inf and -inf in rows without ink."""
    page = render_strokes([stroke.tolist() for stroke in strokes], pen_px=pen_px)
    left, right = np.full(600, np.inf), np.full(600, -np.inf)
    ys, xs = np.nonzero(page.ink > 0.3)
    rows = np.round(ys / page.scale + page.offset[1]).astype(int)
    places = xs / page.scale + page.offset[0]
    np.minimum.at(left, rows, places)
    np.maximum.at(right, rows, places)
    return left, right


def _shift(
    edge: np.ndarray, left: np.ndarray, right: np.ndarray, spacing: str, pen_px: float, rng: np.random.Generator
) -> float | None:
    """Return how far to move the next digit to the right, in px; None if this spacing is impossible."""
    box = float(edge.max()) - float(left[np.isfinite(left)].min())
    if spacing == "separate":
        return box + rng.uniform(0.08, 0.35) * DIGIT_HEIGHT_PX + 2
    if spacing == "joined":
        return box + rng.uniform(0.02, 0.25) * DIGIT_HEIGHT_PX
    reach = 1 if spacing == "touching" else 3
    spread = np.max([np.roll(edge, by) for by in range(-reach, reach + 1)], axis=0)
    touch = float(np.max(np.where(np.isfinite(left), spread - left, -np.inf)))
    if not np.isfinite(touch) or touch < box - 0.6 * DIGIT_HEIGHT_PX:
        return None
    if spacing == "touching":
        shift = touch - rng.uniform(0.05, 0.35) * pen_px - 1.5
        return float(shift)
    shift = touch + 2.5
    return float(shift) if shift < box else None


def _can_join(one: Strokes, other: Strokes) -> bool:
    """Return whether the first digit ends on its right and the next starts on its left: no joining line crosses."""
    first, second = np.concatenate(one)[:, 0], np.concatenate(other)[:, 0]
    ends, begins = one[-1][-1, 0], other[0][0, 0]
    return bool(ends >= (first.min() + first.max()) / 2 and begins <= second.min() + MAX_JOINED_START * np.ptp(second))


def _ligature(start: np.ndarray, end: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return (9, 2): points of a slightly bent line from the end of one digit to the start of the next."""
    along = np.linspace(0, 1, 11)[1:-1, None]
    bend = rng.normal(0, 0.08) * DIGIT_HEIGHT_PX * np.sin(np.pi * along) * [0.3, 1.0]
    return np.asarray(start + (end - start) * along + bend)
