"""How the pages of a template look, before they are printed."""

from dataclasses import dataclass

from ml.sheets.layout import PageLayout, lay_out
from ml.sheets.printing.drawing import draw_page
from ml.sheets.printing.svg import SvgElement, list_elements
from ml.sheets.template import Template
from predictions.services.sheets.pdf import choose_words


@dataclass(frozen=True)
class Preview:
    """The first page of a template, as the elements of an SVG in millimetres, and how many pages there are."""

    layout: PageLayout
    elements: tuple[SvgElement, ...]

    @property
    def rows(self) -> int:
        """How many rows the first page has."""
        return len({cell.row for cell in self.layout.cells})

    @property
    def view_box(self) -> str:
        """The SVG's attribute."""
        return f"0 0 {self.layout.width_mm:g} {self.layout.height_mm:g}"


def preview_template(template: Template, *, code: str = "", version: str = "") -> Preview:
    """Return the preview of a template. Without a code, its place is empty. About 10 ms."""
    layout = lay_out(template)[0]
    shapes = draw_page(template, layout, code, choose_words(template, version))
    return Preview(layout, tuple(list_elements(shapes)))
