"""Measures of ink, and their distribution in the training data, which the model card tells."""

import json
import shutil

import numpy as np
import pytest

from ml.__main__ import main
from ml.artifacts import SHIPPED_DIR, identify, load_artifacts
from ml.evaluation.reference import count_readings
from ml.preprocessing.strokes import render_strokes
from ml.recognition.components import crop_single_digit
from ml.recognition.ink_measures import measure_ink
from ml.types import DigitReading, Reading, Verdict


def _line(lean: float, pen: float = 20) -> bytes:
    """Return the network's input for an upright line whose top is `lean` px to the right of its bottom."""
    page = render_strokes([[[140, 240], [140 + lean, 40]]], 280, 280, pen)
    return np.round(crop_single_digit(page).input * 255).astype(np.uint8).tobytes()


@pytest.mark.parametrize(("lean", "tilt"), [(0, 0), (115, 30), (-115, -30), (54, 15)])
def test_tilt_is_told_in_degrees_to_the_right(lean, tilt):
    assert measure_ink([_line(lean)])["tilt"] == [pytest.approx(tilt, abs=3)]


def test_wide_pens_and_wide_digits_are_told():
    found = measure_ink([_line(0, 14), _line(0, 40), _line(100)])
    assert found["stroke"][0] < found["stroke"][1]
    assert found["aspect"][0] < found["aspect"][1] < found["aspect"][2]


def test_blank_input_is_left_out():
    assert measure_ink([bytes(784)]) == measure_ink([]) == {"stroke": [], "aspect": [], "tilt": []}


def test_readings_are_counted_by_bin():
    digits = tuple(DigitReading(7, 0.9, (0.1,) * 10, (0, 0, 1, 1), _line(lean)) for lean in (0, 115))
    found = count_readings([Reading("77", Verdict.DIGIT, 0.9, digits), Reading("7", Verdict.UNSURE, 0.5, digits[:1])])
    assert found["drawings"] == 2
    assert found["tilt"] == {"edges": [-15.0, -5.0, 5.0, 15.0, 25.0, 35.0], "counts": {"2": 2, "5": 1}}
    assert (found["verdict"], found["digit"]) == ({"counts": {"digit": 1, "unsure": 1}}, {"counts": {"7": 3}})


def test_the_command_adds_them_to_a_card_and_the_version_stays_the_same(data, tmp_path):
    shutil.copytree(SHIPPED_DIR, tmp_path / "mine")
    [path] = (tmp_path / "mine").glob("*.json")
    before = json.loads(path.read_text())
    path.write_text(json.dumps(before | {"training": before["training"] | {"training_writers": [0, 1]}}))
    old = load_artifacts(path)
    assert main(["add-reference", "--model", str(path.with_suffix(".tflite")), "--data", str(data)]) == 0
    new = load_artifacts(path)
    assert identify(new) == identify(old)
    assert new[0].card["reference"]["drawings"] == 40 + 20  # all of MNIST that is not held out, and two writers
