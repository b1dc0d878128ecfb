"""Read pages: recognize each line, let the digit network see each symbol alone, decide on a text and a verdict."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ml.expects import Expectation
from ml.recognition.calibration import Calibration, Decision
from ml.recognition.decoder import CODES, Prior, digits_of, find_texts, rank, without_other_ink, written_of
from ml.recognition.line_recognizer import ALPHABET, LineRecognizer
from ml.recognition.runtimes import Network
from ml.recognition.symbols import crop_symbols
from ml.recognition.text_line import TextLine
from ml.recognition.verdicts import find_reasons, find_verdict
from ml.recognition.weighing import RecognizedLine, WeighedLine, cut_line, weigh_line
from ml.types import OTHER_INK, PIPELINE_VERSION, Alternative, Reading, Reason, Verdict

MAX_ALTERNATIVES = 4
MIN_TOLD = 0.005  # a less likely alternative is not told


class Reader:
    """A line recognizer and a digit network with their calibration. Not thread-safe.

    Without a line network, as versions were before it was a part of them, it can explain digits but not read.
    """

    def __init__(self, network: Network, card: dict[str, Any], line_network: Network | None) -> None:
        self.network = network
        own = card["calibration"]
        self.calibration = Calibration(own["temperature"], own["slope"], own["offset"])
        self.decision = Decision(**card.get("decoder", {}))
        self.line_recognizer = LineRecognizer(line_network) if line_network else None

    def read(
        self, pages: Sequence[TextLine], expectations: Sequence[Expectation | None] | None = None
    ) -> list[Reading]:
        """Read pages, as `find_text_line` returns them; the digit network sees all their symbols in one pass."""
        expected = expectations or [None] * len(pages)
        return [
            self._reading([self.weigh(line) for line in lines], expectation)
            for lines, expectation in zip(self.recognize(pages, expected), expected, strict=True)
        ]

    def recognize(
        self, pages: Sequence[TextLine], expectations: Sequence[Expectation | None]
    ) -> list[list[RecognizedLine]]:
        """Return what both networks say of each line of each page."""
        pages_lines = [
            [self._recognize(line, expectation) for line in page.lines]
            for page, expectation in zip(pages, expectations, strict=True)
        ]
        self._ask_digit_network([line for page in pages_lines for line in page])
        return pages_lines

    def _ask_digit_network(self, lines: Sequence[RecognizedLine]) -> None:
        """Set the digit network's opinion of each symbol of these lines, in one pass."""
        images = [image.input for line in lines for image in line.images]
        if images:
            ten, is_digit = self.calibration.calibrate(self.network.logits(np.stack(images)))
            opinions = iter(zip(ten, is_digit.tolist(), strict=True))
            for line in lines:
                line.opinions = [next(opinions) for _ in line.images]

    def _recognize(self, line: TextLine, expectation: Expectation | None) -> RecognizedLine:
        if self.line_recognizer is None:
            raise LookupError("This version has no line recognizer, so it cannot read.")
        frames = self.line_recognizer.find_frames(line.image.pixels)
        prior = Prior(expectation)
        texts = find_texts(frames.probabilities, expectation)
        ranked = rank(texts, prior)
        if not ranked:
            whole = crop_symbols(line, [(line.components[0].left + line.components[-1].right) / 2])
            places = np.full((1, len(ALPHABET)), 1e-6)
            places[0, CODES[OTHER_INK] - 1] = 1.0
            return RecognizedLine(line, prior, frames, {OTHER_INK: 1.0}, OTHER_INK, places, whole)
        return cut_line(line, prior, frames, texts, ranked[0].text)

    def weigh(self, line: RecognizedLine) -> WeighedLine:
        """Weigh the line's texts by the digit network's opinion of each symbol.

        If a text of another length wins, the ink is cut again for it, so that digits and symbols are those of the text.
        """
        weighed = weigh_line(line, self.decision)
        if len(weighed.text) == len(line.text):
            return weighed
        again = cut_line(line.line, line.prior, line.frames, line.texts, weighed.text)
        self._ask_digit_network([again])
        return weigh_line(again, self.decision).of_length(len(again.text))

    def _reading(self, lines: list[WeighedLine], expectation: Expectation | None) -> Reading:
        """Return the reading of a page's lines: the text of the one with most digits, all that is written."""
        main = max(lines, key=lambda line: sum(symbol.isdigit() for symbol in line.text))
        confidence = main.confidence(self.decision)
        has_signs = expectation is not None and expectation.allows_signs
        text = without_other_ink(main.text) if has_signs else digits_of(main.text)
        digits = main.digits()
        if not text:
            digits = [main.best_guess()]
            text = str(digits[0].digit)
        reasons = find_reasons(main.text, main.candidates, main.line.line, expectation)
        if len(lines) > 1:
            reasons = [Reason.SEVERAL_LINES, *reasons]
        verdict = find_verdict(main.text, reasons, confidence >= self.decision.least_sure)
        if verdict is Verdict.DIGIT:
            reasons = []
        elif not reasons:
            reasons = [Reason.UNCLEAR]
        alternatives = [
            Alternative(one.text, one.probability)
            for one in main.candidates[1:]
            if one.probability >= MIN_TOLD and without_other_ink(one.text) == one.text
        ][:MAX_ALTERNATIVES]
        return Reading(
            text,
            verdict,
            confidence if verdict is not Verdict.NOT_A_DIGIT else min(1 - confidence, main.digit_probability()),
            tuple(digits),
            PIPELINE_VERSION,
            "\n".join(written_of(line.text) for line in lines),
            tuple(symbol for line in lines for symbol in line.symbols()),
            tuple(dict.fromkeys(reasons)),
            tuple(alternatives),
        )
