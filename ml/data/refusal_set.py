"""Drawings that are no plain numbers, to be refused: symbols, scribbles, and signs alone or between digits.

Made from templates with a seed, as golden drawings are; the symbols are those that no training uses. NumPy only.
"""

from typing import Any

import numpy as np

from ml.data.augmentation import Strokes
from ml.data.hard_negatives import hard_negative_strokes
from ml.data.templates import draw_template, numeric_sign_templates, unseen_symbol_templates
from ml.golden import golden_drawing
from ml.types import CLASSES

SEED = 909
KINDS = 4
SIDE_PX = 400.0
HEIGHT_PX = (120.0, 240.0)
PEN_PX = (10.0, 20.0)


def refusal_drawing(place: int) -> dict[str, Any]:
    """Return {"strokes", "width", "height", "pen_px"}, as the draw page sends them; the same for the same place.

    By turns an unseen symbol, a drawing as `hard_negatives` makes them, a sign alone, and a sign between two digits.
    """
    rng = np.random.default_rng([SEED, place])
    draw = (_symbol, _scrawl, _sign, _sign_between_digits)[place % KINDS]
    strokes = draw(place // KINDS, rng)
    pen_px = rng.uniform(*PEN_PX)
    placed = _place(strokes, rng)
    return {"strokes": placed, "width": SIDE_PX, "height": SIDE_PX, "pen_px": round(float(pen_px), 1)}


def _symbol(place: int, rng: np.random.Generator) -> Strokes:
    templates = unseen_symbol_templates()
    return draw_template(templates[place % len(templates)], rng, is_round=bool(rng.uniform() < 0.5))


def _scrawl(_: int, rng: np.random.Generator) -> Strokes:
    while (strokes := hard_negative_strokes((), rng)) is None:  # noise is not drawn by a pen
        pass
    return strokes


def _sign(place: int, rng: np.random.Generator) -> Strokes:
    templates = numeric_sign_templates()
    return draw_template(templates[place % len(templates)], rng, is_round=bool(rng.uniform() < 0.5))


def _sign_between_digits(place: int, rng: np.random.Generator) -> Strokes:
    parts = [_digit(rng), _fit(_sign(place, rng), 6.0), _digit(rng)]
    strokes: Strokes = []
    right = 0.0
    for part in parts:
        points = np.concatenate(part)
        strokes += [stroke + np.array([right - points[:, 0].min(), -points[:, 1].mean()]) for stroke in part]
        right += float(np.ptp(points[:, 0])) + rng.uniform(3.0, 5.0)
    return strokes


def _digit(rng: np.random.Generator) -> Strokes:
    drawn = golden_drawing(int(rng.integers(CLASSES)), int(rng.integers(1000)))["strokes"]
    strokes = [np.array(stroke) for stroke in drawn]
    return [stroke * (10.0 / np.ptp(np.concatenate(strokes)[:, 1])) for stroke in strokes]


def _fit(strokes: Strokes, side: float) -> Strokes:
    longest = max(float(np.ptp(np.concatenate(strokes), axis=0).max()), 1.0)
    return [stroke * (side / longest) for stroke in strokes]


def _place(strokes: Strokes, rng: np.random.Generator) -> list[list[list[float]]]:
    """Return strokes scaled and placed at random on a canvas of SIDE_PX."""
    points = np.concatenate(strokes)
    low, size = points.min(axis=0), np.maximum(np.ptp(points, axis=0), 1e-3)
    scale = min(rng.uniform(*HEIGHT_PX) / max(size[1], 2.0), (SIDE_PX - 40) / size[0])
    corner = 20 + rng.uniform(0, 1, 2) * (SIDE_PX - 40 - size * scale)
    return [np.round((stroke - low) * scale + corner, 1).tolist() for stroke in strokes]
