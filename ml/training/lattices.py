"""What the scorer learns from: a page's lattice of all that may be a digit, and which paths through it are right."""

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
Truth = tuple[int, Mask, Mask]  # a digit, its ink on the line's cells, and the same grown by a cell

ALIKE = 0.7  # of an edge's ink is a digit's, and so much of the digit's ink is the edge's
LITTLE = 0.25  # of the smallest digit's ink: what is less may be left out
INKED = 0.3


@dataclass(frozen=True)
class Hop:
    """From state to state of a lattice by one edge. edge: its row of features. bonus: log-probability of the digit."""

    start: int
    end: int
    edge: int
    bonus: float = 0.0


@dataclass(frozen=True)
class Lattice:
    """One page.

    features: (n, FEATURES) of its edges. every: hops over places 0 .. last. right: hops of the paths that spell the
    truth, over states 0 .. goal, each a place and how many digits are read there. Both sorted by start.
    """

    features: NDArray[np.float32]
    every: list[Hop]
    last: int
    right: list[Hop]
    goal: int

    @property
    def has_right_path(self) -> bool:
        """Return whether it can be read rightly at all."""
        return forward(self.right, self.goal, [0.0] * len(self.features))[-1] > -math.inf


def forward(hops: Sequence[Hop], last: int, scores: Sequence[float]) -> list[float]:
    """Return for each state the log of the summed exp of the scores of all ways from 0 to it."""
    found = [0.0] + [-math.inf] * last
    for hop in hops:
        found[hop.end] = log_add(found[hop.end], found[hop.start] + scores[hop.edge] + hop.bonus)
    return found


def marginals(hops: Sequence[Hop], last: int, scores: Sequence[float]) -> tuple[Floats, float]:
    """Return (edges,) how likely each edge is part of the path, and the log of the sum over all paths."""
    to = forward(hops, last, scores)
    fro = [-math.inf] * last + [0.0]
    for hop in reversed(hops):
        fro[hop.start] = log_add(fro[hop.start], fro[hop.end] + scores[hop.edge] + hop.bonus)
    share = np.zeros(len(scores))
    for hop in hops:
        share[hop.edge] += math.exp(min(to[hop.start] + scores[hop.edge] + hop.bonus + fro[hop.end] - to[-1], 0.0))
    return share, to[-1]


def number_lattice(
    line: TextLine, known: Classifications, number: Number, is_picture: bool, pure: float = ALIKE
) -> Lattice:
    """Return the lattice of a composed number: right are the paths whose edges are its digits' own ink, in order.

    pure: so much of an edge's ink must be its digit's.
    """
    steps = build_edges(line, known)
    truths = _truths_on(line, number, is_picture)
    states = len(truths) + 1
    little = LITTLE * min(int(mask.sum()) for _, mask, _ in truths)
    right: list[Hop] = []
    for row, step in enumerate(steps):
        start, end, seen = step.start, step.end, step.classification
        ink, left, top = line.ink_between(start, end)
        own = ink > INKED
        if seen is None:
            if own.sum() < little:
                right += [Hop(start * states + at, end * states + at, row) for at in range(states)]
            continue
        for at, (digit, mask, near) in enumerate(truths):
            if _are_alike(own, mask, near, (left, top), pure):
                bonus = math.log(max(float(seen.probabilities[digit]), 1e-6))
                right.append(Hop(start * states + at, end * states + at + 1, row, bonus))
    right.sort(key=lambda hop: hop.start)
    last = len(line.boundaries) - 1
    every = [Hop(step.start, step.end, row) for row, step in enumerate(steps)]
    return Lattice(edge_features(line, steps).astype(np.float32), every, last, right, last * states + states - 1)


def whole_lattice(line: TextLine, known: Classifications) -> Lattice:
    """Return the lattice of a page that holds one digit, or nothing that is any: right is all ink as one edge."""
    steps = build_edges(line, known)
    last = len(line.boundaries) - 1
    every = [Hop(step.start, step.end, row) for row, step in enumerate(steps)]
    right = [hop for hop in every if (hop.start, hop.end) == (0, last) and steps[hop.edge].classification]
    return Lattice(edge_features(line, steps).astype(np.float32), every, last, right, last)


def _are_alike(own: Mask, mask: Mask, near: Mask, corner: tuple[int, int], pure: float) -> bool:
    """Return whether ink, whose corner is there, is a digit's: hardly more than it and hardly less."""
    left, top = corner
    place = slice(top, top + own.shape[0]), slice(left, left + own.shape[1])
    inside, covered = int((own & near[place]).sum()), int((own & mask[place]).sum())
    return inside >= pure * int(own.sum()) and covered >= ALIKE * int(mask.sum())


def _truths_on(line: TextLine, number: Number, is_picture: bool) -> list[Truth]:
    """Return each digit of a number with its own ink on the line's cells."""
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
        found.append((int(digit), mask & (line.cells > INKED), max_filter(mask, 1)))
    return found


def _draw(canvas: ImageDraw.ImageDraw, points: Floats, width: float) -> None:
    flat = [(float(x), float(y)) for x, y in points]
    canvas.line([flat[0], *flat], fill=255, width=max(1, round(width)), joint="curve")
    for x, y in (flat[0], flat[-1]):
        canvas.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), fill=255)
