"""Templates as PDF. The same template and codes make the same bytes."""

import io
from collections.abc import Sequence

from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from ml.sheets.drawing import Area, Line, Shape, Text, Words, draw_page
from ml.sheets.fonts import BOLD, REGULAR, compose, load_font
from ml.sheets.layout import lay_out
from ml.sheets.template import Template


def draw_pages(template: Template, codes: Sequence[str], words: Words | None = None) -> bytes:
    """Return a PDF of all pages of a template.

    Args:
        codes: what the QR code of each page says, in digits, capital letters and signs that QR codes have; "" for none.
        words: those besides the template's own; English ones if None.

    Raises:
        ValueError: if there are fewer or more codes than pages.
    """
    for font in (REGULAR, BOLD):
        load_font(font)
    layouts = lay_out(template)
    written = io.BytesIO()
    size = (layouts[0].width_mm * mm, layouts[0].height_mm * mm)
    canvas = Canvas(written, pagesize=size, invariant=1, pageCompression=1)
    canvas.setTitle(compose(template.title))
    canvas.setCreator("Inkling")
    canvas.setViewerPreference("PrintScaling", "None")  # "fit to page" would make everything smaller
    for layout, code in zip(layouts, codes, strict=True):
        for shape in draw_page(template, layout, code, words or Words()):
            _draw(canvas, shape, layout.height_mm)
        canvas.showPage()
    canvas.save()
    return written.getvalue()


def _draw(canvas: Canvas, shape: Shape, height_mm: float) -> None:
    """Draw a shape; PDF counts upwards from the lower left corner."""
    match shape:
        case Area(rect, grey):
            canvas.setFillGray(grey)
            y = height_mm - rect.y - rect.height
            canvas.rect(rect.x * mm, y * mm, rect.width * mm, rect.height * mm, stroke=0, fill=1)
        case Line(x1, y1, x2, y2, width_mm, grey):
            canvas.setStrokeGray(grey)
            canvas.setLineWidth(width_mm * mm)
            canvas.setLineCap(2)
            canvas.line(x1 * mm, (height_mm - y1) * mm, x2 * mm, (height_mm - y2) * mm)
        case Text(x, y, text, font, size_pt, anchor, grey):
            canvas.setFillGray(grey)
            canvas.setFont(font, size_pt)
            draw = {"start": canvas.drawString, "middle": canvas.drawCentredString, "end": canvas.drawRightString}
            draw[anchor](x * mm, (height_mm - y) * mm, text)
