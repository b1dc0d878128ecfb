"""Explanations highlight the ink that decides the digit."""

import json
from dataclasses import replace

import numpy as np
import pytest

from ml.golden import golden_drawing
from ml.preprocessing.strokes import render_strokes
from ml.recognition import explanation as explanation_module
from ml.recognition.components import crop_single_digit
from ml.recognition.explanation import explain_digits

DRAWN = np.stack(
    [crop_single_digit(render_strokes(**golden_drawing(digit, seed))).input for digit in range(10) for seed in range(4)]
)
SEEN = [np.round(drawn * 255).astype(np.uint8).tobytes() for drawn in DRAWN]
SHARE = 0.2  # of a digit's ink is erased


@pytest.fixture(scope="module")
def reader(shipped_reader):
    return shipped_reader


def _chances(reader, inputs):
    return np.log(reader.calibration.calibrate(reader.network.logits(np.asarray(inputs, dtype=np.float32)))[0])


@pytest.fixture(scope="module")
def explained(reader):
    return explain_digits(reader, SEEN, _chances(reader, DRAWN).argmax(axis=1).tolist())


def _fall(reader, explained, order):
    """Return how much each drawing's log-odds fall if SHARE of its ink is erased, lowest in `order` first."""
    erased = []
    for ink, one in zip(DRAWN, explained, strict=True):
        worth = np.where(ink > 0, order(one.heat), np.inf).ravel()
        places = worth.argsort(kind="stable")
        count = np.searchsorted(ink.ravel()[places].cumsum(), SHARE * ink.sum()) + 1
        left = ink.ravel().copy()
        left[places[:count]] = 0
        erased.append(left.reshape(ink.shape))
    logs, each = _chances(reader, erased), np.arange(len(erased))
    digits, others = ([getattr(one, name) for one in explained] for name in ("digit", "runner_up"))
    return np.array([one.log_odds for one in explained]) - (logs[each, digits] - logs[each, others])


def test_erasing_ink_marked_for_the_digit_costs_far_more_than_erasing_other_ink(reader, explained):
    marked = _fall(reader, explained, lambda heat: -heat)
    unmarked = _fall(reader, explained, np.abs)
    by_chance = _fall(reader, explained, lambda heat: np.random.default_rng(1).random(heat.shape))
    assert marked.mean() > 4 * max(unmarked.mean(), by_chance.mean())
    assert (marked > unmarked).mean() >= 0.85


def test_erasing_ink_marked_for_the_runner_up_helps_the_digit(reader, explained):
    fall = _fall(reader, explained, lambda heat: heat)
    assert fall.mean() < 0
    assert (fall < 0).mean() >= 0.65


def test_only_ink_is_marked_and_the_log_odds_match_the_readers(reader, explained):
    own = _chances(reader, DRAWN)
    for ink, one, logs in zip(DRAWN, explained, own, strict=True):
        assert one.heat.shape == (28, 28) and not one.heat[ink == 0].any() and one.heat.any()
        assert one.digit == logs.argmax() and one.runner_up == logs.argsort()[-2]
        assert one.log_odds == pytest.approx(logs[one.digit] - logs[one.runner_up], abs=1e-3)


def test_an_explanation_does_not_depend_on_its_batch(reader, explained):
    alone = explain_digits(reader, [SEEN[7]], [explained[7].digit])[0]
    assert alone.heat == pytest.approx(explained[7].heat, abs=1e-3)
    assert replace(alone, heat=None, log_odds=0) == replace(explained[7], heat=None, log_odds=0)


def test_an_unlikely_digit_is_explained_against_the_likeliest(reader):
    (one,) = explain_digits(reader, [SEEN[0]], [4])
    assert (one.digit, one.runner_up) == (4, 0) and one.log_odds < 0


def test_blank_input_and_an_empty_batch_are_explained(reader):
    assert explain_digits(reader, [], []) == []
    (blank,) = explain_digits(reader, [bytes(784)], [3])
    assert not blank.heat.any() and blank.for_at is None and blank.against_at is None


def test_an_explanation_is_json_serializable(explained):
    told = json.loads(json.dumps(explained[0].as_dict()))
    assert list(told) == ["digit", "runner_up", "log_odds", "for_at", "against_at", "heat"]
    assert np.shape(told["heat"]) == (28, 28)


@pytest.mark.parametrize(
    ("at", "place"), [((4, 4), "top left"), ((14, 14), "middle"), ((14, 23), "right"), ((23, 14), "bottom")]
)
def test_places_are_named(at, place):
    ink, heat = np.zeros((28, 28)), np.zeros((28, 28))
    ink[4:24, 4:24], heat[at] = 1, 2
    assert explanation_module._hottest_place(heat, ink) == place
    assert explanation_module._hottest_place(-heat, ink) is None
