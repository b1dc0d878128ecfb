"""Strokes are rendered in bounded time and memory, whatever is sent."""

import numpy as np
import pytest

from ml.preprocessing.ink import BlankDrawing
from ml.preprocessing.strokes import render_strokes


def test_a_tap_is_a_round_dot():
    page = render_strokes([[[50, 60]]], 280, 280, pen_px=20)
    left, top, wide, high = page.box_of(0, 0, page.ink.shape[1], page.ink.shape[0])
    assert (left + wide / 2, top + high / 2) == pytest.approx((50, 60), abs=0.2)
    assert page.ink.sum() / page.scale**2 == pytest.approx(np.pi * 100, rel=0.03)


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
