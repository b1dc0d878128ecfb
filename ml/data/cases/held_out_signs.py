"""Signs and letters that stand with digits, for evaluation only: of families that no training data holds.

Every shape is drawn in units of a digit's height: y = 0 is the top of the digits and y = 1 their baseline.
"""

from collections.abc import Callable

import numpy as np

from ml.data.augmentation import Strokes
from ml.data.cases.held_out_letters import OTHERS, draw_other
from ml.data.templates import smooth_line
from ml.types import SIGNS

Variant = Callable[[np.random.Generator], Strokes]

TREMOR = 0.012  # standard deviation of an unsteady hand, in digit heights


def draw_sign(sign: str, rng: np.random.Generator) -> Strokes:
    """Return the strokes of one of SIGNS or of `held_out_letters.OTHERS`, its left edge at x = 0."""
    if sign in OTHERS:
        strokes = draw_other(sign, rng)
    else:
        variants = VARIANTS[sign]
        strokes = variants[int(rng.integers(len(variants)))](rng)
    steady = [stroke + rng.normal(0, TREMOR, stroke.shape) for stroke in strokes]
    left = min(float(stroke[:, 0].min()) for stroke in steady)
    return [stroke - np.array([left, 0.0]) for stroke in steady]


def arc(centre: tuple[float, float], radii: tuple[float, float], turn: tuple[float, float]) -> np.ndarray:
    """Return (17, 2): an arc of an ellipse between two angles in turns, clockwise from the right."""
    angles = np.linspace(*turn, 17) * 2 * np.pi
    return np.stack([centre[0] + radii[0] * np.cos(angles), centre[1] + radii[1] * np.sin(angles)], axis=-1)


def line(*points: tuple[float, float]) -> np.ndarray:
    """Return (n, 2): straight from point to point."""
    return np.array(points, dtype=np.float64)


def _curve(*points: tuple[float, float]) -> np.ndarray:
    return smooth_line(line(*points))


def _dot(x: float, y: float) -> np.ndarray:
    return line((x, y), (x + 0.01, y + 0.01))


def _minus(rng: np.random.Generator) -> Strokes:
    long, y, rise = rng.uniform(0.28, 0.6), rng.uniform(0.45, 0.62), rng.uniform(-0.06, 0.04)
    return [line((0, y), (long / 2, y + rise / 2), (long, y + rise))]


def _wavy_minus(rng: np.random.Generator) -> Strokes:
    long, y, wave = rng.uniform(0.35, 0.6), rng.uniform(0.45, 0.6), rng.uniform(0.008, 0.025)
    return [_curve((0, y + wave), (long * 0.3, y - wave), (long * 0.7, y + wave), (long, y - wave))]


def _hooked_minus(rng: np.random.Generator) -> Strokes:
    long, y = rng.uniform(0.3, 0.5), rng.uniform(0.45, 0.6)
    return [_curve((0.03, y - 0.06), (0, y), (long / 2, y + 0.01), (long, y - 0.02))]


def _point(rng: np.random.Generator) -> Strokes:
    return [_dot(0.0, rng.uniform(0.93, 1.02))]


def _dashed_point(rng: np.random.Generator) -> Strokes:
    y = rng.uniform(0.94, 1.0)
    return [line((0, y), (rng.uniform(0.03, 0.07), y + rng.uniform(-0.02, 0.04)))]


def _rubbed_point(rng: np.random.Generator) -> Strokes:
    return [arc((0.02, rng.uniform(0.94, 0.99)), (0.02, 0.02), (0, rng.uniform(1.2, 2.0)))]


def _straight_comma(rng: np.random.Generator) -> Strokes:
    long, y = rng.uniform(0.18, 0.38), rng.uniform(0.84, 0.94)
    return [line((long * rng.uniform(0.25, 0.6), y), (0, y + long))]


def _curved_comma(rng: np.random.Generator) -> Strokes:
    long, y = rng.uniform(0.2, 0.38), rng.uniform(0.86, 0.95)
    return [_curve((0.06, y), (0.1, y + long * 0.35), (0.07, y + long * 0.7), (0, y + long))]


def _headed_comma(rng: np.random.Generator) -> Strokes:
    y = rng.uniform(0.9, 0.96)
    tail = _curve((0.1, y), (0.11, y + 0.1), (0.06, y + 0.2), (0, y + rng.uniform(0.24, 0.32)))
    return [np.concatenate([arc((0.075, y), (0.03, 0.03), (0, 1)), tail])]


