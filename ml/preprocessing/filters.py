"""Running extremes over squares, the basis of all that tells thin ink from broad paper."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[Any]  # (h, w) or (h, w, channels)


def spread(pixels: Pixels, reach: int, extreme: np.ufunc) -> Pixels:
    """Return the maximum or minimum of all pixels within `reach` rows and columns of each pixel.

    The size of the window is doubled until it fits, so the cost grows with the logarithm of `reach`.
    """
    for axis in (0, 1):
        pixels = _spread_along(pixels, reach, extreme, axis)
    return pixels


def close_gaps(pixels: Pixels, reach: int) -> Pixels:
    """Return a grey closing: what is dark and narrower than 2 `reach` + 1 px is filled, and edges stay in place."""
    return spread(spread(pixels, reach, np.maximum), reach, np.minimum)


def max_pool(levels: Pixels, step: int) -> Pixels:
    """Return the maximum of each `step` x `step` block of (h, w)."""
    if step == 1:
        return levels
    height, width = levels.shape
    whole = np.zeros((height + -height % step, width + -width % step), dtype=levels.dtype)
    whole[:height, :width] = levels
    rows = np.maximum.reduce([whole[by::step] for by in range(step)])
    return np.asarray(np.maximum.reduce([rows[:, by::step] for by in range(step)]))


def open_runs(inked: NDArray[np.bool_], length: int, axis: int) -> NDArray[np.bool_]:
    """Return the cells of (h, w) that lie in a run of at least `length` inked cells along an axis."""
    if length > inked.shape[axis]:
        return np.zeros_like(inked)
    rows = inked if axis == 0 else inked.T
    starts = _window(rows, length, np.logical_and, 0)
    framed = np.zeros((len(rows) + length - 1, rows.shape[1]), dtype=bool)
    framed[length - 1 : length - 1 + len(starts)] = starts
    opened = _window(framed, length, np.logical_or, 0)
    return opened if axis == 0 else opened.T


def _spread_along(pixels: Pixels, reach: int, extreme: np.ufunc, axis: int) -> Pixels:
    first, last = pixels.take([0], axis), pixels.take([-1], axis)
    padded = np.concatenate([first.repeat(reach, axis), pixels, last.repeat(reach, axis)], axis)
    return _window(padded, 2 * reach + 1, extreme, axis)


def _window(pixels: Pixels, length: int, extreme: np.ufunc, axis: int) -> Pixels:
    """Return the extreme of each window of `length` cells along an axis; `length` - 1 fewer than there were cells."""
    size = 1
    while size < length:
        step = min(size, length - size)
        ahead = [slice(None)] * pixels.ndim
        behind = [slice(None)] * pixels.ndim
        behind[axis], ahead[axis] = slice(None, -step), slice(step, None)
        pixels = extreme(pixels[tuple(behind)], pixels[tuple(ahead)])
        size += step
    return pixels
