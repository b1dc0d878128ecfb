"""The reader: text, what is written, symbols, confidence, verdict and reasons."""

import base64
import json

import numpy as np
import pytest

from ml.expects import parse_expectation
from ml.recognition.loading import load_reader
from ml.recognition.text_line import find_text_line
from ml.types import PIPELINE_VERSION, Reason, Verdict
from tests.ml.blocks import HEIGHT, LEADING, PITCH, WIDTH, draw_blocks, line_of, reader_of


def read(text, opinions=None, expects=None, **decision):
    """Return the reading of a line with a block for each symbol of `text`."""
    expectations = [parse_expectation(expects)] if expects else None
    (reading,) = reader_of(text, opinions=opinions, **decision).read([line_of(len(text) or 1)], expectations)
    return reading


def test_a_digit_is_read_with_its_probabilities():
    reading = read("7")
    (guess,) = reading.digits
    assert (reading.text, reading.written, reading.verdict) == ("7", "7", Verdict.DIGIT)
    assert reading.preprocessing == PIPELINE_VERSION and reading.reasons == ()
    assert guess.digit == 7 and len(guess.input) == 784 and max(guess.input) == 255
    assert sum(guess.probabilities) == pytest.approx(1) and guess.probabilities[7] > 0.99
    assert 0.9 < reading.confidence <= 1 and 0.9 < guess.confidence <= 1


def test_a_number_is_read_with_a_box_for_each_digit():
    reading = read("2075")
    assert (reading.text, reading.verdict) == ("2075", Verdict.DIGIT)
    assert [guess.digit for guess in reading.digits] == [2, 0, 7, 5]
    for place, guess in enumerate(reading.digits):
        assert guess.box == pytest.approx((10 + place * PITCH, 20, WIDTH, HEIGHT), abs=2)


def test_boxes_are_in_the_senders_units():
    page = draw_blocks(2, scale=2.0, offset=(100.0, 50.0))
    (reading,) = reader_of("42").read([find_text_line(page)])
    assert reading.digits[0].box == pytest.approx((105, 60, WIDTH / 2, HEIGHT / 2), abs=1)


def test_signs_are_written_but_not_in_the_text():
    reading = read("28/08/42")
    assert (reading.text, reading.written) == ("280842", "28/08/42")
    assert reading.verdict == Verdict.UNSURE and reading.reasons[0] == Reason.SIGN
    assert "".join(one.symbol for one in reading.symbols) == "28/08/42"
    assert [guess.digit for guess in reading.digits] == [2, 8, 0, 8, 4, 2]
    slash, eight = reading.symbols[2], reading.symbols[1]
    assert slash.box[0] == pytest.approx(10 + 2 * PITCH, abs=2) and slash.confidence > 0.9
    assert eight.box == reading.digits[1].box


def test_other_ink_is_told_and_never_sure():
    reading = read("12?")
    assert (reading.text, reading.written) == ("12", "12?")
    assert reading.verdict == Verdict.UNSURE and Reason.OTHER_INK in reading.reasons


def test_crossed_out_ink_is_told_and_never_sure():
    reading = read("#12")
    assert (reading.text, reading.written) == ("12", "#12")
    assert reading.verdict == Verdict.UNSURE and Reason.CROSSED_OUT in reading.reasons


@pytest.mark.parametrize("text", ["?", "#", "-", ""])
def test_ink_that_is_not_a_digit_still_gets_a_text(text):
    reading = read(text, opinions=[{"5": 0.02, "3": 0.01, "?": 0.97}])
    assert reading.verdict == Verdict.NOT_A_DIGIT and reading.text == "5" and reading.confidence < 0.05
    assert reading.written == (text or "?") and len(reading.digits) == 1 and reading.reasons
    assert sum(reading.digits[0].probabilities) == pytest.approx(1), "given that it is a digit"
    assert reading.digits[0].confidence < 0.05


def test_the_digit_network_decides_between_digits_that_look_alike_on_the_line():
    doubtful = [{"1": 0.5, "7": 0.48}]
    assert read([*"4", *doubtful], opinions=["4", "7"]).text == "47"
    assert read([*"4", *doubtful], opinions=["4", "1"]).text == "41"


def test_a_single_digit_on_which_the_networks_differ_is_unsure():
    reading = read([{"1": 0.9, "7": 0.09}], opinions=["7"])
    assert reading.verdict == Verdict.UNSURE and reading.confidence < 0.9 and reading.reasons
    assert {reading.text, reading.alternatives[0].text} == {"1", "7"}


def test_two_equally_likely_digits_are_unsure_with_the_other_as_alternative():
    reading = read([{"1": 0.5, "7": 0.49}, "4"], opinions=[{"1": 0.49, "7": 0.49}, "4"])
    assert reading.verdict == Verdict.UNSURE and reading.reasons == (Reason.CLOSE_CALL,)
    assert reading.confidence == pytest.approx(0.5, abs=0.05)
    first, *_ = reading.alternatives
    assert {reading.text, first.text} == {"14", "74"} and first.probability == pytest.approx(0.5, abs=0.05)