def _slash(bend: float) -> Variant:
    def draw(rng: np.random.Generator) -> Strokes:
        above, below = rng.uniform(0.05, 0.3, 2)
        wide = float(np.tan(np.deg2rad(rng.uniform(15, 42)))) * (1 + above + below)
        across = np.linspace(0, 1, 9)
        bow = bend * rng.uniform(0.4, 1.0) * np.sin(np.pi * across * (1 if rng.uniform() < 0.6 else 2))
        return [np.stack([wide * (1 - across) + bow, -above + (1 + above + below) * across], axis=-1)]

    return draw


def _colon(dot: Callable[[float, float], np.ndarray], high: tuple[float, float]) -> Variant:
    def draw(rng: np.random.Generator) -> Strokes:
        lean = rng.uniform(0, 0.05)
        return [dot(lean, rng.uniform(*high)), dot(0.0, rng.uniform(0.78, 0.95))]

    return draw


def _percent(rng: np.random.Generator) -> Strokes:
    radius, wide = rng.uniform(0.12, 0.2), rng.uniform(0.5, 0.75)
    rings = [arc((radius, radius + 0.04), (radius, radius * 1.1), (0.8, 1.85))]
    rings += [arc((wide + 0.05, 0.96 - radius), (radius, radius * 1.1), (0.7, 1.75))]
    return [rings[0], line((wide, rng.uniform(-0.08, 0.06)), (0.1, rng.uniform(0.96, 1.08))), rings[1]]


def _joined_percent(rng: np.random.Generator) -> Strokes:
    """Draw the first ring, over to the top right and down the slash without lifting the pen."""
    radius = rng.uniform(0.12, 0.18)
    ring = arc((radius, radius + 0.06), (radius, radius), (0.9, 1.9))
    first = np.concatenate([ring, _curve((2 * radius, radius * 0.6), (0.5, 0.06), (0.68, 0.0), (0.15, 1.0))])
    return [first, arc((0.68, 0.8), (radius, radius * 1.15), (0.75, 1.8))]


def _flat_percent(rng: np.random.Generator) -> Strokes:
    """Draw a slash that leans far, with two small loops close to it."""
    wide = rng.uniform(0.75, 0.95)
    loop = arc((0.2, 0.28), (0.11, 0.13), (0.6, 1.7)), arc((wide - 0.1, 0.75), (0.11, 0.14), (0.1, 1.2))
    return [line((wide, 0.08), (0.0, 0.98)), *loop]


def _plus(high: tuple[float, float], wide: tuple[float, float]) -> Variant:
    def draw(rng: np.random.Generator) -> Strokes:
        x, y = rng.uniform(*wide) / 2, rng.uniform(*high) / 2
        middle, off = rng.uniform(0.5, 0.6), rng.normal(0, 0.03)
        strokes = [line((0, middle + off), (2 * x, middle - off)), line((x + off, middle - y), (x - off, middle + y))]
        return strokes if rng.uniform() < 0.5 else strokes[::-1]

    return draw


def _bracket(depth: tuple[float, float], is_angular: bool = False, is_closing: bool = False) -> Variant:
    def draw(rng: np.random.Generator) -> Strokes:
        above, below, deep = rng.uniform(0.02, 0.25), rng.uniform(0.02, 0.25), rng.uniform(*depth)
        across = np.linspace(0, 1, 5 if is_angular else 13)
        shape = np.minimum(across, 1 - across) * 4 if is_angular else np.sin(np.pi * across)
        x = deep * (1 - np.minimum(shape, 1.0))
        return [np.stack([deep - x if is_closing else x, -above + (1 + above + below) * across], axis=-1)]

    return draw


def _ring(start: float, length: float, flat: float) -> Variant:
    def draw(rng: np.random.Generator) -> Strokes:
        radius = rng.uniform(0.1, 0.17)
        centre = radius, rng.uniform(-0.1, 0.12) + radius
        return [arc(centre, (radius, radius * flat), (start, start + length + rng.uniform(-0.06, 0.06)))]

    return draw


def _s_shape(rng: np.random.Generator) -> np.ndarray:
    wide = rng.uniform(0.45, 0.6)
    points = [(1.0, 0.2), (0.6, 0.06), (0.12, 0.22), (0.45, 0.48), (0.9, 0.72), (0.5, 0.95), (0.0, 0.8)]
    return smooth_line(np.array(points) * [wide, 1.0])


