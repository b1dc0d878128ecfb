"""How well a person's drawings were read, by what that person says of them.

What people say of their own drawings is no random sample: they say more often that a reading is wrong. The random
sample is in `predictions.services.statistics`.
"""

from collections import Counter
from dataclasses import dataclass

from accounts.models import User
from ml.types import CONFIDENCE_EDGES, CROSSED_OUT, OTHER_INK, SIGNS, Verdict
from predictions.services.own_statistics.statements import TOLD
from predictions.services.statistics.arithmetic import Estimate, estimate_share
from predictions.services.statistics.statements import fetch

MOST_TOLD = 20_000  # drawings looked at, the newest
NO_DIGIT = ""
NAMES = (*"0123456789", NO_DIGIT)


@dataclass(frozen=True)
class Group:
    """Drawings that a person has said something about; `right` of `told` were read right.

    name: a verdict, or the ends of a bin of confidence. confidences: their sum.
    """

    name: Verdict | tuple[float, float] | None
    told: int = 0
    right: int = 0
    confidences: float = 0.0

    @property
    def estimate(self) -> Estimate:
        """The share that was read right."""
        return estimate_share(self.right, self.told)

    @property
    def expected(self) -> float:
        """The mean confidence."""
        return self.confidences / self.told

    @property
    def wrong(self) -> int:
        return self.told - self.right


@dataclass(frozen=True)
class Confusion:
    """How often `read` was read where the person wrote `written`; each a digit, or NO_DIGIT."""

    written: str
    read: str
    count: int


@dataclass(frozen=True)
class Told:
    """What a person's answers say about the readings.

    by_verdict: whether the whole reading was right. bins: of confidence, whether the text alone was.
    pairs: how often each digit was read as each, (written, read), in readings as long as the answer.
    uncompared: drawings whose reading is longer or shorter than the answer.
    """

    by_verdict: list[Group]
    bins: list[Group]
    pairs: Counter[tuple[str, str]]
    uncompared: int

    @property
    def total(self) -> Group:
        """All of them."""
        told, right = (sum(getattr(group, name) for group in self.by_verdict) for name in ("told", "right"))
        return Group(None, told, right)

    @property
    def confusions(self) -> list[Confusion]:
        """What is read as something else, the most frequent first."""
        found = [Confusion(*pair, count) for pair, count in self.pairs.items() if pair[0] != pair[1]]
        return sorted(found, key=lambda one: (-one.count, NAMES.index(one.written), NAMES.index(one.read)))

    def read_as(self, written: str) -> list[int]:
        """Return for each of NAMES how often it was read where the person wrote `written`."""
        return [self.pairs[written, read] for read in NAMES]


def load_told(user: User) -> Told:
    """Return how well a user's newest MOST_TOLD drawings with an answer of theirs were read. One query."""
    ignored = SIGNS + OTHER_INK + CROSSED_OUT
    values = {"owner": user.pk, "most": MOST_TOLD, "edges": list(CONFIDENCE_EDGES), "ignored": ignored}
    verdicts, bins, pairs, uncompared = dict[str, Group](), dict[int, Group](), Counter[tuple[str, str]](), 0
    for kind, one, other, told, right, confidences in fetch(TOLD, values):
        if kind == "verdict":
            verdicts[one] = Group(Verdict(one), told, right, confidences)
        elif kind == "bin":
            bins[int(one)] = Group(_ends(int(one)), told, right, confidences)
        elif kind == "pair":
            pairs[one, other] = told
        else:
            uncompared = told
    by_verdict = [verdicts[verdict] for verdict in Verdict if verdict in verdicts]
    return Told(by_verdict, [bins[place] for place in sorted(bins)], pairs, uncompared)


def _ends(place: int) -> tuple[float, float]:
    edges = (0.0, *CONFIDENCE_EDGES, 1.0)
    return edges[place], edges[place + 1]
