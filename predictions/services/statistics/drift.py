"""Whether the drawings of the last week differ from those before, in ink or in what is read."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from predictions.services.statistics.arithmetic import chance_index, stability_index
from predictions.services.statistics.sample import CONFIDENCES, Sampled

NOW_DAYS, BEFORE_DAYS = 7, 28
SOME, LARGE = 0.1, 0.25  # the usual thresholds of the index
PENS = (0.01, 0.02, 0.04, 0.06, 0.08, 0.12)  # of the canvas
SIDES_PX = (200, 300, 400, 600, 1000)
LONGEST = 6  # digits; longer ones are counted together


class Change(StrEnum):
    """What a stability index says."""

    UNKNOWN = "unknown"
    NONE = "none"
    SOME = "some"
    LARGE = "large"


@dataclass(frozen=True)
class Drift:
    """How one feature was distributed before and is now: counts over the same bins."""

    feature: str
    bins: list[Hashable]
    before: list[int]
    now: list[int]

    @property
    def index(self) -> float:
        return stability_index(self.before, self.now)

    @property
    def change(self) -> Change:
        """What the index says: nothing if chance alone would explain it, or would explain a large one."""
        by_chance = chance_index(self.before, self.now)
        if self.index > max(LARGE, by_chance):
            return Change.LARGE
        if by_chance > LARGE:
            return Change.UNKNOWN
        return Change.SOME if self.index > max(SOME, by_chance) else Change.NONE


def _binned(edges: Sequence[float], value: float | None) -> list[int]:
    return [] if value is None else [bisect_right(edges, value)]


FEATURES: dict[str, Callable[[Sampled], Iterable[Hashable]]] = {
    "pen": lambda row: _binned(PENS, row.pen),
    "side_px": lambda row: _binned(SIDES_PX, row.side_px),
    "source": lambda row: [row.source],
    "confidence": lambda row: _binned(CONFIDENCES, row.confidence),
    "verdict": lambda row: [row.verdict],
    "digit": lambda row: [character for character in row.text if character.isdigit()],
    "length": lambda row: [min(len(row.text), LONGEST)],
}


def measure_drift(rows: Sequence[Sampled], today: date) -> list[Drift]:
    """Compare the last NOW_DAYS days, today included, with the BEFORE_DAYS days before."""
    now_from = today - timedelta(days=NOW_DAYS - 1)
    before_from = now_from - timedelta(days=BEFORE_DAYS)
    now = [row for row in rows if row.day >= now_from]
    before = [row for row in rows if before_from <= row.day < now_from]
    return [_compare(feature, before, now) for feature in FEATURES]


def _compare(feature: str, before: Iterable[Sampled], now: Iterable[Sampled]) -> Drift:
    then, today = (Counter(one for row in rows for one in FEATURES[feature](row)) for rows in (before, now))
    bins: list[Hashable] = sorted(then | today)  # type: ignore[type-var]  # all of one kind
    return Drift(feature, bins, [then[one] for one in bins], [today[one] for one in bins])
