"""Whether the drawings of the last week differ from those before, or from the training data, in ink or readings."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from django.utils import timezone

from ml.types import INK_EDGES
from predictions.services.statistics.arithmetic import chance_index, stability_index
from predictions.services.statistics.sample import CONFIDENCES, LONGEST, MOST_SAMPLED, start_of
from predictions.services.statistics.statements import DISTRIBUTIONS, fetch

NOW_DAYS, BEFORE_DAYS = 7, 28
SOME, LARGE = 0.1, 0.25  # the usual thresholds of the index
PENS = (0.01, 0.02, 0.04, 0.06, 0.08, 0.12)  # of the canvas
SIDES_PX = (200, 300, 400, 600, 1000)
Counts = dict[Any, int]  # by bin


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


EDGES: dict[str, Sequence[float]] = {"pen": PENS, "side_px": SIDES_PX, "confidence": CONFIDENCES, **INK_EDGES}
FEATURES = ("pen", "side_px", "source", *INK_EDGES, "confidence", "verdict", "digit", "length")
NUMBERED = {*EDGES, "length"}  # features whose bins are numbers
OF_TRAINING = (*INK_EDGES, "verdict", "digit")  # features that a card can tell


@dataclass(frozen=True)
class Distributions:
    """How often each bin of each feature occurs in the random sample: in the last days, and in those before."""

    now: dict[str, Counts]
    before: dict[str, Counts]

    @property
    def is_known(self) -> bool:
        return any(self.now.values()) or any(self.before.values())


def load_distributions(today: date) -> Distributions:
    """Return the distributions of the last NOW_DAYS days, today included, and of the BEFORE_DAYS before. One query."""
    found = Distributions({feature: {} for feature in FEATURES}, {feature: {} for feature in FEATURES})
    values = {
        "zone": timezone.get_current_timezone_name(),
        "since": start_of(NOW_DAYS + BEFORE_DAYS),
        "most": MOST_SAMPLED,
        "now_from": today - timedelta(days=NOW_DAYS - 1),
        "longest": LONGEST,
        **{feature: list(edges) for feature, edges in EDGES.items()},
    }
    for feature, is_now, name, count in fetch(DISTRIBUTIONS, values):
        counts = (found.now if is_now else found.before)[feature]
        counts[int(name) if feature in NUMBERED else name] = count
    return found


def measure_drift(found: Distributions) -> list[Drift]:
    """Compare the last NOW_DAYS days with the days before."""
    return [_compare(feature, found.before[feature], found.now[feature]) for feature in FEATURES]


def measure_drift_from_training(found: Distributions, reference: Mapping[str, Any] | None) -> list[Drift]:
    """Compare the last NOW_DAYS days with the training data, by the entry `reference` of a model card.

    A feature is left out if the card lacks it, or has it in other bins than this code's.
    """
    drifts = []
    for feature in OF_TRAINING:
        told = (reference or {}).get(feature)
        if told and list(told.get("edges", [])) == list(EDGES.get(feature, [])):
            counts = {int(name) if feature in NUMBERED else name: count for name, count in told["counts"].items()}
            drifts.append(_compare(feature, counts, found.now[feature]))
    return drifts


def _compare(feature: str, before: Counts, now: Counts) -> Drift:
    bins: list[Hashable] = sorted(before.keys() | now.keys())
    return Drift(feature, bins, [before.get(one, 0) for one in bins], [now.get(one, 0) for one in bins])
