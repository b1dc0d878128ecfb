"""Pages in, Readings out: classify all digits in one pass, calibrate, decide."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.preprocessing.ink import Ink
from ml.recognition.candidate_scorer import Scorer, features_of, shipped_scorer, steps_of
from ml.recognition.candidates import edges_of
from ml.recognition.decoder import Arc, Known, Route, Seen, find_route, is_doubtful, spelled_line, spelled_route
from ml.recognition.line_recognizer import Speller, shipped_speller
from ml.recognition.runtimes import Network
from ml.recognition.text_line import Line
from ml.types import CLASSES, PREPARED, Guess, Reading, Verdict

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Calibration:
    """What turns logits into chances and chances into verdicts; fitted on held-out drawings, kept in the card.

    temperature: divides the ten digits' logits.
    slope, offset: of the logistic curve from "how much more a digit than none" to the chance of being a digit.
    least_digit: a smaller chance of being a digit is the verdict not_a_digit.
    least_sure: a smaller confidence is the verdict unsure.
    """

    temperature: float
    slope: float
    offset: float
    least_digit: float
    least_sure: float

    def chances(self, logits: Ink) -> tuple[Floats, Floats]:
        """Return (n, 10) probabilities given a digit, and (n,) chances that it is one, for (n, 11) logits."""
        ten = logits[:, :CLASSES].astype(np.float64)
        scaled = np.exp((ten - ten.max(axis=1, keepdims=True)) / self.temperature)
        margin = self.slope * digit_margin(logits) + self.offset
        return scaled / scaled.sum(axis=1, keepdims=True), 1 / (1 + np.exp(-np.clip(margin, -60, 60)))

    def verdict(self, is_digit: float, confidence: float) -> Verdict:
        """Return the verdict on one digit."""
        if is_digit < self.least_digit:
            return Verdict.NOT_A_DIGIT
        return Verdict.DIGIT if confidence >= self.least_sure else Verdict.UNSURE


def digit_margin(logits: Ink) -> Floats:
    """Return (n,): the ten digits' logits taken together (log of the sum of their exponentials) over that of "none"."""
    return np.asarray(np.logaddexp.reduce(logits[:, :CLASSES].astype(np.float64), axis=1) - logits[:, CLASSES])


class Reader:
    """A network with its calibration. Not to be called by two threads at once."""

    def __init__(self, network: Network, card: dict[str, Any], scorer: Scorer | None = None) -> None:
        self.network = network
        self.calibration = Calibration(**card["calibration"])
        self.scorer = scorer or shipped_scorer()
        self.speller = Speller(shipped_speller())

    def read(self, pages: Sequence[Line]) -> list[Reading]:
        """Read pages, as `find_line` gives them: what may be a digit on all of them in one forward pass.

        A second pass, again for all pages, is only for ink that is no digit as it is and can be cut.
        """
        seen = self.look(pages)
        routes = [self._route(line, of) for (line, _), of in zip(seen, self._arcs(seen), strict=True)]
        return [self._reading(line, route) for (line, _), route in zip(seen, routes, strict=True)]

    def look(self, pages: Sequence[Line]) -> list[tuple[Line, Known]]:
        """Return each line, cut where it is doubtful, with what the network says of all that may be a digit."""
        seen: list[tuple[Line, Known]] = [(line, {}) for line in pages]
        self._classify(seen)
        finer = {place: found for place, one in enumerate(seen) if (found := self._spelled(*one))}
        self._classify(list(finer.values()))
        return [finer.get(place, one) for place, one in enumerate(seen)]

    def _spelled(self, line: Line, known: Known) -> tuple[Line, Known] | None:
        """Return a doubtful line cut as the speller has it; None if it is good as it is, or spells no number."""
        if not is_doubtful(line, known):
            return None
        spelling = self.speller.spell(line.own_ink, line.tall, line.pen)
        return spelled_line(line, known, spelling) if spelling.is_number else None

    def _route(self, line: Line, arcs: list[Arc]) -> Route:
        spelled = spelled_route(line, arcs, line.spelling) if line.spelling else None
        return spelled or find_route(line, arcs, self.scorer.temperature)

    def _classify(self, pages: list[tuple[Line, Known]]) -> None:
        """Add what is not known yet, all of it at once."""
        new = [(known, edge) for line, known in pages for edge in edges_of(line)]
        if new:
            inputs = np.stack([edge.candidate.input for _, edge in new])
            probabilities, is_digit = self.calibration.chances(self.network.logits(inputs))
            for (known, edge), row, chance in zip(new, probabilities, is_digit.tolist(), strict=True):
                known[edge.start, edge.end] = Seen(edge, row, chance)

    def _arcs(self, pages: list[tuple[Line, Known]]) -> list[list[Arc]]:
        """Return each line's arcs with their scores, all of them in one go."""
        steps = [steps_of(line, known) for line, known in pages]
        features = [features_of(line, of) for (line, _), of in zip(pages, steps, strict=True)]
        scores = iter(self.scorer.scores(np.concatenate(features)).tolist() if features else ())
        return [[Arc(*step, next(scores)) for step in of] for of in steps]

    def _reading(self, line: Line, route: Route) -> Reading:
        """Return the route's reading; its verdict is the worst of its digits'."""
        guesses, verdicts = [], []
        for seen in route.seen:
            verdicts.append(self.calibration.verdict(seen.is_digit, seen.confidence))
            candidate = seen.edge.candidate
            sent = np.round(candidate.input * 255).astype(np.uint8).tobytes()
            guesses.append(Guess(seen.digit, seen.confidence, tuple(seen.probabilities.tolist()), candidate.box, sent))
        text = "".join(str(guess.digit) for guess in guesses)
        confidence = float(np.prod([guess.confidence for guess in guesses])) * route.chance if guesses else 0.0
        is_plain = not (route.has_left_out or line.is_doubtful)
        verdict = self._verdict(verdicts, is_plain and confidence >= self.calibration.least_sure)
        return Reading(text, verdict, confidence, tuple(guesses), PREPARED)

    def _verdict(self, verdicts: list[Verdict], is_sure: bool) -> Verdict:
        """Return the verdict on the whole: the worst of its digits', and unsure at best where the route is not plain.

        A few that are no digits among more that are: a number with signs.
        """
        order = (Verdict.NOT_A_DIGIT, Verdict.UNSURE, Verdict.DIGIT)
        verdict = min(verdicts, key=order.index, default=Verdict.NOT_A_DIGIT)
        if verdict == Verdict.NOT_A_DIGIT and verdicts.count(verdict) * 2 < len(verdicts):
            return Verdict.UNSURE
        return verdict if is_sure or verdict == Verdict.NOT_A_DIGIT else Verdict.UNSURE
