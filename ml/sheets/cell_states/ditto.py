"""Ditto marks: two short strokes side by side, with or without dashes on both sides.

Lengths are in units, of about two heights of a digit, unless they say otherwise. An 11 is as high as other digits.
"""

import numpy as np

from ml.sheets.cell_states.ink import LEAST_AREA, UNIT_PX, Mask, Part, crop, find_parts

LEAST_HEIGHT = 0.1
HIGHEST, HIGHEST_WHERE_LONG = 0.35, 0.42  # of the marks; where only longer numbers may stand
SHEARS = (0.0, 0.15, 0.3, 0.45, 0.6, -0.15)  # of strokes that lean, to the right if it is positive
ALL_INK = 0.8  # of the ink's width is sure
DASH = 0.09  # the length of a dash
TALL = 0.55  # of their height: the ink in columns of strokes
SLIM, SLIM_PX = 0.45, 7  # of a stroke, of its height, once it is upright
LEVEL = 0.4  # of their height: how far one may be higher than the other
NEAR = 0.25  # of their height: what is so near to a stroke belongs to it
BREADTH = 0.6  # of a stroke, of its height
GAP = 0.2, 1.4  # between the strokes' middles, of their height


def is_ditto(ink: Mask, is_sure: Mask, highest_px: float) -> bool:
    """Return whether the ink is two short strokes side by side, with or without a dash left and right of them.

    Args:
        ink: (h, w) at UNIT_PX.
        is_sure: where it surely is: strokes that blur into one another come apart there.
        highest_px: more is no ditto marks.
    """
    labels, parts = find_parts(ink & is_sure)
    parts = sorted((part for part in parts if part.area >= LEAST_AREA * UNIT_PX**2), key=lambda part: part.left)
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if rows[-1] - rows[0] > highest_px:
        return False
    if not parts or max(part.right for part in parts) - parts[0].left < ALL_INK * (columns[-1] - columns[0]):
        return False  # faint ink stands beside them
    if len(parts) in (3, 4) and _is_dash(parts[0]) and _is_dash(parts[-1]):  # a dash on one side alone may be a minus
        parts = parts[1:-1]
    if len(parts) not in (1, 2):
        return False
    cut = crop(np.isin(labels, [part.label for part in parts]))
    if cut is None or not LEAST_HEIGHT * UNIT_PX <= cut.shape[0] <= highest_px:
        return False
    if len(parts) == 2 and _are_strokes(*((labels == part.label) for part in parts)):
        return True
    return any(_has_two_strokes(_shear(cut, shear)) for shear in SHEARS)


def _is_dash(part: Part) -> bool:
    return part.width >= max(DASH * UNIT_PX, 1.5 * part.height) and part.height <= 0.2 * UNIT_PX


def _are_strokes(first: Mask, second: Mask) -> bool:
    """Return whether two parts, the left one first, are thin strokes of one height side by side."""
    boxes = []
    for part in (first, second):
        cut = crop(part)
        if cut is None:
            return False
        height = cut.shape[0]
        slimmest = min(np.count_nonzero(_shear(cut, shear).any(axis=0)) for shear in SHEARS)
        if height < LEAST_HEIGHT * UNIT_PX or slimmest > max(SLIM * height, SLIM_PX):
            return False
        rows, columns = np.flatnonzero(part.any(axis=1)), np.flatnonzero(part.any(axis=0))
        boxes.append((rows[0], rows[-1], (columns[0] + columns[-1]) / 2))
    (top, bottom, left), (other_top, other_bottom, right) = boxes
    height = max(bottom - top, other_bottom - other_top)
    is_level = max(abs(top - other_top), abs(bottom - other_bottom)) <= LEVEL * height
    return bool(is_level and GAP[0] * height <= right - left <= GAP[1] * height)


def _shear(cut: Mask, shear: float) -> Mask:
    """Return ink whose strokes leaned so far to the right upright."""
    height, width = cut.shape
    room = round(abs(shear) * height)
    found = np.zeros((height, width + room), bool)
    for y in range(height):
        start = round(shear * y) if shear >= 0 else round(-shear * (height - 1 - y))
        found[y, start : start + width] = cut[y]
    return found


def _has_two_strokes(upright: Mask) -> bool:
    """Return whether two columns of ink stand apart, with nothing beside them."""
    height = len(upright)
    runs = _find_runs(upright.sum(axis=0) >= TALL * height)
    if len(runs) != 2 or any(end - start > BREADTH * height for start, end in runs):
        return False
    (start, left), (right, end) = runs
    gap = (right + end - start - left) / 2
    is_apart = not upright[:, left:right].any(axis=0).all() and GAP[0] * height <= gap <= GAP[1] * height
    near = round(NEAR * height)
    return bool(is_apart and not upright[:, : max(start - near, 0)].any() and not upright[:, end + near :].any())


def _find_runs(where: Mask) -> list[tuple[int, int]]:
    """Return start and end of each run of True."""
    steps = np.flatnonzero(np.diff(np.concatenate([[0], where.astype(np.int8), [0]])))
    return list(zip(steps[::2].tolist(), steps[1::2].tolist(), strict=True))
