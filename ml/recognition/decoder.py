"""Decode a line's lattice: find the best path over its edges, and the probability of that path's text.

A path's probability is the exponential of its edges' summed scores over the sum for all paths: globally normalized, as
in LeCun, Bottou, Bengio, Haffner, "Gradient-based learning applied to document recognition" (1998), sections V and VI.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ml.recognition.candidates import Candidate
from ml.recognition.line_recognizer import Transcription
from ml.recognition.text_line import TextLine
from ml.types import MAX_DIGITS

Floats = NDArray[np.float64]
Span = tuple[int, int]  # two boundaries

BEAM_WIDTH = 5  # texts kept at each boundary
MAX_DOUBT = 0.10  # a component in no digit surer than this goes to the line recognizer
MIN_OWN_PROBABILITY = 1e-4  # a digit cut out at seams is often damaged, so the digit network's doubt is bounded
MIN_PROBABILITY = 1e-12  # bounds log-probabilities
OWN_WEIGHT, LINE_WEIGHT = 0.2, 0.7  # of the digit network and the line recognizer: fitted on the calibration writers
TOO_WIDE, NARROW = 1.25, 0.4  # line heights: wider components go to the line recognizer, narrower ones never do


@dataclass(frozen=True)
class Classification:
    """The digit network's result for a candidate.

    Attributes:
        probabilities: (10,), given that it is a digit.
        digit_probability: that it is a digit at all.
    """

    candidate: Candidate
    probabilities: Floats
    digit_probability: float

    @property
    def digit(self) -> int:
        return int(self.probabilities.argmax())

    @property
    def confidence(self) -> float:
        return float(self.probabilities.max()) * self.digit_probability


Classifications = dict[Span, Classification]


@dataclass(frozen=True)
class Edge:
    """An edge of the lattice, between two boundaries: a digit, or ink that is skipped (no classification)."""

    start: int
    end: int
    classification: Classification | None
    score: float = 0.0


@dataclass(frozen=True)
class DecodedPath:
    """The digits of the best path from left to right.

    Attributes:
        has_skipped_mark: whether a point, comma or dash was skipped.
        probability: of the path's text, against all other texts.
    """

    digits: tuple[Classification, ...]
    has_skipped_mark: bool
    probability: float


@dataclass(frozen=True)
class _Hypothesis:
    """The best path to a boundary with a certain text.

    Attributes:
        rank: the path's summed scores and log-probabilities.
        mass: log of the summed exponential scores of all paths with this text.
    """

    rank: float = 0.0
    mass: float = 0.0
    text: str = ""
    digits: tuple[Classification, ...] = ()
    has_skipped_mark: bool = False


def needs_line_recognizer(line: TextLine, classifications: Classifications) -> bool:
    """Return whether a component is too wide for one digit, or of a digit's size but in no digit that is sure."""
    sure: set[int] = set()
    for (start, end), classification in classifications.items():
        if classification.confidence >= 1 - MAX_DOUBT:
            sure.update(range(*line.component_range(start, end)))
    widths = [component.width / line.height for component in line.components]
    return any(width > TOO_WIDE or (width >= NARROW and number not in sure) for number, width in enumerate(widths))


def split_line(
    line: TextLine, classifications: Classifications, transcription: Transcription
) -> tuple[TextLine, Classifications]:
    """Return the line divided at seams as transcribed, and the classifications at their new boundaries."""
    finer, indices = line.split(transcription)
    moved = {}
    for (old_start, old_end), classification in classifications.items():
        start, end = indices[old_start], indices[old_end]
        candidate = replace(classification.candidate, start=start, end=end)
        moved[start, end] = replace(classification, candidate=candidate)
    return finer, moved


