"""Write entries into cells by hand: strokes of a writer, or digits of scanned forms, on a page in px."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.data.augmentation import Strokes
from ml.data.cases.case_lines import Glyph, Hand, draw_one, draw_text, set_line, stroke_box
from ml.evaluation.sheets.entries import Entry
from ml.sheets.layout import Cell, Rect
from ml.sheets.states import CellState

Rng = np.random.Generator
SHIFT = 4  # of OpenCV's fractional coordinates


@dataclass(frozen=True)
class Writer:
    """Who fills in a page.

    Attributes:
        hand: their digits as strokes.
        scans: pictures of each digit, (n, 28, 28) uint8, 255 = ink; if there are any, digits come from them.
        pen_mm: the width of the pen.
        size: of digits, a share of the height there is.
        slope: of the lines they write.
    """

    hand: Hand
    scans: tuple[NDArray[np.uint8], ...]
    pen_mm: float
    size: float
    gaps: tuple[float, float]


def make_writer(hand: Hand, scans: tuple[NDArray[np.uint8], ...], rng: Rng) -> Writer:
    """Return somebody with a pen."""
    wide = rng.uniform(0.05, 0.25)
    return Writer(hand, scans, float(rng.uniform(0.3, 0.75)), float(rng.uniform(0.55, 0.8)), (wide, wide + 0.15))


class InkLayer:
    """The ink on a page: 0 is paper, 255 a full stroke."""

    def __init__(self, width_mm: float, height_mm: float, px_per_mm: float) -> None:
        self.scale = px_per_mm
        self.pixels = np.zeros((round(height_mm * px_per_mm), round(width_mm * px_per_mm)), np.uint8)

    def draw_strokes(self, strokes: Strokes, pen_mm: float) -> None:
        """Draw strokes in mm."""
        width = max(1, round(pen_mm * self.scale))
        for stroke in strokes:
            points = np.rint(stroke * self.scale * 2**SHIFT).astype(np.int32)
            cv2.polylines(self.pixels, [points], False, 255, width, cv2.LINE_AA, SHIFT)
            if len(points) < 3:
                middle = tuple(int(one) for one in points[0])
                cv2.circle(self.pixels, middle, width * 2 ** (SHIFT - 1), 255, -1, cv2.LINE_AA, SHIFT)

    def draw_scan(self, scan: NDArray[np.uint8], rect: Rect) -> None:
        """Draw a scanned digit into a rectangle in mm."""
        left, top = round(rect.x * self.scale), round(rect.y * self.scale)
        width, height = max(2, round(rect.width * self.scale)), max(2, round(rect.height * self.scale))
        smooth = cv2.resize(scan, (width, height), interpolation=cv2.INTER_CUBIC).astype(np.float32)
        sharp = np.clip((smooth - 110) * 2.2, 0, 255).astype(np.uint8)
        under = self.pixels[top : top + height, left : left + width]
        np.maximum(under, sharp[: under.shape[0], : under.shape[1]], out=under)


def write_entry(ink: InkLayer, cell: Cell, entry: Entry, writer: Writer, rng: Rng) -> None:
    """Write what stands in a cell."""
    if entry.state is CellState.EMPTY:
        return
    if entry.state is CellState.DITTO:
        ink.draw_strokes(_draw_ditto(cell.rect, rng), writer.pen_mm)
        return
    if cell.boxes:
        box = _write_in_boxes(ink, cell, entry.written, writer, rng)
    else:
        box = _write_line(ink, cell.rect, entry.written, writer, rng)
    if entry.state is CellState.CROSSED_OUT:
        ink.draw_strokes(_cross_out(box, rng), writer.pen_mm)


def _write_line(ink: InkLayer, rect: Rect, text: str, writer: Writer, rng: Rng) -> Rect:
    """Write a line into an open cell, and return the box around it."""
    glyphs = _draw_glyphs(text, writer, rng)
    line = set_line(glyphs, rng, writer.gaps, pen=writer.pen_mm / (writer.size * rect.height))
    boxes = np.array([glyph.box for glyph in line.glyphs])
    left, right = float(boxes[:, 0].min()), float(boxes[:, 2].max())
    height = min(writer.size * rng.uniform(0.9, 1.1) * rect.height, 7.5, 0.88 * rect.width / max(right - left, 0.2))
    room = max(rect.width - (right - left) * height, 0.0)
    x = rect.x + room * float(np.clip(rng.normal(0.45, 0.2), 0.08, 0.92)) - left * height
    y = rect.y + (rect.height - height) * float(np.clip(rng.normal(0.5, 0.18), 0.1, 0.9))
    for glyph in line.glyphs:
        _put(ink, glyph.moved(0, 0), (x, y, height), writer, rng)
    return Rect(x + left * height, y, (right - left) * height, height)


def _write_in_boxes(ink: InkLayer, cell: Cell, text: str, writer: Writer, rng: Rng) -> Rect:
    """Write a symbol into each box: from the left, or right-aligned where a number is short."""
    first = len(cell.boxes) - len(text) if rng.uniform() < 0.5 else 0
    boxes = cell.boxes[first : first + len(text)]
    for glyph, box in zip(_draw_glyphs(text, writer, rng), boxes, strict=True):
        left, _, right, _ = glyph.box
        height = min(0.95, writer.size * rng.uniform(1.0, 1.2)) * box.height
        height = min(height, 1.05 * box.width / max(right - left, 0.2))
        x = box.x + (box.width - (right - left) * height) / 2 - left * height + rng.normal(0, 0.06) * box.width
        y = box.y + (box.height - height) / 2 + rng.normal(0, 0.04) * box.height
        _put(ink, glyph, (x, y, height), writer, rng)
    return Rect(boxes[0].x, boxes[0].y, boxes[-1].x + boxes[-1].width - boxes[0].x, boxes[0].height)


def _draw_glyphs(text: str, writer: Writer, rng: Rng) -> list[Glyph]:
    glyphs = draw_text(text, writer.hand, rng)
    return [
        draw_one("leaning" if rng.uniform() < 0.3 else "bare", rng)
        if glyph.symbol == "1" and rng.uniform() < 0.15
        else glyph
        for glyph in glyphs
    ]


def _put(ink: InkLayer, glyph: Glyph, place: tuple[float, float, float], writer: Writer, rng: Rng) -> None:
    """Draw a glyph; place is the x and y of its origin and the height of a digit, in mm."""
    x, y, height = place
    strokes = [stroke * height + np.array([x, y]) for stroke in glyph.strokes]
    if not (writer.scans and glyph.symbol.isdecimal()):
        ink.draw_strokes(strokes, writer.pen_mm)
        return
    scans = writer.scans[int(glyph.symbol)]
    scan = scans[int(rng.integers(len(scans)))]
    rows, columns = np.flatnonzero(scan.max(axis=1) > 60), np.flatnonzero(scan.max(axis=0) > 60)
    cut = scan[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    left, top, right, bottom = stroke_box(strokes)
    wide = min(height * cut.shape[1] / cut.shape[0], max(right - left, 0.9 * height))
    ink.draw_scan(np.pad(cut, 1), Rect((left + right - wide) / 2, top, wide, bottom - top))


def _draw_ditto(rect: Rect, rng: Rng) -> Strokes:
    """Draw two short strokes side by side, straight, leaning or curved, some with a dash on both sides."""
    height = rng.uniform(0.18, 0.32) * rect.height
    gap, lean = height * rng.uniform(0.4, 0.9), height * rng.uniform(-0.1, 0.45)
    x, y = rect.x + rect.width * rng.uniform(0.35, 0.6), rect.y + rect.height * rng.uniform(0.25, 0.5)
    along = np.linspace(0, 1, 7)
    bow = rng.uniform(-0.12, 0.12) * height * np.sin(np.pi * along)
    strokes = []
    for place in range(2):
        top = rng.normal(0, 0.05) * height
        points = np.stack([x + place * gap + lean * (1 - along) + bow, y + top + height * along], axis=-1)
        strokes.append(points)
    if rng.uniform() < 0.25:
        long = height * rng.uniform(0.7, 1.3)
        level = y + height * rng.uniform(0.4, 0.6)
        for start in (x - height * 0.5 - long, x + gap + lean + height * 0.5):
            strokes.append(np.array([[start, level], [start + long / 2, level - 0.05], [start + long, level]]))
    return strokes


def _cross_out(box: Rect, rng: Rng) -> Strokes:
    """Draw lines through what was written, a large cross or a scribble."""
    left, right = box.x - 0.08 * box.width, box.x + 1.08 * box.width
    style = rng.choice(["line", "two", "cross", "scribble", "slash"], p=[0.35, 0.2, 0.15, 0.2, 0.1])
    along = np.linspace(0, 1, 9)

    def level(share: float) -> np.ndarray:
        y = box.y + box.height * (share + rng.normal(0, 0.05) + rng.normal(0, 0.06) * along)
        return np.stack([left + (right - left) * along, y + rng.normal(0, 0.05, 9)], axis=-1)

    if style == "line":
        return [level(0.5)]
    if style == "two":
        return [level(0.38), level(0.62)]
    rising = np.array([[left, box.y + box.height * 1.02], [(left + right) / 2, box.y + box.height / 2], [right, box.y]])
    falling = np.array([[left, box.y], [(left + right) / 2, box.y + box.height / 2], [right, box.y + box.height]])
    if style == "cross":
        return [rising, falling]
    if style == "slash":
        return [rising]
    turns = max(8, int(6 * box.width / box.height))
    x = np.linspace(left, right, turns)
    y = box.y + box.height * (0.5 + np.where(np.arange(turns) % 2, 0.42, -0.42) * rng.uniform(0.7, 1.1, turns))
    return [np.stack([x, y], axis=-1)]
