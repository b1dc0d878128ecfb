"""Tell a page of ours whose marks can't be seen from a table of somebody else's: by its lines and its printed names."""

from collections.abc import Iterator
from functools import cache
from itertools import product
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from ml.sheets import printing
from ml.sheets.layout import PageLayout, lay_out
from ml.sheets.light import find_darkness
from ml.sheets.printing.drawing import draw_page
from ml.sheets.printing.fonts import PT_MM
from ml.sheets.printing.primitives import Text
from ml.sheets.tables.found import FoundTable
from ml.sheets.template import Template

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float64]

OFF_MM, OFF_SHARE = 1.0, 0.006  # of a line from its place: of bent paper, and of the table's side
SPARE = 0.1  # of the lines may be missed, or be no lines; one always
ASPECT = 1.3  # what a tilt of 30 degrees and an unknown lens make of height by width
UNEVEN = 1.15  # columns of such different widths tell a template by themselves
LEAST_ROWS, LEAST_COLUMNS = 3, 3
PX_PER_MM = 8.0
MARGIN_MM = 1.5  # by which names may be off
ALIKE, SOFT_PX = 0.65, 1.5  # correlation of a printed name and what is seen there, both softened: others reach 0.57
HINT = "0"  # stands for what is written in a column, in a language that is not known: it moves the name


class Axis(NamedTuple):
    """How the found lines of one direction lie on a template's: `at_mm` of the first and last, which are the ends."""

    first: int
    last: int
    first_mm: float
    last_mm: float


def is_unmarked_page(pixels: Pixels, found: FoundTable, template: Template) -> bool:
    """Return whether a table is one of a template's pages, or what is seen of it.

    Args:
        pixels: the photograph, grey.
        found: the table on it.
        template: of a page that was printed by us.
    """
    layouts = {len(layout.cells): layout for layout in lay_out(template)}
    for layout, quarter in product(layouts.values(), range(4)):
        corners = np.rot90(found.corners, quarter)
        placed = _place(corners, layout)
        if placed is not None and _is_named(pixels, placed, template, layout):
            return True
    return False


def _place(corners: Floats, layout: PageLayout) -> Floats | None:
    """Return the homography from mm of a page to px that puts its lines on those found; None if none does."""
    if min(corners.shape[:2]) < 3:
        return None
    ends = np.array([corners[0, 0], corners[0, -1], corners[-1, -1], corners[-1, 0]], dtype=np.float32)
    square = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], dtype=np.float32)
    flat = cv2.perspectiveTransform(corners.reshape(1, -1, 2), cv2.getPerspectiveTransform(ends, square).astype(float))
    flat = flat.reshape(corners.shape)
    xs, ys, boxes = _list_places(layout)
    across = _match(np.median(flat[..., 0], axis=0), xs, boxes, is_whole=True)
    down = across and _match(np.median(flat[..., 1], axis=1), ys, np.empty(0), is_whole=False)
    if across is None or down is None:
        return None
    lattice = corners[np.ix_([down.first, down.last], [across.first, across.last])]
    top, right, bottom, left = (
        float(np.linalg.norm(lattice[one] - lattice[other]))
        for one, other in (((0, 0), (0, 1)), ((0, 1), (1, 1)), ((1, 1), (1, 0)), ((1, 0), (0, 0)))
    )
    seen = (top + bottom) / (left + right)
    printed = (across.last_mm - across.first_mm) / (down.last_mm - down.first_mm)
    if not 1 / ASPECT < seen / printed < ASPECT:
        return None
    page = np.array(
        [[x, y] for y in (down.first_mm, down.last_mm) for x in (across.first_mm, across.last_mm)], dtype=np.float32
    )
    placed = cv2.getPerspectiveTransform(page, lattice.reshape(4, 2).astype(np.float32))
    return np.asarray(placed, dtype=np.float64)


def _list_places(layout: PageLayout) -> tuple[Floats, Floats, Floats]:
    """Return where lines run upright and across, in mm, and where those of boxes run upright."""
    rects = [*layout.heads, *(cell.rect for cell in layout.cells)]
    xs = np.unique(np.round([side for rect in rects for side in (rect.x, rect.x + rect.width)], 3))
    ys = np.unique(np.round([side for rect in rects for side in (rect.y, rect.y + rect.height)], 3))
    boxes = np.unique(np.round([box.x for cell in layout.cells for box in cell.boxes[1:]], 3))
    return xs, ys, boxes


