"""How well each edge of a line's lattice parts the ink, by a small network of its own: no knob is turned by hand.

What it sees of the digits' network are calibrated chances, so it suits every network that has a calibration.
"""

import base64
import json
import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.preprocessing.ink import Ink
from ml.recognition.candidates import Edge
from ml.recognition.decoder import Known, Seen
from ml.recognition.text_line import Line
from ml.types import CLASSES, SIDE

Floats = NDArray[np.float64]

LEARNED = Path(__file__).with_name("candidate_scorer.json")
LEAST_LOG = -12.0  # a chance smaller than this power of e is as good as none
COARSE = 7  # the picture of a candidate is seen as COARSE x COARSE
LEFT_OUT = 5  # numbers that tell of ink that is left out
SHAPE, CHANCES = 20 + LEFT_OUT, CLASSES + 2
FEATURES = SHAPE + CHANCES + COARSE * COARSE


@dataclass(frozen=True)
class Scorer:
    """A layer of `hidden` (FEATURES, n) and `bias` (n,), then `out` (n,): features of edges to scores.

    temperature: divides a path's score where its chance against the others is told.
    """

    hidden: Floats
    bias: Floats
    out: Floats
    temperature: float = 1.0

    def scores(self, features: Floats) -> Floats:
        """Return (n,) scores for (n, FEATURES): a path's is the sum of its edges'."""
        return np.asarray(np.maximum(features @ self.hidden + self.bias, 0) @ self.out)

    def as_dict(self) -> dict[str, Any]:
        """Return what `from_dict` takes, ready for JSON."""
        packed = np.concatenate([self.hidden, self.bias[None], self.out[None]]).astype("<f2")
        return {"temperature": self.temperature, "weights": base64.b64encode(packed.tobytes()).decode("ascii")}

    @classmethod
    def from_dict(cls, kept: dict[str, Any]) -> "Scorer":
        """Return the scorer that was kept. Raises ValueError if it is for other features."""
        packed = np.frombuffer(base64.b64decode(kept["weights"]), dtype="<f2").astype(np.float64)
        rows = packed.reshape(FEATURES + 2, -1)
        return cls(rows[:-2], rows[-2], rows[-1], kept["temperature"])


@cache
def shipped_scorer() -> Scorer:
    """Return the scorer that comes with the code."""
    return Scorer.from_dict(json.loads(LEARNED.read_text(encoding="utf-8")))


Step = tuple[int, int, Seen | None]


def steps_of(line: Line, known: Known) -> list[Step]:
    """Return where a path may go, from left to right: over all that was seen, and over what may be left out."""
    steps: list[Step] = [(start, end, seen) for (start, end), seen in known.items()]
    steps += [(place, place + 1, None) for place, skip in enumerate(line.skips) if skip]
    return sorted(steps, key=lambda step: step[:2])


def features_of(line: Line, steps: list[Step]) -> Floats:
    """Return (n, FEATURES) of a line's steps."""
    features = np.zeros((len(steps), FEATURES))
    seen = [one for _, _, one in steps if one]
    is_seen = np.array([one is not None for _, _, one in steps], dtype=bool)
    if seen:
        chances = np.array([[*one.probabilities, one.is_digit, 1 - one.is_digit] for one in seen])
        features[is_seen, :SHAPE] = [_shape(line, one.edge) for one in seen]
        features[is_seen, SHAPE : SHAPE + CHANCES] = np.log(np.clip(chances, math.exp(LEAST_LOG), 1)) / 4
        features[is_seen, SHAPE + CHANCES :] = coarse_of(np.stack([one.edge.candidate.input for one in seen]))
    features[~is_seen, SHAPE - LEFT_OUT : SHAPE] = [_left_out(line, step[0]) for step in steps if not step[2]] or 0.0
    return features


def coarse_of(images: Ink) -> Ink:
    """Return (n, COARSE * COARSE) for (n, 28, 28)."""
    step = SIDE // COARSE
    return np.asarray(images.reshape(-1, COARSE, step, COARSE, step).mean(axis=(2, 4)).reshape(len(images), -1))


def _left_out(line: Line, place: int) -> tuple[float, ...]:
    """Return the last LEFT_OUT of SHAPE for leaving out what lies from this place to the next; they are 0 for a digit."""
    wide = (line.middle(place + 1) - line.middle(place)) / line.tall
    high = line.pieces[line.places[place].piece].high / line.tall
    return 1.0, float(line.skips[place] == "mark"), float(line.skips[place] == "part"), wide, high


def _shape(line: Line, edge: Edge) -> list[float]:
    """Return the SHAPE numbers that tell how an edge lies in its line: lengths in heights of the line."""
    first, behind = line.pieces_of(edge.start, edge.end)
    last = len(line.places) - 1
    begin, close = line.places[edge.start], line.places[edge.end]
    is_begun_by_cut, is_closed_by_cut = begin.columns is not None, close.columns is not None
    tall, box = line.tall, edge.box
    before = box.left - line.pieces[first - 1].right if first and not is_begun_by_cut else 0
    after = line.pieces[behind].left - box.right if behind < len(line.pieces) and not is_closed_by_cut else 0
    wide, high = box.wide / tall, box.high / tall
    return [
        wide,
        wide * wide,
        high,
        min(wide / max(high, 0.1), 3.0),
        max(wide - 0.9, 0.0),
        (box.top - line.top) / tall,
        (line.bottom - box.bottom) / tall,
        edge.gaps,
        behind - first == 2,
        behind - first > 2,
        is_begun_by_cut,
        is_closed_by_cut,
        min(begin.crossed, 5.0),
        min(close.crossed, 5.0),
        float(np.clip(before / tall, -1, 1)),
        float(np.clip(after / tall, -1, 1)),
        edge.start == 0,
        edge.end == last,
        edge.start == 0 and edge.end == last,
        line.pen / tall * 4,
        *[0.0] * LEFT_OUT,
    ]
