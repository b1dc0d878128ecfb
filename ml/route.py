"""The best way from left to right through all that may be a digit: dynamic programming over a line's pieces."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ml.line import Edge, Line, Place

Floats = NDArray[np.float64]
Run = tuple[int, int]

RIVALS = 4  # other texts that are kept in mind at each place
WORST = 7.0  # what a run that is surely no digit costs; more would let one letter outweigh everything

# What speaks against a digit, in -log of a chance, whatever it looks like:
SMALL_COST, SMALL_FROM = 0.9, 0.5  # for a height of the line that it is lower than this
WIDE_COST, WIDE_FROM = 5.4, 1.15  # for a height of the line that it is broader than this
GAP_COST = 3.0
CUT_COST, CROSSED_COST = 0.28, 0.31  # for a cut, and for each width of the pen that it crosses
SKIP_COST = {"mark": 0.1, "part": 7.0}  # for what is left out

DOUBT = 0.10  # a digit less sure than by so much is looked at more finely
WIDEST_LETTER = 1.4  # of the line's height
TOO_WIDE, NARROW = 1.25, 0.4  # of the line's height: looked at more finely, and never


@dataclass(frozen=True)
class Seen:
    """What the network said of a run: (10,) probabilities given a digit, and the chance that it is one."""

    edge: Edge
    probabilities: Floats
    is_digit: float

    @property
    def confidence(self) -> float:
        return float(self.probabilities.max()) * self.is_digit


Known = dict[Run, Seen]


@dataclass(frozen=True)
class Route:
    """The digits' runs from left to right, whether ink was left out, and the chance against all other texts."""

    line: Line
    known: Known
    edges: list[Edge]
    has_left_out: bool
    chance: float

    @property
    def is_plain(self) -> bool:
        """Whether it is one line of digits and nothing else, none cut out of ink that may as well be a letter."""
        cut = {place.piece for edge in self.edges for place in self._ends(edge) if place.columns is not None}
        letters = [piece for piece in cut if self.line.pieces[piece].wide < WIDEST_LETTER * self.line.tall]
        return not (self.has_left_out or self.line.is_doubtful or letters)

    def _ends(self, edge: Edge) -> tuple[Place, Place]:
        return self.line.places[edge.start], self.line.places[edge.end]

    def finer(self) -> tuple[Line, Known] | None:
        """Give the line with its doubtful pieces cut, and what is known of it already; None if it is good as it is."""
        doubtful: list[int] = []
        for edge in self.edges:
            is_doubtful = self.known[edge.start, edge.end].confidence < 1 - DOUBT or edge.wide > TOO_WIDE
            pieces = range(self.line.places[edge.start].piece, self.line.places[edge.end].piece)
            doubtful += [
                piece for piece in pieces if is_doubtful and self.line.pieces[piece].wide >= NARROW * self.line.tall
            ]
        found = self.line.cut(doubtful) if doubtful else None
        if not found:
            return None
        fine, numbers = found
        known = {}
        for (old_start, old_end), seen in self.known.items():
            start, end = numbers[old_start], numbers[old_end]
            known[start, end] = replace(seen, edge=replace(seen.edge, start=start, end=end))
        return fine, known


@dataclass(frozen=True)
class _Way:
    cost: float
    text: str
    edges: tuple[Edge, ...]
    has_left_out: bool


def find_route(line: Line, known: Known) -> Route:
    """Give the cheapest way through the line: each digit costs -log of its confidence and what its shape costs."""
    count = len(line.places) - 1
    by_start: dict[int, list[tuple[Edge, str, float]]] = {}
    for seen in known.values():
        cost = _cost(line, seen.edge) + min(-float(np.log(max(seen.confidence, 1e-9))), WORST)
        by_start.setdefault(seen.edge.start, []).append((seen.edge, str(int(seen.probabilities.argmax())), cost))
    ways: list[list[_Way]] = [[] for _ in range(count + 1)]
    ways[0] = [_Way(0.0, "", (), False)]
    for place in range(count):
        ways[place] = _cheapest(ways[place])
        skip = line.skips[place]
        for way in ways[place]:
            for edge, digit, cost in by_start.get(place, []):
                ways[edge.end].append(_Way(way.cost + cost, way.text + digit, (*way.edges, edge), way.has_left_out))
            if skip is not None:
                ways[place + 1].append(_Way(way.cost + SKIP_COST[skip], way.text, way.edges, True))
    best = [way for way in _cheapest(ways[count]) if way.text] or _cheapest(ways[count])
    weights = np.exp([best[0].cost - way.cost for way in best])
    return Route(line, known, list(best[0].edges), best[0].has_left_out, float(1 / weights.sum()))


def _cost(line: Line, edge: Edge) -> float:
    """Give what speaks against a digit here: that it is cut out, low or broad for its line, or in parts."""
    ends = (line.places[edge.start], line.places[edge.end])
    cost = sum(CUT_COST + CROSSED_COST * end.crossed for end in ends if end.columns is not None) / 2
    if len(line.places) > 2:
        cost += WIDE_COST * max(0.0, edge.wide - WIDE_FROM)
    return cost + SMALL_COST * max(0.0, SMALL_FROM - edge.high) + GAP_COST * edge.gaps


def _cheapest(ways: list[_Way]) -> list[_Way]:
    """Give the cheapest way to each text, the cheapest first."""
    kept: dict[str, _Way] = {}
    for way in sorted(ways, key=lambda way: way.cost):
        kept.setdefault(way.text, way)
        if len(kept) > RIVALS:
            break
    return list(kept.values())
