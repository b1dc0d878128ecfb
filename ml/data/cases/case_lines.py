"""Set digits of one hand and signs kept out of training side by side, as people write a line of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ml.data.augmentation import Strokes
from ml.data.cases.held_out_signs import arc, draw_sign
from ml.data.datasets import PenDigit
from ml.data.templates import draw_template, rare_digit_templates
from ml.golden import golden_drawing
from ml.types import CLASSES

Hand = dict[int, list[Strokes]]  # one writer's digits

BARE_ONES = ("bare", "leaning", "flagged", "footed")
PEN_SHARE = (0.05, 0.13)  # of a digit's height
HEIGHT_PX = (60.0, 150.0)
WIDEST_DIGIT = 1.25  # times its height
TEMPLATE_WRITERS = 12


@dataclass(frozen=True)
class Glyph:
    """One symbol of a line: what it is, and its strokes in digit heights, from y = 0 (top) to y = 1 (baseline)."""

    symbol: str
    strokes: Strokes

    def moved(self, right: float, down: float = 0.0, scale: float = 1.0) -> "Glyph":
        """Return it scaled, then moved."""
        return replace(self, strokes=[stroke * scale + np.array([right, down]) for stroke in self.strokes])

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Return its left, top, right and bottom, the pen excluded."""
        return stroke_box(self.strokes)


@dataclass(frozen=True)
class Line:
    """Glyphs in their places; the pen and all coordinates are in digit heights."""

    glyphs: tuple[Glyph, ...]
    pen: float

    @property
    def written(self) -> str:
        """Return the symbols, left to right."""
        return "".join(glyph.symbol for glyph in self.glyphs)

    @property
    def strokes(self) -> Strokes:
        """Return the strokes of all glyphs."""
        return [stroke for glyph in self.glyphs for stroke in glyph.strokes]


def stroke_box(strokes: Strokes) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of strokes."""
    points = np.concatenate(strokes)
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    return float(left), float(top), float(right), float(bottom)


def group_hands(pens: Sequence[PenDigit]) -> list[Hand]:
    """Return the digits of each writer who wrote all ten; of all writers together if nobody did.

    Digits that nobody wrote are drawn from templates.
    """
    hands: dict[int, Hand] = {}
    for pen in pens:
        hands.setdefault(pen.writer, {}).setdefault(pen.digit, []).append(pen.strokes)
    if complete := [hands[writer] for writer in sorted(hands) if len(hands[writer]) == CLASSES]:
        return complete
    everyone: Hand = {pen.digit: [pen.strokes] for pen in template_pens()[::-1]}
    for digit in {pen.digit for pen in pens}:
        everyone[digit] = [pen.strokes for pen in pens if pen.digit == digit]
    return [everyone]


def template_pens(seed: int = 0) -> list[PenDigit]:
    """Return digits of made-up writers, drawn from the project's own templates."""
    rng = np.random.default_rng(seed)
    pens = []
    for writer in range(TEMPLATE_WRITERS):
        for digit in range(CLASSES):
            drawing = golden_drawing(digit, writer + 1000 * seed)
            pens.append(PenDigit(digit, writer, [np.array(stroke) for stroke in drawing["strokes"]]))
        digit, template = rare_digit_templates()[int(rng.integers(len(rare_digit_templates())))]
        pens.append(PenDigit(digit, writer, draw_template(template, rng, is_round=True)))
    return pens


def draw_digit(digit: int, hand: Hand, rng: np.random.Generator) -> Glyph:
    """Return one of the hand's digits at a digit's height, near the baseline."""
    strokes = hand[digit][int(rng.integers(len(hand[digit])))]
    left, top, right, bottom = stroke_box(strokes)
    scale = float(np.exp(rng.normal(0, 0.05))) / max(bottom - top, (right - left) / WIDEST_DIGIT, 1e-6)
    foot = 1 + rng.normal(0, 0.025)
    return Glyph(str(digit), [(stroke - [left, bottom]) * scale + [0.0, foot] for stroke in strokes])


def draw_one(style: str, rng: np.random.Generator) -> Glyph:
    """Return a 1 as one of BARE_ONES."""
    lean = rng.uniform(0.15, 0.4) if style == "leaning" else rng.uniform(-0.06, 0.12)
    top, bottom = np.array([0.0, 1.0]) + rng.normal(0, 0.02, 2)
    along = np.linspace(0, 1, 7)
    bow = rng.normal(0, 0.015) * np.sin(np.pi * along)
    stem = np.stack([lean * (1 - along) + bow, top + (bottom - top) * along], axis=-1)
    strokes = [stem]
    if style in ("flagged", "footed"):
        wide, high = rng.uniform(0.12, 0.38), rng.uniform(0.12, 0.45)
        strokes = [np.concatenate([stem[:1] + np.array([-wide, high]), stem])]
    if style == "footed":
        wide = rng.uniform(0.15, 0.3)
        strokes.append(np.array([[-wide, bottom], [wide, bottom + rng.normal(0, 0.02)]]))
    left = min(float(stroke[:, 0].min()) for stroke in strokes)
    return Glyph("1", [stroke - [left, 0.0] for stroke in strokes])


def draw_marked_zero(hand: Hand, mark: str, rng: np.random.Generator) -> Glyph:
    """Return a zero with a "slash", a "backslash" or a "dot" in it."""
    zero = draw_digit(0, hand, rng)
    left, top, right, bottom = zero.box
    wide, high = right - left, bottom - top
    middle = np.array([(left + right) / 2, (top + bottom) / 2])
    if mark == "dot":
        mark_stroke = arc((middle[0], middle[1]), (0.01, 0.01), (0, 1))
    else:
        reach = np.array([max(wide, 0.35), high]) * rng.uniform(0.32, 0.58)
        ends = np.array([[1.0, -1.0], [-1.0, 1.0]]) if mark == "slash" else np.array([[-1.0, -1.0], [1.0, 1.0]])
        mark_stroke = middle + ends * reach
    return Glyph("0", [*zero.strokes, mark_stroke])


def draw_text(text: str, hand: Hand, rng: np.random.Generator) -> list[Glyph]:
    """Return a glyph for each digit or sign of `text`, not yet in place."""
    return [
        draw_digit(int(symbol), hand, rng) if symbol.isdecimal() else Glyph(symbol, draw_sign(symbol, rng))
        for symbol in text
    ]


def set_line(
    glyphs: Sequence[Glyph],
    rng: np.random.Generator,
    gaps: tuple[float, float] = (0.1, 0.32),
    pen: float | None = None,
) -> Line:
    """Set glyphs from left to right, with gaps of paper in digit heights between them, along a drifting baseline."""
    pen = pen or float(np.exp(rng.uniform(*np.log(PEN_SHARE))))
    drift, slant = rng.normal(0, 0.02), rng.normal(0, 0.05)
    placed: list[Glyph] = []
    reached = 0.0
    for glyph in glyphs:
        slanted = Glyph(glyph.symbol, [stroke @ np.array([[1.0, 0.0], [-slant, 1.0]]) for stroke in glyph.strokes])
        left, _, right, _ = slanted.box
        start = reached + pen + rng.uniform(*gaps) if placed else 0.0
        placed.append(slanted.moved(start - left, drift * start))
        reached = start + right - left
    return Line(tuple(placed), pen)
