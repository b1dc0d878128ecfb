"""The line recognizer: probabilities of each symbol along a line."""

import numpy as np
import pytest

from ml.recognition.line_image import FIELD_PX
from ml.recognition.line_recognizer import (
    ALPHABET,
    BLANK,
    FRAME_PX,
    OUTPUTS,
    WIDTH_STEP_PX,
    LineRecognizer,
    collapse,
    softmax,
)
from ml.types import CROSSED_OUT, OTHER_INK, SIGNS
from tests.ml.blocks import StubLineNetwork, line_of


class WidthNetwork:
    """Remember the shapes that it sees."""

    def __init__(self):
        self.shapes = []

    def logits(self, x):
        self.shapes.append(x.shape)
        assert x.dtype == np.float32
        return np.repeat(x[:, 0, ::FRAME_PX, None], OUTPUTS, axis=2)


def test_the_alphabet_has_every_symbol_once():
    assert sorted(ALPHABET) == sorted("0123456789" + SIGNS + OTHER_INK + CROSSED_OUT)
    assert len(ALPHABET) == OUTPUTS - 1 == len(set(ALPHABET))


def test_each_frame_has_probabilities_that_sum_to_one():
    line = line_of(3)
    found = LineRecognizer(StubLineNetwork("2/3")).find_frames(line.image.pixels).probabilities
    assert found.shape[1] == OUTPUTS and found.sum(axis=1) == pytest.approx(1)
    assert collapse(found) == "2/3"


def test_images_are_padded_to_a_few_widths():
    network = WidthNetwork()
    for width in (20, 32, 33, 64, 700):
        LineRecognizer(network).find_frames(np.ones((FIELD_PX, width), dtype=np.float32))
    assert [shape[2] for shape in network.shapes] == [32, 32, 64, 64, 704]
    assert all(shape[:2] == (1, FIELD_PX) and shape[2] % WIDTH_STEP_PX == 0 for shape in network.shapes)


def test_repeats_merge_unless_a_blank_is_between():
    frames = np.eye(OUTPUTS)[[BLANK, 1, 1, BLANK, 1, 2, 2, BLANK]]
    assert collapse(frames) == "001"
    assert collapse(np.eye(OUTPUTS)[[BLANK, BLANK]]) == ""


def test_large_logits_do_not_overflow():
    assert softmax(np.array([[1000.0, 0.0], [-1000.0, -1000.0]])).tolist() == [[1, 0], [0.5, 0.5]]


def test_a_line_does_not_depend_on_earlier_ones(line_network):
    recognizer = LineRecognizer(line_network)
    pixels = line_of(2).image.pixels
    first = recognizer.find_frames(pixels).probabilities
    recognizer.find_frames(np.ones((FIELD_PX, 600), dtype=np.float32))
    assert (recognizer.find_frames(pixels).probabilities == first).all()


def test_frames_that_surely_show_nothing_are_kept_once_a_gap():
    class Peaks:
        def logits(self, x):
            found = np.zeros((1, x.shape[2] // FRAME_PX, OUTPUTS))
            found[0, :, BLANK] = 30
            found[0, [4, 9], 3] = 60
            return found

    frames = LineRecognizer(Peaks()).find_frames(np.zeros((FIELD_PX, WIDTH_STEP_PX), dtype=np.float32))
    assert frames.middles_px.tolist() == [1, 9, 11, 19, 21]
    assert frames.probabilities.argmax(axis=1).tolist() == [BLANK, 3, BLANK, 3, BLANK]


def test_the_shipped_line_recognizer_knows_the_alphabet(line_network):
    pixels = line_of(2).image.pixels
    assert LineRecognizer(line_network).find_frames(pixels).probabilities.shape[1] == OUTPUTS
