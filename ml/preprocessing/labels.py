"""Connected components of ink."""

import numpy as np
from numpy.typing import NDArray

from ml.preprocessing.ink import pad_with_zeros


def label_components(inked: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Label the 8-connected components of (h, w): 0 is paper, components count from 1, the topmost first.

    Joins runs of ink in neighbouring rows. Takes about 0.3 ms for a drawing of 160 px, 10 ms for pure noise.
    """
    labels = np.zeros(inked.shape, dtype=np.int32)
    framed = pad_with_zeros(inked, 0, 1)
    rows, starts = np.nonzero(inked & ~framed[:, :-2])
    ends = np.nonzero(inked & ~framed[:, 2:])[1] + 1
    apart = inked.shape[1] + 2  # keeps the runs of different rows apart
    above = (rows - 1) * apart
    first = np.searchsorted(rows * apart + ends, above + starts)
    count = np.maximum(np.searchsorted(rows * apart + starts, above + ends, side="right") - first, 0)
    one = np.repeat(np.arange(len(rows)), count)
    other = np.repeat(first - np.cumsum(count) + count, count) + np.arange(len(one))
    labels[inked] = np.repeat(_merge_labels(len(rows), one, other), ends - starts)
    return labels


def _merge_labels(count: int, one: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for each of `count` runs the number of its component, from 1, given pairs of connected runs."""
    lowest = np.arange(count)
    while True:
        here, there = lowest[one], lowest[other]
        if (here == there).all():
            break
        least = np.minimum(here, there)
        np.minimum.at(lowest, here, least)
        np.minimum.at(lowest, there, least)
        while (lowest[lowest] != lowest).any():
            lowest = lowest[lowest]
    return np.cumsum(lowest == np.arange(count))[lowest]
