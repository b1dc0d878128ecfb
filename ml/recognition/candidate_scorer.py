"""Score each edge of a line's lattice with a small learned network.

Its features include only calibrated probabilities of the digit network, so it works with any calibrated network.
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
from ml.recognition.candidates import Candidate
from ml.recognition.decoder import Classifications, Edge
from ml.recognition.text_line import TextLine
from ml.types import CLASSES, SIDE

Floats = NDArray[np.float64]

WEIGHTS_PATH = Path(__file__).with_name("candidate_scorer.json")
MIN_LOG = -12.0  # smaller log-probabilities are clipped
COARSE = 7  # candidates are downsampled to COARSE x COARSE
SKIP = 5  # features of skipped ink
SHAPE, PROBABILITIES = 20 + SKIP, CLASSES + 2
FEATURES = SHAPE + PROBABILITIES + COARSE * COARSE


@dataclass(frozen=True)
class CandidateScorer:
    """A hidden layer, `hidden` (FEATURES, n) and `bias` (n,), and an output layer, `out` (n,).

    temperature: divides scores where the probability of a path is computed.
    """

    hidden: Floats
    bias: Floats
    out: Floats
    temperature: float = 1.0

    def score(self, features: Floats) -> Floats:
        """Return (n,) scores for (n, FEATURES); a path's score is the sum of its edges'."""
        return np.asarray(np.maximum(features @ self.hidden + self.bias, 0) @ self.out)

    def as_dict(self) -> dict[str, Any]:
        """Return the weights for JSON, as `from_dict` takes them."""
        packed = np.concatenate([self.hidden, self.bias[None], self.out[None]]).astype("<f2")
        return {"temperature": self.temperature, "weights": base64.b64encode(packed.tobytes()).decode("ascii")}

    @classmethod
    def from_dict(cls, saved: dict[str, Any]) -> "CandidateScorer":
        """Load weights from `as_dict`. Raises ValueError if they are for other features."""
        packed = np.frombuffer(base64.b64decode(saved["weights"]), dtype="<f2").astype(np.float64)
        rows = packed.reshape(FEATURES + 2, -1)
        return cls(rows[:-2], rows[-2], rows[-1], saved["temperature"])


@cache
def load_shipped_scorer() -> CandidateScorer:
    """Return the scorer that ships with the code."""
    return CandidateScorer.from_dict(json.loads(WEIGHTS_PATH.read_text(encoding="utf-8")))


def build_edges(line: TextLine, classifications: Classifications) -> list[Edge]:
    """Return the lattice's edges, from left to right: every classified candidate, and ink that may be skipped."""
    edges = [Edge(start, end, classification) for (start, end), classification in classifications.items()]
    edges += [Edge(start, start + 1, None) for start, reason in enumerate(line.skip_reasons) if reason]
    return sorted(edges, key=lambda edge: (edge.start, edge.end))


def edge_features(line: TextLine, edges: list[Edge]) -> Floats:
    """Return (n, FEATURES) for a line's edges."""
    features = np.zeros((len(edges), FEATURES))
    classified = [edge.classification for edge in edges if edge.classification]
    is_classified = np.array([edge.classification is not None for edge in edges], dtype=bool)
    if classified:
        probabilities = np.array(
            [[*one.probabilities, one.digit_probability, 1 - one.digit_probability] for one in classified]
        )
        features[is_classified, :SHAPE] = [_shape_features(line, one.candidate) for one in classified]
        logs = np.log(np.clip(probabilities, math.exp(MIN_LOG), 1)) / 4
        features[is_classified, SHAPE : SHAPE + PROBABILITIES] = logs
        images = np.stack([one.candidate.image.input for one in classified])
        features[is_classified, SHAPE + PROBABILITIES :] = _downsample(images)
    skipped = [_skip_features(line, edge.start) for edge in edges if not edge.classification]
    features[~is_classified, SHAPE - SKIP : SHAPE] = skipped or 0.0
    return features


def _downsample(images: Ink) -> Ink:
    """Return (n, COARSE * COARSE) for (n, 28, 28)."""
    step = SIDE // COARSE
    return np.asarray(images.reshape(-1, COARSE, step, COARSE, step).mean(axis=(2, 4)).reshape(len(images), -1))


def _skip_features(line: TextLine, start: int) -> tuple[float, ...]:
    """Return the SKIP features of skipping the ink from this boundary to the next; for a digit they are 0."""
    width = (line.boundary_x(start + 1) - line.boundary_x(start)) / line.height
    height = line.components[line.boundaries[start].component].height / line.height
    reason = line.skip_reasons[start]
    return 1.0, float(reason == "mark"), float(reason == "part"), width, height


def _shape_features(line: TextLine, candidate: Candidate) -> list[float]:
    """Return the SHAPE features: the size of a candidate and its place in its line, in line heights."""
    first, behind = line.component_range(candidate.start, candidate.end)
    last = len(line.boundaries) - 1
    begin, close = line.boundaries[candidate.start], line.boundaries[candidate.end]
    starts_at_seam, ends_at_seam = begin.columns is not None, close.columns is not None
    line_height, box = line.height, candidate.box
    before = box.left - line.components[first - 1].right if first and not starts_at_seam else 0
    after = line.components[behind].left - box.right if behind < len(line.components) and not ends_at_seam else 0
    width, height = box.width / line_height, box.height / line_height
    return [
        width,
        width * width,
        height,
        min(width / max(height, 0.1), 3.0),
        max(width - 0.9, 0.0),
        (box.top - line.top) / line_height,
        (line.bottom - box.bottom) / line_height,
        candidate.gaps,
        behind - first == 2,
        behind - first > 2,
        starts_at_seam,
        ends_at_seam,
        min(begin.crossed_ink, 5.0),
        min(close.crossed_ink, 5.0),
        float(np.clip(before / line_height, -1, 1)),
        float(np.clip(after / line_height, -1, 1)),
        candidate.start == 0,
        candidate.end == last,
        candidate.start == 0 and candidate.end == last,
        line.pen_width / line_height * 4,
        *[0.0] * SKIP,
    ]
