"""Charts of shares with intervals, as dots, and of distributions, as lines."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.utils.formats import number_format
from django.utils.functional import Promise

from predictions.pages.model import HIGH, WIDE
from predictions.services.formatting import rounded_share
from predictions.services.statistics.agreement import Agreement
from predictions.services.statistics.arithmetic import Calibrated, Measured
from predictions.services.statistics.drift import Drift

MOST_CHARACTERS = 34  # of all labels below a chart


@dataclass(frozen=True)
class Mark:
    """A dot with the ends of its interval, if any; SVG's y grows downwards."""

    x: float
    y: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Chart:
    """A chart of shares: `marks`, dashed `others` to compare with, (x, label) ticks below, three at the left."""

    title: str | Promise
    marks: list[Mark]
    ticks: list[tuple[float, str]]
    scale: tuple[str, str, str]  # the shares at the top, in the middle and at the bottom
    others: list[Mark] = field(default_factory=list)
    is_line: bool = False
    wide: int = WIDE
    high: int = HIGH


def accuracy_chart(title: str | Promise, groups: Sequence[Measured], labels: Sequence[str], *, is_line: bool) -> Chart:
    """Return a chart of the accuracy of groups, with intervals; those without any are left out."""
    return _chart_of_groups(title, groups, labels, [], is_line=is_line)


def calibration_chart(title: str | Promise, groups: Sequence[Calibrated], labels: Sequence[str]) -> Chart:
    """Return a chart of how often the text was right in each bin of confidence, and of the confidence, dashed."""
    return _chart_of_groups(title, groups, labels, [group.expected for group in groups], is_line=False)


def kappa_chart(title: str | Promise, found: Sequence[Agreement], labels: Sequence[str]) -> Chart:
    """Return a chart of kappa with intervals; where it is not told, there is no dot."""
    bottom = min([0.5, *(math.floor(one.low * 10) / 10 for one in found if one.kappa is not None)])
    places = place_evenly(len(found))
    marks = [
        Mark(x, _y(one.kappa, bottom), _y(one.low, bottom), _y(one.high, bottom))
        for x, one in zip(places, found, strict=True)
        if one.kappa is not None
    ]
    top, middle, low = (number_format(value, 2) for value in (1, (1 + bottom) / 2, bottom))
    return Chart(title, marks, thin_out_ticks(places, labels), (top, middle, low))


def drift_chart(title: str | Promise, drift: Drift, labels: Sequence[str]) -> Chart:
    """Return a chart of two distributions: the last days, and those before, dashed."""
    now, before = _shares(drift.now), _shares(drift.before)
    top = math.ceil(max((*now, *before), default=0) * 10) / 10 or 1.0
    places = place_evenly(len(labels))
    lines = [[Mark(x, _y(share, 0, top)) for x, share in zip(places, shares, strict=True)] for shares in (now, before)]
    return Chart(title, lines[0], thin_out_ticks(places, labels), _scale(0, top), lines[1], is_line=True)


def _chart_of_groups(
    title: str | Promise, groups: Sequence[Measured], labels: Sequence[str], others: Sequence[float], *, is_line: bool
) -> Chart:
    found = [group.estimate for group in groups]
    known = [one for one in found if one.share is not None]
    bottom = min([0.9, *(math.floor(one.low * 10) / 10 for one in known), *(math.floor(at * 10) / 10 for at in others)])
    places = place_evenly(len(groups))
    marks = [
        Mark(x, _y(one.share, bottom), _y(one.low, bottom), _y(one.high, bottom))
        for x, one in zip(places, found, strict=True)
        if one.share is not None
    ]
    dashed = [Mark(x, _y(share, bottom)) for x, share in zip(places, others, strict=False)]
    return Chart(title, marks, thin_out_ticks(places, labels), _scale(bottom, 1), dashed, is_line)


def place_evenly(count: int) -> list[float]:
    """Return the middle of each of so many equal parts of a chart's width."""
    return [round((index + 0.5) / count * WIDE, 1) for index in range(count)]


def _y(share: float, bottom: float, top: float = 1.0) -> float:
    return round(HIGH * (top - share) / (top - bottom), 1)


def _scale(bottom: float, top: float) -> tuple[str, str, str]:
    return rounded_share(top), rounded_share((top + bottom) / 2), rounded_share(bottom)


def thin_out_ticks(places: Sequence[float], labels: Sequence[str]) -> list[tuple[float, str]]:
    """Return the labels below a chart; if they would overlap, only the first, middle and last, or those at the ends."""
    every = list(zip(places, labels, strict=True))
    middle = [every[len(every) // 2]] if len(every) > 4 else []
    for kept in (every, [*every[:1], *middle, *every[-1:]]):
        if sum(len(label) for _, label in kept) <= MOST_CHARACTERS:
            return kept
    return [*every[:1], *every[-1:]]


def _shares(counts: Iterable[int]) -> list[float]:
    counts = list(counts)
    return [count / max(sum(counts), 1) for count in counts]