def decode_transcription(line: TextLine, edges: list[Edge], transcription: Transcription) -> DecodedPath | None:
    """Return the best path with as many digits as the transcription; None if there is none.

    Each digit's probabilities combine those of the digit network and of the line recognizer. The probability of a text
    longer than MAX_DIGITS is not computed: it is 0.
    """
    last, length = len(line.boundaries) - 1, len(transcription.text)
    best: list[dict[int, _Hypothesis]] = [{} for _ in range(last + 1)]  # by boundary and number of digits
    best[0][0] = _Hypothesis()
    for edge in edges:
        for count, hypothesis in best[edge.start].items():
            if edge.classification is None:
                longer, reached = _skip(line, edge, hypothesis), count
            elif count < length:
                own = float(edge.classification.probabilities[transcription.text[count]])
                rank = hypothesis.rank + edge.score + math.log(max(own, MIN_OWN_PROBABILITY))
                digits = (*hypothesis.digits, edge.classification)
                longer, reached = replace(hypothesis, rank=rank, digits=digits), count + 1
            else:
                continue
            if reached not in best[edge.end] or best[edge.end][reached].rank < longer.rank:
                best[edge.end][reached] = longer
    found = best[last].get(length)
    if not found:
        return None
    if length > MAX_DIGITS:  # rejected anyway; `alternatives` would take seconds and hundreds of megabytes
        return DecodedPath(found.digits, found.has_skipped_mark, 0.0)
    alternatives, probability = transcription.alternatives()
    digits = tuple(map(_combine, found.digits, alternatives))
    return DecodedPath(digits, found.has_skipped_mark, probability)


def _combine(classification: Classification, line_probabilities: Floats) -> Classification:
    """Return the classification with both networks' probabilities. line_probabilities: (SYMBOLS,)."""
    is_digit = classification.digit_probability
    own = np.append(classification.probabilities * is_digit, 1 - is_digit)
    odds = np.maximum(own, 1e-9) ** OWN_WEIGHT * np.maximum(line_probabilities, 1e-9) ** LINE_WEIGHT
    both = odds / odds.sum()
    return replace(classification, probabilities=both[:-1] / both[:-1].sum(), digit_probability=float(1 - both[-1]))


def find_best_path(line: TextLine, edges: list[Edge], temperature: float = 1.0) -> DecodedPath:
    """Return the likeliest path over edges sorted by their start, by beam search.

    temperature: divides scores in the probability of the path's text.
    """
    last = len(line.boundaries) - 1
    beams: list[list[_Hypothesis]] = [[] for _ in range(last + 1)]
    beams[0] = [_Hypothesis()]
    total = [0.0] + [-math.inf] * last  # log of the summed exponential scores of all paths to each boundary
    pruned = -1
    for edge in edges:
        if edge.start != pruned:
            pruned = edge.start
            beams[pruned] = _prune(beams[pruned])
        scaled = edge.score / temperature
        total[edge.end] = log_add(total[edge.end], total[edge.start] + scaled)
        for hypothesis in beams[edge.start]:
            beams[edge.end].append(_extend(line, edge, replace(hypothesis, mass=hypothesis.mass + scaled)))
    found = _prune(beams[last])
    best = next((hypothesis for hypothesis in found if hypothesis.text), found[0])
    return DecodedPath(best.digits, best.has_skipped_mark, min(math.exp(best.mass - total[last]), 1.0))


def _extend(line: TextLine, edge: Edge, hypothesis: _Hypothesis) -> _Hypothesis:
    classification = edge.classification
    if classification is None:
        return _skip(line, edge, hypothesis)
    log_probability = math.log(max(classification.confidence, MIN_PROBABILITY))
    return replace(
        hypothesis,
        rank=hypothesis.rank + edge.score + log_probability,
        text=hypothesis.text + str(classification.digit),
        digits=(*hypothesis.digits, classification),
    )


def _skip(line: TextLine, edge: Edge, hypothesis: _Hypothesis) -> _Hypothesis:
    has_skipped_mark = hypothesis.has_skipped_mark or line.skip_reasons[edge.start] == "mark"
    return replace(hypothesis, rank=hypothesis.rank + edge.score, has_skipped_mark=has_skipped_mark)


def _prune(beam: list[_Hypothesis]) -> list[_Hypothesis]:
    """Merge hypotheses with the same text, summing their masses, and keep the best BEAM_WIDTH, best first."""
    kept: dict[str, _Hypothesis] = {}
    for hypothesis in sorted(beam, key=lambda hypothesis: -hypothesis.rank):
        other = kept.get(hypothesis.text)
        kept[hypothesis.text] = replace(other, mass=log_add(other.mass, hypothesis.mass)) if other else hypothesis
    return list(kept.values())[:BEAM_WIDTH]


def log_add(one: float, other: float) -> float:
    """Return log(exp(one) + exp(other))."""
    high, low = (one, other) if one >= other else (other, one)
    return high if low == -math.inf else high + math.log1p(math.exp(low - high))
