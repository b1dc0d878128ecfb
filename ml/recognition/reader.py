"""Read lines: classify all candidates in one pass, decode the best path, decide on a verdict."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.preprocessing.ink import Ink
from ml.recognition.candidate_scorer import CandidateScorer, build_edges, edge_features, load_shipped_scorer
from ml.recognition.candidates import find_candidates
from ml.recognition.decoder import (
    Classification,
    Classifications,
    DecodedPath,
    Edge,
    decode_transcription,
    find_best_path,
    needs_line_recognizer,
    split_line,
)
from ml.recognition.line_recognizer import LineRecognizer
from ml.recognition.runtimes import LineNetwork, Network
from ml.recognition.text_line import TextLine
from ml.types import CLASSES, PIPELINE_VERSION, DigitReading, Reading, Verdict

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Calibration:
    """Converts logits to probabilities, and those to verdicts. Fitted on held-out drawings, stored in the model card.

    Attributes:
        temperature: divides the ten digits' logits.
        slope, offset: of the logistic function from `digit_margin` to the probability that it is a digit.
        least_digit: a smaller probability that it is a digit means not_a_digit.
        least_sure: a smaller confidence means unsure.
    """

    temperature: float
    slope: float
    offset: float
    least_digit: float
    least_sure: float

    def calibrate(self, logits: Ink) -> tuple[Floats, Floats]:
        """Return (n, 10) probabilities given a digit, and (n,) that it is one, for (n, 11) logits."""
        ten = logits[:, :CLASSES].astype(np.float64)
        scaled = np.exp((ten - ten.max(axis=1, keepdims=True)) / self.temperature)
        margin = self.slope * digit_margin(logits) + self.offset
        return scaled / scaled.sum(axis=1, keepdims=True), 1 / (1 + np.exp(-np.clip(margin, -60, 60)))

    def verdict(self, digit_probability: float, confidence: float) -> Verdict:
        """Return the verdict on one digit."""
        if digit_probability < self.least_digit:
            return Verdict.NOT_A_DIGIT
        return Verdict.DIGIT if confidence >= self.least_sure else Verdict.UNSURE


def digit_margin(logits: Ink) -> Floats:
    """Return (n,): log of the summed exponentials of the ten digits' logits, less the logit of "none"."""
    return np.asarray(np.logaddexp.reduce(logits[:, :CLASSES].astype(np.float64), axis=1) - logits[:, CLASSES])


class Reader:
    """A digit network with its calibration, candidate scorer and line recognizer. Not thread-safe.

    Without a line network, as versions were before it was a part of them, it can explain digits but not read.
    """

    def __init__(
        self,
        network: Network,
        card: dict[str, Any],
        line_network: LineNetwork | None,
        scorer: CandidateScorer | None = None,
    ) -> None:
        self.network = network
        self.calibration = Calibration(**card["calibration"])
        self.scorer = scorer or load_shipped_scorer()
        self.line_recognizer = LineRecognizer(line_network) if line_network else None

    def read(self, lines: Sequence[TextLine]) -> list[Reading]:
        """Read lines, as `find_text_line` returns them, in one forward pass; a second one if digits touch."""
        classified = self.classify(lines)
        edges = self._score_edges(classified)
        paths = [self._decode(line, own) for (line, _), own in zip(classified, edges, strict=True)]
        return [self._reading(line, path) for (line, _), path in zip(classified, paths, strict=True)]

    def classify(self, lines: Sequence[TextLine]) -> list[tuple[TextLine, Classifications]]:
        """Return each line, divided at seams where digits touch, with the classifications of its candidates."""
        classified: list[tuple[TextLine, Classifications]] = [(line, {}) for line in lines]
        self._classify(classified)
        finer = {place: found for place, one in enumerate(classified) if (found := self._split(*one))}
        self._classify(list(finer.values()))
        return [finer.get(place, one) for place, one in enumerate(classified)]

    def _split(self, line: TextLine, classifications: Classifications) -> tuple[TextLine, Classifications] | None:
        """Return a line divided at seams; None if that is not needed, or the line recognizer finds no number."""
        if self.line_recognizer is None:
            raise ValueError("This version has no line recognizer, so it cannot read.")
        if not needs_line_recognizer(line, classifications):
            return None
        transcription = self.line_recognizer.recognize(line.line_ink, line.height, line.pen_width)
        return split_line(line, classifications, transcription) if transcription.is_number else None

    def _decode(self, line: TextLine, edges: list[Edge]) -> DecodedPath:
        path = decode_transcription(line, edges, line.transcription) if line.transcription else None
        return path or find_best_path(line, edges, self.scorer.temperature)

    def _classify(self, lines: list[tuple[TextLine, Classifications]]) -> None:
        """Add the classifications of new candidates, all in one pass."""
        new = [(classifications, one) for line, classifications in lines for one in find_candidates(line)]
        if new:
            logits = self.network.logits(np.stack([candidate.image.input for _, candidate in new]))
            probabilities, is_digit = self.calibration.calibrate(logits)
            for (classifications, one), row, probability in zip(new, probabilities, is_digit.tolist(), strict=True):
                classifications[one.start, one.end] = Classification(one, row, probability)

    def _score_edges(self, lines: list[tuple[TextLine, Classifications]]) -> list[list[Edge]]:
        """Return each line's edges with their scores, all computed at once."""
        edges = [build_edges(line, classifications) for line, classifications in lines]
        features = [edge_features(line, own) for (line, _), own in zip(lines, edges, strict=True)]
        scores = iter(self.scorer.score(np.concatenate(features)).tolist() if features else ())
        return [[replace(edge, score=next(scores)) for edge in own] for own in edges]

    def _reading(self, line: TextLine, path: DecodedPath) -> Reading:
        digits, verdicts = [], []
        for one in path.digits:
            verdicts.append(self.calibration.verdict(one.digit_probability, one.confidence))
            image = one.candidate.image
            sent = np.round(image.input * 255).astype(np.uint8).tobytes()
            digits.append(DigitReading(one.digit, one.confidence, tuple(one.probabilities.tolist()), image.box, sent))
        text = "".join(str(digit.digit) for digit in digits)
        confidence = float(np.prod([digit.confidence for digit in digits])) * path.probability if digits else 0.0
        is_plain = not (path.has_skipped_mark or line.is_ambiguous)
        verdict = self._verdict(verdicts, is_plain and confidence >= self.calibration.least_sure)
        return Reading(text, verdict, confidence, tuple(digits), PIPELINE_VERSION)

    def _verdict(self, verdicts: list[Verdict], is_sure: bool) -> Verdict:
        """Return the worst verdict of the digits, but at best unsure if the line as a whole is not sure.

        If fewer than half are not digits, the drawing is a number with signs: unsure.
        """
        order = (Verdict.NOT_A_DIGIT, Verdict.UNSURE, Verdict.DIGIT)
        verdict = min(verdicts, key=order.index, default=Verdict.NOT_A_DIGIT)
        if verdict == Verdict.NOT_A_DIGIT and verdicts.count(verdict) * 2 < len(verdicts):
            return Verdict.UNSURE
        return verdict if is_sure or verdict == Verdict.NOT_A_DIGIT else Verdict.UNSURE
