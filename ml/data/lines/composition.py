"""Compose lines of digits and signs, and draw them: what the line recognizer is trained on.

A line is laid out in digit heights: y is 0 at a digit's top and 1 at its baseline.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ml.data.augmentation import Strokes
from ml.data.datasets import Labels, PenDigit
from ml.data.lines.drawing import Layout, Stamp, draw_layout
from ml.data.lines.signs import draw_other_ink, draw_raised_digit, draw_sign
from ml.data.lines.styled_digits import (
    bare_one,
    cross_out,
    cross_seven,
    distort,
    path,
    slash_zero,
    standing,
    styled_digit,
    turn_strokes,
)
from ml.data.lines.texts import RAISED, draw_text
from ml.preprocessing.ink import Ink
from ml.types import CLASSES, CROSSED_OUT, OTHER_INK

Rng = np.random.Generator

IMAGE_SHARE = 0.38  # of lines: MNIST's digits, which hundreds of people wrote
CROSSED_OUT_SHARE, LINE_CROSSED_OUT_SHARE = 0.02, 0.012  # of digits; of lines of several digits
ROWS = 24  # of a symbol's profile, from 0.4 above to 0.4 below a digit
TILT_RAD, TILTED_SHARE = 0.4, 0.15  # some people write at 20 degrees, most do not
NARROW = 0.2  # a narrower symbol is a bar: laid over its neighbour it could not be seen


@dataclass(frozen=True)
class Sources:
    """The digits that lines are composed of.

    Attributes:
        writers: for each writer, the strokes of each digit, standing on the baseline.
        images: for each digit, MNIST's images of it, cropped to their ink.
    """

    writers: list[dict[int, list[Strokes]]]
    images: list[list[NDArray[np.uint8]]]


def gather_sources(pens: Sequence[PenDigit], images: Ink, labels: Labels) -> Sources:
    """Return the sources of recorded digits and of MNIST images, (n, 28, 28) in [0, 1]."""
    writers: dict[int, dict[int, list[Strokes]]] = {}
    for pen in pens:
        own = writers.setdefault(pen.writer, {digit: [] for digit in range(CLASSES)})
        own[pen.digit].append(standing([np.asarray(stroke, dtype=float) for stroke in pen.strokes]))
    cropped: list[list[NDArray[np.uint8]]] = [[] for _ in range(CLASSES)]
    for image, label in zip(np.round(images * 255).astype(np.uint8), labels, strict=True):
        rows, columns = np.flatnonzero(image.max(axis=1) > 60), np.flatnonzero(image.max(axis=0) > 60)
        cropped[int(label)].append(image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
    return Sources([own for _, own in sorted(writers.items()) if all(own.values())], cropped)


@dataclass
class Hand:
    """How one line is written. Lengths are in digit heights, slant is the shift for each of them, turn in radians.

    `wave` and `stretch` are `distort`'s, `width` is how much wider than recorded all digits are.
    """

    writer: dict[int, list[Strokes]]
    uses_images: bool
    styled_share: float
    pen: float
    slant: float
    turn: float
    drift: float
    mess: float
    wave: float
    stretch: float
    width: float
    gap: float
    is_crowded: bool
    is_single: bool


@dataclass
class _Cursor:
    """Where the next symbol goes: the profile and reach of what is laid out, and where the pen left the paper."""

    edge: NDArray[np.float64] = field(default_factory=lambda: np.full(ROWS, -9.0))
    reach: float = 0.0
    base: float = 0.0
    width: float = 9.0
    pen_end: NDArray[np.float64] | None = None
    last: str = ""


def compose_line(sources: Sources, rng: Rng) -> tuple[Ink, str]:
    """Return the ink of a composed line, (h, w) float32 in [0, 1], and its text, with CROSSED_OUT for struck digits."""
    text = draw_text(rng)
    hand = _draw_hand(sources, text, rng)
    layout, cursor, written = Layout(), _Cursor(), ""
    is_struck = len(text) > 1 and text.isdigit() and rng.random() < LINE_CROSSED_OUT_SHARE
    for symbol in text:
        crosses = symbol.isdigit() and not is_struck and rng.random() < CROSSED_OUT_SHARE
        _place(layout, cursor, symbol, _draw_symbol(sources, hand, symbol, crosses, rng), hand, rng)
        written += CROSSED_OUT if crosses or is_struck else OTHER_INK if symbol == RAISED else symbol
    if is_struck:
        y = rng.uniform(0.35, 0.65)
        end = (cursor.reach + rng.uniform(0, 0.3), y + cursor.base + rng.normal(0, 0.05))
        layout.strokes.append(path((-rng.uniform(0, 0.3), y + rng.normal(0, 0.05)), end))
    else:
        marks, before, after = _page_marks(cursor.reach, cursor.base, rng)
        layout.strokes += marks
        written = before + written + after
    return draw_layout(layout, hand.pen, rng), written


def _draw_hand(sources: Sources, text: str, rng: Rng) -> Hand:
    uses_images = rng.random() < IMAGE_SHARE
    thickest = 0.22 if len(text) < 4 else 0.17
    turn = rng.uniform(-TILT_RAD, TILT_RAD) if rng.random() < TILTED_SHARE else rng.normal(0, 0.06)
    gaps = [rng.uniform(-0.1, 0.1), rng.uniform(0.05, 0.3), rng.uniform(0.25, 0.9)]
    return Hand(
        writer=sources.writers[int(rng.integers(len(sources.writers)))],
        uses_images=uses_images,
        styled_share=0.0 if rng.random() < 0.55 else float(rng.choice([0.2, 0.5, 1.0], p=[0.5, 0.25, 0.25])),
        pen=0.11 if uses_images else _draw_pen(text, thickest, rng),
        slant=rng.normal(0, 0.07) if uses_images else rng.normal(0, 0.15),
        turn=turn,
        drift=rng.normal(0, 0.035) + (0.7 * turn if rng.random() < 0.5 else 0),
        mess=abs(rng.normal(0, 0.075)),
        wave=float(rng.uniform(0.008, 0.028)),
        stretch=float(rng.uniform(0.05, 0.2)),
        width=math.exp(rng.normal(0, 0.12)),
        gap=float(gaps[int(rng.choice(3, p=[0.25, 0.48, 0.27]))]),
        is_crowded=rng.random() < 0.4,
        is_single=len(text) == 1,
    )


def _draw_pen(text: str, thickest: float, rng: Rng) -> float:
    """Return the pen's width: often a thick one where there is a point, since it hides points best."""
    if "." in text and rng.random() < 0.35:
        return float(rng.uniform(0.09, thickest))
    return float(np.clip(np.exp(rng.normal(math.log(0.085), 0.55)), 0.015, thickest))


