"""Measures of the ink that the digit network sees, cheap enough for every reading: do people draw as in training?"""

from collections.abc import Iterable

import numpy as np

from ml.preprocessing.ink import Ink, ink_bounds, measure_pen_width
from ml.types import INK_EDGES, SIDE

INKED = 0.5  # a pixel with as much ink belongs to a stroke


def measure_ink(inputs: Iterable[bytes]) -> dict[str, list[float]]:
    """Return each of INK_EDGES' measures of each digit: stroke width in px, width by height, tilt in degrees.

    inputs: of the digit network, as in a `DigitReading`. Blank ones are left out. Cost: 0.1 ms a digit.
    """
    found: dict[str, list[float]] = {measure: [] for measure in INK_EDGES}
    for data in inputs:
        ink = np.frombuffer(data, dtype=np.uint8).reshape(SIDE, SIDE).astype(np.float32) / 255
        if (ink > INKED).any():
            for measure, value in zip(found, _measure(ink), strict=True):
                found[measure].append(round(value, 2))
    return found


def _measure(ink: Ink) -> tuple[float, float, float]:
    left, top, right, bottom = ink_bounds(ink)
    return measure_pen_width(ink > INKED), (right - left) / (bottom - top), _measure_tilt(ink)


def _measure_tilt(ink: Ink) -> float:
    """Return how far the ink leans to the right, in degrees: by how much it moves to the side from row to row."""
    rows, columns = np.indices(ink.shape, dtype=np.float32)
    mass = float(ink.sum())
    rows -= float((rows * ink).sum()) / mass
    columns -= float((columns * ink).sum()) / mass
    height = float((rows * rows * ink).sum())
    return float(np.degrees(np.arctan2(-float((rows * columns * ink).sum()), height))) if height else 0.0
