"""Lattices to train the candidate scorer on: all candidates of a page, and which paths through them are correct."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from ml.data.synthetic_numbers import MARGIN_PX, Number
from ml.recognition.candidate_scorer import Floats, build_edges, edge_features
from ml.recognition.components import max_filter
from ml.recognition.decoder import Classifications, log_add
from ml.recognition.text_line import TextLine

Mask = NDArray[np.bool_]
DigitMask = tuple[int, Mask, Mask]  # a digit, its ink on the line's cells, and the same grown by a cell

MIN_OVERLAP = 0.7  # share of a candidate's ink that is a digit's, and of the digit's ink that is the candidate's
NEGLIGIBLE_INK = 0.25  # of the smallest digit's ink: less than that may be left out
INK_THRESHOLD = 0.3


@dataclass(frozen=True)
class LatticeEdge:
    """An edge between two states of a lattice.

    Attributes:
        start, end: the states.
        row: of the candidate in `Lattice.features`.
        bonus: log-probability of the digit on a correct path.
    """

    start: int
    end: int
    row: int
    bonus: float = 0.0


@dataclass(frozen=True)
class Lattice:
    """One page's candidates and paths. Both lists of edges are sorted by start.

    Attributes:
        features: (n, FEATURES) of the candidates.
        edges: between places 0 .. last.
        last: the last place.
        correct_edges: edges of the correct paths, between states 0 .. goal. A state is a place and a number of digits
            read so far.
        goal: the last state.
    """

    features: NDArray[np.float32]
    edges: list[LatticeEdge]
    last: int
    correct_edges: list[LatticeEdge]
    goal: int

    @property
    def has_correct_path(self) -> bool:
        """Return whether any path spells the label."""
        return forward(self.correct_edges, self.goal, [0.0] * len(self.features))[-1] > -math.inf


def forward(edges: Sequence[LatticeEdge], last: int, scores: Sequence[float]) -> list[float]:
    """Return, for each state, the log-sum-exp of the scores of all paths from state 0 to it."""
    found = [0.0] + [-math.inf] * last
    for edge in edges:
        found[edge.end] = log_add(found[edge.end], found[edge.start] + scores[edge.row] + edge.bonus)
    return found


def marginals(edges: Sequence[LatticeEdge], last: int, scores: Sequence[float]) -> tuple[Floats, float]:
    """Return the probability, (n,), that each candidate is on the path, and the log-sum-exp over all paths."""
    forward_sums = forward(edges, last, scores)
    backward_sums = [-math.inf] * last + [0.0]
    for edge in reversed(edges):
        backward_sums[edge.start] = log_add(
            backward_sums[edge.start], backward_sums[edge.end] + scores[edge.row] + edge.bonus
        )
    share = np.zeros(len(scores))
    for edge in edges:
        log_paths = forward_sums[edge.start] + scores[edge.row] + edge.bonus + backward_sums[edge.end]
        share[edge.row] += math.exp(min(log_paths - forward_sums[-1], 0.0))
    return share, forward_sums[-1]


def number_lattice(
    line: TextLine, known: Classifications, number: Number, is_picture: bool, min_purity: float = MIN_OVERLAP
) -> Lattice:
    """Return the lattice of a composed number. On a correct path, each candidate is the ink of one digit, in order.

    Args:
        line: the line found on the number's page.
        known: its candidates as the digit network sees them.
        number: what was drawn.
        is_picture: whether the page is a picture of the number rather than its strokes.
        min_purity: least share of a candidate's ink that must belong to the digit.
    """
    lattice_edges = build_edges(line, known)
    digits = _digit_masks(line, number, is_picture)
    states = len(digits) + 1
    negligible = NEGLIGIBLE_INK * min(int(mask.sum()) for _, mask, _ in digits)
    correct: list[LatticeEdge] = []
    for row, edge in enumerate(lattice_edges):
        start, end, classification = edge.start, edge.end, edge.classification
        ink, left, top = line.ink_between(start, end)
        own = ink > INK_THRESHOLD
        if classification is None:
            if own.sum() < negligible:
                correct += [LatticeEdge(start * states + at, end * states + at, row) for at in range(states)]
            continue
        for at, (digit, mask, near) in enumerate(digits):
            if _matches(own, mask, near, (left, top), min_purity):
                bonus = math.log(max(float(classification.probabilities[digit]), 1e-6))
                correct.append(LatticeEdge(start * states + at, end * states + at + 1, row, bonus))
    correct.sort(key=lambda one: one.start)
    last = len(line.boundaries) - 1
    all_edges = [LatticeEdge(edge.start, edge.end, row) for row, edge in enumerate(lattice_edges)]
    return Lattice(
        edge_features(line, lattice_edges).astype(np.float32), all_edges, last, correct, last * states + states - 1
    )


def whole_lattice(line: TextLine, known: Classifications) -> Lattice:
    """Return the lattice of a page with one digit or a non-digit: the correct path is all ink as one candidate."""
    lattice_edges = build_edges(line, known)
    last = len(line.boundaries) - 1
    all_edges = [LatticeEdge(edge.start, edge.end, row) for row, edge in enumerate(lattice_edges)]
    whole = [edge for edge in all_edges if (edge.start, edge.end) == (0, last)]
    correct = [edge for edge in whole if lattice_edges[edge.row].classification]
    return Lattice(edge_features(line, lattice_edges).astype(np.float32), all_edges, last, correct, last)


def _matches(own: Mask, mask: Mask, near: Mask, corner: tuple[int, int], min_purity: float) -> bool:
    """Return whether a candidate's ink matches a digit's ink. corner: x, y of the candidate on the line's cells."""
    left, top = corner
    place = slice(top, top + own.shape[0]), slice(left, left + own.shape[1])
    inside, covered = int((own & near[place]).sum()), int((own & mask[place]).sum())
    return inside >= min_purity * int(own.sum()) and covered >= MIN_OVERLAP * int(mask.sum())


def _digit_masks(line: TextLine, number: Number, is_picture: bool) -> list[DigitMask]:
    """Return each digit of a number with its ink on the line's cells."""
    shift = MARGIN_PX - np.array(number.as_strokes().offset) if is_picture else np.zeros(2)
    finer = 2
    scale = line.page.scale / line.step * finer
    found = []
    for digit, strokes in zip(number.text, number.parts, strict=True):
        drawn = Image.new("L", (line.cells.shape[1] * finer, line.cells.shape[0] * finer))
        canvas = ImageDraw.Draw(drawn)
        for stroke in strokes:
            _draw(canvas, (stroke + shift - np.array(line.page.offset)) * scale, number.pen_px * scale)
        mask = np.asarray(drawn.reduce(finer)) > 110
        found.append((int(digit), mask & (line.cells > INK_THRESHOLD), max_filter(mask, 1)))
    return found


def _draw(canvas: ImageDraw.ImageDraw, points: Floats, width: float) -> None:
    flat = [(float(x), float(y)) for x, y in points]
    canvas.line([flat[0], *flat], fill=255, width=max(1, round(width)), joint="curve")
    for x, y in (flat[0], flat[-1]):
        canvas.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), fill=255)
