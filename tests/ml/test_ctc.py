"""CTC against brute force over all alignments."""

import itertools
import math
from collections import defaultdict

import numpy as np
import pytest

from ml.recognition.ctc import (
    BEAM_WIDTH,
    BLANK,
    LONG_STATES,
    _trace_long,
    _trace_short,
    align_frames,
    log_likelihood,
    log_likelihoods,
    log_odds_of_substitutes,
    search_beam,
)

CODES = (1, 2)


def collapse(alignment):
    """Return the text of an alignment: repeats merged, blanks removed."""
    return tuple(code for code, _ in itertools.groupby(alignment) if code != BLANK)


def brute_force(probabilities):
    """Return every text with its probability."""
    found = defaultdict(float)
    for path in itertools.product(range(probabilities.shape[1]), repeat=len(probabilities)):
        found[collapse(path)] += math.prod(probabilities[frame, code] for frame, code in enumerate(path))
    return found


def random_frames(seed, frames, codes=CODES):
    """Return (frames, codes + 1) with no code so unlikely that the search leaves it out."""
    return 0.95 * np.random.default_rng(seed).dirichlet(np.full(len(codes) + 1, 0.5), size=frames) + 0.05 / 3


class Pairs:
    """Two codes, the second greater than the first."""

    def start(self):
        return 0

    def step(self, state, code):
        if state == 0:
            return code
        return -1 if 0 < state < code else None

    def is_final(self, state):
        return state == -1


@pytest.mark.parametrize("seed", range(5))
def test_a_texts_likelihood_sums_over_all_alignments(seed):
    probabilities = random_frames(seed, 6)
    expected = brute_force(probabilities)
    for length in (1, 2, 3):
        texts = list(itertools.product(CODES, repeat=length))
        wanted = [expected[text] for text in texts]
        assert np.exp(log_likelihoods(probabilities, np.array(texts))) == pytest.approx(wanted)
        assert np.exp([log_likelihood(probabilities, text) for text in texts]) == pytest.approx(wanted)


@pytest.mark.parametrize("seed", range(20))
def test_beam_search_finds_the_likeliest_text(seed):
    probabilities = random_frames(seed, 7)
    found, expected = search_beam(probabilities), brute_force(probabilities)
    best = max(found, key=found.get)
    assert expected[best] == pytest.approx(max(expected.values()))


@pytest.mark.parametrize("seed", range(5))
def test_all_texts_of_a_short_line_are_found_with_their_probabilities(seed):
    probabilities = random_frames(seed, 3)
    expected = {text: mass for text, mass in brute_force(probabilities).items() if mass}
    assert len(expected) < BEAM_WIDTH
    found = {text: mass for text, mass in search_beam(probabilities).items() if mass}
    assert found == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(5))
def test_the_beam_keeps_the_likeliest_texts_of_a_longer_line(seed):
    probabilities = random_frames(seed, 6)
    found, expected = search_beam(probabilities), brute_force(probabilities)
    assert len(found) == BEAM_WIDTH < len(expected)
    assert all(mass <= expected[text] + 1e-12 for text, mass in found.items())
    assert sum(found.values()) > 0.85 * sum(sorted(expected.values())[-BEAM_WIDTH:])


@pytest.mark.parametrize("seed", range(20))
def test_under_a_constraint_only_texts_that_fit_are_found(seed):
    probabilities = random_frames(seed, 5, codes=(1, 2, 3))
    expected = brute_force(probabilities)
    found = search_beam(probabilities, Pairs())
    assert set(found) == {(1, 2), (1, 3), (2, 3)}
    assert found == pytest.approx({text: expected[text] for text in found})


def test_an_unlikely_code_is_found_where_it_is_expected():
    probabilities = np.full((4, 4), 1e-3)
    for frame, code in enumerate([1, BLANK, 3, BLANK]):
        probabilities[frame, code] = 1 - 3e-3
    assert (1, 2) not in search_beam(probabilities)
    assert (1, 2) in search_beam(probabilities, Pairs())


def test_long_lines_do_not_underflow():
    probabilities = np.full((2000, 3), 1 / 3)
    found = search_beam(probabilities)
    assert len(found) == BEAM_WIDTH and all(math.isfinite(mass) for mass in found.values())
    assert math.isfinite(log_likelihoods(probabilities, np.array([[1, 2]]))[0])


def test_a_text_longer_than_its_frames_has_no_likelihood():
    probabilities = np.full((2, 3), 1 / 3)
    assert math.exp(log_likelihoods(probabilities, np.array([[1, 1]]))[0]) == pytest.approx(0, abs=1e-100)
    assert math.exp(log_likelihood(probabilities, (1, 1))) == pytest.approx(0, abs=1e-100)


def test_codes_are_aligned_to_their_frames():
    probabilities = np.full((9, 3), 0.05)
    for frame, code in enumerate([BLANK, 1, 1, BLANK, BLANK, 1, BLANK, 2, BLANK]):
        probabilities[frame, code] = 0.9
    found = search_beam(probabilities)
    assert max(found, key=found.get) == (1, 1, 2)
    assert align_frames(probabilities, (1, 1, 2)) == [1.5, 5, 7]


@pytest.mark.parametrize("seed", range(5))
def test_frames_of_an_alignment_are_in_order(seed):
    probabilities = random_frames(seed, 8)
    for text in ((1,), (2, 2), (1, 2, 1), (1, 1, 1, 1)):
        frames = align_frames(probabilities, text)
        assert len(frames) == len(text) and frames == sorted(frames) and 0 <= frames[0] <= frames[-1] <= 7


@pytest.mark.parametrize("seed", range(20))
def test_the_odds_of_substitutes_are_those_of_whole_texts(seed):
    rng = np.random.default_rng(seed)
    probabilities = rng.random((int(rng.integers(12, 120)), 26)) ** 6
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    codes = rng.integers(1, 26, int(rng.integers(1, len(probabilities) // 3 + 1)))
    places, tried = rng.integers(0, len(codes), 40), rng.integers(1, 26, 40)
    texts = np.repeat(codes[None], 41, axis=0)
    texts[np.arange(40), places] = tried
    logs = log_likelihoods(probabilities, texts)
    assert log_odds_of_substitutes(probabilities, codes, places, tried) == pytest.approx(logs[:-1] - logs[-1])


def test_long_texts_are_aligned_as_short_ones_are():
    rng = np.random.default_rng(0)
    probabilities = rng.random((150, 26)) ** 6
    text = tuple(rng.integers(1, 26, LONG_STATES).tolist())
    codes = [BLANK, *(code for symbol in text for code in (symbol, BLANK))]
    may_skip = [place > 2 and place % 2 == 1 and code != codes[place - 2] for place, code in enumerate(codes)]
    rows = np.log(np.maximum(probabilities, 1e-30))[:, codes]
    (short, came), (long, came_long) = _trace_short(rows, may_skip), _trace_long(rows, may_skip)
    assert short == pytest.approx(long) and came[5:] == came_long[5:]
