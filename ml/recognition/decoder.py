"""The best path from left to right through all that may be a digit, by learned scores; and the chance of its text.

A path's chance is exp of its edges' scores by the sum over all paths: normalised globally, as in LeCun, Bottou, Bengio,
Haffner, "Gradient-based learning applied to document recognition" (1998), sections V and VI.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ml.recognition.candidates import Edge
from ml.recognition.line_recognizer import Spelling
from ml.recognition.text_line import Line

Floats = NDArray[np.float64]
Run = tuple[int, int]

RIVALS = 4  # other texts that are kept in mind at each place
DOUBT = 0.10  # a piece that is in no digit surer than by so much is looked at more finely
LEAST_OWN = 1e-4  # a digit cut out is often mangled: so little says the network that sees it alone
OWN_SHARE, LINE_SHARE = 0.2, 0.7  # how much the two count where both saw a digit: fitted on the calibrating writers
TOO_WIDE, NARROW = 1.25, 0.4  # of the line's height: looked at more finely, and never


@dataclass(frozen=True)
class Seen:
    """What the network said of a run: (10,) probabilities given a digit, and the chance that it is one."""

    edge: Edge
    probabilities: Floats
    is_digit: float

    @property
    def digit(self) -> int:
        return int(self.probabilities.argmax())

    @property
    def confidence(self) -> float:
        return float(self.probabilities.max()) * self.is_digit


Known = dict[Run, Seen]


@dataclass(frozen=True)
class Arc:
    """A step of a path from place to place: over a digit, or over ink that is left out (seen is None)."""

    start: int
    end: int
    seen: Seen | None
    score: float


@dataclass(frozen=True)
class Route:
    """What was seen from left to right, whether a mark was left out, and the text's chance against all others."""

    seen: tuple[Seen, ...]
    has_left_out: bool
    chance: float


@dataclass(frozen=True)
class _Way:
    """A way to a place. rank: its score and how likely its digits are. mass: log of all ways' with the same text."""

    rank: float
    mass: float
    text: str
    seen: tuple[Seen, ...]
    has_left_out: bool


def is_doubtful(line: Line, known: Known) -> bool:
    """Return whether a piece of a digit's size is in no digit that was surely seen, or is too broad for one."""
    sure: set[int] = set()
    for (start, end), seen in known.items():
        if seen.confidence >= 1 - DOUBT:
            sure.update(range(*line.pieces_of(start, end)))
    wide = [piece.wide / line.tall for piece in line.pieces]
    return any(by > TOO_WIDE or (by >= NARROW and one not in sure) for one, by in enumerate(wide))


def spelled_line(line: Line, known: Known, spelling: Spelling) -> tuple[Line, Known]:
    """Return the line cut where digits run into one another, with what is known of it already."""
    fine, numbers = line.cut(spelling)
    moved = {}
    for (old_start, old_end), seen in known.items():
        start, end = numbers[old_start], numbers[old_end]
        moved[start, end] = replace(seen, edge=replace(seen.edge, start=start, end=end))
    return fine, moved


def spelled_route(line: Line, arcs: list[Arc], spelling: Spelling) -> Route | None:
    """Return the best way through the line over as many digits as are spelled; None if there is none.

    What each digit is, the network that saw it alone and the one that saw the line say together.
    """
    last, length = len(line.places) - 1, len(spelling.text)
    ways: list[dict[int, _Way]] = [{} for _ in range(last + 1)]
    ways[0][0] = _Way(0.0, 0.0, "", (), False)
    for arc in arcs:
        for count, way in ways[arc.start].items():
            if arc.seen is None:
                left_out = way.has_left_out or line.skips[arc.start] == "mark"
                step, reached = replace(way, rank=way.rank + arc.score, has_left_out=left_out), count
            elif count < length:
                own = float(arc.seen.probabilities[spelling.text[count]])
                rank = way.rank + arc.score + math.log(max(own, LEAST_OWN))
                step, reached = _Way(rank, 0.0, "", (*way.seen, arc.seen), way.has_left_out), count + 1
            else:
                continue
            if reached not in ways[arc.end] or ways[arc.end][reached].rank < step.rank:
                ways[arc.end][reached] = step
    best = ways[last].get(length)
    if not best:
        return None
    rivals, chance = spelling.rivals()
    return Route(tuple(map(_agreed, best.seen, rivals)), best.has_left_out, chance)


def _agreed(seen: Seen, spelled: Floats) -> Seen:
    """Return what was seen with both networks' chances. spelled: (CLASSES + 1,), the last of no digit."""
    own = np.append(seen.probabilities * seen.is_digit, 1 - seen.is_digit)
    odds = np.maximum(own, 1e-9) ** OWN_SHARE * np.maximum(spelled, 1e-9) ** LINE_SHARE
    both = odds / odds.sum()
    return replace(seen, probabilities=both[:-1] / both[:-1].sum(), is_digit=float(1 - both[-1]))


def find_route(line: Line, arcs: list[Arc], temperature: float = 1.0) -> Route:
    """Return the likeliest way through the line by its arcs, which are sorted by where they start."""
    last = len(line.places) - 1
    ways: list[list[_Way]] = [[] for _ in range(last + 1)]
    ways[0] = [_Way(0.0, 0.0, "", (), False)]
    total = [0.0] + [-math.inf] * last
    ready = -1
    for arc in arcs:
        if arc.start != ready:
            ready = arc.start
            ways[ready] = _merged(ways[ready])
        scaled = arc.score / temperature
        total[arc.end] = log_add(total[arc.end], total[arc.start] + scaled)
        for way in ways[arc.start]:
            if arc.seen is None:
                left_out = way.has_left_out or line.skips[arc.start] == "mark"
                step = _Way(way.rank + arc.score, way.mass + scaled, way.text, way.seen, left_out)
            else:
                rank = way.rank + arc.score + math.log(float(arc.seen.probabilities.max()))
                text = way.text + str(arc.seen.digit)
                step = _Way(rank, way.mass + scaled, text, (*way.seen, arc.seen), way.has_left_out)
            ways[arc.end].append(step)
    found = _merged(ways[last])
    best = next((way for way in found if way.text), found[0])
    return Route(best.seen, best.has_left_out, min(math.exp(best.mass - total[last]), 1.0))


def _merged(ways: list[_Way]) -> list[_Way]:
    """Return the best way to each text with the mass of all, the best first."""
    kept: dict[str, _Way] = {}
    for way in sorted(ways, key=lambda way: -way.rank):
        other = kept.get(way.text)
        kept[way.text] = replace(other, mass=log_add(other.mass, way.mass)) if other else way
    return list(kept.values())[: RIVALS + 1]


def log_add(one: float, other: float) -> float:
    """Return log(exp(one) + exp(other))."""
    high, low = (one, other) if one >= other else (other, one)
    return high if low == -math.inf else high + math.log1p(math.exp(low - high))
