"""Draw the signs that people write with digits, and other ink, as strokes: the families used in training.

All strokes are about one digit high: y is 0 at a digit's top and 1 at its baseline. Evaluation draws signs of its own,
in `ml.data.cases.held_out_signs`, which share no code with these.
"""

import math
from collections.abc import Callable
from functools import cache

import numpy as np

from ml.data.augmentation import Strokes
from ml.data.lines.styled_digits import arc, dense, path, styled_digit
from ml.data.templates import draw_template, symbol_templates

FONTS = ("futural", "futuram", "scripts", "scriptc", "rowmans", "rowmant", "timesr", "cursive")  # of Hershey's
FONT_SHARE = 0.12  # of the signs that have an outline of their own
LETTERS = "ABCDEFGHJKLMNPQRTUVWYadefhkmnprtuvwy&#*?!=<>"  # those that nobody takes for a digit or a sign

LIKE_DIGITS = "BDGJLTUY?>"  # of those, the ones that are taken for digits most often
SIGN_TEMPLATES = {"plus", "percent", "minus", "brackets", "euro", "pound", "X", "x", "cross"}  # not other ink

Rng = np.random.Generator


def draw_sign(sign: str, rng: Rng) -> Strokes:
    """Return the strokes of one of `ml.types.SIGNS`."""
    if sign in "/%+()$" and rng.random() < FONT_SHARE:
        return _from_font(sign, rng)
    return _SIGNS[sign](rng)


def _minus(rng: Rng) -> Strokes:
    y, width = rng.uniform(0.38, 0.68), rng.uniform(0.2, 0.65)
    return [path((0, y), (width / 2, y + rng.normal(0, 0.02)), (width, y + rng.normal(0, 0.03)))]


def _point(rng: Rng) -> Strokes:
    return [_dot(0, rng.uniform(0.9, 1.05), rng, rng.uniform(0.005, 0.045))]


def _comma(rng: Rng) -> Strokes:
    height, width, y = rng.uniform(0.13, 0.36), rng.uniform(0.03, 0.2), rng.uniform(0.84, 1.0)
    if rng.random() < 0.5:
        return [path((width, y), (0, y + height))]
    return [path((width * 0.8, y), (width, y + 0.45 * height), (0, y + height))]


def _slash(rng: Rng) -> Strokes:
    width = rng.uniform(0.26, 0.7)
    return [
        path((width, rng.uniform(-0.3, 0.05)), (width / 2 + rng.normal(0, 0.015), 0.5), (0, rng.uniform(0.95, 1.3)))
    ]


def _colon(rng: Rng) -> Strokes:
    size = rng.uniform(0.005, 0.04)
    return [
        _dot(rng.normal(0, 0.03), rng.uniform(0.2, 0.5), rng, size),
        _dot(0, rng.uniform(0.76, 1.0), rng, size),
    ]


def _percent(rng: Rng) -> Strokes:
    radius, width = rng.uniform(0.09, 0.2), rng.uniform(0.5, 0.9)
    rings = []
    for x, y in ((radius, rng.uniform(0.12, 0.3)), (width - radius, rng.uniform(0.7, 0.9))):
        is_dot = rng.random() < 0.06
        rings.append(_dot(x, y, rng) if is_dot else arc(x, y, radius, radius * rng.uniform(0.9, 1.3), (-90, 275), 12))
    right, left = width - rng.uniform(0, 0.2), rng.uniform(0.0, 0.2)
    bar = path((right, rng.uniform(-0.1, 0.06)), (left, rng.uniform(0.95, 1.08)))
    return [rings[0], bar, rings[1]] if rng.random() < 0.7 else [bar, *rings]


def _plus(rng: Rng) -> Strokes:
    half, y = rng.uniform(0.16, 0.34), rng.uniform(0.46, 0.66)
    upright = half * rng.uniform(0.8, 1.25)
    return [
        path((0, y), (2 * half, y + rng.normal(0, 0.03))),
        path((half, y - upright), (half + rng.normal(0, 0.02), y + upright)),
    ]


