"""Connected components of ink, and the runs of cells that they are made of."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Box:
    """A bounding box in cells; right and bottom are exclusive."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def slices(self) -> tuple[slice, slice]:
        """Return the rows and columns."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def union(self, other: "Box") -> "Box":
        """Return the box around both."""
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )


@dataclass(frozen=True)
class Components:
    """The 8-connected components of some ink, the topmost first.

    Attributes:
        labels: (h, w) int32: the number of the component, from 1, that each cell belongs to; 0 is paper.
        boxes: of each component.
        areas: of each component, in cells.
    """

    labels: NDArray[np.int32]
    boxes: list[Box]
    areas: NDArray[np.int64]


def find_runs(inked: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where each run of ink along a row of (h, w) starts and ends, as row * (w + 1) + column; ends exclusive."""
    height, width = inked.shape
    cells = np.zeros(height * (width + 1) + 1, dtype=bool)  # a cell of paper keeps the runs of different rows apart
    cells[1:].reshape(height, width + 1)[:, :width] = inked
    edges = np.flatnonzero(cells[1:] != cells[:-1])
    return edges[::2], edges[1::2]


def label_components(inked: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Return the labels of the components of (h, w)."""
    return find_components(inked).labels


def find_components(inked: NDArray[np.bool_]) -> Components:
    """Find the components of (h, w), by joining the runs of ink of neighbouring rows.

    Takes about 0.1 ms for a drawing of 160 px, 10 ms for pure noise.
    """
    height, width = inked.shape
    stride = width + 1
    starts, ends = find_runs(inked)
    numbers = _join_runs(starts, ends, stride, height)
    marks = np.zeros(height * stride, dtype=np.int32)
    marks[starts], marks[ends] = numbers, -numbers
    labels = marks.cumsum(dtype=np.int32).reshape(height, stride)[:, :width]
    count = int(numbers.max(initial=0))
    rows = starts // stride
    boxes = np.empty((count, 4), dtype=np.int64)
    boxes[:, :2], boxes[:, 2:] = max(height, width), 0
    for place, extreme, values in (
        (0, np.minimum, starts - rows * stride),
        (1, np.minimum, rows),
        (2, np.maximum, ends - rows * stride),
        (3, np.maximum, rows + 1),
    ):
        extreme.at(boxes[:, place], numbers - 1, values)
    areas = np.bincount(numbers, ends - starts, count + 1)[1:].astype(np.int64)
    return Components(labels, [Box(*box) for box in boxes.tolist()], areas)


def _join_runs(starts: NDArray[np.int64], ends: NDArray[np.int64], stride: int, rows: int) -> NDArray[np.int64]:
    """Return the number of each run's component, from 1. A run touches those that overlap it in the row above."""
    own = np.arange(len(starts))
    first = ends.searchsorted(starts - stride)
    behind = starts.searchsorted(ends - stride, side="right")
    lowest = np.where(behind > first, first, own)
    for _ in range(rows.bit_length()):  # each time twice as many rows up
        lowest = lowest[lowest]
    merged = np.flatnonzero(behind - first > 1)
    if len(merged):
        parents, roots = own.tolist(), lowest.tolist()
        for run, end in zip(first[merged].tolist(), behind[merged].tolist(), strict=True):
            one = _root(parents, roots[run])
            for other in range(run + 1, end):
                two = _root(parents, roots[other])
                parents[max(one, two)] = one = min(one, two)
        for run, parent in enumerate(parents):  # which comes before it
            parents[run] = parents[parent]
        lowest = np.array(parents)[lowest]
    return np.asarray(np.cumsum(lowest == own)[lowest])


def _root(parents: list[int], one: int) -> int:
    while parents[one] != one:
        parents[one] = one = parents[parents[one]]
    return one
