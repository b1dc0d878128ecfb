"""Jittered strokes from small templates: symbols that are not digits, and digit styles that are rare in the data."""

import json
from functools import cache
from pathlib import Path

import numpy as np

from ml.data.augmentation import Strokes
from ml.types import CLASSES

JITTER = 0.35  # standard deviation, in units of the 9 x 9 grid


@cache
def symbol_templates() -> dict[str, str]:
    """Return templates of letters and symbols: strokes separated by |, each a list of two-digit points (x, y)."""
    data = json.loads(Path(__file__).with_name("letters.json").read_text(encoding="utf-8"))
    return dict(data["signs"])


@cache
def numeric_sign_templates() -> tuple[str, ...]:
    """Return templates of the signs that stand with digits: minus, plus, percent, brackets, currencies."""
    data = json.loads(Path(__file__).with_name("letters.json").read_text(encoding="utf-8"))
    return tuple(data["numeric"].values())


@cache
def unseen_symbol_templates() -> tuple[str, ...]:
    """Return templates of further letters and symbols, used for evaluation and never in training."""
    data = json.loads(Path(__file__).with_name("letters.json").read_text(encoding="utf-8"))
    return tuple(data["unseen"].values())


@cache
def rare_digit_templates() -> tuple[tuple[int, str], ...]:
    """Return templates of digits in rare styles, each with its digit."""
    data = json.loads(Path(__file__).with_name("styles.json").read_text(encoding="utf-8"))
    return tuple((digit, template) for digit in range(CLASSES) for template in data[str(digit)])


def draw_template(template: str, rng: np.random.Generator, is_round: bool) -> Strokes:
    """Return a template's strokes with every point jittered, as curves if `is_round`."""
    strokes: Strokes = []
    for stroke in template.split("|"):
        points = np.array([[float(pair[0]), float(pair[1])] for pair in stroke.split()])
        points += rng.normal(0, JITTER, points.shape)
        strokes.append(smooth_line(points) if is_round else points)
    return strokes


def smooth_line(points: np.ndarray, steps: int = 6) -> np.ndarray:
    """Return a Catmull-Rom spline through points (n, 2), with `steps` points for each segment."""
    if len(points) < 3:
        return points
    p = np.concatenate([points[:1], points, points[-1:]])
    t = np.linspace(0, 1, steps, endpoint=False)[:, None, None]
    a, b, c, d = p[:-3], p[1:-2], p[2:-1], p[3:]
    curve = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
    return np.concatenate([curve.transpose(1, 0, 2).reshape(-1, 2), points[-1:]])
