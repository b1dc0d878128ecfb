"""Templates as PDF. The same template, codes and words make the same bytes."""

import io
from collections.abc import Sequence
from threading import Lock

from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from ml.sheets.layout import Line, lay_out
from ml.sheets.printing.drawing import Words, draw_page
from ml.sheets.printing.fonts import BOLD, REGULAR, compose, load_font
from ml.sheets.printing.primitives import BLACK, Area, Primitive, Text
from ml.sheets.template import Template

ONE_AT_A_TIME = Lock()  # reportlab's fonts keep what they are doing: threads at once may find a glyph gone


def draw_pages(template: Template, codes: Sequence[str], words: Words | None = None) -> bytes:
    """Return a PDF of all pages of a template.

    Args:
        codes: what the QR code of each page says, in capital letters, digits and the signs $%*+-./: ; "" for none.
        words: those besides the template's own; English ones if None.

    Raises:
        ValueError: if there are fewer or more codes than pages.
    """
    with ONE_AT_A_TIME:
        return _draw_pages(template, codes, words or Words())


def _draw_pages(template: Template, codes: Sequence[str], words: Words) -> bytes:
    for font in (REGULAR, BOLD):
        load_font(font)
    layouts = lay_out(template)
    written = io.BytesIO()
    canvas = Canvas(written, (layouts[0].width_mm * mm, layouts[0].height_mm * mm), invariant=1, pageCompression=1)
    canvas.setTitle(compose(template.title))
    canvas.setCreator("Inkling")
    canvas.setViewerPreference("PrintScaling", "None")  # pages that are scaled to fit have smaller boxes
    for layout, code in zip(layouts, codes, strict=True):
        canvas.setLineCap(2)
        for shape in draw_page(template, layout, code, words):
            _draw(canvas, shape, layout.height_mm)
        canvas.showPage()
    canvas.save()
    return written.getvalue()


def _draw(canvas: Canvas, shape: Primitive, height_mm: float) -> None:
    """Draw a shape. PDF counts upwards from the lower left corner."""
    match shape:
        case Area(rect, grey):
            canvas.setFillGray(grey)
            y = height_mm - rect.y - rect.height
            canvas.rect(rect.x * mm, y * mm, rect.width * mm, rect.height * mm, stroke=0, fill=1)
        case Line(x0, y0, x1, y1, width_mm, grey):
            canvas.setStrokeGray(grey)
            canvas.setLineWidth(width_mm * mm)
            canvas.line(x0 * mm, (height_mm - y0) * mm, x1 * mm, (height_mm - y1) * mm)
        case Text(x, y, text, font, size_pt, anchor):
            canvas.setFillGray(BLACK)
            canvas.setFont(font, size_pt)
            draw = {"start": canvas.drawString, "middle": canvas.drawCentredString, "end": canvas.drawRightString}
            draw[anchor](x * mm, (height_mm - y) * mm, text)
