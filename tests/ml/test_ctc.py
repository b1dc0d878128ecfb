"""CTC against brute force over all alignments."""

import itertools
import math
from collections import defaultdict

import numpy as np
import pytest

from ml.recognition.ctc import align_frames, log_likelihoods, search_beam

SYMBOLS, BLANK = 2, 2


def collapse(alignment):
    """Return the text of an alignment: repeats merged, blanks removed."""
    return tuple(symbol for symbol, _ in itertools.groupby(alignment) if symbol != BLANK)


def brute_force(chances):
    found = defaultdict(float)
    for path in itertools.product(range(SYMBOLS + 1), repeat=len(chances)):
        found[collapse(path)] += math.prod(chances[frame, symbol] for frame, symbol in enumerate(path))
    return found


@pytest.mark.parametrize("seed", range(5))
def test_a_texts_likelihood_sums_over_all_alignments(seed):
    chances = np.random.default_rng(seed).dirichlet(np.full(SYMBOLS + 1, 0.7), size=6)
    expected = brute_force(chances)
    for length in (1, 2, 3):
        texts = list(itertools.product(range(SYMBOLS), repeat=length))
        assert np.exp(log_likelihoods(chances, np.array(texts))) == pytest.approx([expected[text] for text in texts])


@pytest.mark.parametrize("seed", range(20))
def test_beam_search_finds_the_likeliest_text(seed):
    chances = np.random.default_rng(seed).dirichlet(np.full(SYMBOLS + 1, 0.5), size=7)
    expected = brute_force(chances)
    assert expected[search_beam(chances)] == pytest.approx(max(expected.values()))


def test_a_text_longer_than_its_frames_has_no_likelihood():
    chances = np.full((2, 3), 1 / 3)
    assert math.exp(log_likelihoods(chances, np.array([[0, 0]]))[0]) == pytest.approx(0, abs=1e-100)


def test_symbols_are_aligned_to_their_frames():
    chances = np.full((9, 3), 0.05)
    for frame, symbol in enumerate([2, 0, 0, 2, 2, 0, 2, 1, 2]):
        chances[frame, symbol] = 0.9
    assert search_beam(chances) == (0, 0, 1)
    assert align_frames(chances, (0, 0, 1)) == [1.5, 5, 7]
