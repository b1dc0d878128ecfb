"""Generate drawings that are not digits: letters, symbols, scribbles, polygons, dots, pairs of digits, and noise."""

from collections.abc import Callable, Sequence

import numpy as np

from ml.data.augmentation import Strokes
from ml.data.render_augmentation import render_augmented
from ml.data.templates import draw_template, smooth_line, symbol_templates
from ml.preprocessing.ink import BlankDrawing, Ink
from ml.types import SIDE


def draw_hard_negatives(count: int, digits: Sequence[Strokes], rng: np.random.Generator) -> Ink:
    """Return (count, 28, 28) float32 in [0, 1] of drawings that are not digits; `digits` are combined into pairs."""
    drawn = np.empty((count, SIDE, SIDE), dtype=np.float32)
    for place in range(count):
        strokes = hard_negative_strokes(digits, rng)
        try:
            drawn[place] = render_augmented(strokes, rng) if strokes else draw_noise(rng)
        except BlankDrawing:
            drawn[place] = draw_noise(rng)
    return drawn


def hard_negative_strokes(digits: Sequence[Strokes], rng: np.random.Generator) -> Strokes | None:
    """Return the strokes of a random drawing that is not a digit; None if it should be noise."""
    kinds: list[tuple[float, Callable[[], Strokes]]] = [
        (0.42, lambda: _symbol(rng)),
        (0.20, lambda: _scribble(rng)),
        (0.08, lambda: _polygon(rng)),
        (0.10, lambda: _dots_and_dashes(rng)),
        (0.14 if digits else 0.0, lambda: _pair(digits, rng)),
    ]
    pick = rng.uniform()
    for share, draw in kinds:
        if pick < share:
            return draw()
        pick -= share
    return None


def _symbol(rng: np.random.Generator) -> Strokes:
    """Draw one or two letters or symbols with jittered points and straight or curved strokes."""
    templates = list(symbol_templates().values())
    strokes: Strokes = []
    for place in range(1 if rng.uniform() < 0.85 else 2):
        drawn = draw_template(templates[rng.integers(len(templates))], rng, is_round=rng.uniform() < 0.6)
        strokes += [stroke + np.array([place * 10.0, 0.0]) for stroke in drawn]
    return strokes


def _scribble(rng: np.random.Generator) -> Strokes:
    """Draw one to three strokes, each a line that crosses itself or a zigzag."""
    strokes = []
    for _ in range(rng.integers(1, 4)):
        turns = int(rng.integers(7, 24))
        if rng.uniform() < 0.5:
            points = rng.uniform(0, 10, (turns, 2))
        else:
            x = np.linspace(0, 10, turns) + rng.normal(0, 0.4, turns)
            y = np.where(np.arange(turns) % 2, 0.0, rng.uniform(2, 10)) + rng.normal(0, 0.6, turns)
            points = np.stack([x, y] if rng.uniform() < 0.6 else [y, x], axis=-1)
        strokes.append(smooth_line(points))
    return strokes


def _polygon(rng: np.random.Generator) -> Strokes:
    """Draw a spiral, a star-shaped polygon, or two nested rings with a line through them."""
    kind = rng.integers(3)
    if kind == 0:
        angle = np.linspace(0, rng.uniform(12, 26), 80)
        return [np.stack([angle * np.cos(angle), angle * np.sin(angle)], axis=-1)]
    corners = int(rng.integers(3, 9))
    angle = np.linspace(0, 2 * np.pi, 2 * corners + 1) + rng.uniform(0, 6)
    radius = np.where(np.arange(2 * corners + 1) % 2, rng.uniform(2, 5), 10.0)[:, None]
    outline = radius * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    if kind == 1:
        return [outline + rng.normal(0, 0.4, outline.shape)]
    turn = np.linspace(0, 2 * np.pi, 40)
    ring = np.stack([np.cos(turn), np.sin(turn)], axis=-1)
    return [ring * 10, ring * rng.uniform(2, 6) + rng.normal(0, 2, 2), rng.uniform(-12, 12, (2, 2))]


def _dots_and_dashes(rng: np.random.Generator) -> Strokes:
    """Draw dots, horizontal strokes or scattered short strokes, but never a single vertical line: that is a 1."""
    kind = rng.integers(3)
    if kind == 0:
        return [rng.uniform(0, 10, (1, 2)) + np.array([[0.0, 0.0], [0.1, 0.1]]) for _ in range(rng.integers(1, 8))]
    if kind == 1:
        return [np.array([[0.0, y], [10.0, y + rng.normal(0, 1.0)]]) for y in rng.uniform(0, 8, rng.integers(1, 4))]
    starts = rng.uniform(0, 14, (int(rng.integers(3, 9)), 2))
    return [np.stack([start, start + rng.normal(0, 3, 2)]) for start in starts]


def _pair(digits: Sequence[Strokes], rng: np.random.Generator) -> Strokes:
    """Draw two or three digits side by side, touching or not: a number rather than a digit."""
    strokes: Strokes = []
    right = 0.0
    for _ in range(2 if rng.uniform() < 0.7 else 3):
        digit = digits[int(rng.integers(len(digits)))]
        points = np.concatenate(digit)
        low, tall = points.min(axis=0), max(float(np.ptp(points[:, 1])), 1.0)
        placed = [(stroke - low) / tall * 10 + [right, rng.normal(0, 0.5)] for stroke in digit]
        strokes += placed
        right = max(float(stroke[:, 0].max()) for stroke in placed) + rng.uniform(-1.2, 3.0)
    return strokes


def draw_noise(rng: np.random.Generator) -> Ink:
    """Return (28, 28) of random specks or blotches."""
    coarse = int(rng.integers(2, 15))
    field = rng.uniform(size=(coarse, coarse)) ** rng.uniform(0.5, 4)
    grown = np.kron(field, np.ones((SIDE // coarse + 1,) * 2))[:SIDE, :SIDE]
    return np.asarray(grown * (rng.uniform(size=grown.shape) < rng.uniform(0.3, 1.0)), dtype=np.float32)
