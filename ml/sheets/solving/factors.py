"""Sums as factors of a graph: what is known of a cell, and how well values add up.

A sum weighs its cells by one of three weights: that it adds up, that it does not, and 1 where a cell holds a text that
is not among the candidates, so that nothing can be said.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from ml.sheets.solving.sums import find_value

WRONG_SUM = 0.015  # the share of totals that people add up wrongly
MOST_EVIDENCE = 1e4  # of a sum that adds up
OTHER = -1  # the index of any text that is not among the candidates


@dataclass(frozen=True, eq=False)
class Variable:
    """A cell, or several that are the same by ditto marks.

    Attributes:
        chances: of each text, and at last that of any other text.
        values: of each text; None for one that is no number. An empty cell is worth 0.
    """

    texts: tuple[str, ...]
    chances: tuple[float, ...]
    values: tuple[Decimal | None, ...]

    @classmethod
    def make(cls, candidates: Sequence[tuple[str, float]], other: float) -> "Variable":
        """Return the variable of some candidates, with the chance of any other text."""
        texts = tuple(text for text, _ in candidates)
        values = tuple(find_value(text) if text else Decimal(0) for text in texts)
        return cls(texts, (*(chance for _, chance in candidates), max(other, 0.0)), values)

    @cached_property
    def likeliest(self) -> int:
        """The index of the likeliest text, or OTHER."""
        index = max(range(len(self.chances)), key=self.chances.__getitem__)
        return OTHER if index == len(self.texts) else index

    @property
    def is_empty(self) -> bool:
        """Whether the cell is most likely empty."""
        return self.likeliest != OTHER and not self.texts[self.likeliest]


@dataclass(frozen=True, eq=False)
class Factor:
    """A sum of variables that is 0 if it adds up: the parts minus the total.

    Attributes:
        values: of each variable's texts, times how often it is added, as integers of one scale.
        evidence: the weight if it adds up: how much rarer it is that texts do so by chance.
    """

    variables: tuple[Variable, ...]
    values: tuple[tuple[int | None, ...], ...]
    evidence: float

    @classmethod
    def make(cls, total: Variable, parts: Sequence[Variable]) -> "Factor":
        """Return the factor of a total and its parts."""
        times = Counter(parts)
        times[total] -= 1
        scale = 10 ** max((_count_decimals(value) for one in times for value in one.values), default=0)
        values = tuple(
            tuple(None if value is None else int(value * scale) * count for value in one.values)
            for one, count in times.items()
        )
        digits = sum(char.isdigit() for char in total.texts[0]) if total.texts else 1
        return cls(tuple(times), values, min((1 - WRONG_SUM) * 10.0**digits, MOST_EVIDENCE))

    def weigh(self, chosen: Mapping[Variable, int]) -> float:
        """Return the weight of a choice of one text for each variable, by index."""
        total = 0
        is_number = True
        for variable, values in zip(self.variables, self.values, strict=True):
            index = chosen[variable]
            if index == OTHER:
                return 1.0
            value = values[index]
            is_number = is_number and value is not None
            total += value or 0
        return self.evidence if is_number and not total else WRONG_SUM


def _count_decimals(value: Decimal | None) -> int:
    exponent = value.as_tuple().exponent if value is not None else 0
    return max(0, -exponent) if isinstance(exponent, int) else 0
