"""The reader: text, probabilities, confidence and verdict."""

import base64
import json
from dataclasses import asdict

import numpy as np
import pytest

from ml.recognition.components import DigitImage
from ml.recognition.loading import load_reader
from ml.recognition.reader import Calibration, Reader
from ml.types import PIPELINE_VERSION, Verdict
from tests.ml.conftest import line_of

CALIBRATION = Calibration(temperature=2.0, slope=1.0, offset=0.0, least_digit=0.5, least_sure=0.9)


def image(*logits, box=(1.0, 2.0, 3.0, 4.0)):
    """Return a digit image for which the stub network returns these logits."""
    seen = np.zeros((28, 28), dtype=np.float32)
    seen[0, : len(logits)] = np.array(logits) / 255
    return DigitImage(seen, box)


SEVEN = image(0, 0, 0, 0, 0, 0, 0, 20, 0, 0, 0)
ONE_OR_SEVEN = image(0, 20, 0, 0, 0, 0, 0, 20, 0, 0, 0)
LETTER = image(0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 20)


@pytest.fixture
def reader(no_network, line_network):
    return Reader(no_network, {"calibration": asdict(CALIBRATION)}, line_network)


def test_a_digit_is_read_with_its_probabilities(reader):
    (reading,) = reader.read([line_of(SEVEN)])
    (guess,) = reading.digits
    assert (reading.text, reading.verdict, reading.preprocessing) == ("7", Verdict.DIGIT, PIPELINE_VERSION)
    assert guess.digit == 7 and guess.box == (1.0, 2.0, 3.0, 4.0) and len(guess.input) == 784 and guess.input[7] == 20
    assert sum(guess.probabilities) == pytest.approx(1) and guess.probabilities[7] > 0.99
    assert reading.confidence == guess.confidence <= guess.probabilities[7]


def test_the_temperature_softens_the_probabilities(no_network, line_network):
    soft = Reader(no_network, {"calibration": asdict(CALIBRATION) | {"temperature": 20.0}}, line_network)
    assert soft.read([line_of(SEVEN)])[0].digits[0].probabilities[7] < 0.5


def test_two_equally_likely_digits_are_unsure(reader):
    reading = reader.read([line_of(ONE_OR_SEVEN)])[0]
    assert reading.verdict == Verdict.UNSURE and reading.confidence == pytest.approx(0.5, abs=0.01)


def test_ink_that_is_not_a_digit_still_gets_a_text(reader):
    reading = reader.read([line_of(LETTER)])[0]
    assert reading.verdict == Verdict.NOT_A_DIGIT and reading.text == "5" and reading.confidence < 0.01
    assert sum(reading.digits[0].probabilities) == pytest.approx(1), "given that it is a digit"


def test_confidence_is_the_product_over_digits(reader):
    reading = reader.read([line_of(SEVEN, ONE_OR_SEVEN, SEVEN)])[0]
    assert reading.text == "717" and reading.verdict == Verdict.UNSURE
    assert reading.confidence == pytest.approx(np.prod([guess.confidence for guess in reading.digits]))


def test_all_lines_are_read_in_one_pass_and_in_order(reader):
    readings = reader.read([line_of(SEVEN), line_of(), line_of(LETTER, SEVEN), line_of(ONE_OR_SEVEN)])
    assert [reading.text for reading in readings] == ["7", "", "57", "1"]
    assert readings[1].verdict == Verdict.NOT_A_DIGIT and reader.network.calls == 1


def test_a_reading_is_json_serializable(reader):
    told = json.loads(json.dumps(reader.read([line_of(SEVEN)])[0].as_dict()))
    assert list(told) == ["text", "verdict", "confidence", "digits", "preprocessing"]
    assert list(told["digits"][0]) == ["digit", "confidence", "probabilities", "box", "input"]
    assert base64.b64decode(told["digits"][0]["input"])[7] == 20


def test_a_version_without_a_line_recognizer_cannot_read(artifacts):
    reader = load_reader([artifacts["litert"]])
    with pytest.raises(ValueError, match="no line recognizer"):
        reader.read([line_of(image(9, 1))])


def test_a_reader_needs_a_digit_network_in_a_known_format(artifacts):
    with pytest.raises(LookupError, match="keras"):
        load_reader([artifacts["litert"], artifacts["line-litert"]], ["keras", "line-litert"])
