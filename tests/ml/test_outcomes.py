"""Readings of made pages are judged right, honest, surely wrong or refused; and the measures follow from the counts."""

import pytest

from ml.data.cases.case_lines import template_pens
from ml.data.cases.case_page import CasePage
from ml.evaluation import reading
from ml.evaluation.case_accuracy import evaluate_cases
from ml.evaluation.measures import MEASURES, summarize_measures
from ml.evaluation.outcomes import Outcome, judge_reading, summarize_expected, summarize_outcomes
from ml.evaluation.reading import read_drawings
from ml.golden import golden_drawing
from ml.types import Reading, Verdict


def read(text, verdict="digit", written=""):
    return Reading(text, Verdict(verdict), 0.9, (), written=written)


@pytest.mark.parametrize(
    ("written", "text", "given", "outcome"),
    [
        ("17", "17", read("17"), "right"),
        ("17", "17", read("17", "unsure"), "right"),
        ("17", "17", read("17", "not_a_digit"), "honest"),
        ("17", "17", read("7", "unsure"), "honest"),
        ("17", "17", read("7"), "surely_wrong"),
        ("17", "17", None, "refused"),
        ("2/8", None, read("218"), "surely_wrong"),
        ("2/8", None, read("218", "unsure"), "right"),
        ("2/8", None, read("28", "unsure", "2/8"), "right"),
        ("2/8", None, read("2/8"), "right"),
        ("5^7", None, read("57", written="57"), "surely_wrong"),
        ("#", None, read("", "not_a_digit", "####"), "right"),
        ("66 14", None, read("6614", written="6614"), "right"),
    ],
)
def test_a_reading_is_judged_by_what_is_written_and_how_sure_it_is(written, text, given, outcome):
    assert judge_reading(CasePage("any", b"", written, text), given) == Outcome(outcome)


def test_outcomes_are_counted_with_those_that_are_exact_and_sure():
    pages = [CasePage("any", b"", "17", "17")] * 4
    found = summarize_outcomes(pages, [read("17"), read("17", "unsure"), read("1"), None])
    assert (found["right"], found["surely_wrong"], found["refused"], found["honest"]) == (2, 1, 1, 0)
    assert (found["count"], found["exact"], found["right_and_sure"], found["has_number"]) == (4, 2, 1, True)
    assert found["verdicts"] == {"digit": 2, "unsure": 1, "not_a_digit": 0}
    signs = summarize_outcomes([CasePage("any", b"", "-7", None)], [read("7", "unsure", "-7")])
    assert signs["exact"] == 1 and not signs["has_number"] and "right_and_sure" not in signs


def test_what_was_expected_is_exact_or_surely_wrong():
    pages = [CasePage("any", b"", "1/2", None)] * 3
    readings = [read("1/2", written="1/2"), read("1/3", written="1/3"), read("112", "unsure")]
    assert summarize_expected(pages, readings) == {"exact": 1, "surely_wrong": 1}


@pytest.fixture(scope="module")
def reader(shipped_reader):
    return shipped_reader


def test_refused_drawings_have_no_reading_and_the_rest_keep_their_order(reader, monkeypatch):
    monkeypatch.setattr(reading, "BATCH", 2)
    drawings = [golden_drawing(3, 1), b"no picture", golden_drawing(4, 1), {"strokes": []}, golden_drawing(8, 1)]
    found = read_drawings(reader, drawings)
    assert [one.text if one else None for one in found] == ["3", None, "4", None, "8"]
    monkeypatch.setattr(reading, "MAX_DIGITS", 0)
    assert read_drawings(reader, drawings[:1]) == [None]


def test_plain_numbers_are_read_and_signs_are_seldom_called_numbers(reader):
    figures = evaluate_cases(reader, template_pens(), 20, ("plain numbers", "bare ones", "dates"))
    assert figures["plain numbers"]["right"] >= 16 and figures["bare ones"]["right"] >= 16
    assert list(figures) == ["plain numbers", "bare ones", "dates"]
    assert figures["dates"]["expected"]["exact"] >= figures["dates"]["exact"]
    assert all(found["count"] == 20 == sum(found[name.value] for name in Outcome) for found in figures.values())


def test_only_measures_whose_parts_were_measured_are_told():
    assert summarize_measures({}) == {}
    kind = {"count": 10, "right": 9, "surely_wrong": 1, "exact": 5, "has_number": True, "right_and_sure": 8}
    kind["expected"] = {"exact": 10, "surely_wrong": 0}
    names = ("plain numbers", "bare ones", "slashed zeros", "dates", "times", "fractions", "minus", "percent")
    cases = dict.fromkeys((*names, "decimal point", "decimal comma"), kind)
    found = summarize_measures({"cases": cases})
    assert found["made pages: surely wrong / of those with a number, read"]["now"] == "10.0% / 90.0%"
    assert found["the same with `expects`"]["now"] == "100.0% to 100.0% / 0.0%"
    assert set(found) < set(MEASURES) and all(one["goal"] for one in found.values())
