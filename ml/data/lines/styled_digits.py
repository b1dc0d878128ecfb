"""Draw digits in the styles that people use and the recorded writers seldom do, and strike digits out.

All strokes are about one digit high: y is 0 at the digit's top and 1 at its baseline.
"""

import math

import numpy as np

from ml.data.augmentation import Strokes
from ml.data.templates import draw_template, rare_digit_templates

Rng = np.random.Generator

TEMPLATE_SHARE = 0.35  # of styled digits: jittered templates instead of the recipes below


def arc(
    x: float, y: float, radius_x: float, radius_y: float, degrees: tuple[float, float], steps: int = 20
) -> np.ndarray:
    """Return (steps + 1, 2) points along an ellipse, between two angles in degrees."""
    angle = np.radians(np.linspace(*degrees, steps + 1))
    return np.stack([x + radius_x * np.cos(angle), y + radius_y * np.sin(angle)], axis=1)


def path(*points: tuple[float, float]) -> np.ndarray:
    """Return points as an array (n, 2)."""
    return np.array(points, dtype=float)


def standing(strokes: Strokes) -> Strokes:
    """Scale strokes to a height of 1 and move them to x = 0, standing on the baseline."""
    points = np.concatenate(strokes)
    low, size = points.min(axis=0), np.ptp(points, axis=0)
    scale = 1 / max(size[1], 0.4 * size[0], 1e-6)
    return [(stroke - [low[0], low[1] + size[1]]) * scale + [0, 1] for stroke in strokes]


def dense(stroke: np.ndarray, step: float = 0.1) -> np.ndarray:
    """Return a stroke with more points, so that a distortion bends straight lines too."""
    if len(stroke) > 9 or len(stroke) < 2:
        return stroke
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(stroke, axis=0).T))])
    places = np.union1d(np.arange(0, along[-1], step), along)
    return np.stack([np.interp(places, along, stroke[:, axis]) for axis in (0, 1)], axis=1)


