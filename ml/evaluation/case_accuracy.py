"""What the reader makes of each kind of made page: right, honest or surely wrong."""

from collections.abc import Sequence
from typing import Any

from ml.data.cases.case_pages import KINDS, draw_case_pages
from ml.data.datasets import PenDigit
from ml.evaluation.outcomes import summarize_expected, summarize_outcomes
from ml.evaluation.reading import read_drawings
from ml.expects import parse_expectation
from ml.recognition.reader import Reader

EXPECTED: dict[str, object] = {  # what a sender may say of the pages of a kind
    "dates": "date",
    "times": "time",
    "fractions": {"kind": "pattern", "pattern": "dd?/dd?"},
    "decimal point": {"kind": "number", "decimal": "point"},
    "decimal comma": {"kind": "number", "decimal": "comma"},
    "minus": {"kind": "number"},
    "percent": {"kind": "pattern", "pattern": "dd?d?%"},
}


def evaluate_cases(
    reader: Reader, pens: Sequence[PenDigit], count: int, kinds: Sequence[str] = tuple(KINDS)
) -> dict[str, dict[str, Any]]:
    """Return the outcomes of `count` pages of each kind, by the writers of `pens`; of EXPECTED, also with `expects`.

    Cost: about 15 ms a page.
    """
    figures = {}
    for kind in kinds:
        pages = list(draw_case_pages(kind, pens, count))
        sent = [page.sent for page in pages]
        figures[kind] = summarize_outcomes(pages, read_drawings(reader, sent))
        if kind in EXPECTED:
            expectation = parse_expectation(EXPECTED[kind])
            figures[kind]["expected"] = summarize_expected(pages, read_drawings(reader, sent, expectation))
    return figures
