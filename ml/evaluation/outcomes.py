"""Judge readings of made pages: right, honest, surely wrong or refused."""

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from ml.data.cases.case_page import CasePage
from ml.types import CROSSED_OUT, OTHER_INK, Reading, Verdict

RUNS = re.compile(f"([{re.escape(CROSSED_OUT + OTHER_INK)}])\\1+")


class Outcome(StrEnum):
    """What a reading of a made page is worth."""

    RIGHT = "right"  # what is written; or, of more than a plain number, not called a number
    HONEST = "honest"  # another text, but not surely
    SURELY_WRONG = "surely_wrong"  # another text, with the verdict `digit`
    REFUSED = "refused"  # an error, such as nothing drawn


def judge_reading(page: CasePage, reading: Reading | None) -> Outcome:
    """Return what a reading of a page is worth; None is a refusal."""
    if reading is None:
        return Outcome.REFUSED
    if is_exact(page, reading):
        return Outcome.HONEST if reading.verdict == Verdict.NOT_A_DIGIT and page.text else Outcome.RIGHT
    if reading.verdict == Verdict.DIGIT:
        return Outcome.SURELY_WRONG
    return Outcome.HONEST if page.text else Outcome.RIGHT


def is_exact(page: CasePage, reading: Reading | None) -> bool:
    """Return whether the reading says exactly what is written. Neighbouring other or crossed-out ink counts as one."""
    return reading is not None and _plain(page.written) in (_plain(reading.text), _plain(reading.written))


def _plain(written: str) -> str:
    return RUNS.sub(r"\1", written.replace(" ", ""))


def summarize_outcomes(pages: Sequence[CasePage], readings: Sequence[Reading | None]) -> dict[str, Any]:
    """Return how many pages of a kind have each outcome, each verdict, and are read exactly.

    `has_number` says whether the pages hold a plain number; then `right_and_sure` of them are read with the verdict
    `digit`.
    """
    outcomes = [judge_reading(page, reading) for page, reading in zip(pages, readings, strict=True)]
    exact = [is_exact(page, reading) for page, reading in zip(pages, readings, strict=True)]
    verdicts = [reading.verdict if reading else None for reading in readings]
    found: dict[str, Any] = {"count": len(pages), "has_number": all(page.text for page in pages)}
    found |= {outcome.value: outcomes.count(outcome) for outcome in Outcome}
    found["exact"] = sum(exact)
    if found["has_number"]:
        found["right_and_sure"] = sum(
            is_right and verdict == Verdict.DIGIT for is_right, verdict in zip(exact, verdicts, strict=True)
        )
    return found | {"verdicts": {verdict.value: verdicts.count(verdict) for verdict in Verdict}}


def summarize_expected(pages: Sequence[CasePage], readings: Sequence[Reading | None]) -> dict[str, int]:
    """Return how many pages whose form was told are read exactly, and how many surely as something else."""
    exact = [is_exact(page, reading) for page, reading in zip(pages, readings, strict=True)]
    sure = [reading is not None and reading.verdict == Verdict.DIGIT for reading in readings]
    wrong = sum(is_sure and not is_right for is_sure, is_right in zip(sure, exact, strict=True))
    return {"exact": sum(exact), "surely_wrong": wrong}