def _match(found: Floats, lines: Floats, others: Floats, *, is_whole: bool) -> Axis | None:
    """Return how found lines lie on printed ones so that nearly all of both fit.

    Args:
        found: where they are, in any unit.
        lines: in mm.
        others: which may be found, too.
        is_whole: whether the first and last line must be seen; else those of a part are enough.
    """
    best: tuple[int, float, Axis] | None = None
    known = np.concatenate([lines, others])
    for first, last in product((0, 1), (len(found) - 1, len(found) - 2)):
        for one, other in _list_ends(len(lines), last - first, bool(len(others)), is_whole):
            scale = (lines[other] - lines[one]) / (found[last] - found[first])
            at = lines[one] + (found - found[first]) * scale
            reach = OFF_MM + OFF_SHARE * (lines[other] - lines[one])
            inside = lines[one : other + 1]
            missed = int((np.abs(inside[:, None] - at).min(axis=1) > reach).sum())
            strange = int((np.abs(at[:, None] - known).min(axis=1) > reach).sum())
            if missed > SPARE * len(inside) or strange > max(1, SPARE * len(found)):
                continue
            off = float(np.abs(inside[:, None] - at).min(axis=1).mean())
            if best is None or (len(inside) - missed - strange, -off) > (best[0], -best[1]):
                axis = Axis(first, last, float(lines[one]), float(lines[other]))
                best = len(inside) - missed - strange, off, axis
    return best[2] if best else None


def _list_ends(count: int, gaps: int, has_others: bool, is_whole: bool) -> Iterator[tuple[int, int]]:
    """Yield between which of `count` printed lines the found ones may lie, which have so many gaps."""
    if is_whole:
        if has_others or abs(count - 1 - gaps) <= 1:
            yield 0, count - 1
        return
    if gaps < LEAST_ROWS:
        return
    for length in (gaps, gaps + 1, gaps - 1):
        for one in range(max(0, count - length)):
            yield one, one + length


def _is_named(pixels: Pixels, placed: Floats, template: Template, layout: PageLayout) -> bool:
    """Return whether the names of the columns are printed there; by their widths if they are not on the photograph."""
    band = layout.heads[0]
    left, top = band.x - MARGIN_MM, band.y - MARGIN_MM
    width, height = layout.heads[-1].x + layout.heads[-1].width - band.x + 2 * MARGIN_MM, band.height + 2 * MARGIN_MM
    size = round(width * PX_PER_MM), round(height * PX_PER_MM)
    to_mm = np.array([[1 / PX_PER_MM, 0, left], [0, 1 / PX_PER_MM, top], [0, 0, 1]])
    ends = np.array([[left, top], [left + width, top], [left + width, top + height], [left, top + height]])
    seen_at = cv2.perspectiveTransform(ends[None], placed)[0]
    is_inside = (seen_at >= -1).all() and (seen_at <= np.array(pixels.shape[1::-1])).all()
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    view = cv2.warpPerspective(pixels, placed @ to_mm, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    dark = find_darkness(np.asarray(view, dtype=np.uint8), PX_PER_MM)
    if not is_inside:
        widths = [head.width for head in layout.heads]
        return len(widths) >= LEAST_COLUMNS and max(widths) > UNEVEN * min(widths)
    return max(_count_alike(dark, template, layout, hint) for hint in ("", HINT)) >= len(layout.heads) / 2


def _count_alike(dark: NDArray[np.float32], template: Template, layout: PageLayout, hint: str) -> int:
    """Return in how many heads what is seen is like the name that is printed there."""
    left, top = layout.heads[0].x - MARGIN_MM, layout.heads[0].y - MARGIN_MM
    hints = tuple(hint if column.expects else "" for column in template.columns)
    names = [
        one
        for one in draw_page(template, layout, "", printing.Words(hints=hints))
        if isinstance(one, Text) and one.text != HINT and layout.heads[0].y < one.y < layout.cells[0].rect.y
    ]
    count = 0
    for head in layout.heads:
        own = [one for one in names if head.x < one.x < head.x + head.width]
        if not own:
            continue
        drawn = _draw(own, (head.x, head.y, head.width, head.height))
        rows, columns = np.flatnonzero(drawn.any(axis=1)), np.flatnonzero(drawn.any(axis=0))
        name = drawn[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        x = round((head.x - left) * PX_PER_MM) + int(columns[0])
        y = round((head.y - top) * PX_PER_MM) + int(rows[0])
        by = round(MARGIN_MM * PX_PER_MM)
        around = dark[max(0, y - by) : y + name.shape[0] + by, max(0, x - by) : x + name.shape[1] + by]
        if around.shape[0] < name.shape[0] or around.shape[1] < name.shape[1]:
            continue
        soft = [cv2.GaussianBlur(one.astype(np.float32), (0, 0), SOFT_PX) for one in (around, name / 255)]
        count += float(cv2.matchTemplate(soft[0], soft[1], cv2.TM_CCOEFF_NORMED).max()) > ALIKE
    return count


def _draw(texts: list[Text], rect: tuple[float, float, float, float]) -> Pixels:
    x, y, width, height = rect
    picture = Image.new("L", (round(width * PX_PER_MM), round(height * PX_PER_MM)))
    canvas = ImageDraw.Draw(picture)
    anchors = {"start": "ls", "middle": "ms", "end": "rs"}
    for one in texts:
        place = (one.x - x) * PX_PER_MM, (one.y - y) * PX_PER_MM
        canvas.text(place, one.text, 255, _load_font(one.font, one.size_pt), anchors[one.anchor])
    return np.asarray(picture)


@cache
def _load_font(name: str, size_pt: float) -> ImageFont.FreeTypeFont:
    folder = Path(printing.__file__).parent / "fonts"
    return ImageFont.truetype(folder / f"{name}.ttf", size_pt * PT_MM * PX_PER_MM)
