"""Draw digits in the ways that the data sets hold few of, and digits that were struck out."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from ml.data.augmentation import Strokes
from ml.data.render_augmentation import resample

STRUCK_ZERO_SHARE, CROSSED_SEVEN_SHARE = 0.13, 0.15
ONE_LEAN_DEGREES = 22.0  # MNIST's ones lean further, and are learned from it
SLASH_DEGREES = (48.0, 66.0)  # one MNIST one in 300 leans by more than 45 degrees
BACKSLASH_DEGREES = (36.0, 66.0)
SPACING = 0.08  # of points, as a fraction of the height: augmentation bends no line of two points


def draw_styled_digit(rng: np.random.Generator) -> tuple[int, Strokes]:
    """Return a random 0, 1, 4 or 7 in one of the ways people write it, and its strokes; it is about 1 high."""
    digit = int(rng.choice([0, 1, 4, 7], p=[0.25, 0.4, 0.2, 0.15]))
    draw = {0: _draw_zero, 1: _draw_one, 4: _draw_four, 7: _draw_seven}[digit]
    return digit, [resample(stroke, SPACING) for stroke in draw(rng)]


def vary_pen_digit(digit: int, strokes: Strokes, rng: np.random.Generator) -> Strokes:
    """Strike some zeros through and cross some sevens that are not crossed yet; return other digits as they are."""
    if digit == 0 and rng.uniform() < STRUCK_ZERO_SHARE:
        return strike_zero(strokes, rng)
    if digit == 7 and len(strokes) == 1 and rng.uniform() < CROSSED_SEVEN_SHARE:
        return _cross_seven(strokes, rng)
    return strokes


def strike_zero(strokes: Strokes, rng: np.random.Generator) -> Strokes:
    """Put a slash, rarely a backslash or a dot, into a zero; some slashes end beyond its ring."""
    left, top, right, bottom = _bounds(strokes)
    width, height = right - left, bottom - top
    if rng.uniform() < 0.15:
        middle = np.array([(left + right) / 2, (top + bottom) / 2]) + rng.normal(0, 0.05, 2) * [width, height]
        return [*strokes, middle + rng.uniform(-0.06, 0.06, (2, 2)) * height]
    inset = rng.uniform(-0.25, 0.25)
    upper, lower = inset * rng.uniform(0.3, 1, 2) * height
    ends = np.array([[right - inset * width, top + upper], [left + inset * width, bottom - lower]])
    if rng.uniform() < 0.15:
        ends[:, 0] = ends[::-1, 0]
    return [*strokes, resample(ends, SPACING * height)]


def strike_out(digit: int, strokes: Strokes, rng: np.random.Generator) -> Strokes:
    """Cross a digit out: with one or two level lines, a cross, a zigzag, or two slashes.

    A seven with one level line is a crossed seven, and a zero with one line a slashed zero, so these get more.
    """
    left, top, right, bottom = _bounds(strokes)
    height = bottom - top
    half = max(right - left, 0.45 * height) / 2
    beyond = rng.uniform(0.08, 0.3, 2) * height
    box = (left + right) / 2 - half - beyond[0], top, (left + right) / 2 + half + beyond[1], bottom
    styles: Sequence[Callable[..., Strokes]] = (_level_lines, _large_cross, _zigzag, _two_slashes)
    style = styles[int(rng.choice(4, p=[0.4, 0.25, 0.2, 0.15]))]
    return [*strokes, *(resample(line, SPACING * height) for line in style(box, digit in (0, 7), rng))]


def draw_slash(rng: np.random.Generator) -> Strokes:
    """Return a slash or, more rarely, a backslash that leans too far for a 1."""
    is_back = rng.uniform() < 0.3
    lean = np.deg2rad(rng.uniform(*(BACKSLASH_DEGREES if is_back else SLASH_DEGREES)))
    across = np.tan(lean) * (-1 if is_back else 1)
    bend = rng.normal(0, 0.02, 2)
    line = np.array([[across, 0.0], [across / 2 + bend[0], 0.5 + bend[1]], [0.0, 1.0]])
    return [resample(line, SPACING)]


def _draw_zero(rng: np.random.Generator) -> Strokes:
    half, start = rng.uniform(0.22, 0.42), rng.uniform(-140, -40)
    turn = rng.uniform(340, 380) * (1 if rng.uniform() < 0.3 else -1)
    ring = [_arc((half, 0.5), (half, 0.5), start, start + turn, 26)]
    return strike_zero(ring, rng) if rng.uniform() < 0.8 else ring


def _draw_one(rng: np.random.Generator) -> Strokes:
    """Draw a bare bar, upright or leaning, or a bar with a flag, with a flag and a foot, or with a long upstroke."""
    lean = np.tan(np.deg2rad(rng.uniform(-6, ONE_LEAN_DEGREES)))
    wave = rng.normal(0, 0.015)
    bar = np.array([[lean, 0.0], [lean / 2 + wave, 0.5], [0.0, 1.0]])
    kind = rng.choice(["bar", "flag", "foot", "upstroke"], p=[0.45, 0.25, 0.15, 0.15])
    if kind == "bar":
        return [bar]
    drop = rng.uniform(0.12, 0.35) if kind != "upstroke" else rng.uniform(0.45, 0.8)
    flag = np.array([[lean - rng.uniform(0.1, 0.3) - 0.35 * (drop > 0.4), drop]])
    strokes = [np.concatenate([flag, bar])]
    if kind == "foot":
        reach = rng.uniform(0.12, 0.32, 2)
        strokes.append(np.array([[-reach[0], 1.0], [reach[1], 1.0 + rng.normal(0, 0.02)]]))
    return strokes


def _draw_four(rng: np.random.Generator) -> Strokes:
    """Draw an open four in two strokes, or a closed one in one or two."""
    level, stem = rng.uniform(0.5, 0.72), rng.uniform(0.36, 0.5)
    reach = stem + rng.uniform(0.06, 0.25)
    kind = rng.uniform()
    if kind < 0.5:  # open
        left = np.array([[rng.uniform(0.02, 0.2), 0.0], [0.0, level], [reach, level + rng.normal(0, 0.03)]])
        return [left, np.array([[stem, rng.uniform(-0.05, 0.35)], [stem + rng.normal(0, 0.04), 1.0]])]
    if kind < 0.8:  # closed, in one stroke from the foot
        foot = stem + rng.normal(0, 0.04)
        return [np.array([[foot, 1.0], [stem, 0.0], [0.0, level], [reach, level + rng.normal(0, 0.03)]])]
    side = np.array([[stem, 0.0], [0.0, level], [reach, level + rng.normal(0, 0.03)]])
    return [side, np.array([[stem, rng.uniform(-0.02, 0.08)], [stem + rng.normal(0, 0.04), 1.0]])]


def _draw_seven(rng: np.random.Generator) -> Strokes:
    """Draw a seven, half of them crossed, some with a hook at the left."""
    width, foot = rng.uniform(0.4, 0.65), rng.uniform(0.02, 0.35)
    hook = np.array([[0.0, rng.uniform(0.08, 0.25)]] if rng.uniform() < 0.3 else np.empty((0, 2)))
    knee = [foot + (width - foot) * rng.uniform(0.25, 0.6), rng.uniform(0.4, 0.6)]
    seven = np.concatenate([hook, [[0.0, rng.normal(0, 0.03)], [width, 0.0], knee, [foot, 1.0]]])
    return _cross_seven([seven], rng) if rng.uniform() < 0.6 else [seven]


def _cross_seven(strokes: Strokes, rng: np.random.Generator) -> Strokes:
    """Add the bar of a crossed seven, where its stem is."""
    _, top, _, bottom = _bounds(strokes)
    height = bottom - top
    level = top + rng.uniform(0.4, 0.62) * height
    points = np.concatenate(strokes)
    stem = points[np.abs(points[:, 1] - level).argmin(), 0]
    reach, slope = rng.uniform(0.13, 0.3, 2) * height, rng.normal(0, 0.05) * height
    return [*strokes, np.array([[stem - reach[0], level + slope], [stem + reach[1], level - slope]])]


Extent = tuple[float, float, float, float]  # left, top, right, bottom


def _level_lines(box: Extent, is_doubled: bool, rng: np.random.Generator) -> Strokes:
    left, top, right, bottom = box
    places = (0.38, 0.62) if is_doubled or rng.uniform() < 0.3 else (0.5,)
    levels = [top + (place + rng.normal(0, 0.05)) * (bottom - top) for place in places]
    slope = rng.normal(0, 0.05, 2) * (bottom - top)
    return [np.array([[left, level + slope[0]], [right, level + slope[1]]]) for level in levels]


def _large_cross(box: Extent, _: bool, rng: np.random.Generator) -> Strokes:
    left, top, right, bottom = box
    moved = rng.normal(0, 0.06, (2, 2, 2)) * (bottom - top)
    return [np.array([[left, top], [right, bottom]]) + moved[0], np.array([[right, top], [left, bottom]]) + moved[1]]


def _zigzag(box: Extent, _: bool, rng: np.random.Generator) -> Strokes:
    left, top, right, bottom = box
    corners = int(rng.integers(5, 11))
    swing = np.where(np.arange(corners) % 2, 1, -1) * rng.uniform(0.2, 0.5) * (bottom - top)
    line = np.stack([np.linspace(left, right, corners), (top + bottom) / 2 + swing], axis=-1)
    return [line + rng.normal(0, 0.04, line.shape) * (bottom - top)]


def _two_slashes(box: Extent, _: bool, rng: np.random.Generator) -> Strokes:
    left, top, right, bottom = box
    apart = np.array([rng.uniform(0.07, 0.14) * (bottom - top), 0.0])
    line = np.array([[right, top], [left, bottom]]) + rng.normal(0, 0.04, (2, 2)) * (bottom - top)
    return [line - apart, line + apart]


def _bounds(strokes: Strokes) -> Extent:
    points = np.concatenate(strokes)
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    return float(left), float(top), float(right), float(max(bottom, top + 1e-3))


def _arc(
    middle: tuple[float, float], radii: tuple[float, float], start: float, end: float, steps: int
) -> NDArray[np.float64]:
    """Return (steps + 1, 2) points of an ellipse, from `start` to `end` degrees."""
    angle = np.deg2rad(np.linspace(start, end, steps + 1))
    return np.stack([middle[0] + radii[0] * np.cos(angle), middle[1] + radii[1] * np.sin(angle)], axis=-1)