def _opening_bracket(rng: Rng) -> Strokes:
    width, top, bottom = rng.uniform(0.12, 0.32), rng.uniform(-0.25, 0.02), rng.uniform(0.98, 1.25)
    middle = (top + bottom) / 2
    if rng.random() < 0.2:
        return [path((width, top), (0, middle + rng.normal(0, 0.1)), (width, bottom))]
    along = np.linspace(-1, 1, 13)
    bow = width * (1 - np.cos(along * rng.uniform(0.9, 1.55))) / (1 - math.cos(1.2))
    return [np.stack([bow, middle + along * (bottom - top) / 2], axis=1)]


def _closing_bracket(rng: Rng) -> Strokes:
    return [stroke * [-1, 1] + [stroke[:, 0].max(), 0] for stroke in _opening_bracket(rng)]


def _degree(rng: Rng) -> Strokes:
    radius = rng.uniform(0.08, 0.18)
    return [arc(radius, rng.uniform(-0.08, 0.2), radius, radius * rng.uniform(0.9, 1.2), (-90, 280), 12)]


def _dollar(rng: Rng) -> Strokes:
    curve = np.concatenate(
        [
            arc(0.25, 0.27, 0.22, 0.24, (rng.uniform(-40, 0), -270), 12),
            arc(0.25, 0.74, 0.24, 0.25, (-90, rng.uniform(130, 180)), 12),
        ]
    )
    bars = [0.25 + rng.normal(0, 0.02)] if rng.random() < 0.75 else [0.18, 0.33]
    top, bottom = -rng.uniform(0.03, 0.22), 1 + rng.uniform(0.03, 0.22)
    if rng.random() < 0.2:  # the bar only shows above and below
        return [curve, path((0.25, top), (0.25, 0.1)), path((0.25, 0.9), (0.25, bottom))]
    return [curve, *(path((x, top), (x + rng.normal(0, 0.03), bottom)) for x in bars)]


def _euro(rng: Rng) -> Strokes:
    bow = arc(0.35, 0.5, 0.35, 0.5, (-rng.uniform(40, 65), -310), 16)
    high, low = rng.uniform(0.34, 0.45), rng.uniform(0.55, 0.68)
    return [bow, *(path((-0.1, y), (rng.uniform(0.3, 0.5), y + rng.normal(0, 0.02))) for y in (high, low))]


def _pound(rng: Rng) -> Strokes:
    body = np.concatenate([arc(0.4, 0.22, 0.18, 0.2, (-10, -180), 10), path((0.24, 0.85), (0.02, 1), (0.62, 0.98))])
    return [body, path((0.05, 0.55 + rng.normal(0, 0.03)), (rng.uniform(0.38, 0.5), 0.55))]


def _times(rng: Rng) -> Strokes:
    half, y = rng.uniform(0.14, 0.28), rng.uniform(0.5, 0.72)
    return [
        path((0, y - half), (2 * half, y + half + rng.normal(0, 0.03))),
        path((2 * half, y - half + rng.normal(0, 0.03)), (0, y + half)),
    ]


_SIGNS: dict[str, Callable[[Rng], Strokes]] = {
    "-": _minus, ".": _point, ",": _comma, "/": _slash, ":": _colon, "%": _percent, "+": _plus,
    "(": _opening_bracket, ")": _closing_bracket, "°": _degree, "$": _dollar, "€": _euro, "£": _pound, "×": _times,
}  # fmt: skip


def draw_other_ink(rng: Rng, is_alone: bool) -> Strokes:
    """Return the strokes of something that is neither a digit nor a sign.

    A raised digit and a long bar differ from a digit by their size alone, so nothing that is alone is one of them.
    """
    kinds = [(0.28, _letter), (0.26, _symbol), (0.06, _square_bracket), (0.08, _scribble), (0.06, _exclamation)]
    kinds += [(0.08, _equals)] if is_alone else [(0.08, _equals), (0.24, draw_raised_digit), (0.08, _long_bar)]
    shares = np.array([share for share, _ in kinds])
    return kinds[int(rng.choice(len(kinds), p=shares / shares.sum()))][1](rng)


