"""Candidate scorer training: marginals over all paths, the gradient, and the correct paths of composed numbers."""

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
from ml.training.candidate_scorer_training import (
    UNTRAINED_SCORER,
    average_scorers,
    fit_temperature,
    loss_and_gradient,
    train_scorer,
)
from ml.training.lattice_samples import sample_lattices
from ml.training.lattices import Lattice, LatticeEdge, marginals, number_lattice, whole_lattice

EDGES = [
    LatticeEdge(0, 1, 0),
    LatticeEdge(0, 2, 1),
    LatticeEdge(1, 2, 2),
    LatticeEdge(1, 3, 3),
    LatticeEdge(2, 3, 4, -0.7),
    LatticeEdge(0, 3, 5),
]
LOGITS = [0.3, -1.2, 2.0, 0.4, -0.5, 1.1]
PATHS = [[0, 2, 4], [0, 3], [1, 4], [5]]


def strokes_of(digit, seed) -> Strokes:
    return [np.array(stroke) for stroke in golden_drawing(digit, seed)["strokes"]]


@pytest.fixture(scope="module")
def pens():
    return [PenDigit(digit, 1, strokes_of(digit, seed)) for digit in range(10) for seed in range(6)]


@pytest.fixture(scope="module")
def reader(network, line_network, artifacts):
    return Reader(network, artifacts["litert"].card, line_network, UNTRAINED_SCORER)


def test_marginals_equal_those_of_enumerating_all_paths():
    weights = [math.exp(sum(LOGITS[edge] + EDGES[edge].bonus for edge in path)) for path in PATHS]
    share, total = marginals(EDGES, 3, LOGITS)
    assert total == pytest.approx(math.log(sum(weights)))
    for edge in range(len(EDGES)):
        through = sum(weight for path, weight in zip(PATHS, weights, strict=True) if edge in path)
        assert share[edge] == pytest.approx(through / sum(weights))


def test_the_gradient_matches_finite_differences():
    lattice = Lattice(np.zeros((6, FEATURES), dtype=np.float32), EDGES, 3, [EDGES[0], EDGES[3]], 3)
    scores = np.array(LOGITS)
    loss, gradient = loss_and_gradient([lattice], scores)
    for edge in range(6):
        moved = scores + 1e-6 * (np.arange(6) == edge)
        assert (loss_and_gradient([lattice], moved)[0] - loss) / 1e-6 == pytest.approx(gradient[edge], abs=1e-4)


def test_digits_of_a_number_are_spaced_as_its_kind_says(pens):
    rng = np.random.default_rng(3)
    for kind in KINDS:
        for number in compose_numbers(pens, kind, 6, rng):
            boxes = [
                (points[:, 0].min() - number.pen_px / 2, points[:, 0].max() + number.pen_px / 2, np.ptp(points[:, 1]))
                for points in map(np.concatenate, number.parts)
            ]
            gaps = [other[0] - one[1] for one, other in pairwise(boxes)]
            component_count = label_components(number.as_strokes().ink > 0.3).max()
            if kind == "separate":
                assert min(gaps) >= 0.08 * max(high for _, _, high in boxes)
            if kind == "close":
                assert max(gaps) < 0 and component_count >= len(number.text)
            if kind == "touching":
                assert component_count == 1


def test_correct_paths_of_a_number_read_one_digit_at_each_step(reader, pens):
    (number,) = compose_numbers(pens, "separate", 1, np.random.default_rng(8))
    for page, is_picture in ((number.as_strokes(), False), (page_from_image(number.as_picture()), True)):
        ((line, known),) = reader.classify([find_text_line(page)])
        lattice = number_lattice(line, known, number, is_picture)
        assert lattice.has_correct_path
        states = len(number.text) + 1
        assert {edge.end % states - edge.start % states for edge in lattice.correct_edges if edge.bonus} == {1}


def test_the_correct_path_of_one_digit_takes_all_its_ink(reader, pens):
    ((line, known),) = reader.classify(
        [
            find_text_line(
                page_from_image(compose_numbers(pens, "touching", 1, np.random.default_rng(2))[0].as_picture())
            )
        ]
    )
    lattice = whole_lattice(line, known)
    assert [(edge.start, edge.end) for edge in lattice.correct_edges] in ([], [(0, lattice.last)])


def test_training_lowers_the_loss_and_the_scorer_can_be_saved(reader, pens):
    rng = np.random.default_rng(1)
    lattices = sample_lattices(reader, pens, rng, 0.012, lambda *_: None)
    losses = []
    scorer = average_scorers(
        [train_scorer(lattices, seed, 12, on_epoch=lambda _, loss: losses.append(loss)) for seed in (1, 2)]
    )
    assert losses[11] < 0.8 * losses[0] and losses[23] < 0.8 * losses[12]
    assert 1 <= fit_temperature(scorer, lattices) < 5
    loaded = CandidateScorer.from_dict(scorer.as_dict())
    features = np.concatenate([lattice.features for lattice in lattices])
    assert loaded.score(features) == pytest.approx(scorer.score(features), abs=0.05)
    with pytest.raises(ValueError, match="reshape"):
        CandidateScorer.from_dict({"weights": "AAAAAA==", "temperature": 1.0})
