"""Divide a drawing into frames: what the pen adds from one to the next."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from predictions.services.replay.timing import Stroke, pen_times

MOST_FRAMES = 60
FRAME_MS = 40  # at least, and in whole hundredths of a second, as GIF counts
LONGEST_MS = 9_000  # of the animation; a longer drawing is drawn faster
MOST_POINTS = 3_000
PLAIN_PRESSURE, LIGHTEST = 0.5, 0.7  # as in static/js/strokes.js


class Segment(NamedTuple):
    """A straight piece of ink with round ends: from, to, in units of the drawing. width: of the pen, 1 as it is."""

    x0: float
    y0: float
    x1: float
    y1: float
    width: float


@dataclass(frozen=True)
class Frames:
    """What each frame adds to the one before; the last one completes the drawing. Each is shown for `frame_ms`."""

    segments: list[list[Segment]]
    frame_ms: int


def divide(strokes: Sequence[Stroke]) -> Frames:
    """Divide a drawing into at most MOST_FRAMES frames of equal duration."""
    timed = [
        _thinned(list(zip(stroke, times, strict=True)), _kept_of(strokes))
        for stroke, times in zip(strokes, pen_times(strokes), strict=True)
    ]
    total = max((stroke[-1][1] for stroke in timed if stroke), default=0)
    shown_ms = min(total, LONGEST_MS)
    count = min(max(math.ceil(shown_ms / FRAME_MS), 1), MOST_FRAMES)
    segments: list[list[Segment]] = [[] for _ in range(count)]
    each_ms = total / count or 1.0
    for stroke in timed:
        if len(stroke) == 1:
            (point, time) = stroke[0]
            segments[_frame_of(time, each_ms, count)].append(_dot(point))
        for start, end in pairwise(stroke):
            _divide_segment(segments, start, end, each_ms)
    return Frames(segments, max(FRAME_MS, 10 * round(shown_ms / count / 10)))


def _dot(point: Sequence[float]) -> Segment:
    x, y, *_ = point
    return Segment(x, y, x, y, _width_of(point))


TimedPoint = tuple[Sequence[float], int]  # a point and its time in ms


def _kept_of(strokes: Sequence[Stroke]) -> int:
    """Return how many points one is kept of, so that there are at most MOST_POINTS."""
    return max(1, math.ceil(sum(map(len, strokes)) / MOST_POINTS))


def _thinned(stroke: list[TimedPoint], every: int) -> list[TimedPoint]:
    """Return the first, the last, and each `every`-th point of a stroke."""
    return stroke if every == 1 or len(stroke) < 3 else [*stroke[:-1:every], stroke[-1]]


def _frame_of(time: float, each_ms: float, count: int) -> int:
    """Return the number of the first frame that shows what is drawn at `time`."""
    return min(max(math.ceil(time / each_ms) - 1, 0), count - 1)


def _divide_segment(segments: list[list[Segment]], start: TimedPoint, end: TimedPoint, each_ms: float) -> None:
    """Add the piece from point to point to the frames in whose time it is drawn, in parts where that is several."""
    ((x0, y0, *_), begins), ((x1, y1, *_), ends) = start, end
    first, last = (_frame_of(time, each_ms, len(segments)) for time in (begins, ends))
    at = 0.0
    for frame in range(first, last + 1):
        until = 1.0 if frame == last else min(max(((frame + 1) * each_ms - begins) / (ends - begins), at), 1.0)
        (ax, ay), (bx, by) = ((x0 + (x1 - x0) * share, y0 + (y1 - y0) * share) for share in (at, until))
        segments[frame].append(Segment(ax, ay, bx, by, _width_of(end[0])))
        at = until


def _width_of(point: Sequence[float]) -> float:
    """Return how wide the pen is at a point, 1 being as wide as it is."""
    pressure = point[3] if len(point) > 3 else PLAIN_PRESSURE
    return LIGHTEST + 2 * (1 - LIGHTEST) * min(max(pressure, 0.0), 1.0)