def _dollar(bars: int, is_whole: bool = True) -> Variant:
    def draw(rng: np.random.Generator) -> Strokes:
        strokes = [_s_shape(rng)]
        for bar in range(bars):
            x, lean = 0.22 + 0.1 * bar + rng.normal(0, 0.02), rng.uniform(0, 0.08)
            strokes += (
                [line((x + lean, rng.uniform(-0.2, -0.06)), (x, rng.uniform(1.06, 1.2)))]
                if is_whole
                else [line((x + lean, -0.18), (x + lean, 0.08)), line((x, 0.92), (x, 1.2))]
            )
        return strokes

    return draw


def _euro(radii: tuple[float, float], first_bar: float) -> Variant:
    def draw(rng: np.random.Generator) -> Strokes:
        open_ = rng.uniform(0.08, 0.14)
        strokes = [arc((0.12 + radii[0], 0.5), radii, (1 - open_, open_))]
        for y in (first_bar, first_bar + rng.uniform(0.14, 0.24)):
            strokes.append(line((0, y + 0.01), (0.12 + radii[0] * rng.uniform(0.9, 1.4), y)))
        return strokes

    return draw


def _pound(bars: int, is_looped: bool) -> Variant:
    def draw(rng: np.random.Generator) -> Strokes:
        hook = [(0.62, 0.2), (0.48, 0.03), (0.3, 0.15), (0.28, 0.5), (0.26, 0.8)]
        foot = [(0.1, 0.98), (0.06, 0.86), (0.3, 0.92)] if is_looped else [(0.08, 0.98)]
        strokes = [_curve(*hook, *foot, (0.5, 1.0), (0.68, 0.9))]
        return strokes + [
            line((0.08, 0.5 + 0.16 * bar), (rng.uniform(0.45, 0.56), 0.48 + 0.16 * bar)) for bar in range(bars)
        ]

    return draw


def _times(rng: np.random.Generator) -> Strokes:
    side, top = rng.uniform(0.35, 0.55), rng.uniform(0.3, 0.48)
    return [line((0, top), (side, top + side)), line((side * rng.uniform(0.85, 1.1), top), (0.02, top + side))]


def _looped_times(rng: np.random.Generator) -> Strokes:
    side, top = rng.uniform(0.4, 0.55), rng.uniform(0.35, 0.45)
    points = [(0, 0), (0.5, 0.5), (0.95, 0.95), (1.1, 0.5), (0.95, 0.05), (0.5, 0.5), (0.05, 1)]
    return [smooth_line(np.array(points) * side + [0, top])]


VARIANTS: dict[str, tuple[Variant, ...]] = {
    "-": (_minus, _wavy_minus, _hooked_minus),
    ".": (_point, _dashed_point, _rubbed_point),
    ",": (_straight_comma, _curved_comma, _headed_comma),
    "/": (_slash(0.0), _slash(0.06), _slash(-0.05)),
    ":": (
        _colon(_dot, (0.25, 0.45)),
        _colon(lambda x, y: line((x, y), (x + 0.05, y + 0.02)), (0.3, 0.45)),
        _colon(lambda x, y: arc((x + 0.02, y), (0.02, 0.02), (0, 1.3)), (0.25, 0.4)),
    ),
    "%": (_percent, _joined_percent, _flat_percent),
    "+": (_plus((0.5, 0.7), (0.45, 0.7)), _plus((0.7, 0.9), (0.4, 0.55)), _plus((0.35, 0.45), (0.35, 0.45))),
    "(": (_bracket((0.1, 0.18)), _bracket((0.2, 0.32)), _bracket((0.12, 0.22), is_angular=True)),
    ")": (
        _bracket((0.1, 0.18), is_closing=True),
        _bracket((0.2, 0.32), is_closing=True),
        _bracket((0.12, 0.22), is_angular=True, is_closing=True),
    ),
    "°": (_ring(0.75, 1.0, 1.0), _ring(0.1, 0.9, 1.2), _ring(0.6, 1.25, 0.85)),
    "$": (_dollar(1), _dollar(2), _dollar(1, is_whole=False)),
    "€": (_euro((0.42, 0.5), 0.42), _euro((0.3, 0.52), 0.38), _euro((0.5, 0.42), 0.4)),
    "£": (_pound(1, is_looped=False), _pound(2, is_looped=False), _pound(1, is_looped=True)),
    "×": (_times, _looped_times),
}
assert set(VARIANTS) == set(SIGNS)  # noqa: S101 - a sign without a shape would be a gap in every figure