def test_alternatives_have_falling_probabilities():
    reading = read([{"1": 0.4, "7": 0.35, "4": 0.2}] * 3, opinions=[{"1": 0.4, "7": 0.35, "4": 0.2}] * 3)
    chances = [one.probability for one in reading.alternatives]
    assert 2 <= len(chances) <= 4 and chances == sorted(chances, reverse=True)
    assert reading.text not in {one.text for one in reading.alternatives} and sum(chances) < 1


def test_a_sure_reading_has_no_reasons():
    assert read("7", least_sure=0.5).reasons == ()
    unsure = read("7", least_sure=1.1)
    assert unsure.verdict == Verdict.UNSURE and unsure.reasons == (Reason.UNCLEAR,)


def test_expected_signs_are_in_the_text():
    reading = read("28/08/42", expects="date")
    assert (reading.text, reading.written) == ("28/08/42", "28/08/42")
    assert reading.verdict == Verdict.DIGIT and reading.reasons == ()
    assert len(reading.digits) == 6 and len(reading.symbols) == 8


def test_expected_digits_are_preferred():
    one_or_slash = {"/": 0.8, "1": 0.18}
    line = ["2", one_or_slash, "3"]
    assert read(line, opinions=["2", {"1": 0.5, "?": 0.5}, "3"]).written == "2/3"
    reading = read(line, opinions=["2", {"1": 0.5, "?": 0.5}, "3"], expects={"kind": "digits", "length": 3})
    assert reading.text == reading.written == "213"


def test_what_breaks_the_expectation_is_told_and_not_bent():
    reading = read("99", expects={"kind": "digits", "max": 31})
    assert reading.text == "99" and reading.verdict == Verdict.UNSURE and reading.reasons[0] == Reason.UNEXPECTED


def test_each_page_has_an_expectation_of_its_own():
    fraction = parse_expectation({"kind": "pattern", "pattern": "d/d"})
    expected, plain = reader_of("1/2", "1/2").read([line_of(3), line_of(3)], [fraction, None])
    assert (expected.text, expected.verdict) == ("1/2", Verdict.DIGIT)
    assert (plain.text, plain.verdict) == ("12", Verdict.UNSURE)


def test_several_lines_are_written_but_only_the_longest_is_the_text():
    (reading,) = reader_of("1", "234", "5").read([line_of(1, 3, 1)])
    assert (reading.text, reading.written) == ("234", "1\n234\n5")
    assert reading.verdict == Verdict.UNSURE and reading.reasons[0] == Reason.SEVERAL_LINES
    assert [one.symbol for one in reading.symbols] == list("12345") and len(reading.digits) == 3
    tops = [one.box[1] for one in reading.symbols]
    assert tops == pytest.approx([20] + [20 + LEADING] * 3 + [20 + 2 * LEADING], abs=2)


def test_pages_are_read_in_order_and_all_symbols_in_one_pass():
    reader = reader_of("7", "", "1/2", "3", "45")
    readings = reader.read([line_of(1), line_of(2), line_of(3), line_of(1, 2)])
    assert [reading.written for reading in readings] == ["7", "?", "1/2", "3\n45"]
    assert reader.network.batches == [8]


def test_an_empty_batch_has_no_readings():
    assert reader_of().read([]) == []


def test_confidence_falls_with_the_doubts_of_either_network():
    sure = read("12").confidence
    assert read(["1", {"2": 0.7, "3": 0.25}]).confidence < sure
    assert read("12", opinions=["1", {"2": 0.3, "?": 0.7}]).confidence < sure


def test_a_reading_is_json_serializable():
    told = json.loads(json.dumps(read("1/2").as_dict()))
    first = ["text", "verdict", "confidence", "digits", "preprocessing"]
    assert list(told) == [*first, "written", "symbols", "reasons", "alternatives"]
    assert list(told["digits"][0]) == ["digit", "confidence", "probabilities", "box", "input"]
    assert list(told["symbols"][0]) == ["symbol", "confidence", "box"] and told["reasons"] == ["sign"]
    assert np.frombuffer(base64.b64decode(told["digits"][0]["input"]), dtype=np.uint8).max() == 255


def test_a_version_without_a_line_recognizer_cannot_read(artifacts):
    reader = load_reader([artifacts["litert"]])
    with pytest.raises(LookupError, match="no line recognizer"):
        reader.read([line_of(1)])


def test_a_reader_needs_a_digit_network_in_a_known_format(artifacts):
    with pytest.raises(LookupError, match="keras"):
        load_reader([artifacts["litert"], artifacts["line-litert"]], ["keras", "line-litert"])
