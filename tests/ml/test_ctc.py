"""Texts over frames: each chance is the sum over all ways to spread a text, found here by trying every one."""

import itertools
import math
from collections import defaultdict

import numpy as np
import pytest

from ml.recognition.ctc import frames_of, likeliest_text, log_chances

SIGNS, NOTHING = 2, 2


def collapsed(path):
    """Return the text of a path: repeats are one sign, and nothing is none."""
    return tuple(sign for sign, _ in itertools.groupby(path) if sign != NOTHING)


def by_trying(chances):
    found = defaultdict(float)
    for path in itertools.product(range(SIGNS + 1), repeat=len(chances)):
        found[collapsed(path)] += math.prod(chances[frame, sign] for frame, sign in enumerate(path))
    return found


@pytest.mark.parametrize("seed", range(5))
def test_a_texts_chance_is_that_of_all_ways_to_spread_it(seed):
    chances = np.random.default_rng(seed).dirichlet(np.full(SIGNS + 1, 0.7), size=6)
    tried = by_trying(chances)
    for length in (1, 2, 3):
        texts = list(itertools.product(range(SIGNS), repeat=length))
        assert np.exp(log_chances(chances, np.array(texts))) == pytest.approx([tried[text] for text in texts])


@pytest.mark.parametrize("seed", range(20))
def test_the_likeliest_text_is_found(seed):
    chances = np.random.default_rng(seed).dirichlet(np.full(SIGNS + 1, 0.5), size=7)
    tried = by_trying(chances)
    assert tried[likeliest_text(chances)] == pytest.approx(max(tried.values()))


def test_a_text_too_long_for_its_frames_has_no_chance():
    chances = np.full((2, 3), 1 / 3)
    assert math.exp(log_chances(chances, np.array([[0, 0]]))[0]) == pytest.approx(0, abs=1e-100)


def test_signs_are_found_where_they_are_shown():
    chances = np.full((9, 3), 0.05)
    for frame, sign in enumerate([2, 0, 0, 2, 2, 0, 2, 1, 2]):
        chances[frame, sign] = 0.9
    assert likeliest_text(chances) == (0, 0, 1)
    assert frames_of(chances, (0, 0, 1)) == [1.5, 5, 7]
