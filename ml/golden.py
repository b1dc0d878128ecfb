"""Golden digits: our own hands, varied by a seed. They test the road, never accuracy. Standard library only."""

import json
import math
import random
from functools import cache
from pathlib import Path
from typing import Any

Hand = list[list[list[float]]]  # strokes of [x, y]

PEN_PX = (13.0, 24.0)
TALLEST_PX, SMALLEST_PX = 220.0, 110.0


def golden_drawing(digit: int, seed: int) -> dict[str, Any]:
    """Return {"strokes", "width", "height", "pen_px"}, as the draw page would send it; the same for the same seed."""
    hands, side = _hands()
    rng = random.Random(f"{digit}-{seed}")
    varied = _varied(hands[digit][seed % len(hands[digit])], rng)
    pen_px = rng.uniform(*PEN_PX)
    placed = _placed(varied, side - pen_px, rng)
    strokes = [[[round(x + pen_px / 2, 1), round(y + pen_px / 2, 1)] for x, y in stroke] for stroke in placed]
    return {"strokes": strokes, "width": side, "height": side, "pen_px": round(pen_px, 1)}


@cache
def _hands() -> tuple[list[list[Hand]], int]:
    """Read the templates: for each digit, hands; and the side of their canvas."""
    told = json.loads(Path(__file__).with_name("golden.json").read_text(encoding="utf-8"))
    return [told["hands"][str(digit)] for digit in range(10)], told["side"]


def _varied(hand: Hand, rng: random.Random) -> Hand:
    """Return the hand slanted, turned, and unsteady in a slow wave."""
    slant, turn = rng.uniform(-0.18, 0.12), rng.uniform(-0.08, 0.08)
    wave_px, phase_x, phase_y = rng.uniform(0, 4.0), rng.uniform(0, 6.3), rng.uniform(0, 6.3)
    cos, sin = math.cos(turn), math.sin(turn)
    varied = []
    for stroke in hand:
        points = []
        for x, y in stroke:
            bent_x = x + slant * y + wave_px * math.sin(y / 35 + phase_x)
            bent_y = y + wave_px * math.sin(x / 35 + phase_y)
            points.append([cos * bent_x - sin * bent_y, sin * bent_x + cos * bent_y])
        varied.append(points)
    return varied


def _placed(hand: Hand, side: float, rng: random.Random) -> Hand:
    """Return the hand in a new size, somewhere on a page of `side`."""
    xs, ys = ([point[axis] for stroke in hand for point in stroke] for axis in (0, 1))
    height = rng.uniform(SMALLEST_PX, TALLEST_PX)
    scale = height / (max(ys) - min(ys))
    widen = min(scale * rng.uniform(0.85, 1.15), side / (max(xs) - min(xs)))
    left = rng.uniform(0, side - (max(xs) - min(xs)) * widen)
    top = rng.uniform(0, side - height)
    return [[[(x - min(xs)) * widen + left, (y - min(ys)) * scale + top] for x, y in stroke] for stroke in hand]
