"""The primitives that a page is made of, in millimetres right and down from its upper left corner."""

from typing import NamedTuple

from ml.sheets.layout import Line, Rect

BLACK, WHITE = 0.0, 1.0


class Area(NamedTuple):
    """A rectangle that is filled with a grey; 0 is black."""

    rect: Rect
    grey: float


class Text(NamedTuple):
    """A line of text that starts, has its middle or ends at x, on the baseline y.

    Attributes:
        anchor: "start", "middle" or "end".
        width_mm: of the whole line.
    """

    x: float
    y: float
    text: str
    font: str
    size_pt: float
    anchor: str
    width_mm: float


Primitive = Area | Line | Text
