"""Cut the cells of a ruled table: straighten the page by the table's own lines, then cut it as a printed page is."""

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.sheets.cutting import PX_PER_MM, cut_cells, to_pixels
from ml.sheets.layout import Cell, Line, PageLayout, Rect
from ml.sheets.light import find_darkness
from ml.sheets.pages import CutPage, Quad
from ml.sheets.printed_lines import remove_lines
from ml.sheets.tables.found import FoundTable
from ml.sheets.tables.straightening import darkest_channel

Floats = NDArray[np.floating[Any]]
Values = NDArray[np.float32]

ROW_MM = 9.0  # of the typical row: sizes on paper are not known
MAX_WIDTH_MM = 400.0  # of the table then: a table of very low rows is made smaller
MARGINS = (0.06, 0.22, 0.06, 0.1)  # around the table, of its larger side: left, top, right, bottom
MIN_MARGIN_MM = 6.0
COARSE = 8  # px: the way back to the photograph is computed at so many, and interpolated
REACH_MM = 1.6  # beside the middle of a line: one printed double has others there
PEAK = 0.35  # of the line's darkness
LINE_MM = 0.4


def cut_table(pixels: NDArray[np.uint8], found: FoundTable) -> CutPage:
    """Return the upright page, and the cells of the rows to fill in, from 0.

    Args:
        pixels: the photograph, (h, w) or (h, w, 3) uint8.
        found: the table on it.
    """
    layout = _lay_out(found)
    picture = _straighten(darkest_channel(pixels), found, layout)
    darkness = find_darkness(picture, PX_PER_MM)
    clean = remove_lines(darkness, list(_find_lines(darkness, found, layout)), PX_PER_MM)
    quads = [_quad(found, cell) for cell in layout.cells]
    cells = cut_cells(clean, layout, quads)
    return CutPage(to_pixels(darkness), cells)


def _lay_out(found: FoundTable) -> PageLayout:
    """Return where the cells are on the straightened page, as if rows were ROW_MM high."""
    scale = min(ROW_MM / float(np.median(found.heights)), MAX_WIDTH_MM)
    left, top, right, bottom = (max(MIN_MARGIN_MM, share * scale * max(1.0, sum(found.heights))) for share in MARGINS)
    xs = left + scale * np.concatenate([[0], np.cumsum(found.widths)])
    ys = top + scale * np.concatenate([[0], np.cumsum(found.heights)])
    rects = [
        [Rect(float(x), float(y), float(wide), float(high)) for x, wide in zip(xs, np.diff(xs), strict=False)]
        for y, high in zip(ys, np.diff(ys), strict=False)
    ]
    heads = [rect for row in rects[: found.head_rows] for rect in row]
    cells = [
        Cell(row, column, rect, ())
        for row, line in enumerate(rects[found.head_rows :])
        for column, rect in enumerate(line)
    ]
    width, height = float(xs[-1]) + right, float(ys[-1]) + bottom
    return PageLayout(1, 1, width, height, (), Rect(0, 0, width, top), Rect(0, 0, 0, 0), tuple(heads), tuple(cells))


def _lines_mm(layout: PageLayout) -> tuple[Floats, Floats]:
    rects = [*layout.heads, *(cell.rect for cell in layout.cells)]
    xs = np.unique(np.round([x for rect in rects for x in (rect.x, rect.x + rect.width)], 4))
    ys = np.unique(np.round([y for rect in rects for y in (rect.y, rect.y + rect.height)], 4))
    return xs, ys


def _straighten(gray: NDArray[np.uint8], found: FoundTable, layout: PageLayout) -> NDArray[np.uint8]:
    """Warp the page so that its lines are straight: by a homography, and what it leaves at each corner."""
    xs, ys = (mm * PX_PER_MM for mm in _lines_mm(layout))
    ideal = np.stack(np.meshgrid(xs, ys), axis=-1)
    matrix, _ = cv2.findHomography(ideal.reshape(-1, 1, 2), found.corners.reshape(-1, 1, 2), 0)
    left_over = found.corners - cv2.perspectiveTransform(ideal.reshape(1, -1, 2), matrix).reshape(ideal.shape)
    width, height = round(layout.width_mm * PX_PER_MM), round(layout.height_mm * PX_PER_MM)
    coarse_x = (np.arange(width // COARSE + 2) - 0.5) * COARSE
    coarse_y = (np.arange(height // COARSE + 2) - 0.5) * COARSE
    grid = np.stack(np.meshgrid(coarse_x, coarse_y), axis=-1)
    back = cv2.perspectiveTransform(grid.reshape(1, -1, 2), matrix).reshape(grid.shape)
    down, along = _weights(ys, coarse_y), _weights(xs, coarse_x)
    back += np.stack([down @ left_over[:, :, axis] @ along.T for axis in (0, 1)], axis=-1)
    fine = [
        cv2.warpAffine(
            back[:, :, axis].astype(np.float32),
            np.array([[1 / COARSE, 0, 0.5], [0, 1 / COARSE, 0.5]]),
            (width, height),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
        for axis in (0, 1)
    ]
    shrunk = float(np.sqrt(abs(np.linalg.det(matrix[:2, :2])))) / abs(matrix[2, 2])
    source = cv2.GaussianBlur(gray, (0, 0), 0.4 * shrunk) if shrunk > 1.4 else gray
    return np.asarray(cv2.remap(source, fine[0], fine[1], cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE))


def _weights(knots: Floats, places: Floats) -> Floats:
    """Return (places, knots): how much each knot counts at each place; beyond the ends, the last one alone."""
    return np.stack([np.interp(places, knots, unit) for unit in np.eye(len(knots))], axis=1)


def _find_lines(darkness: Values, found: FoundTable, layout: PageLayout) -> Iterator[Line]:
    """Yield the printed lines near those of the grid: in their places, and beside them where they are double."""
    xs, ys = _lines_mm(layout)
    for y in ys:
        for place in _find_peaks(darkness, float(y), (float(xs[0]), float(xs[-1]))):
            yield Line(float(xs[0]), place, float(xs[-1]), place, LINE_MM, 0.0)
    for x in xs:
        for place in _find_peaks(darkness.T, float(x), (float(ys[0]), float(ys[-1]))):
            yield Line(place, float(ys[0]), place, float(ys[-1]), LINE_MM, 0.0)


def _find_peaks(darkness: Values, across: float, along: tuple[float, float]) -> list[float]:
    """Return where lines run near `across`, in mm: where it is dark along them."""
    reach, middle = round(REACH_MM * PX_PER_MM), round(across * PX_PER_MM)
    first, last = (round(end * PX_PER_MM) for end in along)
    band = darkness[max(0, middle - reach) : middle + reach + 1, first:last]
    profile = np.minimum(band, 0.5).mean(axis=1)
    profile = profile - float(np.quantile(profile, 0.2))
    peaks = [
        place
        for place in range(1, len(profile) - 1)
        if profile[place] > PEAK * float(profile.max()) and profile[place - 1] < profile[place] >= profile[place + 1]
    ]
    places = [(max(0, middle - reach) + peak + 0.5) / PX_PER_MM for peak in peaks]
    return places if any(abs(place - across) < 0.4 for place in places) else [*places, across]


def _quad(found: FoundTable, cell: Cell) -> Quad:
    row, column = cell.row + found.head_rows, cell.column
    four = [
        found.corners[row, column],
        found.corners[row, column + 1],
        found.corners[row + 1, column + 1],
        found.corners[row + 1, column],
    ]
    return tuple((float(x), float(y)) for x, y in four)  # type: ignore[return-value]
