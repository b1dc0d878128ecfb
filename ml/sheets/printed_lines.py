"""Take the printed lines of cells and boxes off a straightened page, and leave the ink that crosses them.

How dark a line is, is measured: along a few millimetres of it, ink covers less than half. What is darker is ink. Where
ink is no darker than the line, it goes on if it reaches the line from both sides.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.sheets.layout import Line, Rect

Values = NDArray[np.float32]

REACH_MM = 0.7  # beside the middle of a line
CHUNK_MM = 6.0  # of a line that is measured at once
CORE = 0.12  # a line's darkness where ink is no longer told from it
BRIDGE_PX = 2  # beside the core, where ink has to be on both sides
COVERED = 0.3  # of the median darkness of all such lines: less is a line that something lies over
MOST = 1.35  # times the median darkness of all such lines: more is ink that runs along a line


class Strip(NamedTuple):
    """A part of a line: its first pixel, along and across, and how long it is."""

    along: int
    across: int
    length: int


def remove_lines(darkness: Values, lines: Iterable[Line], px_per_mm: float) -> Values:
    """Return the darkness of a page without its printed lines."""
    clean = darkness.copy()
    reach = round(REACH_MM * px_per_mm)
    for _, view, strips in _group(clean, lines, px_per_mm):
        _remove(view, strips, reach)
    return clean


def find_covered_lines(darkness: Values, lines: Iterable[Line], px_per_mm: float) -> list[Rect]:
    """Return where printed lines are not seen, in mm: a finger or another sheet of paper lies over them."""
    covered = []
    reach = round(REACH_MM * px_per_mm)
    for is_upright, view, strips in _group(darkness, lines, px_per_mm):
        _, line = _measure(view, strips, reach)
        peak = line.max(axis=1)
        for strip in (strips[at] for at in np.flatnonzero(peak < COVERED * float(np.median(peak)))):
            along, across, length = (side / px_per_mm for side in strip)
            covered.append(Rect(across, along, 0, length) if is_upright else Rect(along, across, length, 0))
    return covered


def _group(darkness: Values, lines: Iterable[Line], px_per_mm: float) -> Iterator[tuple[bool, Values, list[Strip]]]:
    """Yield strips of one length of lines that are alike, with the view in which they run from left to right."""
    reach = round(REACH_MM * px_per_mm)
    ordered = sorted(lines, key=lambda line: (line.x0 == line.x1, line.width_mm))
    for (is_upright, _), alike in groupby(ordered, key=lambda line: (line.x0 == line.x1, line.width_mm)):
        view = darkness.T if is_upright else darkness
        strips = [strip for line in alike for strip in _cut_strips(line, is_upright, px_per_mm, view.shape, reach)]
        for length in sorted({strip.length for strip in strips}):
            yield is_upright, view, [strip for strip in strips if strip.length == length]


def _cut_strips(line: Line, is_upright: bool, px_per_mm: float, shape: tuple[int, ...], reach: int) -> Iterator[Strip]:
    """Yield the parts of a line, of about CHUNK_MM, with its ends."""
    start, end, across = (line.y0, line.y1, line.x0) if is_upright else (line.x0, line.x1, line.y0)
    first, last = round(start * px_per_mm) - reach // 2, round(end * px_per_mm) + reach // 2
    middle = int(across * px_per_mm)
    if middle < 2 * reach or middle >= shape[0] - 2 * reach:
        return
    chunk = round(CHUNK_MM * px_per_mm)
    if last - first <= 2 * chunk:
        yield Strip(first, middle, last - first)
        return
    for along in range(first, last - chunk + 1, chunk):
        yield Strip(along, middle, chunk)
    yield Strip(last - chunk, middle, chunk)


def _measure(view: Values, strips: list[Strip], reach: int) -> tuple[Values, Values]:
    """Return the pixels around strips, (n, across, along), and how dark their lines are, (n, across)."""
    around = reach + BRIDGE_PX
    pixels = np.stack([view[s.across - around : s.across + around + 1, s.along : s.along + s.length] for s in strips])
    line = np.median(pixels, axis=2)
    line[:, :BRIDGE_PX], line[:, -BRIDGE_PX:] = 0, 0
    return pixels, line


def _remove(view: Values, strips: list[Strip], reach: int) -> None:
    """Remove the lines of strips of one length, in place; they run from left to right in `view`."""
    around = reach + BRIDGE_PX
    pixels, line = _measure(view, strips, reach)
    peak = line.max(axis=1)
    line *= np.minimum(1, MOST * float(np.median(peak)) / np.maximum(peak, 1e-3))[:, None]
    cleaned = np.clip((pixels - line[:, :, None]) / np.maximum(1 - line[:, :, None], 0.25), 0, 1)
    for strip, own, before, level in zip(strips, cleaned, pixels, line, strict=True):
        core = np.flatnonzero(level > CORE)
        if core.size:
            _bridge(own, before, int(core[0]), int(core[-1]) + 1)
        part = view[strip.across - around : strip.across + around + 1, strip.along : strip.along + strip.length]
        np.minimum(part, own, out=part)


def _bridge(cleaned: Values, before: Values, first: int, last: int) -> None:
    """Let ink that reaches the line from both sides cross it, in place."""
    spread = np.ones((1, (last - first) | 1), dtype=np.uint8)
    above = before[max(0, first - BRIDGE_PX) : first].max(axis=0, initial=0)
    below = before[last : last + BRIDGE_PX].max(axis=0, initial=0)
    across = np.minimum(cv2.dilate(above[None], spread)[0], cv2.dilate(below[None], spread)[0])
    cleaned[first:last] = np.maximum(cleaned[first:last], np.minimum(across, before[first:last]))
