"""Numbers of several digits, composed of one writer's digits."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from ml.data.augmentation import Strokes
from ml.data.datasets import PenDigit
from ml.preprocessing.ink import Page
from ml.preprocessing.strokes import render_strokes
from ml.recognition.components import label_components

TALL_PX = 140.0
MARGIN_PX = 30
MOST_DIGITS = {"separate": 6, "close": 6, "touching": 6, "in one go": 5}
KINDS = tuple(MOST_DIGITS)
TOUCHING_INK = 0.3
JOINED_FROM = 0.6  # of a digit's width: where it begins further to the right, no line comes from its neighbour


class NoDigitFits(ValueError):
    """None of a writer's digits can stand so close to the last."""


@dataclass(frozen=True)
class Number:
    """A number as somebody wrote it: its text, its strokes in px, the pen; and the strokes of each digit alone."""

    text: str
    strokes: Strokes
    pen_px: float
    parts: tuple[Strokes, ...] = ()

    def as_strokes(self) -> Page:
        """Return the ink as the site renders strokes."""
        return render_strokes([stroke.tolist() for stroke in self.strokes], pen_px=self.pen_px)

    def as_picture(self) -> Image.Image:
        """Return a picture of it, black on white."""
        ink = self.as_strokes().ink
        height, width = ink.shape
        paper = np.full((height + 2 * MARGIN_PX, width + 2 * MARGIN_PX), 255, dtype=np.uint8)
        paper[MARGIN_PX : MARGIN_PX + height, MARGIN_PX : MARGIN_PX + width] = np.round(255 - ink * 255)
        return Image.fromarray(paper)


def compose_numbers(pens: Sequence[PenDigit], kind: str, count: int, rng: np.random.Generator) -> list[Number]:
    """Return `count` numbers of 2 to 6 digits ("in one go": to 5), each of one writer's digits.

    kind: "separate": the gap between the inked boxes is 8 to 35% of the height. "close": boxes overlap, ink does not
    touch. "touching": a digit is moved to the left until its ink runs into its neighbour's. "in one go": all of these
    by turns, and digits that one line of the pen joins.
    """
    by_writer: dict[int, list[PenDigit]] = {}
    for pen in pens:
        by_writer.setdefault(pen.writer, []).append(pen)
    writers = sorted(by_writer)
    numbers: list[Number] = []
    while len(numbers) < count:
        hand = by_writer[writers[int(rng.integers(len(writers)))]]
        with contextlib.suppress(NoDigitFits):
            numbers.append(_compose(hand, kind, int(rng.integers(2, MOST_DIGITS[kind] + 1)), rng))
    return numbers


def _compose(hand: Sequence[PenDigit], kind: str, length: int, rng: np.random.Generator) -> Number:
    """Set digits side by side until there are `length`; one that cannot stand so beside its neighbour is replaced."""
    pen_px = float(rng.uniform(5, 20))
    text = ""
    strokes: Strokes = []
    parts: list[Strokes] = []
    edge: np.ndarray | None = None
    for _ in range(length):
        way = kind if kind != "in one go" else str(rng.choice(["separate", "close", "touching", "joined"]))
        for _try in range(60):
            pen = hand[int(rng.integers(len(hand)))]
            placed = _sized(pen.strokes, rng)
            left, right = _edges(placed, pen_px)
            if way == "joined" and parts and not _can_join(parts[-1], placed):
                way = "touching"
            shift = 0.0 if edge is None else _shift(edge, left, right, way, pen_px, rng)
            if shift is not None:
                break
            if kind == "in one go":
                way = "separate"
        else:
            raise NoDigitFits
        moved = [stroke + np.array([shift, 0.0]) for stroke in placed]
        parts.append(moved)
        if way == "joined" and edge is not None:
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


def _sized(strokes: Strokes, rng: np.random.Generator) -> Strokes:
    """Return the digit about TALL_PX high on a baseline, its left edge at 0; each stands and is sized a little apart."""
    points = np.concatenate(strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    scale = TALL_PX * float(np.exp(rng.normal(0, 0.07))) / max(high[1] - low[1], 1.0)
    scale = min(scale, 1.6 * TALL_PX / max(high[0] - low[0], 1.0))
    foot = 300 + rng.normal(0, 0.04) * TALL_PX
    return [(stroke - [low[0], high[1]]) * scale + [0.0, foot] for stroke in strokes]


def _edges(strokes: Strokes, pen_px: float) -> tuple[np.ndarray, np.ndarray]:
    """Return (600,) each: where ink begins and ends in each row; inf and -inf where there is none."""
    page = render_strokes([stroke.tolist() for stroke in strokes], pen_px=pen_px)
    left, right = np.full(600, np.inf), np.full(600, -np.inf)
    ys, xs = np.nonzero(page.ink > 0.3)
    rows = np.round(ys / page.scale + page.offset[1]).astype(int)
    places = xs / page.scale + page.offset[0]
    np.minimum.at(left, rows, places)
    np.maximum.at(right, rows, places)
    return left, right


def _shift(
    edge: np.ndarray, left: np.ndarray, right: np.ndarray, way: str, pen_px: float, rng: np.random.Generator
) -> float | None:
    """Return how far to the right the next digit stands; None if it cannot stand so."""
    box = float(edge.max()) - float(left[np.isfinite(left)].min())
    if way == "separate":
        return box + rng.uniform(0.08, 0.35) * TALL_PX + 2
    if way == "joined":
        return box + rng.uniform(0.02, 0.25) * TALL_PX
    reach = 1 if way == "touching" else 3
    spread = np.max([np.roll(edge, by) for by in range(-reach, reach + 1)], axis=0)
    touch = float(np.max(np.where(np.isfinite(left), spread - left, -np.inf)))
    if not np.isfinite(touch) or touch < box - 0.6 * TALL_PX:
        return None
    if way == "touching":
        shift = touch - rng.uniform(0.05, 0.35) * pen_px - 1.5
        return float(shift)
    shift = touch + 2.5
    return float(shift) if shift < box else None


def _can_join(one: Strokes, other: Strokes) -> bool:
    """Return whether the pen leaves a digit on its right and begins the next on its left: else a line would cross them."""
    first, second = np.concatenate(one)[:, 0], np.concatenate(other)[:, 0]
    ends, begins = one[-1][-1, 0], other[0][0, 0]
    return bool(ends >= (first.min() + first.max()) / 2 and begins <= second.min() + JOINED_FROM * np.ptp(second))


def _ligature(start: np.ndarray, end: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return (9, 2): a slightly bent line from where the pen left one digit to where it began the next."""
    along = np.linspace(0, 1, 11)[1:-1, None]
    bend = rng.normal(0, 0.08) * TALL_PX * np.sin(np.pi * along) * [0.3, 1.0]
    return np.asarray(start + (end - start) * along + bend)
