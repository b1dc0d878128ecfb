"""Limits of a drawing that depend on more than one of its fields."""

import pytest

from predictions.services.errors import Refused
from predictions.services.validation import check_strokes

SPOT, LINE = [[[140, 140]]], [[[0, 0], [280, 10]]]
CANVAS = {"width": 280, "height": 140}


@pytest.mark.parametrize(
    ("strokes", "pen_px", "canvas"),
    [(LINE, 20, CANVAS), (SPOT, 280, CANVAS), (LINE, 280, {}), (SPOT, 100, {}), (LINE, 280, {"width": 28})],
)
def test_a_pen_as_wide_as_the_drawing_is_accepted(strokes, pen_px, canvas):
    assert check_strokes({"strokes": strokes, "pen_px": pen_px, **canvas}).pen_px == pen_px


@pytest.mark.parametrize(
    ("strokes", "pen_px", "canvas", "limit"),
    [(LINE, 281, CANVAS, 280), (SPOT, 9_990, CANVAS, 280), (LINE, 9_990, {}, 280), (SPOT, 101, {}, 100)],
)
def test_a_pen_wider_than_canvas_and_strokes_is_refused(strokes, pen_px, canvas, limit):
    with pytest.raises(Refused, match=f"at most {limit},") as refused:
        check_strokes({"strokes": strokes, "pen_px": pen_px, **canvas})
    assert (refused.value.code, refused.value.status) == ("invalid", 400)
