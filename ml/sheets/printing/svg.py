"""A page of a template as SVG, for its preview: the same shapes as in the PDF, without styles or scripts."""

from xml.sax.saxutils import escape, quoteattr

from ml.sheets.layout import Line, PageLayout, Rect
from ml.sheets.printing.drawing import Words, draw_page
from ml.sheets.printing.fonts import BOLD, PT_MM
from ml.sheets.printing.shapes import Area, Shape, Text
from ml.sheets.template import Template


def draw_svg(template: Template, layout: PageLayout, words: Words, code: str = "", name: str = "") -> str:
    """Return an SVG element. `name` is what it is called by those who can't see it."""
    shapes = "".join(_format_shape(shape) for shape in draw_page(template, layout, code, words))
    paper = _format_shape(Area(Rect(0, 0, layout.width_mm, layout.height_mm), 1.0))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {layout.width_mm:g} {layout.height_mm:g}" role="img"'
        f" font-family=\"'DejaVu Sans Condensed', Verdana, sans-serif\" aria-label={quoteattr(name)}>"
        f"{paper}{shapes}</svg>"
    )


def _format_shape(shape: Shape) -> str:
    match shape:
        case Area(rect, grey):
            place = f'x="{rect.x:.2f}" y="{rect.y:.2f}" width="{rect.width:.2f}" height="{rect.height:.2f}"'
            return f'<rect {place} fill="{_format_grey(grey)}"/>'
        case Line(x0, y0, x1, y1, width, grey):
            place = f'x1="{x0:.2f}" y1="{y0:.2f}" x2="{x1:.2f}" y2="{y1:.2f}"'
            return f'<line {place} stroke="{_format_grey(grey)}" stroke-width="{width}" stroke-linecap="square"/>'
        case Text():
            return _format_text(shape)


def _format_text(shape: Text) -> str:
    """Return a line of text, stretched to the width that it has in the PDF: a browser may have another font."""
    place = f'x="{shape.x:.2f}" y="{shape.y:.2f}" font-size="{shape.size_pt * PT_MM:.2f}"'
    weight = ' font-weight="bold"' if shape.font == BOLD else ""
    width = f' textLength="{shape.width_mm:.2f}" lengthAdjust="spacingAndGlyphs"'
    return f'<text {place}{weight}{width} text-anchor="{shape.anchor}">{escape(shape.text)}</text>'


def _format_grey(grey: float) -> str:
    return f"#{round(255 * grey):02x}" + f"{round(255 * grey):02x}" * 2
