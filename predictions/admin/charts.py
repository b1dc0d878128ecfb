"""The chart of the admin's start page, in SVG units; the template draws it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.formats import date_format

WIDE, HIGH = 240, 60
GAP = 2
LABEL_EVERY = 6  # hours


@dataclass(frozen=True)
class Bar:
    """A bar of an hour: all that arrived, and at its foot what failed. SVG's y grows downwards."""

    x: float
    y: float
    height: float
    failed_y: float
    failed_height: float


@dataclass(frozen=True)
class Bars:
    """A chart of bars; `ticks` are (x, label) pairs below, `most` is the number at the top."""

    bars: list[Bar]
    ticks: list[tuple[float, str]]
    most: int
    bar_wide: float
    wide: int = WIDE
    high: int = HIGH


def hour_bars(hours: Sequence[tuple[datetime, int, int]]) -> Bars:
    """Return the chart of hours, each with how many drawings arrived and how many of them failed."""
    most = max((arrived for _, arrived, _ in hours), default=0)
    step = WIDE / max(len(hours), 1)
    bars = []
    for place, (_, arrived, failed) in enumerate(hours):
        height, failed_height = (round(HIGH * count / max(most, 1), 1) for count in (arrived, failed))
        x = round(place * step + GAP / 2, 1)
        bars.append(Bar(x, round(HIGH - height, 1), height, round(HIGH - failed_height, 1), failed_height))
    ticks = [
        (round((place + 0.5) * step, 1), date_format(at, "H:i"))
        for place, (at, _, _) in enumerate(hours)
        if at.hour % LABEL_EVERY == 0
    ]
    return Bars(bars, ticks, most, round(step - GAP, 1))
