"""A page of a template as the elements of an SVG, for its preview: the same shapes as in the PDF, in millimetres."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

from ml.sheets.layout import Line
from ml.sheets.printing.fonts import BOLD, PT_MM
from ml.sheets.printing.primitives import Area, Primitive, Text


class SvgElement(NamedTuple):
    """A `path` or a `text`, with its attributes, and the characters of the text."""

    name: str
    attributes: dict[str, str]
    text: str = ""


def list_elements(shapes: Iterable[Primitive]) -> Iterator[SvgElement]:
    """Yield the elements of shapes in their order; neighbors that look alike are one path."""
    for (kind, grey, width), alike in groupby(shapes, _find_look):
        if kind is Area:
            yield SvgElement("path", {"fill": _format_grey(grey), "d": "".join(map(_trace, alike))})
        elif kind is Line:
            stroke = {"stroke": _format_grey(grey), "stroke-width": f"{width:g}", "stroke-linecap": "square"}
            yield SvgElement("path", stroke | {"d": "".join(map(_trace, alike))})
        else:
            yield from (_make_text(one) for one in alike if isinstance(one, Text))


def _find_look(shape: Primitive) -> tuple[type[Primitive], float, float]:
    if isinstance(shape, Text):
        return type(shape), 0.0, 0.0
    return type(shape), shape.grey, shape.width_mm if isinstance(shape, Line) else 0.0


def _trace(shape: Primitive) -> str:
    match shape:
        case Area(rect):
            return f"M{rect.x:.2f} {rect.y:.2f}h{rect.width:.2f}v{rect.height:.2f}h{-rect.width:.2f}z"
        case Line(x0, y0, x1, y1):
            return f"M{x0:.2f} {y0:.2f}L{x1:.2f} {y1:.2f}"
    raise TypeError(shape)


def _make_text(shape: Text) -> SvgElement:
    """Return a line of text as wide as in the PDF: a browser may have another font."""
    attributes = {
        "x": f"{shape.x:.2f}",
        "y": f"{shape.y:.2f}",
        "font-size": f"{shape.size_pt * PT_MM:.2f}",
        "font-weight": "bold" if shape.font == BOLD else "normal",
        "text-anchor": shape.anchor,
        "textLength": f"{shape.width_mm:.2f}",
        "lengthAdjust": "spacingAndGlyphs",
    }
    return SvgElement("text", attributes, shape.text)


def _format_grey(grey: float) -> str:
    return "#" + f"{round(255 * grey):02x}" * 3
