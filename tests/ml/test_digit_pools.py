"""Digits in rare styles, struck-out digits, signs, and the pools that are drawn of them ahead of training."""

import numpy as np
import pytest

from ml.data import digit_pools
from ml.data.datasets import PenDigit
from ml.data.digit_pools import Plan, load_pools
from ml.data.digit_styles import draw_slash, draw_styled_digit, strike_out, strike_zero, vary_pen_digit
from ml.data.render_augmentation import render_augmented
from ml.data.templates import numeric_sign_templates, unseen_symbol_templates
from ml.golden import golden_drawing
from ml.types import CLASSES

PENS = [
    PenDigit(
        seed % 10,
        seed % 3,
        [np.array(stroke, dtype=np.float64) for stroke in golden_drawing(seed % 10, seed)["strokes"]],
    )
    for seed in range(20)
]
PLAN = Plan(rounds=2, styled=9, negatives=13)


def _lean_degrees(strokes):
    points = np.concatenate(strokes)
    (across, down) = points[0] - points[-1]
    return np.degrees(np.arctan2(abs(across), abs(down)))


def test_styled_digits_are_zeros_ones_fours_and_sevens_about_one_high():
    rng = np.random.default_rng(1)
    drawn = [draw_styled_digit(rng) for _ in range(200)]
    assert {digit for digit, _ in drawn} == {0, 1, 4, 7}
    for _, strokes in drawn:
        assert 0.9 < np.ptp(np.concatenate(strokes)[:, 1]) < 1.6
        assert render_augmented(strokes, rng).max() > 0.5


def test_a_bare_bar_is_a_one_and_a_slash_leans_further():
    rng = np.random.default_rng(2)
    drawn = [draw_styled_digit(rng) for _ in range(400)]
    flag_free = [
        strokes
        for digit, strokes in drawn
        if digit == 1 and len(strokes) == 1 and (np.diff(strokes[0][:, 1]) > 0).all()
    ]
    assert len(flag_free) > 20
    assert max(_lean_degrees(strokes) for strokes in flag_free) < 30
    assert min(_lean_degrees(draw_slash(rng)) for _ in range(200)) > 35


def test_some_zeros_are_struck_and_some_sevens_crossed():
    rng = np.random.default_rng(3)
    line = [np.array([[0.0, 0.0], [50.0, 0.0], [30.0, 40.0], [10.0, 90.0]])]
    more = {digit: sum(len(vary_pen_digit(digit, line, rng)) == 2 for _ in range(400)) / 400 for digit in range(10)}
    assert 0.05 < more[0] < 0.25 and 0.05 < more[7] < 0.25
    assert not any(more[digit] for digit in range(10) if digit not in (0, 7))
    crossed_already = [*line, np.array([[10.0, 45.0], [45.0, 45.0]])]
    assert all(vary_pen_digit(7, crossed_already, rng) is crossed_already for _ in range(50))


def test_a_struck_zero_keeps_its_ring_and_its_line_begins_near_it():
    rng = np.random.default_rng(4)
    angle = np.linspace(0, 2 * np.pi, 30)
    ring = np.stack([np.cos(angle), 2 * np.sin(angle)], axis=-1)
    for _ in range(50):
        kept, line = strike_zero([ring], rng)
        assert kept is ring and np.abs(line[:, 0]).max() < 2 and np.abs(line[:, 1]).max() < 4


@pytest.mark.parametrize("digit", [0, 7])
def test_a_struck_out_zero_or_seven_gets_more_than_the_one_line_it_may_have(digit):
    rng = np.random.default_rng(5)
    for _ in range(60):
        line, *rest = strike_out(digit, PENS[digit].strokes, rng)[len(PENS[digit].strokes) :]
        assert rest or (np.abs(np.diff(np.sign(np.diff(line[:, 1])))) > 0).sum() > 2, "two lines or a zigzag"


def test_pools_have_equal_rounds_that_differ_and_can_be_drawn_again():
    pools, again = load_pools(PENS, PLAN), load_pools(PENS, PLAN)
    assert pools.images.shape == (2, 20 + 9 + 13, 28, 28) and pools.images.dtype == np.uint8
    assert np.array_equal(pools.images, again.images) and not np.array_equal(pools.images[0], pools.images[1])
    assert [(labels == CLASSES).sum() for labels in pools.labels] == [13, 13]
    assert (pools.images.max(axis=(2, 3)) > 0).all()


def test_processes_draw_the_same_as_one_and_a_cache_is_used(tmp_path, monkeypatch):
    drawn = load_pools(PENS, PLAN, processes=2, cache=tmp_path)
    assert np.array_equal(drawn.images, load_pools(PENS, PLAN).images)
    monkeypatch.setattr(digit_pools, "draw_part", None)
    assert np.array_equal(drawn.images, load_pools(PENS, PLAN, cache=tmp_path).images)
    assert len(list(tmp_path.iterdir())) == 1
    with pytest.raises(TypeError):
        load_pools(PENS[:10], PLAN, cache=tmp_path)


def test_signs_to_train_on_are_none_of_those_kept_for_evaluation():
    assert not set(numeric_sign_templates()) & set(unseen_symbol_templates())
