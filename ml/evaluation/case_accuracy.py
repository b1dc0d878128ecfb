"""What the reader makes of each kind of made page: right, honest or surely wrong."""

from collections.abc import Sequence
from typing import Any

from ml.data.cases.case_pages import KINDS, draw_case_pages
from ml.data.datasets import PenDigit
from ml.evaluation.outcomes import summarize_outcomes
from ml.evaluation.reading import read_drawings
from ml.recognition.reader import Reader


def evaluate_cases(
    reader: Reader, pens: Sequence[PenDigit], count: int, kinds: Sequence[str] = tuple(KINDS)
) -> dict[str, dict[str, Any]]:
    """Return the outcomes of `count` pages of each kind, by the writers of `pens`. Cost: about 25 ms a page."""
    figures = {}
    for kind in kinds:
        pages = list(draw_case_pages(kind, pens, count))
        figures[kind] = summarize_outcomes(pages, read_drawings(reader, [page.sent for page in pages]))
    return figures
