"""The best way from left to right through all that may be a digit: dynamic programming over a line's pieces."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.line import SKIP_COST, Edge, Line

Floats = NDArray[np.float64]
Run = tuple[int, int]

RIVALS = 4  # other texts that are kept in mind at each place
WORST = 7.0  # what a run that is surely no digit costs; more would let one letter outweigh everything
DOUBT = 0.10  # a digit less sure than by so much is looked at more finely
TOO_WIDE, NARROW = 1.25, 0.4  # of the line's height: looked at more finely, and never


@dataclass(frozen=True)
class Seen:
    """What the network said of a run: (10,) probabilities given a digit, and the chance that it is one."""

    probabilities: Floats
    is_digit: float

    @property
    def confidence(self) -> float:
        return float(self.probabilities.max()) * self.is_digit


Known = dict[Run, Seen]


@dataclass(frozen=True)
class Route:
    """The digits' runs from left to right, whether pieces were left out, and the chance against all other texts."""

    line: Line
    known: Known
    edges: list[Edge]
    has_signs: bool
    chance: float
    all: list[Edge]

    def finer(self) -> tuple[Line, Known] | None:
        """Give the line with its doubtful pieces cut, and what is known of it already; None if it is good as it is."""
        line = self.line
        doubtful = []
        for edge in self.edges:
            is_doubtful = self.known[edge.start, edge.end].confidence < 1 - DOUBT
            for place in range(edge.start, edge.end):
                piece = line.pieces[place]
                if piece.wide >= NARROW * line.tall and (is_doubtful or piece.wide > TOO_WIDE * line.tall):
                    doubtful.append(place)
        found = line.cut(doubtful) if doubtful else None
        if not found:
            return None
        fine, places = found
        return fine, {(places[start], places[end]): seen for (start, end), seen in self.known.items()}


@dataclass(frozen=True)
class _Way:
    cost: float
    text: str
    edges: tuple[Edge, ...]
    has_signs: bool


def find_route(line: Line, edges: list[Edge], known: Known) -> Route:
    """Give the cheapest way through the line: each digit costs -log of its confidence and what its shape costs."""
    count = len(line.pieces)
    by_start: dict[int, list[tuple[Edge, str, float]]] = {}
    for edge in edges:
        seen = known[edge.start, edge.end]
        cost = edge.cost + min(-float(np.log(max(seen.confidence, 1e-9))), WORST)
        by_start.setdefault(edge.start, []).append((edge, str(int(seen.probabilities.argmax())), cost))
    ways: list[list[_Way]] = [[] for _ in range(count + 1)]
    ways[0] = [_Way(0.0, "", (), False)]
    for place in range(count):
        ways[place] = _cheapest(ways[place])
        skip = line.skips[place]
        for way in ways[place]:
            for edge, digit, cost in by_start.get(place, []):
                ways[edge.end].append(_Way(way.cost + cost, way.text + digit, (*way.edges, edge), way.has_signs))
            if skip is not None:
                has_signs = way.has_signs or skip == "mark"
                ways[place + 1].append(_Way(way.cost + SKIP_COST[skip], way.text, way.edges, has_signs))
    best = [way for way in _cheapest(ways[count]) if way.text] or _cheapest(ways[count])
    weights = np.exp([best[0].cost - way.cost for way in best])
    return Route(line, known, list(best[0].edges), best[0].has_signs, float(1 / weights.sum()), edges)


def _cheapest(ways: list[_Way]) -> list[_Way]:
    """Give the cheapest way to each text, the cheapest first."""
    kept: dict[str, _Way] = {}
    for way in sorted(ways, key=lambda way: way.cost):
        kept.setdefault(way.text, way)
        if len(kept) > RIVALS:
            break
    return list(kept.values())
