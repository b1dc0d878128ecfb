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


def strip_places(width: int) -> Floats:
    """Return x in px of the middle of each strip."""
    return np.arange(STEP_PX / 2, max(width - STEP_PX / 2, STEP_PX), STEP_PX)


def find_lines(contrast: Contrast) -> list[Line]:
    """Return the lines that run along x, the clearest first."""
    thin = _leave_thin(contrast)
    places = strip_places(contrast.shape[1]).astype(int)
    blurred = cv2.GaussianBlur(cv2.blur(thin, (STRIP_PX, 1)), (1, 0), sigmaX=0.01, sigmaY=0.8)
    profile = np.asarray(blurred[:, places], dtype=np.float32)
    runs = _find_runs(profile, np.maximum(MIN_CONTRAST, NOISE_FACTOR * _find_noise(thin)[:, places]))
    runs.sort(key=lambda run: -len(run.strips))
    ends = _Ends.of(runs)
    lines = [_join(number, runs, ends, len(places)) for number in range(len(runs))]
    return [line for line in lines if line is not None]


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

    def direction(self, is_after: bool) -> tuple[float, float, float]:
        """Return a point near an end of the run, its strip and px, and the slope there."""
        part = slice(-16, None) if is_after else slice(0, 16)
        places, values = self.strips[part], self.at[part]
        if len(places) < 4:
            end = -1 if is_after else 0
            return float(places[end]), float(values[end]), 0.0
        middle, height = float(places.mean()), float(values.mean())
        off = places - middle
        slope = float((off * (values - height)).sum() / (off**2).sum())
        return middle, height, min(max(slope, -MAX_SLOPE * STEP_PX), MAX_SLOPE * STEP_PX)


@dataclass
class _Ends:
    """The ends of all runs: their strips, px and lengths, and which runs are used."""

    strips: NDArray[np.int64]  # (2, runs): where they begin and end
    at: Floats  # (2, runs)
    lengths: NDArray[np.int64]
    used: NDArray[np.bool_]

    @classmethod
    def of(cls, runs: "list[_Run]") -> "_Ends":
        """Return the ends of runs."""
        strips = np.array([[run.strips[end] for run in runs] for end in (0, -1)], dtype=np.int64).reshape(2, -1)
        at = np.array([[run.at[end] for run in runs] for end in (0, -1)], dtype=float).reshape(2, -1)
        return cls(strips, at, np.array([len(run.strips) for run in runs], dtype=np.int64), np.zeros(len(runs), bool))


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


def _join(number: int, runs: list[_Run], ends: _Ends, strips: int) -> Line | None:
    """Return the line of a run and of those that go on where it ends, if it is long enough; None if it is used."""
    if ends.used[number]:
        return None
    ends.used[number] = True
    whole = runs[number]
    for is_after in (True, False):
        while (more := _find_next(whole, ends, is_after)) >= 0:
            ends.used[more] = True
            both = (whole, runs[more]) if is_after else (runs[more], whole)
            whole = _Run(
                np.concatenate([one.strips for one in both]),
                np.concatenate([one.at for one in both]),
                np.concatenate([one.heights for one in both]),
            )
    length = int(whole.strips[-1] - whole.strips[0]) + 1
    if length * STEP_PX < MIN_LENGTH_PX or len(whole.strips) < MIN_SEEN * length:
        return None
    return _smooth(whole.strips, whole.at, float(np.median(whole.heights)), strips)


def _find_next(run: _Run, ends: _Ends, is_after: bool) -> int:
    """Return the nearest run that goes on where `run` ends, or ends where it begins; -1 if there is none."""
    starts, at = ends.strips[0 if is_after else 1], ends.at[0 if is_after else 1]
    gaps = starts - run.strips[-1] if is_after else run.strips[0] - starts
    place, height, slope = run.direction(is_after)
    is_long = (ends.lengths >= BROKEN_RUN) & (len(run.strips) >= BROKEN_RUN)
    reach = np.where(gaps <= MAX_GAP, REACH_PX + 0.2 * gaps, np.where(is_long, BROKEN_REACH_PX, 0))
    fits = ~ends.used & (gaps > 0) & (gaps <= BROKEN_GAP) & (np.abs(at - height - slope * (starts - place)) <= reach)
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
