"""Follow nearly horizontal lines, whole or dotted, through a contrast picture; vertical ones through its transpose."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Contrast = NDArray[np.float32]
Floats = NDArray[np.float64]

STEP_PX, STRIP_PX = 10, 26  # lines are looked for in strips of the picture, STEP_PX apart
THICKEST = 0.006  # of the picture's longer side: a thicker bar is no line
DOTS_PX = 7  # between the dots of a line at most
MAX_CONTRAST = 0.3  # more counts no more, so that writing does not outweigh pale lines
MIN_CONTRAST, NOISE_FACTOR, NOISE_BLOCK_PX = 0.02, 1.9, 48
MAX_SLOPE = 0.05
REACH_PX = 2.2  # a line moves no more than that from one strip to the next, its slope apart
MAX_GAP = 9  # strips in which a line may be hidden
BROKEN_GAP, BROKEN_RUN, BROKEN_REACH_PX = 34, 5, 3.0  # in which it may be missing if what is left of it is so long
FARTHEST_PX = 1.6  # a peak further from the smoothed line is not of it
MIN_RUN = 3  # strips
MIN_LENGTH_PX, MIN_SEEN = 60, 0.5


@dataclass
class Line:
    """A line: its place in each strip, and in which strips it was seen.

    Attributes:
        at: (strips,) px; interpolated where it was not seen, and straight on beyond its ends.
        seen: (strips,) bool.
        level: its contrast.
    """

    at: Floats
    seen: NDArray[np.bool_]
    level: float

    @property
    def first(self) -> int:
        """The first strip in which it was seen."""
        return int(self.seen.argmax())

    @property
    def last(self) -> int:
        """The last strip in which it was seen."""
        return len(self.seen) - 1 - int(self.seen[::-1].argmax())


def strip_places(width: int) -> Floats:
    """Return x in px of the middle of each strip."""
    return np.arange(STEP_PX / 2, max(width - STEP_PX / 2, STEP_PX), STEP_PX)


def find_lines(contrast: Contrast) -> list[Line]:
    """Return the lines that run along x, the clearest first."""
    thin = _leave_thin(contrast)
    places = strip_places(contrast.shape[1]).astype(int)
    profile = cv2.GaussianBlur(cv2.blur(thin, (STRIP_PX, 1)), (1, 0), sigmaX=0.01, sigmaY=0.8)[:, places]
    runs = _find_runs(profile, np.maximum(MIN_CONTRAST, NOISE_FACTOR * _find_noise(thin)[:, places]))
    lines = []
    for run in sorted(runs, key=lambda run: -len(run.strips)):
        if not run.is_used and (line := _join(run, runs, len(places))):
            lines.append(line)
    return lines


def _leave_thin(contrast: Contrast) -> Contrast:
    """Return (h, w) of what is thin from top to bottom: neither shades nor lines that cross, though they be dotted."""
    thickest = max(5, round(THICKEST * max(contrast.shape)) * 2 + 1)
    joined = cv2.morphologyEx(contrast, cv2.MORPH_CLOSE, np.ones((DOTS_PX, 1), np.uint8))
    thick = cv2.morphologyEx(joined, cv2.MORPH_OPEN, np.ones((thickest, 1), np.uint8))
    return np.clip(contrast - thick, 0, MAX_CONTRAST)


@dataclass
class _Run:
    """Peaks in strips next to one another: where they are, and how high."""

    strips: NDArray[np.int64]
    at: Floats
    heights: Floats
    is_used: bool = False

    def expect(self, strip: int, is_after: bool) -> float:
        """Return where the run would be in a strip behind its end, or before its beginning."""
        part = slice(-16, None) if is_after else slice(0, 16)
        places, values = self.strips[part], self.at[part]
        if len(places) < 4:
            return float(values[-1 if is_after else 0])
        off = places - places.mean()
        slope = float((off * (values - values.mean())).sum() / (off**2).sum())
        slope = min(max(slope, -MAX_SLOPE * STEP_PX), MAX_SLOPE * STEP_PX)
        return float(values.mean() + slope * (strip - places.mean()))


def _find_noise(thin: Contrast) -> Contrast:
    """Return (h, w): the grain of what lies there, as the median of each block: of a dark table's it is high."""
    height, width = (max(1, side // NOISE_BLOCK_PX) for side in thin.shape)
    shape = height * NOISE_BLOCK_PX, width * NOISE_BLOCK_PX
    whole = cv2.resize(thin, shape[::-1], interpolation=cv2.INTER_NEAREST)
    blocks = whole.reshape(height, NOISE_BLOCK_PX, width, NOISE_BLOCK_PX)[:, ::3, :, ::3]
    noise = np.median(blocks.transpose(0, 2, 1, 3).reshape(height, width, -1), axis=2)
    return np.asarray(cv2.resize(noise.astype(np.float32), thin.shape[::-1], interpolation=cv2.INTER_LINEAR))


def _find_runs(profile: Contrast, floor: Contrast) -> list[_Run]:
    """Return the runs of peaks, each of which is the nearest to the next."""
    inner = profile[1:-1]
    is_peak = (inner > profile[:-2]) & (inner >= profile[2:]) & (inner > floor[1:-1])
    strips, found = np.nonzero(is_peak.T)
    found += 1
    before, here, behind = (profile[found + by, strips].astype(float) for by in (-1, 0, 1))
    at = found + (behind - before) / (2 * np.maximum(2 * here - before - behind, 1e-9))
    bounds = np.searchsorted(strips, np.arange(profile.shape[1] + 1))
    run = np.arange(len(at))
    for first, middle, last in zip(bounds, bounds[1:], bounds[2:], strict=False):
        if first == middle or middle == last:
            continue
        distance = np.abs(at[first:middle, None] - at[None, middle:last])
        nearest = distance.argmin(axis=0)
        is_linked = distance.min(axis=0) <= REACH_PX
        is_linked &= distance.argmin(axis=1)[nearest] == np.arange(last - middle)
        run[middle:last] = np.where(is_linked, run[first:middle][nearest], run[middle:last])
    order = np.argsort(run, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(run[order])) + 1)
    return [_Run(strips[one], at[one], here[one]) for one in groups if len(one) >= MIN_RUN]


def _join(run: _Run, runs: list[_Run], strips: int) -> Line | None:
    """Return the line of a run and of those that go on where it ends, if it is long enough."""
    run.is_used = True
    whole = run
    for is_after in (True, False):
        while more := _find_next(whole, runs, is_after):
            more.is_used = True
            both = (whole, more) if is_after else (more, whole)
            whole = _Run(
                np.concatenate([one.strips for one in both]),
                np.concatenate([one.at for one in both]),
                np.concatenate([one.heights for one in both]),
            )
    length = int(whole.strips[-1] - whole.strips[0]) + 1
    if length * STEP_PX < MIN_LENGTH_PX or len(whole.strips) < MIN_SEEN * length:
        return None
    return _smooth(whole.strips, whole.at, float(np.median(whole.heights)), strips)


def _find_next(run: _Run, runs: list[_Run], is_after: bool) -> _Run | None:
    """Return the nearest run that goes on where `run` ends, or ends where it begins."""
    best, best_gap = None, BROKEN_GAP + 1
    end = int(run.strips[-1 if is_after else 0])
    for other in runs:
        start = int(other.strips[0 if is_after else -1])
        gap = start - end if is_after else end - start
        if other.is_used or not 0 < gap <= best_gap:
            continue
        reach = REACH_PX + 0.2 * gap
        if gap > MAX_GAP:
            reach = BROKEN_REACH_PX if min(len(run.strips), len(other.strips)) >= BROKEN_RUN else 0
        if abs(float(other.at[0 if is_after else -1]) - run.expect(start, is_after)) <= reach:
            best, best_gap = other, gap - 1
    return best


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
