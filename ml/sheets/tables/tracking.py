"""Follow nearly horizontal lines, whole or dotted, through a contrast picture; vertical ones through its transpose."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.sheets.tables.runs import REACH_PX, STEP_PX, Contrast, Floats, Run, find_runs, strip_places

MAX_GAP = 9  # strips in which a line may be hidden
BROKEN_GAP, BROKEN_RUN, BROKEN_REACH_PX = 34, 5, 3.0  # in which it may be missing if what is left of it is so long
NO_GAP, SAME_PAPER = 3, 0.6  # a line ends at the paper's edge, where it is so much darker beyond
FARTHEST_PX = 1.6  # a peak further from the smoothed line is not of it
MIN_LENGTH_PX, MIN_SEEN = 60, 0.5


@dataclass
class Line:
    """A line: its place in each strip, and in which strips it was seen.

    Attributes:
        at: (strips,) px; interpolated where it was not seen, and straight on beyond its ends.
        seen: (strips,) bool.
        level: its contrast.
        spread_px: between the two lines of one that is printed double.
    """

    at: Floats
    seen: NDArray[np.bool_]
    level: float
    spread_px: float = 0.0

    @property
    def first(self) -> int:
        """The first strip in which it was seen."""
        return int(self.seen.argmax())

    @property
    def last(self) -> int:
        """The last strip in which it was seen."""
        return len(self.seen) - 1 - int(self.seen[::-1].argmax())


def find_lines(contrast: Contrast, paper: Contrast) -> list[Line]:
    """Return the lines that run along x, the clearest first.

    Args:
        contrast: (h, w).
        paper: how bright it is every STEP_PX.
    """
    runs = find_runs(contrast, paper)
    ends = _Ends.of(runs)
    strips = len(strip_places(contrast.shape[1]))
    lines = [_join(number, runs, ends, strips) for number in range(len(runs))]
    return [line for line in lines if line is not None]


@dataclass
class _Ends:
    """The ends of all runs: their strips, px and lengths, how bright the paper is, and which runs are used."""

    strips: NDArray[np.int64]  # (2, runs): where they begin and end
    at: Floats  # (2, runs)
    lengths: NDArray[np.int64]
    paper: Floats
    used: NDArray[np.bool_]

    @classmethod
    def of(cls, runs: "list[Run]") -> "_Ends":
        """Return the ends of runs."""
        strips = np.array([[run.strips[end] for run in runs] for end in (0, -1)], dtype=np.int64).reshape(2, -1)
        at = np.array([[run.at[end] for run in runs] for end in (0, -1)], dtype=float).reshape(2, -1)
        lengths = np.array([len(run.strips) for run in runs], dtype=np.int64)
        return cls(strips, at, lengths, np.array([run.paper for run in runs]), np.zeros(len(runs), bool))


def _join(number: int, runs: list[Run], ends: _Ends, strips: int) -> Line | None:
    """Return the line of a run and of those that go on where it ends, if it is long enough; None if it is used."""
    if ends.used[number]:
        return None
    ends.used[number] = True
    whole = runs[number]
    for is_after in (True, False):
        while (more := _find_next(whole, ends, is_after)) >= 0:
            ends.used[more] = True
            both = (whole, runs[more]) if is_after else (runs[more], whole)
            whole = Run(
                np.concatenate([one.strips for one in both]),
                np.concatenate([one.at for one in both]),
                np.concatenate([one.heights for one in both]),
                whole.paper,
            )
    length = int(whole.strips[-1] - whole.strips[0]) + 1
    if length * STEP_PX < MIN_LENGTH_PX or len(whole.strips) < MIN_SEEN * length:
        return None
    return _smooth(whole.strips, whole.at, float(np.median(whole.heights)), strips)


def _find_next(run: Run, ends: _Ends, is_after: bool) -> int:
    """Return the nearest run that goes on where `run` ends, or ends where it begins; -1 if there is none."""
    starts, at = ends.strips[0 if is_after else 1], ends.at[0 if is_after else 1]
    gaps = starts - run.strips[-1] if is_after else run.strips[0] - starts
    place, height, slope = run.direction(is_after)
    is_long = (ends.lengths >= BROKEN_RUN) & (len(run.strips) >= BROKEN_RUN)
    reach = np.where(gaps <= MAX_GAP, REACH_PX + 0.2 * gaps, np.where(is_long, BROKEN_REACH_PX, 0))
    same = np.minimum(ends.paper, run.paper) >= SAME_PAPER * np.maximum(ends.paper, run.paper)
    fits = ~ends.used & (gaps > 0) & (gaps <= BROKEN_GAP) & (same | (gaps <= NO_GAP))
    fits &= np.abs(at - height - slope * (starts - place)) <= reach
    return int(np.where(fits, gaps, BROKEN_GAP + 1).argmin()) if fits.any() else -1


def _smooth(order: NDArray[np.int64], values: Floats, level: float, strips: int) -> Line:
    """Return a line along its peaks, bent as little as they allow; those far from it are not of it."""
    keep = np.ones(len(order), bool)
    degree = 3 if len(order) > 24 else 2 if len(order) > 12 else 1
    middle, half = (order[0] + order[-1]) / 2, max(1.0, (order[-1] - order[0]) / 2)
    along = (order - middle) / half
    fitted = np.polynomial.polynomial.polyfit(along, values, degree)
    for _ in range(3):
        if keep.sum() <= degree + 1:
            break
        fitted = np.polynomial.polynomial.polyfit(along[keep], values[keep], degree)
        off = np.abs(np.polynomial.polynomial.polyval(along, fitted) - values)
        keep = off < min(max(1.0, 3 * float(np.median(off))), FARTHEST_PX)
    every = (np.arange(strips) - middle) / half
    at = np.polynomial.polynomial.polyval(np.clip(every, -1, 1), fitted)
    slope = np.polynomial.polynomial.polyder(fitted)
    for end in (-1.0, 1.0):
        beyond = every < -1 if end < 0 else every > 1
        at[beyond] += (every[beyond] - end) * np.polynomial.polynomial.polyval(end, slope)
    seen = np.zeros(strips, bool)
    seen[order[keep]] = True
    return Line(at, seen, level)
