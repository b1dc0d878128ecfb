"""Decoding a lattice: which path through the candidates of a line wins."""

import numpy as np

from ml.recognition.components import DigitImage
from ml.recognition.decoder import Classification, Edge, find_best_path
from tests.ml.conftest import line_of

IMAGE = DigitImage(np.zeros((28, 28), dtype=np.float32), (0.0, 0.0, 1.0, 1.0))


def edge(candidate, start, end, digit, digit_probability, score):
    probabilities = np.full(10, 0.001)
    probabilities[digit] = 0.991
    return Edge(start, end, Classification(candidate, probabilities, digit_probability), score)


def test_ink_that_is_hardly_a_digit_loses_to_two_sure_digits():
    line = line_of(IMAGE, IMAGE)
    one, four = line.candidates
    edges = [
        edge(one, 0, 1, digit=1, digit_probability=0.999, score=0.0),
        edge(one, 0, 2, digit=4, digit_probability=0.04, score=1.0),
        edge(four, 1, 2, digit=4, digit_probability=0.986, score=0.0),
    ]
    assert [found.digit for found in find_best_path(line, edges).digits] == [1, 4]


def test_scores_decide_between_sure_digits():
    line = line_of(IMAGE, IMAGE)
    one, four = line.candidates
    edges = [
        edge(one, 0, 1, digit=1, digit_probability=0.999, score=0.0),
        edge(one, 0, 2, digit=4, digit_probability=0.99, score=1.0),
        edge(four, 1, 2, digit=4, digit_probability=0.986, score=0.0),
    ]
    assert [found.digit for found in find_best_path(line, edges).digits] == [4]
