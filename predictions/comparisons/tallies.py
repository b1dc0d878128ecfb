"""How two versions read one set of drawings, and when that speaks against one of them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import comb
from typing import Any, Self

GOLDEN, REVIEWED = "golden", "reviewed"
SIGNIFICANCE_LEVEL = 0.05


@dataclass(frozen=True)
class Tally:
    """How two versions read one set of drawings.

    both: read right by both versions; lost: only by the rival; won: only by the candidate.
    """

    count: int = 0
    both: int = 0
    lost: int = 0
    won: int = 0

    @property
    def candidate(self) -> int:
        """How many the candidate read right."""
        return self.both + self.won

    @property
    def rival(self) -> int:
        """How many the rival read right."""
        return self.both + self.lost

    @property
    def chance(self) -> float:
        """The probability of losing as many or more if both were equally good; 1 if they never differ."""
        differing = self.lost + self.won
        return sum(comb(differing, lost) for lost in range(self.lost, differing + 1)) / 2**differing

    def turned(self) -> Self:
        """Return the same with the two versions exchanged."""
        return type(self)(self.count, self.both, self.won, self.lost)

    def __add__(self, other: Self) -> Self:
        return type(self)(
            self.count + other.count, self.both + other.both, self.lost + other.lost, self.won + other.won
        )


Tallies = Mapping[str, Tally]


def as_figures(tallies: Tallies) -> dict[str, Any]:
    """Return tallies in the form that `Comparison.figures` and the audit log store."""
    return {name: asdict(tally) for name, tally in tallies.items()}


def is_worse(name: str, tally: Tally) -> bool:
    """Return True if this set speaks against the candidate: any net loss of golden ones, a significant one of others.

    The test is the exact one-sided sign test on the drawings that exactly one of the two reads right.

    Source: McNemar, "Note on the sampling error of the difference between correlated proportions", 1947.
    """
    return tally.lost > tally.won and (name == GOLDEN or tally.chance < SIGNIFICANCE_LEVEL)


def judgement(name: str, tally: Tally) -> str:
    """Return "better", "worse" or "alike" for the candidate, by `is_worse` applied both ways."""
    if is_worse(name, tally):
        return "worse"
    return "better" if is_worse(name, tally.turned()) else "alike"
