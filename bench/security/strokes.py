"""Make strokes that are dear to render or to read, from a few parameters."""

import math
from typing import Any

import numpy as np

STROKES_SPACE: dict[str, tuple[Any, ...]] = {
    "shape": ("taps", "walk", "zigzag", "spiral", "noise", "bars", "grid"),
    "strokes": (1, 2, 8, 60, 272, 500),
    "points": (1, 2, 40, 400, 5_000, 20_000),
    "width": (1.0, 60.0, 280.0, 1_000.0, 100_000.0),
    "height": (1.0, 60.0, 280.0, 1_000.0, 100_000.0),
    "pen_px": (None, 0.001, 1.0, 4.0, 8.0, 20.0, 60.0, 150.0, 279.0, 1_000.0, 50_000.0),
    "has_canvas": (False, True),
    "lines": (1, 3, 8, 11, 20),
}


def strokes(rng: np.random.Generator, p: dict[str, Any]) -> dict[str, Any]:
    """Return the JSON of a drawing within the limits of strokes and points."""
    count = p["strokes"]
    points = max(1, min(p["points"], 20_000 // count))
    size = np.array([p["width"], p["height"]])
    drawn = [(_stroke(rng, p, place, points) * size).tolist() for place in range(count)]
    body: dict[str, Any] = {"strokes": drawn, "pen_px": p["pen_px"]}
    return body | ({"width": p["width"], "height": p["height"]} if p["has_canvas"] else {})


def _stroke(rng: np.random.Generator, p: dict[str, Any], place: int, points: int) -> np.ndarray:
    """Return (points, 2) in [0, 1]."""
    along = np.linspace(0, 1, points)
    across = -(-p["strokes"] // p["lines"])  # strokes in a line, if they stand in lines
    corner = np.array([(place % across) / across, (place // across) / p["lines"]])
    cell = np.array([0.5 / across, 0.5 / p["lines"]])
    match p["shape"]:
        case "taps":
            return np.tile(corner + cell, (points, 1))
        case "bars":
            return corner + cell * np.stack([np.full(points, 0.5), along], axis=1)
        case "grid":
            return corner + cell * rng.uniform(0, 1, (points, 2))
        case "walk":
            return np.clip(rng.uniform(0, 1, 2) + rng.normal(0, 0.02, (points, 2)).cumsum(axis=0), 0, 1)
        case "zigzag":
            return np.stack([np.arange(points) % 2, along], axis=1)
        case "spiral":
            return 0.5 + 0.5 * along[:, None] * np.stack(
                [np.cos(along * 80 * math.pi), np.sin(along * 80 * math.pi)], axis=1
            )
        case _:
            return rng.uniform(0, 1, (points, 2))
