"""Training images: mouse drawings, photos, rare styles and hard negatives, all 28 x 28."""

import numpy as np
import pytest

from ml.data import render_augmentation
from ml.data.hard_negatives import draw_hard_negatives, hard_negative_strokes
from ml.data.templates import draw_template, rare_digit_templates, symbol_templates, unseen_symbol_templates
from ml.golden import golden_drawing


def draw_pens(strokes, rng):
    return np.stack([render_augmentation.render_augmented(digit, rng) for digit in strokes])


DIGITS = [[np.array(stroke) for stroke in golden_drawing(seed % 10, seed)["strokes"]] for seed in range(40)]


@pytest.mark.parametrize(("mouse", "picture"), [(1.0, 0.0), (0.0, 1.0), (0.0, 0.0)])
def test_digits_stay_readable_under_every_render_augmentation(mouse, picture, network, monkeypatch):
    monkeypatch.setattr(render_augmentation, "MOUSE_SHARE", mouse)
    monkeypatch.setattr(render_augmentation, "PICTURE_SHARE", picture)
    drawn = draw_pens(DIGITS, np.random.default_rng(1))
    assert drawn.shape == (40, 28, 28) and drawn.dtype == np.float32 and 0 <= drawn.min() < drawn.max() <= 1
    read = network.logits(drawn)[:, :10].argmax(axis=1)
    assert (read == np.arange(40) % 10).mean() >= 0.85


def test_rendering_is_random_and_reproducible_by_its_seed():
    one, again = (draw_pens(DIGITS[:1] * 5, np.random.default_rng(7)) for _ in range(2))
    assert np.array_equal(one, again)
    assert len({drawing.tobytes() for drawing in one}) == 5


def test_mouse_points_are_whole_pixels_near_the_line():
    line = [np.array([[0.0, 0.0], [300.0, 400.0]])]
    (shaken,) = render_augmentation.jitter_as_mouse(line, 400, 0.005, np.random.default_rng(1))
    assert np.array_equal(shaken, np.round(shaken)) and len(shaken) > 10
    assert np.abs(shaken[:, 1] * 3 - shaken[:, 0] * 4).max() / 5 < 10


def test_rare_styles_are_mostly_read_as_their_digit(network):
    rng = np.random.default_rng(2)
    for digit in range(10):
        strokes = [
            draw_template(template, rng, is_round=True) for of, template in rare_digit_templates() if of == digit
        ]
        assert len(strokes) >= 3
        read = network.logits(draw_pens(strokes * 5, rng))[:, :10].argmax(axis=1)
        assert (read == digit).mean() > 0.5, digit


def test_hard_negatives_contain_ink_and_some_are_noise():
    rng = np.random.default_rng(3)
    drawn = draw_hard_negatives(60, DIGITS, rng)
    assert (drawn.max(axis=(1, 2)) > 0).all() and drawn.max() <= 1
    kinds = [hard_negative_strokes(DIGITS, rng) for _ in range(100)]
    assert 0 < sum(kind is None for kind in kinds) < 30


def test_evaluation_symbols_are_not_in_the_training_data():
    assert len(unseen_symbol_templates()) >= 20 and not set(symbol_templates()) & set(unseen_symbol_templates())
