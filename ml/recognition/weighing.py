"""Combine what the line recognizer and the digit network say of a line."""

import math
from dataclasses import dataclass, field, replace

import numpy as np

from ml.recognition.calibration import Decision
from ml.recognition.components import DigitImage
from ml.recognition.ctc import Floats, align_frames
from ml.recognition.decoder import CODES, Candidate, Prior, codes_of, rank, symbol_alternatives
from ml.recognition.line_recognizer import ALPHABET, Frames
from ml.recognition.symbols import crop_symbols
from ml.recognition.text_line import TextLine
from ml.types import CLASSES, CROSSED_OUT, DigitReading, SymbolReading

MIN_ALTERNATIVE = 0.02  # a less likely symbol is not tried in the place of another


@dataclass
class RecognizedLine:
    """A line on its way: the texts it may hold, and each symbol of the likeliest with its ink."""

    line: TextLine
    prior: Prior
    frames: Frames
    texts: dict[str, float]
    text: str
    places: Floats  # (symbols of text, ALPHABET): the line recognizer's probability of each symbol at each place
    images: list[DigitImage]
    opinions: list[tuple[Floats, float]] = field(default_factory=list)  # the digit network's, of each symbol


@dataclass
class WeighedLine:
    """A line whose texts are weighed."""

    line: RecognizedLine
    candidates: list[Candidate]
    places: Floats  # (symbols, ALPHABET): the combined probability of each symbol at each place

    @property
    def text(self) -> str:
        """Return the likeliest text."""
        return self.candidates[0].text

    def confidence(self, decision: Decision) -> float:
        """Return the probability that the text is right."""
        return decision.confidence(self.candidates[0].probability, len(self.text))

    def of_length(self, length: int) -> "WeighedLine":
        """Return the line with its likeliest text of a length before all others."""
        first = next((one for one in self.candidates if len(one.text) == length), Candidate(self.line.text, 0.0))
        return replace(self, candidates=[first, *(one for one in self.candidates if one is not first)])

    def digit_probability(self) -> float:
        """Return the digit network's greatest probability that a symbol is a digit."""
        return max(is_digit for _, is_digit in self.line.opinions)

    def digits(self) -> list[DigitReading]:
        """Return the digits of the text with their ink."""
        return [
            self._digit(place, int(symbol), float(self.places[place, CODES[symbol] - 1]))
            for place, symbol in enumerate(self.text)
            if symbol.isdigit()
        ]

    def best_guess(self) -> DigitReading:
        """Return the likeliest digit of ink that holds none."""
        place = int(np.argmax([is_digit for _, is_digit in self.line.opinions]))
        ten, is_digit = self.line.opinions[place]
        return self._digit(place, int(ten.argmax()), float(ten.max() * is_digit), ten)

    def symbols(self) -> list[SymbolReading]:
        """Return the symbols as they are written: what was crossed out in a row is one."""
        found: list[SymbolReading] = []
        for place, symbol in enumerate(self.text):
            box, confidence = self.line.images[place].box, float(self.places[place, CODES[symbol] - 1])
            if symbol == CROSSED_OUT and found and found[-1].symbol == symbol:
                box, confidence = _union(found[-1].box, box), min(found[-1].confidence, confidence)
                found.pop()
            found.append(SymbolReading(symbol, confidence, box))
        return found

    def _digit(self, place: int, digit: int, confidence: float, ten: Floats | None = None) -> DigitReading:
        ten = self.places[place, :CLASSES] if ten is None else ten
        probabilities = ten / ten.sum()
        image = self.line.images[place]
        sent = np.round(image.input * 255).astype(np.uint8).tobytes()
        return DigitReading(digit, confidence, tuple(probabilities.tolist()), image.box, sent)


def weigh_line(line: RecognizedLine, decision: Decision) -> WeighedLine:
    """Weigh a line's texts by the digit network's opinion of each symbol."""
    weight = decision.single_weight if len(line.text) == 1 else decision.weight
    opinion = np.stack([_opinion(ten, is_digit, decision.least_opinion) for ten, is_digit in line.opinions])
    factors = weight * np.log(opinion)
    trust = 1 - weight if len(line.text) == 1 else 1.0
    rows = factors.tolist()
    texts = _substituted(line) | line.texts
    masses = {}
    for text, mass in texts.items():
        same = text if len(text) == len(line.text) else line.text
        shift = sum([row[CODES[symbol] - 1] for row, symbol in zip(rows, same, strict=True)])
        masses[text] = max(mass, 1e-12) ** trust * math.exp(shift)
    scale = sum(masses.values()) + max(1 - sum(texts.values()), 0.0)
    candidates = rank({text: mass / scale for text, mass in masses.items()}, line.prior)
    places = line.places**trust * np.exp(factors)
    return WeighedLine(line, candidates, places / places.sum(axis=1, keepdims=True))


def cut_line(line: TextLine, prior: Prior, frames: Frames, texts: dict[str, float], text: str) -> RecognizedLine:
    """Return the line with its ink cut into the symbols of a text."""
    at = align_frames(frames.probabilities, codes_of(text))
    middles_px = np.interp(at, np.arange(len(frames.middles_px)), frames.middles_px)
    images = crop_symbols(line, [line.image.column_of(float(middle)) for middle in middles_px])
    places = symbol_alternatives(frames.probabilities, text, at)
    return RecognizedLine(line, prior, frames, texts, text, places, images)


def _union(one: tuple[float, ...], other: tuple[float, ...]) -> tuple[float, float, float, float]:
    """Return the box around two boxes: x, y, width, height."""
    left, top = min(one[0], other[0]), min(one[1], other[1])
    right, bottom = max(one[0] + one[2], other[0] + other[2]), max(one[1] + one[3], other[1] + other[3])
    return left, top, right - left, bottom - top


def _opinion(ten: Floats, is_digit: float, least: float) -> Floats:
    """Return (ALPHABET,): the digit network's probability of each symbol; it cannot tell those that are no digits."""
    found = np.full(len(ALPHABET), max(1 - is_digit, least))
    found[:CLASSES] = np.maximum(ten * is_digit, least)
    return found


def _substituted(line: RecognizedLine) -> dict[str, float]:
    """Return texts with one symbol replaced, and their probabilities."""
    least = MIN_ALTERNATIVE if len(line.text) > 1 else 0.0
    found = {}
    for place, (symbol, row) in enumerate(zip(line.text, line.places.tolist(), strict=True)):
        scale = line.texts[line.text] / max(row[CODES[symbol] - 1], 1e-12)
        before, behind = line.text[:place], line.text[place + 1 :]
        for other, chance in zip(ALPHABET, row, strict=True):
            if chance >= least:
                found[before + other + behind] = scale * chance
    return found
