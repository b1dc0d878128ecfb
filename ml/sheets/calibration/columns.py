"""What the numbers of a column have in common: as many digits after the decimal mark."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from ml.expects import Expectation, Kind

LEAST_CELLS = 4
LEAST_SHARE = 0.5  # of a column's numbers that have so many digits after the mark
SHARPNESS = 1.5
ODD = 0.02  # the least weight of a number that has others
MISSED = 0.12  # how likely a mark is missed, roughly


@dataclass(frozen=True)
class DecimalForm:
    """How the numbers of a column are written.

    Attributes:
        mark: "." or ",".
        places: how many digits most numbers have after the mark, at least one.
        weights: of a number by its digits after the mark.
    """

    mark: str
    places: int
    weights: dict[int, float]

    def weigh(self, text: str) -> float:
        """Return how likely a number is written like this."""
        return self.weights.get(count_places(text), ODD)

    def insert_mark(self, text: str) -> str | None:
        """Return a number of digits alone with the mark that may have been missed; None if there is no room."""
        if not text.isdigit() or len(text) <= self.places:
            return None
        return text[: -self.places] + self.mark + text[-self.places :]


def find_decimal_form(texts: Iterable[str], expectation: Expectation | None) -> DecimalForm | None:
    """Return how most numbers of a column are written; None if they are whole, few, or of no one form."""
    if expectation is None or expectation.kind is not Kind.NUMBER:
        return None
    known = [text for text in texts if text]
    places = Counter(count_places(text) for text in known)
    if len(known) < LEAST_CELLS:
        return None
    most, count = max(places.items(), key=lambda item: (item[1], item[0]))
    if not most or count < LEAST_SHARE * len(known):
        return None
    mark = max(".,", key=lambda one: (one in expectation.symbols, sum(one in text for text in known)))
    weights = {one: max(ODD, (times / len(known)) ** SHARPNESS) for one, times in places.items()}
    return DecimalForm(mark, most, weights | {most: 1.0})


def count_places(text: str) -> int:
    """Return how many digits a number has after its decimal mark."""
    mark = max(text.rfind("."), text.rfind(","))
    return len(text) - mark - 1 if mark >= 0 else 0
