"""When the pen reached each point of a drawing: by the times that were sent, or else at a constant speed.

Anybody may send any numbers as times: negative ones, in any order, all the same, or days apart. A stroke whose times
cannot be those of a pen is drawn at a constant speed, and the whole always lasts between LEAST_MS and LONGEST_MS.
"""

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise

Point = Sequence[float]  # x, y, perhaps t_ms, perhaps the pressure
Stroke = Sequence[Point]

LEAST_EXTENT = 1e-6  # less is a tap, or the arithmetic would overflow
EXTENT_MS = 800  # in which a pen of constant speed crosses the drawing
DOT_MS = 120
QUICKEST_STROKE_MS = 20  # less is no hand: times in seconds, for example
LONGEST_REST_MS = 500  # of a pen that stays down
PAUSE_MS, LEAST_PAUSE_MS, LONGEST_PAUSE_MS = 250, 60, 400  # from stroke to stroke: unknown ones, and limits
LEAST_MS, LONGEST_MS = 200, 30_000  # of it all


def pen_times(strokes: Iterable[Stroke]) -> list[list[int]]:
    """Return when the pen reaches each point, in ms from the first on, long pauses shortened.

    The times never decrease, from stroke to stroke either. A stroke that is a dot lasts as well: it is there once its
    time has come.
    """
    drawn = list(strokes)
    speed = EXTENT_MS / _extent(drawn)
    times: list[list[float]] = []
    now, last = 0.0, None
    for stroke in drawn:
        is_timed = _has_times(stroke)
        if stroke:
            now += _pause(last, stroke[0][2] if is_timed else None) if times else 0.0
            last = stroke[-1][2] if is_timed else None
        steps = _timed_steps(stroke) if is_timed else _even_steps(stroke, speed)
        times.append([now := now + step for step in steps])
    return _fitted(times)


def _extent(strokes: list[Stroke]) -> float:
    points = [point for stroke in strokes for point in stroke]
    spans = [max(values) - min(values) for values in zip(*(point[:2] for point in points), strict=True)]
    extent = max(spans, default=0.0)
    return extent if extent >= LEAST_EXTENT else 1.0


def _has_times(stroke: Stroke) -> bool:
    """Return whether the points have times that a pen may have had."""
    if not stroke or any(len(point) < 3 for point in stroke):
        return False
    is_ordered = all(first[2] <= second[2] for first, second in pairwise(stroke))
    return is_ordered and (len(stroke) == 1 or stroke[-1][2] - stroke[0][2] >= QUICKEST_STROKE_MS)


def _timed_steps(stroke: Stroke) -> list[float]:
    steps = [min(second[2] - first[2], LONGEST_REST_MS) for first, second in pairwise(stroke)]
    return [0.0, *steps] if steps else [DOT_MS]


def _even_steps(stroke: Stroke, speed: float) -> list[float]:
    """Return how long a pen takes from point to point; speed: ms a unit."""
    steps = [speed * math.dist(first[:2], second[:2]) for first, second in pairwise(stroke)]
    return [0.0, *steps] if any(steps) else [DOT_MS] + [0.0] * (len(stroke) - 1) if stroke else []


def _pause(end: float | None, start: float | None) -> float:
    """Return the pause between two strokes, of which the one ends and the other starts then, if that is known."""
    if end is None or start is None or start < end:
        return PAUSE_MS
    return min(max(start - end, LEAST_PAUSE_MS), LONGEST_PAUSE_MS)


def _fitted(times: list[list[float]]) -> list[list[int]]:
    """Return whole milliseconds, slowed down or sped up where it all would be too short or too long."""
    total = max((stroke[-1] for stroke in times if stroke), default=0.0)
    factor = min(max(total, LEAST_MS), LONGEST_MS) / total if total > 1 / LEAST_MS else 1.0
    return [[round(factor * time) for time in stroke] for stroke in times]