def _letter(rng: Rng) -> Strokes:
    letters = LIKE_DIGITS if rng.random() < 0.35 else LETTERS
    return _from_font(letters[int(rng.integers(len(letters)))], rng)


def _symbol(rng: Rng) -> Strokes:
    templates = _other_templates()
    drawn = draw_template(templates[int(rng.integers(len(templates)))], rng, is_round=rng.random() < 0.6)
    return [stroke / 8 for stroke in drawn]


@cache
def _other_templates() -> list[str]:
    return [template for name, template in symbol_templates().items() if name not in SIGN_TEMPLATES]


def _equals(rng: Rng) -> Strokes:
    y, width, gap = rng.uniform(0.35, 0.6), rng.uniform(0.3, 0.6), rng.uniform(0.14, 0.3)
    return [path((0, y), (width, y + rng.normal(0, 0.02))), path((0, y + gap), (width, y + gap))]


def draw_raised_digit(rng: Rng) -> Strokes:
    """Return the strokes of an exponent: a small digit at the height of the others' tops."""
    size = rng.uniform(0.36, 0.7)
    top = rng.uniform(-0.4, 0.66 - size)
    return [stroke * size + [0, top] for stroke in styled_digit(int(rng.integers(10)), rng)]


def _long_bar(rng: Rng) -> Strokes:
    return [path((0, -rng.uniform(0.4, 0.9)), (rng.normal(0, 0.02), rng.uniform(1.3, 1.9)))]


def _exclamation(rng: Rng) -> Strokes:
    lean = rng.normal(0, 0.05)
    gap = rng.uniform(0.12, 0.3)
    return [path((lean, rng.uniform(-0.15, 0.1)), (0, 1 - gap)), _dot(0, rng.uniform(0.95, 1.05), rng, 0.02)]


def _square_bracket(rng: Rng) -> Strokes:
    width, top, bottom = rng.uniform(0.12, 0.3), -rng.uniform(0.02, 0.25), 1 + rng.uniform(0.0, 0.25)
    bracket = path((width, top), (0, top), (0, bottom), (width, bottom))
    return [bracket if rng.random() < 0.5 else bracket * [-1, 1] + [width, 0]]


def _scribble(rng: Rng) -> Strokes:
    count = int(rng.integers(6, 16))
    x = np.sort(rng.uniform(0, rng.uniform(0.5, 1.2), count)) + rng.normal(0, 0.15, count)
    return [np.stack([x, rng.uniform(0, 1, count)], axis=1)]


def _dot(x: float, y: float, rng: Rng, size: float = 0.02) -> np.ndarray:
    if rng.random() < 0.3:
        return arc(x, y, size, size, (0, 360), 6)
    return path((x, y), (x + rng.uniform(-size, size) * 1.5, y + rng.uniform(-size, size) * 1.5))


@cache
def _font_strokes() -> dict[str, list[Strokes]]:
    """Return the outlines of each character in Hershey's single-line fonts."""
    from HersheyFonts import HersheyFonts

    drawn: dict[str, list[Strokes]] = {}
    for name in FONTS:
        font = HersheyFonts()
        font.load_default_font(name)
        capital = np.concatenate([np.array(stroke, dtype=float) for stroke in font.strokes_for_text("H")])
        top, bottom = capital[:, 1].min(), capital[:, 1].max()
        for character in LETTERS + "0123456789/%+()$":
            strokes = [np.array(stroke, dtype=float) for stroke in font.strokes_for_text(character) if len(stroke)]
            if strokes:
                left = min(stroke[:, 0].min() for stroke in strokes)
                drawn.setdefault(character, []).append([(s - [left, top]) / (bottom - top) for s in strokes])
    return drawn


def _from_font(character: str, rng: Rng) -> Strokes:
    outlines = _font_strokes()[character]
    return [dense(stroke) for stroke in outlines[int(rng.integers(len(outlines)))]]
