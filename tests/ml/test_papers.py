"""What learning sees: mice, poor pictures, rare styles, and what is no digit; always 28 x 28 of ink."""

import numpy as np
import pytest

from ml.data import render_augmentation
from ml.data.hard_negatives import draw_nondigits, nondigit_strokes
from ml.data.templates import draw_template, signs, styles, unseen_signs
from ml.golden import golden_drawing
from ml.training.digit_network_training import draw_pens

DIGITS = [[np.array(stroke) for stroke in golden_drawing(seed % 10, seed)["strokes"]] for seed in range(40)]


@pytest.mark.parametrize(("mouse", "picture"), [(1.0, 0.0), (0.0, 1.0), (0.0, 0.0)])
def test_a_digit_on_any_paper_can_still_be_read(mouse, picture, network, monkeypatch):
    monkeypatch.setattr(render_augmentation, "MOUSE_SHARE", mouse)
    monkeypatch.setattr(render_augmentation, "PICTURE_SHARE", picture)
    drawn = draw_pens(DIGITS, np.random.default_rng(1))
    assert drawn.shape == (40, 28, 28) and drawn.dtype == np.float32 and 0 <= drawn.min() < drawn.max() <= 1
    read = network.logits(drawn)[:, :10].argmax(axis=1)
    assert (read == np.arange(40) % 10).mean() >= 0.85


def test_the_same_seed_draws_the_same_and_no_two_drawings_are_alike():
    one, again = (draw_pens(DIGITS[:1] * 5, np.random.default_rng(7)) for _ in range(2))
    assert np.array_equal(one, again)
    assert len({drawing.tobytes() for drawing in one}) == 5


def test_a_mouse_stops_on_whole_pixels_near_the_line():
    line = [np.array([[0.0, 0.0], [300.0, 400.0]])]
    (shaken,) = render_augmentation.shake_as_mouse(line, 400, 0.005, np.random.default_rng(1))
    assert np.array_equal(shaken, np.round(shaken)) and len(shaken) > 10
    assert np.abs(shaken[:, 1] * 3 - shaken[:, 0] * 4).max() / 5 < 10


def test_every_style_of_digit_is_read_as_its_digit_most_often(network):
    rng = np.random.default_rng(2)
    for digit in range(10):
        strokes = [draw_template(template, rng, is_round=True) for of, template in styles() if of == digit]
        assert len(strokes) >= 3
        read = network.logits(draw_pens(strokes * 5, rng))[:, :10].argmax(axis=1)
        assert (read == digit).mean() > 0.5, digit


def test_no_digits_fill_their_field_and_know_noise():
    rng = np.random.default_rng(3)
    drawn = draw_nondigits(60, DIGITS, rng)
    assert (drawn.max(axis=(1, 2)) > 0).all() and drawn.max() <= 1
    kinds = [nondigit_strokes(DIGITS, rng) for _ in range(100)]
    assert 0 < sum(kind is None for kind in kinds) < 30


def test_learning_never_sees_the_unseen_signs():
    assert len(unseen_signs()) >= 20 and not set(signs()) & set(unseen_signs())