def _draw_symbol(sources: Sources, hand: Hand, symbol: str, crosses: bool, rng: Rng) -> Strokes | NDArray[np.uint8]:
    """Return the strokes of a symbol, or the image of a digit."""
    if symbol == OTHER_INK:
        return distort(draw_other_ink(rng, hand.is_single), rng, 1.4 * hand.wave, 0.07, 1.4 * hand.stretch)
    if symbol == RAISED:
        return distort(draw_raised_digit(rng), rng, hand.wave / 2, 0.05, hand.stretch)
    if not symbol.isdigit():
        return distort(draw_sign(symbol, rng), rng, 0.015, 0.04, 0.1)
    digit = int(symbol)
    if hand.uses_images and not crosses and not (digit == 1 and rng.random() < 0.1):
        return sources.images[digit][int(rng.integers(len(sources.images[digit])))]
    if rng.random() < hand.styled_share:
        strokes = distort(styled_digit(digit, rng), rng)
    else:
        own = hand.writer[digit]
        strokes = own[int(rng.integers(len(own)))]
        if digit == 1 and rng.random() < 0.3:  # more people write a bare 1 than these do
            strokes = bare_one(rng)
        elif digit == 0 and rng.random() < 0.13:
            strokes = slash_zero(strokes, rng)
        elif digit == 7 and rng.random() < 0.06:
            strokes = cross_seven(strokes, rng)
        strokes = distort(strokes, rng, hand.wave, 0.08, hand.stretch)
        strokes = [stroke * [hand.width, 1] for stroke in strokes]
    return cross_out(strokes, rng) if crosses else strokes


def _place(
    layout: Layout, cursor: _Cursor, symbol: str, drawn: Strokes | NDArray[np.uint8], hand: Hand, rng: Rng
) -> None:
    """Add a symbol to the layout, to the right of what is there."""
    size = math.exp(rng.normal(0, hand.mess)) * (
        math.exp(rng.uniform(-0.05, 0.22)) if symbol == "1" and rng.random() < 0.4 else 1
    )
    cursor.base += hand.drift + rng.normal(0, hand.mess * 0.6)
    if isinstance(drawn, np.ndarray):
        rows, columns = np.nonzero(drawn > 100)
        strokes = [np.stack([columns, rows], axis=1) / drawn.shape[0]]
    else:
        strokes = turn_strokes(drawn, hand.turn)
    strokes = [
        np.stack([s[:, 0] * size + hand.slant * (1 - s[:, 1]), (s[:, 1] - 1) * size + 1 + cursor.base], axis=1)
        for s in strokes
    ]
    points = np.concatenate(strokes)
    leftmost = float(points[:, 0].min())
    strokes, points = [stroke - [leftmost, 0] for stroke in strokes], points - [leftmost, 0]
    left, right = _profiles(points)
    width = float(np.ptp(points[:, 0]))
    ligature = None
    x = 0.0
    if cursor.last:
        x, ligature = _next_x(
            cursor, symbol, left, width, None if isinstance(drawn, np.ndarray) else strokes, hand, rng
        )
    if ligature is not None:
        layout.strokes.append(ligature)
    if isinstance(drawn, np.ndarray):
        layout.stamps.append(Stamp(drawn, x, cursor.base + 1 - size, size, hand.slant - hand.turn))
        cursor.pen_end = None
    else:
        right_by = np.array([x, 0.0])
        layout.strokes += [stroke + right_by for stroke in strokes]
        cursor.pen_end = strokes[-1][-1] + right_by
    cursor.edge = np.maximum(cursor.edge, right + x)
    cursor.reach = max(cursor.reach, float(points[:, 0].max()) + x)
    cursor.width, cursor.last = width, symbol


