"""Find runs of peaks, the parts of lines that run along x, in a contrast picture."""

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
MIN_RUN = 3  # strips


@dataclass
class Run:
    """Peaks in strips next to one another: where they are, how high, and how bright the paper is there."""

    strips: NDArray[np.int64]
    at: Floats
    heights: Floats
    paper: float

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


def find_runs(contrast: Contrast, paper: Contrast) -> list[Run]:
    """Return the runs that are darker than the grain around them, the longest first.

    Args:
        contrast: (h, w).
        paper: how bright it is every STEP_PX.
    """
    thin = _leave_thin(contrast)
    places = strip_places(contrast.shape[1]).astype(int)
    blurred = cv2.GaussianBlur(cv2.blur(thin, (STRIP_PX, 1)), (1, 0), sigmaX=0.01, sigmaY=0.8)
    profile = np.asarray(blurred[:, places], dtype=np.float32)
    floor = np.maximum(MIN_CONTRAST, NOISE_FACTOR * _find_noise(thin)[:, places])
    return sorted(_link_peaks(profile, floor, paper), key=lambda run: -len(run.strips))


def strip_places(width: int) -> Floats:
    """Return x in px of the middle of each strip."""
    return np.arange(STEP_PX / 2, max(width - STEP_PX / 2, STEP_PX), STEP_PX)


def _leave_thin(contrast: Contrast) -> Contrast:
    """Return (h, w) of what is thin from top to bottom: neither shades nor lines that cross, though they be dotted."""
    thickest = max(5, round(THICKEST * max(contrast.shape)) * 2 + 1)
    joined = cv2.morphologyEx(contrast, cv2.MORPH_CLOSE, np.ones((DOTS_PX, 1), np.uint8))
    thick = cv2.morphologyEx(joined, cv2.MORPH_OPEN, np.ones((thickest, 1), np.uint8))
    return np.clip(contrast - thick, 0, MAX_CONTRAST)


def _find_noise(thin: Contrast) -> Contrast:
    """Return (h, w): the grain of what lies there, as the median of each block: of a dark table's it is high."""
    height, width = (max(1, side // NOISE_BLOCK_PX) for side in thin.shape)
    shape = height * NOISE_BLOCK_PX, width * NOISE_BLOCK_PX
    whole = cv2.resize(thin, shape[::-1], interpolation=cv2.INTER_NEAREST)
    blocks = whole.reshape(height, NOISE_BLOCK_PX, width, NOISE_BLOCK_PX)[:, ::3, :, ::3]
    noise = np.median(blocks.transpose(0, 2, 1, 3).reshape(height, width, -1), axis=2)
    return np.asarray(cv2.resize(noise.astype(np.float32), thin.shape[::-1], interpolation=cv2.INTER_LINEAR))


def _link_peaks(profile: Contrast, floor: Contrast, paper: Contrast) -> list[Run]:
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
    groups = [one for one in groups if len(one) >= MIN_RUN]
    bright = paper[np.minimum(found // STEP_PX, len(paper) - 1), np.minimum(strips, paper.shape[1] - 1)]
    return [Run(strips[one], at[one], here[one], float(np.median(bright[one]))) for one in groups]
