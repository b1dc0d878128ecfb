"""A text line: the components of a page, left to right, and the boundaries at which digits may be separated."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from ml.preprocessing.ink import Ink, Page, ink_bounds
from ml.recognition.components import max_filter, remove_specks
from ml.recognition.grouping import (
    Box,
    LabelMap,
    component_boxes,
    downsample_ink,
    group_components,
    has_several_lines,
    has_stray_point,
    label_page,
    measure_pen_width,
    skip_reason,
)
from ml.recognition.line_recognizer import Transcription
from ml.recognition.seams import find_seams

LINE_CELLS = 72  # components are found in cells, this many to the height of the ink
MAX_COMPONENTS = 96
TALL_SHARE = 0.5  # of the line's height: lower components say nothing about where the line lies


@dataclass(frozen=True)
class Boundary:
    """A place where one digit may end and the next begin: before a component, or at a seam through one.

    Attributes:
        component: index of the component after the boundary, or of the one that the seam divides.
        columns: (h,) the first column right of the seam in each row of cells; None without a seam.
        crossed_ink: the ink that the seam crosses, in pen widths.
    """

    component: int
    columns: NDArray[np.int64] | None = None
    crossed_ink: float = 0.0


@dataclass
class TextLine:
    """The grouped components of a page, left to right, and the boundaries at which digits may be separated.

    Attributes:
        ink: the page's ink without specks.
        cells: (h, w) the same in cells of `step` x `step` px.
        labels: (h, w) which component, from 1, each cell belongs to, 0 = paper; grown by one cell.
        height, pen_width: in cells.
        components: bounding boxes in cells.
        skip_reasons: for each boundary but the last, why the ink up to the next one may be skipped: "mark" (a point
            or dash), "part" (part of a divided component) or None (it may not).
        is_ambiguous: there are several lines, or a point next to the digits.
        classified_spans: pairs of boundaries whose ink the network has classified already.
        transcription: the line recognizer's, if it was needed.
    """

    page: Page
    ink: Ink
    cells: Ink
    labels: LabelMap
    step: int
    height: float
    pen_width: float
    components: list[Box]
    boundaries: list[Boundary]
    skip_reasons: list[str | None]
    is_ambiguous: bool
    classified_spans: frozenset[tuple[int, int]] = frozenset()
    transcription: Transcription | None = None

    @cached_property
    def top(self) -> float:
        """Return the row at which most components begin."""
        return float(np.median([component.top for component in self._tall_components]))

    @cached_property
    def bottom(self) -> float:
        """Return the row at which most components end."""
        return float(np.median([component.bottom for component in self._tall_components]))

    @property
    def line_ink(self) -> Ink:
        """Return (h, w) in [0, 1]: the cells of all components."""
        return np.where(self.labels > 0, self.cells, np.float32(0))

    @property
    def _tall_components(self) -> list[Box]:
        lowest = TALL_SHARE * self.height
        return [component for component in self.components if component.height >= lowest] or self.components

    def has_seam(self, start: int, end: int) -> bool:
        """Return whether either of two boundaries is at a seam."""
        return self.boundaries[start].columns is not None or self.boundaries[end].columns is not None

    def component_range(self, start: int, end: int) -> tuple[int, int]:
        """Return the range of components between two boundaries; its end is exclusive."""
        close = self.boundaries[end]
        return self.boundaries[start].component, close.component + (close.columns is not None)

    def boundary_x(self, boundary: int) -> float:
        """Return the mean column of a boundary."""
        columns, component = self.boundaries[boundary].columns, self.boundaries[boundary].component
        if columns is not None:
            return float(columns[self.components[component].top : self.components[component].bottom].mean())
        return self.components[component].left if component < len(self.components) else self.components[-1].right

    def ink_between(self, start: int, end: int) -> tuple[Ink, int, int]:
        """Return the cells between two boundaries, and the left column and top row of their box."""
        first, behind = self.component_range(start, end)
        box = reduce(Box.union, self.components[first:behind])
        left, top, right, bottom = max(box.left - 1, 0), max(box.top - 1, 0), box.right + 1, box.bottom + 1
        begin, close = self.boundaries[start].columns, self.boundaries[end].columns
        if begin is not None and first == behind - 1:
            left = max(left, int(begin[top:bottom].min()))
        if close is not None and first == behind - 1:
            right = min(right, int(close[top:bottom].max()))
        labels = self.labels[top:bottom, left:right]
        mine = (labels > first) & (labels <= behind)
        columns = np.arange(left, left + labels.shape[1])
        if begin is not None:
            mine &= (labels != first + 1) | (columns >= begin[top:bottom, None])
        if close is not None:
            mine &= (labels != behind) | (columns < close[top:bottom, None])
        return np.where(mine, self.cells[top:bottom, left:right], np.float32(0)), left, top

    def split(self, transcription: Transcription) -> "tuple[TextLine, list[int]]":
        """Return the line with components of several digits divided by seams, and the new indices of old boundaries."""
        owners = [self._component_at(column) for column in transcription.symbol_columns]
        boundaries: list[Boundary] = []
        indices: list[int] = []
        skip_reasons: list[str | None] = []
        for number, box in enumerate(self.components):
            indices.append(len(boundaries))
            boundaries.append(Boundary(number))
            own = zip(transcription.symbol_columns, owners, strict=True)
            columns = [column - box.left for column, owner in own if owner == number]
            seams = self._find_seams(number, columns) if len(columns) > 1 else []
            boundaries += seams
            skip_reasons += ["part"] * (len(seams) + 1) if seams else [self.skip_reasons[number]]
        indices.append(len(boundaries))
        boundaries.append(Boundary(len(self.components)))
        spans = frozenset((indices[start], indices[end]) for start, end in combinations(range(len(indices)), 2))
        finer = replace(self, boundaries=boundaries, skip_reasons=skip_reasons, classified_spans=spans)
        finer.transcription = transcription
        return finer, indices

    def _component_at(self, column: float) -> int:
        """Return the component whose middle is nearest to a column, relative to its width: boxes may overlap."""
        distances = [abs(column - (box.left + box.right) / 2) / box.width for box in self.components]
        return distances.index(min(distances))

    def _find_seams(self, number: int, digit_columns: Sequence[float]) -> list[Boundary]:
        """Return boundaries at the seams of a component, given the columns in it at which digits were recognized."""
        box = self.components[number]
        rows, columns = slice(box.top, box.bottom), slice(box.left, box.right)
        own = np.where(self.labels[rows, columns] == number + 1, self.cells[rows, columns], np.float32(0))
        boundaries = []
        for seam in find_seams(own, self.height, self.pen_width, digit_columns):
            on_page = np.zeros(len(self.cells), dtype=np.int64)
            on_page[rows] = seam.columns + box.left
            boundaries.append(Boundary(number, on_page, seam.crossed_ink / self.pen_width))
        return boundaries


def find_text_line(page: Page) -> TextLine:
    """Find the components of a page, group them and order them from left to right. Raises BlankDrawing."""
    ink = remove_specks(page.ink)
    _, top, _, bottom = ink_bounds(ink)
    step = max(1, -(-(bottom - top) // LINE_CELLS))
    cells, inked = downsample_ink(ink, step)
    raw_labels = label_page(page, inked, step)
    boxes = component_boxes(raw_labels)
    groups, height = group_components(boxes)
    groups = groups if len(groups) <= MAX_COMPONENTS else [list(range(len(boxes)))]
    unions = [reduce(Box.union, [boxes[one] for one in group]) for group in groups]
    number = np.zeros(len(boxes) + 1, dtype=np.int32)
    components = []
    for group in sorted(range(len(groups)), key=lambda group: unions[group].left + unions[group].right):
        components.append(unions[group])
        number[np.array(groups[group]) + 1] = len(components)
    labels = number[raw_labels]
    pen_width = measure_pen_width(raw_labels > 0)
    has_point = has_stray_point(page.ink - ink, step, components, pen_width)
    return TextLine(
        page,
        ink,
        cells,
        np.where(labels > 0, labels, max_filter(labels, 1)),
        step,
        height,
        pen_width,
        components,
        [Boundary(component) for component in range(len(components) + 1)],
        [skip_reason(component, height) if len(components) > 1 else None for component in components],
        is_ambiguous=has_point or has_several_lines(components, height),
    )
