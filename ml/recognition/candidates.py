"""Candidate digits: the ink between two boundaries of a line that may be one digit."""

from dataclasses import dataclass
from functools import partial, reduce
from itertools import takewhile

import numpy as np
from PIL import Image, ImageFilter

from ml.preprocessing.ink import BlankDrawing, Ink, ink_bounds, pad_with_zeros
from ml.preprocessing.normalization import BOX_SIDE, MIN_STROKE, WORKING_SIDE, center_on_mass, fit_inside
from ml.recognition.components import DigitImage, crop_digit
from ml.recognition.grouping import Box
from ml.recognition.text_line import TextLine
from ml.types import SIDE

MAX_COMPONENTS = 4  # in one digit
MAX_ASPECT = 1.3  # width to height of the box of several components
# In line heights:
MAX_SPAN = 1.7  # between the boundaries around several components
MAX_GAP = 0.3
DIGIT_HEIGHT, DIGIT_WIDTH = 0.7, 0.42  # two components at least this large are two digits
NEAR = 0.1  # a digit may be recognized this far outside its boundaries


@dataclass(frozen=True)
class Candidate:
    """The ink between two boundaries, which may be one digit.

    Attributes:
        start, end: indices of the boundaries.
        box: in cells.
        gaps: the gaps between its components, in line heights.
    """

    start: int
    end: int
    image: DigitImage
    box: Box
    gaps: float


def find_candidates(line: TextLine) -> list[Candidate]:
    """Return the candidates of a line that have not been classified yet."""
    last = len(line.boundaries) - 1
    spans = {(0, last)} if last else set()
    for start in range(last):
        spans |= {(start, end) for end in takewhile(partial(_may_span, line, start), range(start + 1, last + 1))}
    return [found for start, end in sorted(spans - line.classified_spans) if (found := _candidate(line, start, end))]


def _may_span(line: TextLine, start: int, end: int) -> bool:
    """Return whether one digit may span two boundaries, or more."""
    first, behind = line.component_range(start, end)
    one, other = line.boundary_x(start), line.boundary_x(end)
    if line.has_seam(start, end) and line.transcription:
        near = NEAR * line.height
        return sum(one + near < column < other - near for column in line.transcription.symbol_columns) <= 1
    if behind - first == 1:
        return True
    if behind - first > MAX_COMPONENTS or any(_is_split(line, number) for number in range(first + 1, behind)):
        return False
    return other - one <= MAX_SPAN * line.height


def _is_split(line: TextLine, number: int) -> bool:
    """Return whether the gap before this component always separates two digits."""
    one, other = line.components[number - 1], line.components[number]
    gap = other.left - one.right
    are_digits = all(
        side.height >= DIGIT_HEIGHT * line.height and side.width >= DIGIT_WIDTH * line.height for side in (one, other)
    )
    return gap > MAX_GAP * line.height or (are_digits and -gap < 0.6 * min(one.width, other.width))


def _candidate(line: TextLine, start: int, end: int) -> Candidate | None:
    """Return the candidate; None if there is no ink, or if several components are wider than a digit."""
    first, behind = line.component_range(start, end)
    if (start, end) == (0, len(line.boundaries) - 1):
        box = reduce(Box.union, line.components)
        is_too_wide = behind > 1 and _is_too_wide(line, box)
        return None if is_too_wide else _make(line, start, end, crop_digit(line.page, line.ink), box)
    part, left, top = line.ink_between(start, end)
    try:
        x0, y0, x1, y1 = ink_bounds(part)
    except BlankDrawing:
        return None
    box = Box(left + x0, top + y0, left + x1, top + y1)
    if behind - first > 1 and not line.has_seam(start, end) and _is_too_wide(line, box):
        return None
    return _make(line, start, end, _normalize_cells(line, part[y0:y1, x0:x1], box), box)


def _is_too_wide(line: TextLine, box: Box) -> bool:
    return box.width > MAX_ASPECT * max(box.height, 0.5 * line.height)


def _make(line: TextLine, start: int, end: int, image: DigitImage, box: Box) -> Candidate:
    first, behind = line.component_range(start, end)
    inner = zip(line.components[first : behind - 1], line.components[first + 1 : behind], strict=True)
    gaps = sum(max(0, other.left - one.right) for one, other in inner)
    return Candidate(start, end, image, box, gaps / line.height)


def _normalize_cells(line: TextLine, part: Ink, box: Box) -> DigitImage:
    """Normalize ink from cells instead of full-size ink: cheap, and as good for a digit 20 px high."""
    growth = round((MIN_STROKE * max(part.shape) / WORKING_SIDE - line.pen_width) / 2)
    if growth > 0:
        framed = Image.fromarray(pad_with_zeros((part * 255).astype(np.uint8), growth, growth))
        part = np.asarray(framed.filter(ImageFilter.MaxFilter(2 * growth + 1)), dtype=np.float32) / 255
    seen = np.round(center_on_mass(fit_inside(part, side=BOX_SIDE), side=SIDE) * 255) / np.float32(255)
    sides = (box.left * line.step, box.top * line.step, box.right * line.step, box.bottom * line.step)
    return DigitImage(seen.astype(np.float32), line.page.box_of(*sides))
