"""Decode a line: the likeliest texts, weighed by what people write, or by what is expected."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np

from ml.expects import Expectation
from ml.recognition.ctc import BLANK, Floats, Text, log_likelihood, log_odds_of_substitutes, search_beam
from ml.recognition.line_recognizer import ALPHABET
from ml.types import CROSSED_OUT, OTHER_INK, SIGNS

# What numbers look like: amounts, dates, times, fractions, with brackets in pairs. Other ink may stand anywhere.
_PART = r"[\d?#]+"
_NUMBER = rf"[-+]?[$€£]?[-+]?{_PART}(?:[.,:/+×-]{_PART})*[%°$€£]?"
PLAUSIBLE = re.compile(rf"(?:{_NUMBER}|(?:{_NUMBER})?\({_NUMBER}\)(?:{_NUMBER})?|[-+×%°$€£?#])")
IMPLAUSIBLE_WEIGHT = 0.03  # of a text that no number looks like
UNEXPECTED_WEIGHT = 0.05  # of a text that breaks what is expected
SURE = 0.995  # a text as likely as this needs no search
MIN_SEEN = 1e-3  # a symbol that no frame shows with this probability is not tried
MAX_CANDIDATES = 8
REPAIRS_LIMIT = 75_000  # symbols of all repaired texts of a line, times its frames: a page of dashes has thousands
CODES = {symbol: code for code, symbol in enumerate(ALPHABET, start=1)}


@dataclass(frozen=True)
class Candidate:
    """A text that a line may hold. Probabilities of all texts, known or not, sum to 1."""

    text: str
    probability: float
    fits: bool = True  # what is expected


class _Expected:
    """An expectation as a constraint on codes."""

    def __init__(self, expectation: Expectation) -> None:
        self._expectation = expectation

    def start(self) -> int:
        return self._expectation.start()

    def step(self, state: int, code: int) -> int | None:
        return self._expectation.step(state, ALPHABET[code - 1])

    def is_final(self, state: int) -> bool:
        return self._expectation.is_final(state)


class Prior:
    """How likely people are to write a text: by what numbers look like, or by what is expected."""

    def __init__(self, expectation: Expectation | None = None) -> None:
        self._expectation = expectation

    def fits(self, text: str) -> bool:
        """Return whether a text is what is expected."""
        return self._expectation is None or self._expectation.problem(text) is None

    def weight(self, text: str) -> float:
        """Return the text's weight, 1 for the likely.

        A text that breaks what is expected wins only where nothing that fits is at all likely: it is told, not bent.
        """
        if self._expectation is not None:
            return 1.0 if self.fits(text) else UNEXPECTED_WEIGHT
        return 1.0 if is_plausible(text) else IMPLAUSIBLE_WEIGHT


def find_texts(probabilities: Floats, expectation: Expectation | None = None) -> dict[str, float]:
    """Return the likeliest texts of a line and their probabilities before any prior; {} for a line without symbols.

    Args:
        probabilities: (frames, OUTPUTS), as the line recognizer returns them.
        expectation: what will be written: texts that fit are searched for too.
    """
    greedy = _collapse(probabilities)
    if greedy:
        mass = math.exp(log_likelihood(probabilities, greedy))
        text = spell(greedy)
        if mass > SURE and is_plausible(text) and (expectation is None or not expectation.problem(text)):
            return {text: mass}
    texts = {spell(text): mass for text, mass in search_beam(probabilities).items() if text}
    if expectation is not None:
        for found, mass in search_beam(probabilities, _Expected(expectation)).items():
            if found:
                texts.setdefault(spell(found), mass)
        return texts
    room = REPAIRS_LIMIT
    for text in sorted(texts, key=lambda one: -texts[one])[:4]:
        for other in sorted(_repaired(text) - texts.keys()):
            room -= len(other) * len(probabilities)
            if room < 0:
                return texts
            texts[other] = math.exp(log_likelihood(probabilities, codes_of(other)))
    return texts


def rank(texts: dict[str, float], prior: Prior) -> list[Candidate]:
    """Return the likeliest texts after weighing them, the likeliest first; unknown texts keep the mass that is left."""
    weighed = {text: mass * prior.weight(text) for text, mass in texts.items()}
    total = sum(weighed.values()) + max(1.0 - sum(texts.values()), 0.0) * IMPLAUSIBLE_WEIGHT
    if not total > 0:
        return []
    best = sorted(texts, key=lambda text: -weighed[text])[:MAX_CANDIDATES]
    return [Candidate(text, weighed[text] / total, prior.fits(text)) for text in best]


@lru_cache(4096)  # symbols alone are asked for at each digit
def is_plausible(text: str) -> bool:
    """Return whether numbers look like this text."""
    return PLAUSIBLE.fullmatch(text) is not None


def spell(text: Text) -> str:
    """Return codes as a string."""
    return "".join(ALPHABET[code - 1] for code in text)


def codes_of(text: str) -> Text:
    """Return a string as codes."""
    return tuple(CODES[symbol] for symbol in text)


def symbol_alternatives(probabilities: Floats, text: str, frames: Sequence[float]) -> Floats:
    """Return (length, symbols): the probability of each symbol of ALPHABET at each place, given all others.

    Symbols that are likely in no frame near the place get next to none.

    Args:
        probabilities: (frames, OUTPUTS).
        text: the likeliest text.
        frames: of each of its symbols, as `align_frames` returns them.
    """
    codes = np.array(codes_of(text))
    bounds = [0, *(math.ceil((left + right) / 2) for left, right in pairwise(frames)), len(probabilities)]
    seen = np.array([probabilities[first : max(end, first + 1)].max(axis=0) for first, end in pairwise(bounds)])
    seen[:, BLANK] = 0
    seen[np.arange(len(codes)), codes] = 1
    places, tried = np.nonzero(seen > MIN_SEEN)
    odds = np.full((len(codes), len(ALPHABET)), MIN_SEEN**2)
    if len(tried) == len(codes):
        odds[places, tried - 1] = 1.0
    else:
        logs = log_odds_of_substitutes(probabilities, codes, places, tried)
        odds[places, tried - 1] += np.exp(np.minimum(logs, 50))
    return odds / odds.sum(axis=1, keepdims=True)


def _collapse(probabilities: Floats) -> Text:
    best = probabilities.argmax(axis=1)
    return tuple(code for code in best[np.concatenate([[True], best[1:] != best[:-1]])].tolist() if code)


def _repaired(text: str) -> set[str]:
    """Return what an implausible text may be instead: each sign, and all bars, replaced by a 1 or left out."""
    if is_plausible(text):
        return set()
    found = {re.sub(r"[/()]", "1", text)}
    for place, symbol in enumerate(text):
        if symbol in SIGNS:
            found |= {text[:place] + "1" + text[place + 1 :], text[:place] + text[place + 1 :]}
    return found - {"", text}


def digits_of(text: str) -> str:
    """Return the digits of a text."""
    return "".join(symbol for symbol in text if symbol.isdigit())


def without_other_ink(text: str) -> str:
    """Return the digits and signs of a text."""
    return "".join(symbol for symbol in text if symbol not in (OTHER_INK, CROSSED_OUT))


def written_of(text: str) -> str:
    """Return a text as `Reading.written`: several struck digits in a row count as one crossing-out."""
    return re.sub(re.escape(CROSSED_OUT) + "+", CROSSED_OUT, text)
