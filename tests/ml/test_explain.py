"""Why a digit was read: the ink that is marked is the ink that decides."""

import json
from dataclasses import replace

import numpy as np
import pytest

from ml.golden import golden_drawing
from ml.preprocessing.strokes import render
from ml.recognition import explanation as explaining
from ml.recognition.components import one_digit
from ml.recognition.explanation import explain
from ml.recognition.reader import Reader

DRAWN = np.stack([one_digit(render(**golden_drawing(digit, seed))).input for digit in range(10) for seed in range(4)])
SEEN = [np.round(drawn * 255).astype(np.uint8).tobytes() for drawn in DRAWN]
SHARE = 0.2  # of a digit's ink is wiped


@pytest.fixture(scope="module")
def reader(network, artifacts):
    return Reader(network, artifacts["litert"].card)


def _chances(reader, inputs):
    return np.log(reader.calibration.chances(reader.network.logits(np.asarray(inputs, dtype=np.float32)))[0])


@pytest.fixture(scope="module")
def explained(reader):
    return explain(reader, SEEN, _chances(reader, DRAWN).argmax(axis=1).tolist())


def _fall(reader, explained, order):
    """Return how far the log-odds fall for each drawing if SHARE of its ink is wiped, what is least in `order` first."""
    wiped = []
    for ink, one in zip(DRAWN, explained, strict=True):
        worth = np.where(ink > 0, order(one.heat), np.inf).ravel()
        places = worth.argsort(kind="stable")
        count = np.searchsorted(ink.ravel()[places].cumsum(), SHARE * ink.sum()) + 1
        left = ink.ravel().copy()
        left[places[:count]] = 0
        wiped.append(left.reshape(ink.shape))
    logs, each = _chances(reader, wiped), np.arange(len(wiped))
    digits, others = ([getattr(one, name) for one in explained] for name in ("digit", "runner_up"))
    return np.array([one.log_odds for one in explained]) - (logs[each, digits] - logs[each, others])


def test_wiping_what_spoke_for_the_digit_costs_it_far_more_than_wiping_as_much_other_ink(reader, explained):
    marked = _fall(reader, explained, lambda heat: -heat)
    unmarked = _fall(reader, explained, np.abs)
    by_chance = _fall(reader, explained, lambda heat: np.random.default_rng(1).random(heat.shape))
    assert marked.mean() > 4 * max(unmarked.mean(), by_chance.mean())
    assert (marked > unmarked).mean() >= 0.85


def test_wiping_what_spoke_for_the_runner_up_helps_the_digit(reader, explained):
    fall = _fall(reader, explained, lambda heat: heat)
    assert fall.mean() < 0
    assert (fall < 0).mean() >= 0.65


def test_only_ink_is_marked_and_the_odds_are_the_readers_own(reader, explained):
    own = _chances(reader, DRAWN)
    for ink, one, logs in zip(DRAWN, explained, own, strict=True):
        assert one.heat.shape == (28, 28) and not one.heat[ink == 0].any() and one.heat.any()
        assert one.digit == logs.argmax() and one.runner_up == logs.argsort()[-2]
        assert one.log_odds == pytest.approx(logs[one.digit] - logs[one.runner_up], abs=1e-3)


def test_a_digit_is_explained_alike_beside_others(reader, explained):
    alone = explain(reader, [SEEN[7]], [explained[7].digit])[0]
    assert alone.heat == pytest.approx(explained[7].heat, abs=1e-3)
    assert replace(alone, heat=None, log_odds=0) == replace(explained[7], heat=None, log_odds=0)


def test_a_digit_that_was_not_the_likeliest_is_explained_against_the_likeliest(reader):
    (one,) = explain(reader, [SEEN[0]], [4])
    assert (one.digit, one.runner_up) == (4, 0) and one.log_odds < 0


def test_blank_paper_and_no_digit_at_all_are_explained_too(reader):
    assert explain(reader, [], []) == []
    (blank,) = explain(reader, [bytes(784)], [3])
    assert not blank.heat.any() and blank.for_at is None and blank.against_at is None


def test_an_explanation_becomes_json_of_plain_numbers(explained):
    told = json.loads(json.dumps(explained[0].as_dict()))
    assert list(told) == ["digit", "runner_up", "log_odds", "for_at", "against_at", "heat"]
    assert np.shape(told["heat"]) == (28, 28)


@pytest.mark.parametrize(
    ("at", "place"), [((4, 4), "top left"), ((14, 14), "middle"), ((14, 23), "right"), ((23, 14), "bottom")]
)
def test_a_place_has_a_name(at, place):
    ink, heat = np.zeros((28, 28)), np.zeros((28, 28))
    ink[4:24, 4:24], heat[at] = 1, 2
    assert explaining._place_of_most(heat, ink) == place
    assert explaining._place_of_most(-heat, ink) is None
