"""Strokes from small templates, shaken: signs that are no digits, and digits in styles that the data hardly holds."""

import json
from functools import cache
from pathlib import Path

import numpy as np

from ml.data.augmentation import Strokes
from ml.types import CLASSES

SHAKE = 0.35  # of the grid's 9 x 9


@cache
def signs() -> tuple[str, ...]:
    """Return the templates of letters and signs: strokes apart by |, each a string of two figures a point."""
    told = json.loads(Path(__file__).with_name("letters.json").read_text(encoding="utf-8"))
    return tuple(told["signs"].values())


@cache
def unseen_signs() -> tuple[str, ...]:
    """Return more templates of letters and signs, which learning never sees."""
    told = json.loads(Path(__file__).with_name("letters.json").read_text(encoding="utf-8"))
    return tuple(told["unseen"].values())


@cache
def styles() -> tuple[tuple[int, str], ...]:
    """Return the templates of digits, each with its digit."""
    told = json.loads(Path(__file__).with_name("styles.json").read_text(encoding="utf-8"))
    return tuple((digit, template) for digit in range(CLASSES) for template in told[str(digit)])


def draw_template(template: str, rng: np.random.Generator, is_round: bool) -> Strokes:
    """Return a template's strokes with every point shaken, as curves where `is_round`."""
    strokes: Strokes = []
    for stroke in template.split("|"):
        points = np.array([[float(pair[0]), float(pair[1])] for pair in stroke.split()])
        points += rng.normal(0, SHAKE, points.shape)
        strokes.append(smooth_line(points) if is_round else points)
    return strokes


def smooth_line(points: np.ndarray, pieces: int = 6) -> np.ndarray:
    """Return a Catmull-Rom curve through points (n, 2), `pieces` points for each."""
    if len(points) < 3:
        return points
    p = np.concatenate([points[:1], points, points[-1:]])
    t = np.linspace(0, 1, pieces, endpoint=False)[:, None, None]
    a, b, c, d = p[:-3], p[1:-2], p[2:-1], p[3:]
    curve = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
    return np.concatenate([curve.transpose(1, 0, 2).reshape(-1, 2), points[-1:]])
