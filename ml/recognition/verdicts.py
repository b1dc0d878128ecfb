"""Decide whether a text is sure, and say why not."""

from collections.abc import Sequence

from ml.expects import Expectation
from ml.recognition.decoder import Candidate
from ml.recognition.text_line import TextLine
from ml.types import CROSSED_OUT, OTHER_INK, SIGNS, Reason, Verdict

CLOSE_CALL = 0.2  # another text at least this likely
TOUCHING = 1.3  # a component wider than this, in digit heights, is most likely of several digits
TOO_SMALL_PX = 8  # digits lower than this, in pixels of the drawing
PLAIN = frozenset("0123456789")


def find_verdict(text: str, reasons: Sequence[Reason], is_sure: bool) -> Verdict:
    """Return the verdict on a text: not a digit if it holds none, unsure for any reason that rules out certainty."""
    digits = sum(symbol in PLAIN for symbol in text)
    if not digits or digits * 2 < sum(symbol in (OTHER_INK, CROSSED_OUT) for symbol in text):
        return Verdict.NOT_A_DIGIT
    return Verdict.DIGIT if is_sure and not (set(reasons) & CERTAIN_OBSTACLES) else Verdict.UNSURE


CERTAIN_OBSTACLES = frozenset(
    {Reason.SIGN, Reason.OTHER_INK, Reason.CROSSED_OUT, Reason.SEVERAL_LINES, Reason.UNEXPECTED}
)


def find_reasons(
    text: str, candidates: Sequence[Candidate], line: TextLine, expectation: Expectation | None
) -> list[Reason]:
    """Return what speaks against a text, the weightiest first."""
    reasons = []
    if expectation is not None and not candidates[0].fits:
        reasons.append(Reason.UNEXPECTED)
    allowed = expectation.symbols if expectation is not None else PLAIN
    if any(symbol in SIGNS and symbol not in allowed for symbol in text):
        reasons.append(Reason.SIGN)
    if OTHER_INK in text:
        reasons.append(Reason.OTHER_INK)
    if CROSSED_OUT in text:
        reasons.append(Reason.CROSSED_OUT)
    reasons += sorted(line.page.notes)
    if line.digit_height * line.step / line.page.scale < TOO_SMALL_PX:
        reasons.append(Reason.TOO_SMALL)
    if len(candidates) > 1 and candidates[1].probability >= CLOSE_CALL:
        reasons.append(Reason.CLOSE_CALL)
    if len(text) > 1 and any(box.width > TOUCHING * line.digit_height for box in line.components):
        reasons.append(Reason.TOUCHING)
    return reasons
