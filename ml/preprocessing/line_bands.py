"""The bands of cells and pixels that straight lines cover, and how they are erased."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.preprocessing.filters import spread
from ml.preprocessing.straight_lines import StraightLine


@dataclass(frozen=True)
class CellDrawing:
    """The ink in cells, and the lines found in it."""

    inked: NDArray[np.bool_]
    lines: list[StraightLine]

    def without(self, lines: list[StraightLine]) -> NDArray[np.bool_]:
        """Return the ink without the bands of some lines."""
        rest = self.inked.copy()
        for line in lines:
            clear_band(rest, line)
        return rest


def clear_band(inked: NDArray[np.bool_], line: StraightLine) -> None:
    """Clear a line's cells, with a cell to spare on both sides."""
    band = np.zeros(inked.shape, dtype=bool)
    set_band(band, line, round(line.thickness / 2) + 1)
    inked &= ~band


def set_band(band: NDArray[np.bool_], line: StraightLine, reach: int) -> None:
    """Set all cells within `reach` of a line's middle."""
    cells = band.T if line.is_upright else band
    columns = np.arange(max(line.start - 1, 0), min(line.end + 1, cells.shape[1]))
    middle = np.round(line.at + line.slope * columns).astype(int)
    for by in range(-reach, reach + 1):
        rows = middle + by
        inside = (rows >= 0) & (rows < len(cells))
        cells[rows[inside], columns[inside]] = True


def find_bands(lines: list[StraightLine], shape: tuple[int, ...], step: int) -> NDArray[np.bool_]:
    """Return which pixels lie on some lines."""
    cells = np.zeros((-(-shape[0] // step), -(-shape[1] // step)), dtype=bool)
    for line in lines:
        set_band(cells, line, round(line.thickness / 2) + 1)
    return cells.repeat(step, axis=0).repeat(step, axis=1)[: shape[0], : shape[1]]


def erase_line(
    cleaned: NDArray[np.uint8], contrast: NDArray[np.uint8], line: StraightLine, step: int, level: int
) -> None:
    """Set a line's pixels to 0, except where ink lies on both sides: there a digit crosses it."""
    source = contrast.T if line.is_upright else contrast
    target = cleaned.T if line.is_upright else cleaned
    height, width = source.shape
    more = int(np.ceil(line.thickness)) + 1  # the corner with another line
    columns = np.arange(max((line.start - more) * step, 0), min((line.end + more) * step, width))
    middle = (line.at + 0.5) * step + line.slope * columns - 0.5
    reach = int(np.ceil((line.thickness / 2 + 0.5) * step)) + 1
    rows = np.round(middle).astype(int)[None] + np.arange(-reach, reach + 1)[:, None]
    inside = (rows >= 0) & (rows < height)
    rows_held = np.clip(rows, 0, height - 1)
    beyond = [np.clip(np.round(middle).astype(int) + side * (reach + 1), 0, height - 1) for side in (-1, 1)]
    both = [spread((source[row, columns] > level)[None], max(1, reach), np.logical_or)[0] for row in beyond]
    is_edge = (np.round(middle) - reach - 1 < 0) | (np.round(middle) + reach + 1 >= height)
    crossing = both[0] & both[1] & ~is_edge
    erased = inside & ~crossing[None]
    where = np.broadcast_to(columns[None], rows.shape)
    target[rows_held[erased], where[erased]] = 0
