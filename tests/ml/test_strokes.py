"""Strokes are rendered in bounded time and memory, whatever is sent."""

import numpy as np
import pytest

from ml.preprocessing import strokes as strokes_module
from ml.preprocessing.ink import BlankDrawing
from ml.preprocessing.strokes import PAINT_LIMIT, render_strokes


def test_a_tap_is_a_round_dot():
    page = render_strokes([[[50, 60]]], 280, 280, pen_px=20)
    left, top, wide, high = page.box_of(0, 0, page.ink.shape[1], page.ink.shape[0])
    assert (left + wide / 2, top + high / 2) == pytest.approx((50, 60), abs=0.2)
    assert page.ink.sum() / page.scale**2 == pytest.approx(np.pi * 100, rel=0.03)


def test_a_stroke_too_short_to_compute_with_is_a_tap():
    assert np.array_equal(render_strokes([[[0, 0], [0, 1e-308]]]).ink, render_strokes([[[0, 0]]]).ink)


def test_time_and_pressure_are_ignored():
    plain = render_strokes([[[0, 0], [50, 80]]], pen_px=8)
    timed = render_strokes([[[0, 0, 1], [50, 80, 17, 0.4]]], pen_px=8)
    assert np.array_equal(plain.ink, timed.ink)


@pytest.mark.parametrize("extent", [1e-7, 0.5, 3, 280, 5_000, 1e9])
def test_the_ink_has_a_sensible_size_in_any_units(extent):
    page = render_strokes([[[0, 0], [extent, extent]]])
    assert 100 <= max(page.ink.shape) <= 1040
    assert page.ink.max() == 1


def test_strokes_far_outside_the_canvas_take_no_memory():
    assert max(render_strokes([[[-1e8, 5], [-1e8 + 10, 5]]], 280, 280, 20).ink.shape) <= 1040


def test_huge_pens_take_no_memory():
    assert max(render_strokes([[[0, 0], [10, 10]]], pen_px=1e8).ink.shape) <= 1040


@pytest.mark.parametrize("strokes", [[], [[]], [[], []]])
def test_strokes_without_points_are_blank(strokes):
    with pytest.raises(BlankDrawing):
        render_strokes(strokes)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), 1e300])
def test_coordinates_that_are_not_finite_are_rejected(number):
    with pytest.raises(ValueError, match="finite"):
        render_strokes([[[0, 0], [number, 1]]])


POINTS = np.random.default_rng(0).uniform(0, 280, (20_000, 2)).tolist()
ZIGZAG = [[280.0 * (place % 2), place * 280 / 20_000] for place in range(20_000)]


@pytest.mark.parametrize("pen_px", [1, 20, 280, 9_990, 100_000])
@pytest.mark.parametrize(
    "strokes",
    [[POINTS], [ZIGZAG], [POINTS[at : at + 40] for at in range(0, 20_000, 40)]],
    ids=["points", "zigzag", "500"],
)
def test_painting_is_bounded_for_any_points_and_pen(strokes, pen_px, monkeypatch):
    painted = []

    def record(lines, radius):
        found = within_limit(lines, radius)
        painted.append(strokes_module._paint_cost(found, radius))
        return found

    within_limit = strokes_module._within_limit
    monkeypatch.setattr(strokes_module, "_within_limit", record)
    page = render_strokes(strokes, 280, 280, pen_px)
    assert painted[0] <= PAINT_LIMIT and page.ink.max() > 0.5


def test_ordinary_drawings_keep_all_points_a_pixel_apart():
    line = [[float(x), 0.0] for x in range(3_000)]
    assert strokes_module._within_limit([line], radius=40.0) == [line]
