"""When a text is sure, and what speaks against it."""

from dataclasses import replace

import pytest

from ml.expects import parse_expectation
from ml.recognition.decoder import Candidate
from ml.recognition.verdicts import find_reasons, find_verdict
from ml.types import Reason, Verdict
from tests.ml.blocks import line_of

LINE = line_of(3)


def reasons_of(text, line=LINE, expects=None, other=0.0, fits=True):
    expectation = parse_expectation(expects) if expects else None
    return find_reasons(text, [Candidate(text, 0.9, fits), Candidate("9", other)], line, expectation)


def test_a_sure_number_is_one():
    assert reasons_of("123") == []
    assert find_verdict("123", [], is_sure=True) == Verdict.DIGIT
    assert find_verdict("123", [], is_sure=False) == Verdict.UNSURE


@pytest.mark.parametrize(
    ("text", "reason"), [("1/2", Reason.SIGN), ("1?2", Reason.OTHER_INK), ("12#", Reason.CROSSED_OUT)]
)
def test_what_is_no_plain_number_is_told_and_never_sure(text, reason):
    assert reasons_of(text) == [reason]
    assert find_verdict(text, [reason], is_sure=True) == Verdict.UNSURE


@pytest.mark.parametrize("text", ["?", "#", "-", "??", "1???", "###2"])
def test_ink_that_is_mostly_something_else_is_not_a_digit(text):
    assert find_verdict(text, reasons_of(text), is_sure=True) == Verdict.NOT_A_DIGIT


def test_expected_signs_are_no_reason():
    assert reasons_of("28/08/42", expects="date") == []
    assert find_verdict("28/08/42", [], is_sure=True) == Verdict.DIGIT
    assert reasons_of("2:5", expects={"kind": "pattern", "pattern": "d/d"}) == [Reason.SIGN]


def test_what_breaks_the_expectation_is_unexpected():
    reasons = reasons_of("99", expects={"kind": "digits", "max": 31}, fits=False)
    assert reasons == [Reason.UNEXPECTED]
    assert find_verdict("99", reasons, is_sure=True) == Verdict.UNSURE


def test_another_text_nearly_as_likely_is_a_close_call():
    assert reasons_of("123", other=0.3) == [Reason.CLOSE_CALL]
    assert reasons_of("123", other=0.1) == []


def test_a_close_call_alone_does_not_rule_out_certainty():
    assert find_verdict("123", [Reason.CLOSE_CALL], is_sure=True) == Verdict.DIGIT


def test_digits_of_few_pixels_are_too_small():
    tiny = replace(LINE, page=replace(LINE.page, scale=8.0))
    assert reasons_of("123", line=tiny) == [Reason.TOO_SMALL]


def test_wide_ink_of_several_symbols_is_touching():
    ((first, *others), height) = LINE.components, int(LINE.digit_height)
    wide = replace(LINE, components=(replace(first, right=first.left + 2 * height), *others))
    assert reasons_of("123", line=wide) == [Reason.TOUCHING]
    assert reasons_of("7", line=wide) == []