def distort(strokes: Strokes, rng: Rng, wave: float = 0.02, turn: float = 0.05, stretch: float = 0.1) -> Strokes:
    """Return the strokes turned, stretched and bent by slow waves, as another hand would write them.

    Args:
        strokes: one digit high.
        rng: source of the distortion.
        wave: standard deviation of each wave's amplitude.
        turn: standard deviation of the rotation, in radians.
        stretch: standard deviation of the logarithm of the width.
    """
    angle, wide = rng.normal(0, turn), math.exp(rng.normal(0, stretch))
    matrix = np.array([[wide * math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    waves = rng.normal(0, wave, (2, 2, 2))
    distorted = []
    for stroke in map(dense, strokes):
        phase = stroke[:, ::-1, None] * np.array([3.0, 6.5])
        bent = stroke + (waves[0] * np.sin(phase) + waves[1] * np.cos(phase)).sum(axis=-1)
        distorted.append((bent - [0, 0.5]) @ matrix.T + [0, 0.5])
    return distorted


def turn_strokes(strokes: Strokes, angle: float) -> Strokes:
    """Return a symbol turned about its middle, by an angle in radians."""
    matrix = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    points = np.concatenate(strokes)
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    return [(stroke - middle) @ matrix.T + middle for stroke in strokes]


def styled_digit(digit: int, rng: Rng) -> Strokes:
    """Return the strokes of a digit in a rare style."""
    if digit == 0:
        return _zero(rng)
    if digit == 1:
        return bare_one(rng)
    if rng.random() < TEMPLATE_SHARE:
        own = [template for label, template in rare_digit_templates() if label == digit]
        drawn = draw_template(own[int(rng.integers(len(own)))], rng, is_round=rng.random() < 0.8)
        return standing(drawn)
    return _RECIPES[digit](rng)


def bare_one(rng: Rng) -> Strokes:
    """Return a 1 as a bar, leaning, with a flag, with a foot or with a long upstroke."""
    kind = rng.choice(["bar", "leaning", "flag", "foot", "upstroke"], p=[0.36, 0.2, 0.22, 0.12, 0.1])
    width = rng.uniform(0.1, 0.28)
    if kind == "bar":
        return [path((rng.normal(0, 0.02), 0), (rng.normal(0, 0.012), 0.5), (0, 1))]
    if kind == "leaning":
        top = rng.uniform(0.05, 0.3)
        return [path((top, 0), (top / 2 + rng.normal(0, 0.015), 0.5), (0, 1))]
    if kind == "upstroke":
        width = rng.uniform(0.22, 0.48)
        return [path((0, rng.uniform(0.4, 0.75)), (width, 0), (width + rng.normal(0, 0.03), 1))]
    strokes = [path((0, rng.uniform(0.12, 0.38)), (width, 0), (width + rng.normal(0, 0.03), 1))]
    if kind == "foot":
        foot = rng.uniform(0.12, 0.3)
        strokes.append(path((width - foot, 1), (width + foot, 1 + rng.normal(0, 0.02))))
    return strokes


def slash_zero(strokes: Strokes, rng: Rng) -> Strokes:
    """Return a zero struck through as many people do, to tell it from the letter O."""
    points = np.concatenate(strokes)
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    width, height = right - left, bottom - top
    margin = rng.uniform(-0.25, 0.3)  # the slash ends beyond the ring, or inside it
    y0, y1 = (height * margin * rng.uniform(0.3, 1) for _ in range(2))
    start, end = (right - margin * width, top + y0), (left + margin * width, bottom - y1)
    if rng.random() < 0.2:  # from the upper left to the lower right
        start, end = (left + margin * width, start[1]), (right - margin * width, end[1])
    return [*strokes, path(start, end)]


def cross_seven(strokes: Strokes, rng: Rng) -> Strokes:
    """Return a seven with a bar through its stem."""
    points = np.concatenate(strokes)
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    y = top + (bottom - top) * rng.uniform(0.42, 0.62)
    return [
        *strokes,
        path((left + rng.uniform(-0.05, 0.15), y + rng.normal(0, 0.04)), (right + rng.normal(0, 0.06), y)),
    ]


def cross_out(strokes: Strokes, rng: Rng) -> Strokes:
    """Return a digit struck out by one or two level lines, a cross, a zigzag or leaning lines."""
    points = np.concatenate(strokes)
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    width, height = max(right - left, 0.25), bottom - top
    middle = (left + right) / 2
    left, right = (middle + side * (width / 2 + rng.uniform(0.05, 0.25)) for side in (-1, 1))
    kind = rng.choice(["level", "cross", "zigzag", "leaning"], p=[0.36, 0.17, 0.17, 0.3])
    if kind == "level":
        ys = [rng.uniform(0.36, 0.62)] if rng.random() < 0.7 else [rng.uniform(0.3, 0.45), rng.uniform(0.55, 0.7)]
        tilt = rng.normal(0, 0.06)
        lines = [path((left, top + height * y - tilt), (right, top + height * y + tilt)) for y in ys]
    elif kind == "cross":
        lines = [path((left, top), (right, bottom)), path((right, top), (left, bottom))]
    elif kind == "zigzag":
        turns = int(rng.integers(5, 10))
        swing = np.where(np.arange(turns) % 2, 1, -1) * rng.uniform(0.2, 0.5) * height
        lines = [np.stack([np.linspace(left, right, turns), top + height / 2 + swing], axis=1)]
    else:
        shifts = (0.0,) if rng.random() < 0.6 else (-0.1, 0.1)
        low, high = bottom + rng.uniform(-0.15, 0.12), top - rng.uniform(-0.15, 0.12)
        lines = [path((left + by, low), (right + by, high)) for by in shifts]
    return [*strokes, *lines]


def _zero(rng: Rng) -> Strokes:
    width, start = rng.uniform(0.2, 0.42), rng.uniform(-140, -40)
    way = 1 if rng.random() < 0.3 else -1
    ring = [arc(width, 0.5, width, 0.5, (start, start + rng.uniform(340, 385) * way), 26)]
    kind = rng.random()
    if kind < 0.6:
        return slash_zero(ring, rng)
    if kind < 0.7:
        return [*ring, path((width, 0.48), (width + 0.03, 0.5))]  # a dot in the middle
    return ring


def _two(rng: Rng) -> Strokes:
    bowl = arc(0.27, 0.27, 0.25, 0.27, (-160, 40))
    if rng.random() < 0.5:
        return [np.concatenate([bowl, path((0.02, 1), (rng.uniform(0.45, 0.65), 1))])]
    return [np.concatenate([bowl, path((0.1, 0.95)), arc(0.12, 0.9, 0.1, 0.09, (90, 330), 10), path((0.56, 1))])]


def _three(rng: Rng) -> Strokes:
    if rng.random() < 0.5:
        return [np.concatenate([arc(0.24, 0.25, 0.24, 0.25, (-150, 90)), arc(0.24, 0.74, 0.28, 0.26, (-90, 150))])]
    return [np.concatenate([path((0, 0), (0.5, 0), (0.2, 0.4)), arc(0.24, 0.7, 0.28, 0.3, (-90, 150))])]


def _four(rng: Rng) -> Strokes:
    if rng.random() < 0.5:  # open
        stem = path((0.42, rng.uniform(0, 0.3)), (0.42, 1))
        return [path((0.05, 0), (0, rng.uniform(0.5, 0.65)), (0.55, 0.6)), stem]
    return [path((0.42, 1), (0.42, 0), (0, 0.68), (0.58, 0.68))]


def _five(rng: Rng) -> Strokes:
    body = np.concatenate([path((0.1, 0), (0.06, 0.42)), arc(0.24, 0.68, 0.28, 0.32, (-130, 140))])
    return [body, path((0.1, 0), (rng.uniform(0.4, 0.6), rng.uniform(-0.05, 0.05)))]


def _six(rng: Rng) -> Strokes:
    return [np.concatenate([path((rng.uniform(0.3, 0.5), 0)), arc(0.26, 0.7, 0.25, 0.3, (200, -170), 30)])]


def _seven(rng: Rng) -> Strokes:
    seven = [path((0, rng.uniform(-0.02, 0.08)), (0.5, 0), (rng.uniform(0.1, 0.35), 1))]
    return cross_seven(seven, rng) if rng.random() < 0.5 else seven


def _eight(rng: Rng) -> Strokes:
    return [np.concatenate([arc(0.25, 0.25, 0.21, 0.25, (90, -270), 24), arc(0.25, 0.75, 0.26, 0.25, (-90, 270), 24)])]


def _nine(rng: Rng) -> Strokes:
    bowl = arc(0.24, 0.27, 0.24, 0.27, (0, -340), 24)
    if rng.random() < 0.5:
        return [np.concatenate([bowl, path((0.48, 0.27), (rng.uniform(0.3, 0.5), 1))])]
    return [np.concatenate([bowl, path((0.48, 0.27), (0.48, 0.7)), arc(0.26, 0.72, 0.22, 0.28, (0, 130), 10)])]


_RECIPES = {2: _two, 3: _three, 4: _four, 5: _five, 6: _six, 7: _seven, 8: _eight, 9: _nine}
