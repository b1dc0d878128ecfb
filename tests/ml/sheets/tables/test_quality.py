"""What is wrong with photographs of ruled tables: the true cause, and where."""

import cv2
import numpy as np
import pytest

from ml.data.cases.case_lines import group_hands, template_pens
from ml.data.tables.forms import draw_form
from ml.data.tables.photographs import take_photograph
from ml.sheets.problems import Problem
from ml.sheets.tables.quality import explain_missing, find_problems

SIDE_PX = (1500, 1501)


def _take(**how):
    form = draw_form("solid", group_hands(template_pens())[0], np.random.default_rng([2, 0]))
    return take_photograph(form, np.random.default_rng(3), 8, 5, SIDE_PX, **how)


def _problems(pixels, corners, scale=1.0):
    gray = np.asarray(pixels).min(axis=2) if np.asarray(pixels).ndim == 3 else pixels
    return find_problems(np.ascontiguousarray(gray), corners * scale, scale)


@pytest.fixture(scope="module")
def sharp():
    return _take()


def _kinds(problems):
    return {problem.kind for problem in problems}


def test_a_sharp_photograph_has_no_problem(sharp):
    assert _problems(sharp.pixels, sharp.corners) == []


def test_blur_is_told_as_it_grows(sharp):
    told = [_kinds(_problems(_take(blur_px=blur).pixels, sharp.corners)) for blur in (2.6, 4)]
    assert told == [{"slightly_blurred"}, {"blurred"}]


def test_blur_of_a_part_is_told_where_it_is(sharp):
    pixels = sharp.pixels.copy()
    low, high = sharp.corners.min(axis=(0, 1)).astype(int), sharp.corners.max(axis=(0, 1)).astype(int)
    part = slice((low[1] + 2 * high[1]) // 3 - 40, None), slice(None, (2 * low[0] + high[0]) // 3 + 40)
    pixels[part] = cv2.GaussianBlur(pixels, (0, 0), 4)[part]
    assert _problems(pixels, sharp.corners) == [Problem("blurred", "lower left")]


def test_a_shaken_photograph_is_blurred(sharp):
    assert _problems(cv2.blur(sharp.pixels, (12, 1)), sharp.corners) == [Problem("blurred")]


def test_digits_of_few_pixels_are_too_small_and_not_blurred(sharp):
    scale = 0.4
    small = cv2.resize(sharp.pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    assert _problems(small, sharp.corners * scale) == [Problem("too_small")]


def test_in_the_dark_only_darkness_is_told(sharp):
    dark = np.clip(sharp.pixels * 0.13 + np.random.default_rng(1).normal(0, 4, sharp.pixels.shape), 0, 255)
    assert _problems(dark.astype(np.uint8), sharp.corners) == [Problem("dark")]
    assert explain_missing(dark.astype(np.uint8).min(axis=2)) == [Problem("dark")]


def test_glare_is_told_where_it_is_and_bright_paper_is_none(sharp):
    x, y = sharp.corners[-3, 1]
    ys, xs = np.mgrid[: sharp.pixels.shape[0], : sharp.pixels.shape[1]]
    light = 255 * np.exp(-((np.hypot(xs - x, ys - y) / 120) ** 4))
    lit = np.clip(sharp.pixels + light[..., None], 0, 255).astype(np.uint8)
    assert _kinds(_problems(lit, sharp.corners)) == {"glare"}
    assert Problem("glare", "lower left") in _problems(lit, sharp.corners)
    bright = np.clip(sharp.pixels * 1.5, 0, 255).astype(np.uint8)
    assert _problems(bright, sharp.corners) == []


def test_a_table_lost_in_blur_is_called_blurred(sharp):
    gray = np.ascontiguousarray(sharp.pixels.min(axis=2))
    assert explain_missing(gray) == []
    assert explain_missing(cv2.GaussianBlur(gray, (0, 0), 5)) == [Problem("blurred")]
