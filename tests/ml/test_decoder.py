"""Decoding a lattice: which path through the candidates of a line wins."""

import numpy as np

from ml.recognition.components import DigitImage
from ml.recognition.decoder import Classification, Edge, decode_transcription, find_best_path
from ml.recognition.line_recognizer import SYMBOLS, Transcription
from ml.types import MAX_DIGITS
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


def test_alternatives_are_not_computed_for_lines_longer_than_the_limit(monkeypatch):
    computed = []
    alternatives = Transcription.alternatives
    monkeypatch.setattr(Transcription, "alternatives", lambda own: computed.append(len(own.text)) or alternatives(own))
    for length in (MAX_DIGITS, MAX_DIGITS + 1, 90):
        line = line_of(*[IMAGE] * length)
        edges = [edge(one, one.start, one.end, 4, digit_probability=0.99, score=0.0) for one in line.candidates]
        frames = np.full((256, SYMBOLS + 1), 1 / (SYMBOLS + 1))
        found = decode_transcription(line, edges, Transcription(frames, (4,) * length, (0.0,) * length))
        assert len(found.digits) == length
    assert computed == [MAX_DIGITS]