def _next_x(
    cursor: _Cursor,
    symbol: str,
    left: NDArray[np.float64],
    width: float,
    strokes: Strokes | None,
    hand: Hand,
    rng: Rng,
) -> tuple[float, NDArray[np.float64] | None]:
    """Return where the next symbol begins, and the stroke that joins it to the one before, if any."""
    gap = hand.gap + rng.normal(0, 0.08)
    if symbol in ".,:" or cursor.last in ".,:":
        gap = gap * 0.5 + rng.uniform(0.0, 0.15) + hand.pen * 0.5
    x = cursor.reach + gap + hand.pen
    if cursor.last in ".,":
        x -= rng.uniform(0, 0.7) * hand.pen
    touch = float((_widened(cursor.edge, np.maximum) - _widened(left, np.minimum)).max())  # where the strokes meet
    touch = max(touch, cursor.reach - 0.55)
    kind, ligature = rng.random(), None
    if symbol in ".,":  # a point may lean on the digit before it, other signs seldom touch
        x = max(x, touch + hand.pen * rng.uniform(0.55, 2.0))
    elif not (symbol.isdigit() and cursor.last.isdigit()):
        x = max(x, touch + hand.pen * rng.uniform(1.15, 2.0) + 0.02)
    elif hand.is_crowded and kind < 0.5:
        x = touch + hand.pen * rng.uniform(0.15, 1.0)
    elif kind < 0.25:
        x = touch + hand.pen * rng.uniform(1.1, 1.6) + 0.02
    elif hand.is_crowded and kind < 0.8 and cursor.pen_end is not None and strokes is not None:
        x = max(touch + hand.pen * 0.3, cursor.reach + rng.uniform(-0.05, 0.25))
        ligature = _ligature(cursor.pen_end, strokes[0][0] + [x, 0], rng)
    else:
        x = max(x, touch + hand.pen * (1.15 if rng.random() < 0.8 else 0.7))
    if min(width, cursor.width) < NARROW:
        x = max(x, touch + hand.pen * (1.15 if max(width, cursor.width) < NARROW else 0.6))
    return max(x, float(cursor.edge.max()) - 2.0), ligature


def _ligature(start: NDArray[np.float64], end: NDArray[np.float64], rng: Rng) -> NDArray[np.float64]:
    along = np.linspace(0, 1, 7)[:, None]
    return np.asarray(start + (end - start) * along + np.sin(np.pi * along) * rng.normal(0, 0.07, 2) * [0.3, 1])


def _page_marks(reach: float, base: float, rng: Rng) -> tuple[Strokes, str, str]:
    """Return an underline or a box, which are to be read as nothing, or bars beside the line, and how these are read.

    Returns:
        The strokes, and the OTHER_INK before and behind the line.
    """
    kind = rng.random()
    width, high, low = max(reach, 0.4), -0.25 + min(base, 0), 1.25 + max(base, 0)
    if kind < 0.02:
        y = low + rng.uniform(-0.1, 0.3)
        return [path((-rng.uniform(0, 0.4), y), (width + rng.uniform(0, 0.4), y + rng.normal(0, 0.04)))], "", ""
    if kind > 0.055:
        return [], "", ""
    left, right = -rng.uniform(0.2, 0.9), width + rng.uniform(0.2, 0.9)
    top, bottom = high - rng.uniform(0, 0.6), low + rng.uniform(0, 0.6)
    upright = [path((x, top), (x + rng.normal(0, 0.02), bottom)) for x in (left, right)]
    level = [path((left, y), (right, y)) for y in (top, bottom)]
    if kind < 0.032:
        return upright + level, "", ""
    sides = [side + np.array([[0, -1.0], [0, 1.0]]) * rng.uniform(0, 0.5) for side in upright]
    before, after = [(True, False), (False, True), (True, True)][int(rng.choice(3, p=[0.4, 0.4, 0.2]))]
    kept = [side for side, is_kept in zip(sides, (before, after), strict=True) if is_kept]
    return kept, OTHER_INK * before, OTHER_INK * after


def _profiles(points: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the leftmost and rightmost x in each row of the profile."""
    rows = np.clip(((points[:, 1] + 0.4) / 1.8 * ROWS).astype(int), 0, ROWS - 1)
    left, right = np.full(ROWS, 9.0), np.full(ROWS, -9.0)
    np.minimum.at(left, rows, points[:, 0])
    np.maximum.at(right, rows, points[:, 0])
    return left, right


def _widened(values: NDArray[np.float64], extreme: np.ufunc) -> NDArray[np.float64]:
    """Return the extreme of each row and its neighbours."""
    edge = np.concatenate([values[:1], values, values[-1:]])
    return np.asarray(extreme.reduce([edge[:-2], edge[1:-1], edge[2:]]))
