"""Learning how ink is parted: sums over all paths, the gradient, right paths of composed numbers."""

import math
from itertools import pairwise

import numpy as np
import pytest

from ml.data.augmentation import Strokes
from ml.data.datasets import PenDigit
from ml.data.synthetic_numbers import KINDS, compose_numbers
from ml.golden import golden_drawing
from ml.preprocessing.images import page_from_image
from ml.recognition.candidate_scorer import FEATURES, CandidateScorer
from ml.recognition.components import label_components
from ml.recognition.reader import Reader
from ml.recognition.text_line import find_text_line
from ml.training.candidate_scorer_training import UNTAUGHT, fit_temperature, learn, loss_and_slope, together
from ml.training.lattice_samples import draw_lattices
from ml.training.lattices import Hop, Lattice, marginals, number_lattice, whole_lattice

HOPS = [Hop(0, 1, 0), Hop(0, 2, 1), Hop(1, 2, 2), Hop(1, 3, 3), Hop(2, 3, 4, -0.7), Hop(0, 3, 5)]
SCORES = [0.3, -1.2, 2.0, 0.4, -0.5, 1.1]
PATHS = [[0, 2, 4], [0, 3], [1, 4], [5]]


def strokes_of(digit, seed) -> Strokes:
    return [np.array(stroke) for stroke in golden_drawing(digit, seed)["strokes"]]


@pytest.fixture(scope="module")
def pens():
    return [PenDigit(digit, 1, strokes_of(digit, seed)) for digit in range(10) for seed in range(6)]


@pytest.fixture(scope="module")
def reader(network, artifacts):
    return Reader(network, artifacts["litert"].card, UNTAUGHT)


def test_marginals_are_those_of_all_paths_counted_one_by_one():
    weights = [math.exp(sum(SCORES[edge] + HOPS[edge].bonus for edge in path)) for path in PATHS]
    share, total = marginals(HOPS, 3, SCORES)
    assert total == pytest.approx(math.log(sum(weights)))
    for edge in range(len(HOPS)):
        through = sum(weight for path, weight in zip(PATHS, weights, strict=True) if edge in path)
        assert share[edge] == pytest.approx(through / sum(weights))


def test_the_slope_is_the_losss():
    lattice = Lattice(np.zeros((6, FEATURES), dtype=np.float32), HOPS, 3, [HOPS[0], HOPS[3]], 3)
    scores = np.array(SCORES)
    loss, slope = loss_and_slope([lattice], scores)
    for edge in range(6):
        moved = scores + 1e-6 * (np.arange(6) == edge)
        assert (loss_and_slope([lattice], moved)[0] - loss) / 1e-6 == pytest.approx(slope[edge], abs=1e-4)


def test_numbers_stand_as_their_kind_says(pens):
    rng = np.random.default_rng(3)
    for kind in KINDS:
        for number in compose_numbers(pens, kind, 6, rng):
            boxes = [
                (points[:, 0].min() - number.pen_px / 2, points[:, 0].max() + number.pen_px / 2, np.ptp(points[:, 1]))
                for points in map(np.concatenate, number.parts)
            ]
            gaps = [other[0] - one[1] for one, other in pairwise(boxes)]
            pieces = label_components(number.as_strokes().ink > 0.3).max()
            if kind == "separate":
                assert min(gaps) >= 0.08 * max(high for _, _, high in boxes)
            if kind == "close":
                assert max(gaps) < 0 and pieces >= len(number.text)
            if kind == "touching":
                assert pieces == 1


def test_the_right_paths_of_a_number_spell_it(reader, pens):
    (number,) = compose_numbers(pens, "separate", 1, np.random.default_rng(8))
    for page, is_picture in ((number.as_strokes(), False), (page_from_image(number.as_picture()), True)):
        ((line, known),) = reader.classify([find_text_line(page)])
        lattice = number_lattice(line, known, number, is_picture)
        assert lattice.has_right_path
        states = len(number.text) + 1
        assert {hop.end % states - hop.start % states for hop in lattice.right if hop.bonus} == {1}


def test_one_digit_is_right_as_all_its_ink(reader, pens):
    ((line, known),) = reader.classify(
        [
            find_text_line(
                page_from_image(compose_numbers(pens, "touching", 1, np.random.default_rng(2))[0].as_picture())
            )
        ]
    )
    lattice = whole_lattice(line, known)
    assert [(hop.start, hop.end) for hop in lattice.right] in ([], [(0, lattice.last)])


def test_a_scorer_learns_from_lessons_and_is_kept(reader, pens):
    rng = np.random.default_rng(1)
    lattices = draw_lattices(reader, pens, rng, 0.012, lambda *_: None)
    told = []
    scorer = together([learn(lattices, seed, 12, tell=lambda _, loss: told.append(loss)) for seed in (1, 2)])
    assert told[11] < 0.8 * told[0] and told[23] < 0.8 * told[12]
    assert 1 <= fit_temperature(scorer, lattices) < 5
    kept = CandidateScorer.from_dict(scorer.as_dict())
    features = np.concatenate([lattice.features for lattice in lattices])
    assert kept.score(features) == pytest.approx(scorer.score(features), abs=0.05)
    with pytest.raises(ValueError, match="reshape"):
        CandidateScorer.from_dict({"weights": "AAAAAA==", "temperature": 1.0})
