"""How readings are counted: right or wrong, digit by digit, calibrated or not, refused, and how fast."""

from collections import Counter

import pytest

from ml.types import Reading, Verdict
from predictions.comparisons import GOLDEN, REVIEWED, Tally
from predictions.worker import measuring
from predictions.worker.known_drawings import Known
from predictions.worker.measuring import Record

PAGE = object()


def _read(text, verdict=Verdict.DIGIT, confidence=0.9, written=""):
    return Reading(text, verdict, confidence, (), written=written)


@pytest.mark.parametrize(
    ("truth", "reading", "right"),
    [
        ("42", _read("42"), True),
        ("42", _read("47"), False),
        ("4.2", _read("42", written="4.2"), True),
        ("", _read("4", Verdict.NOT_A_DIGIT), True),
        ("4", _read("4", Verdict.NOT_A_DIGIT), False),
    ],
)
def test_right_is_the_true_text_or_no_digit(truth, reading, right):
    assert measuring.is_right(truth, reading, PAGE) == right


def test_a_page_that_cannot_be_read_says_no_digit_but_a_missing_reader_is_wrong():
    assert measuring.is_right("", None, None)
    assert not measuring.is_right("", None, PAGE)


@pytest.mark.parametrize(
    ("digit", "truth", "text", "right"),
    [("4", "42", "47", True), ("2", "42", "47", False), ("4", "42", "4", False), ("4", "404", "407", False)],
)
def test_a_digit_is_read_if_it_stands_wherever_it_is_true(digit, truth, text, right):
    assert measuring.reads_digit(digit, truth, _read(text)) == right


def test_both_versions_are_counted_by_set_and_by_digit():
    record = Record()
    record.add(GOLDEN, Known(["4", "7"], [PAGE, PAGE]), [[_read("4"), _read("1")], [_read("9"), _read("7")]])
    record.add(REVIEWED, Known(["44", ""], [PAGE, None]), [[_read("44"), None], [_read("44"), None]])
    assert record.tallies() == {GOLDEN: Tally(2, 0, lost=1, won=1), REVIEWED: Tally(2, 2)}
    digits = record.digit_tallies()
    assert (digits["4"].golden, digits["4"].reviewed) == (Tally(1, won=1), Tally(1, 1))
    assert (digits["7"].golden, digits["0"].all) == (Tally(1, lost=1), Tally())


def test_calibration_errors_compare_confidence_with_what_is_right():
    record = Record()
    sure, doubtful = [_read("7", confidence=0.99)] * 100, [_read("7", confidence=0.6)] * 100
    record.add(GOLDEN, Known(["7"] * 100, [PAGE] * 100), [doubtful, sure])
    found = record.calibration()
    assert (found.count, found.candidate, found.rival) == (100, pytest.approx(0.4), pytest.approx(0.01))
    assert found.standard_error == pytest.approx(0, abs=1e-9)  # every drawing says the same
    assert Record().calibration().candidate is None


def test_refusing_is_to_call_nothing_a_sure_digit():
    readings = [
        [_read("7"), _read("7", Verdict.UNSURE), None],
        [_read("7", Verdict.NOT_A_DIGIT), _read("7", Verdict.UNSURE), None],
    ]
    known = Known(["", "", ""], [PAGE, PAGE, None])
    assert Counter(measuring.refusals_of(known, readings)) == {(False, True): 1, (True, True): 2}


def test_the_ratio_of_times_is_a_median_over_drawings():
    found = measuring.summarize_times([(0.002, 0.001), (0.002, 0.002), (0.009, 0.001)])
    assert (found.candidate_ms, found.rival_ms, found.ratio) == (2.0, 1.0, 2.0)
    assert measuring.time_readings((object(), None), Known(["7"], [PAGE])) == []
    assert measuring.summarize_times([]).ratio is None
