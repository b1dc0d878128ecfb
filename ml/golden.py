"""Golden digits: our own drawings, varied by a seed, that test the pipeline but not accuracy. Standard library only."""

import json
import math
import random
from functools import cache
from pathlib import Path
from typing import Any

Strokes = list[list[list[float]]]  # each stroke a list of [x, y]

PEN_PX = (13.0, 24.0)
HEIGHT_PX = (110.0, 220.0)


def golden_drawing(digit: int, seed: int) -> dict[str, Any]:
    """Return {"strokes", "width", "height", "pen_px"}, as the draw page sends them; the same for the same seed."""
    templates, side = _load_templates()
    rng = random.Random(f"{digit}-{seed}")
    distorted = _distort(templates[digit][seed % len(templates[digit])], rng)
    pen_px = rng.uniform(*PEN_PX)
    placed = _place(distorted, side - pen_px, rng)
    strokes = [[[round(x + pen_px / 2, 1), round(y + pen_px / 2, 1)] for x, y in stroke] for stroke in placed]
    return {"strokes": strokes, "width": side, "height": side, "pen_px": round(pen_px, 1)}


@cache
def _load_templates() -> tuple[list[list[Strokes]], int]:
    """Return the templates of each digit, and the side of their canvas in px."""
    loaded = json.loads(Path(__file__).with_name("golden.json").read_text(encoding="utf-8"))
    return [loaded["hands"][str(digit)] for digit in range(10)], loaded["side"]


def _distort(strokes: Strokes, rng: random.Random) -> Strokes:
    """Return the strokes slanted, rotated and bent by a slow wave."""
    slant, turn = rng.uniform(-0.18, 0.12), rng.uniform(-0.08, 0.08)
    wave_px, phase_x, phase_y = rng.uniform(0, 4.0), rng.uniform(0, 6.3), rng.uniform(0, 6.3)
    cos, sin = math.cos(turn), math.sin(turn)
    distorted = []
    for stroke in strokes:
        points = []
        for x, y in stroke:
            bent_x = x + slant * y + wave_px * math.sin(y / 35 + phase_x)
            bent_y = y + wave_px * math.sin(x / 35 + phase_y)
            points.append([cos * bent_x - sin * bent_y, sin * bent_x + cos * bent_y])
        distorted.append(points)
    return distorted


def _place(strokes: Strokes, side: float, rng: random.Random) -> Strokes:
    """Return the strokes at a random size and place on a canvas of `side` px."""
    xs, ys = ([point[axis] for stroke in strokes for point in stroke] for axis in (0, 1))
    height = rng.uniform(*HEIGHT_PX)
    scale_y = height / (max(ys) - min(ys))
    scale_x = min(scale_y * rng.uniform(0.85, 1.15), side / (max(xs) - min(xs)))
    left = rng.uniform(0, side - (max(xs) - min(xs)) * scale_x)
    top = rng.uniform(0, side - height)
    return [[[(x - min(xs)) * scale_x + left, (y - min(ys)) * scale_y + top] for x, y in stroke] for stroke in strokes]
