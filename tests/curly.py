"""A made-up style of writing digits: the pen goes in small loops along each stroke."""

import itertools
import math
from typing import Any

from ml.golden import golden_drawing

Stroke = list[list[float]]
LOOP_PX, STEP_PX, TURN_RAD = 17.0, 7.0, 1.3


def curly_drawing(digit: int, seed: int) -> dict[str, Any]:
    """Return a drawing of `digit` in loops, as the draw page sends it."""
    drawing = golden_drawing(digit, seed)
    return drawing | {"strokes": [_curl(stroke) for stroke in drawing["strokes"]], "pen_px": 5}


def _curl(stroke: Stroke) -> Stroke:
    points = _resample(stroke)
    if len(points) < 3:
        return stroke
    angles = [place * TURN_RAD for place in range(len(points))]
    return [
        [round(x + LOOP_PX * math.cos(angle), 1), round(y + LOOP_PX * math.sin(angle), 1)]
        for (x, y), angle in zip(points, angles, strict=True)
    ]


def _resample(stroke: Stroke) -> Stroke:
    """Return points along a stroke, STEP_PX apart."""
    points, left = [stroke[0]], STEP_PX
    for (x, y), (to_x, to_y) in itertools.pairwise(stroke):
        length = math.dist((x, y), (to_x, to_y))
        at = left
        while at <= length:
            points.append([x + (to_x - x) * at / length, y + (to_y - y) * at / length])
            at += STEP_PX
        left = at - length
    return points
