"""Pages of our own templates, filled in with golden digits and photographed as a flat scan: no picture is kept."""

import io
from collections.abc import Mapping

from PIL import Image, ImageDraw

from ml.golden import golden_drawing
from ml.sheets.decoding import open_pdf
from ml.sheets.layout import Rect, lay_out
from ml.sheets.template import Template

HEIGHT_SHARE = 0.7  # of a digit in its cell
INK = 40


def photograph(pdf: bytes, template: Template, texts: Mapping[tuple[int, int], str], page: int = 1) -> bytes:
    """Return a JPEG of a page, as `render_pdf` prints it, with digits written into cells.

    Args:
        texts: what is written, by row and column.
        page: of the template, from 1.
    """
    image = Image.open(io.BytesIO(open_pdf(pdf)[page - 1])).convert("L")
    layout = lay_out(template)[page - 1]
    scale = image.width / layout.width_mm
    pen = ImageDraw.Draw(image)
    for cell in layout.cells:
        text = texts.get((cell.row, cell.column), "")
        for place, digit in enumerate(text):
            rect = cell.boxes[place] if cell.boxes else _place(cell.rect, place)
            _write(pen, rect, int(digit), scale, seed=cell.row * 31 + cell.column * 7 + place)
    file = io.BytesIO()
    image.save(file, "JPEG", quality=90)
    return file.getvalue()


def _place(cell: Rect, place: int) -> Rect:
    """Return where a digit stands in an open cell."""
    side = cell.height * HEIGHT_SHARE
    return Rect(cell.x + 2 + place * side * 0.8, cell.y, side, cell.height)


def _write(pen: ImageDraw.ImageDraw, rect: Rect, digit: int, scale: float, seed: int) -> None:
    drawn = golden_drawing(digit, seed=seed)
    points = [point for stroke in drawn["strokes"] for point in stroke]
    left, top = min(point[0] for point in points), min(point[1] for point in points)
    height = max(point[1] for point in points) - top
    width = max(point[0] for point in points) - left
    unit = scale * rect.height * HEIGHT_SHARE / max(height, width)
    x = rect.x * scale + (rect.width * scale - width * unit) / 2
    y = rect.y * scale + (rect.height * scale - height * unit) / 2
    for stroke in drawn["strokes"]:
        line = [(x + (point[0] - left) * unit, y + (point[1] - top) * unit) for point in stroke]
        pen.line(line, fill=INK, width=max(2, round(scale * 0.5)), joint="curve")
