"""How many of the sevens that people write are found, and what the others are read as: by the true digit."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass

from ml.types import Verdict
from predictions.services.statistics.arithmetic import Estimate, Part, estimate_part
from predictions.services.statistics.sample import Sampled

NO_DIGIT, LONGER = "", "#"  # besides the ten digits: what is no digit, and what has several digits or signs
DIGITS = tuple("0123456789")
NAMES = (*DIGITS, LONGER, NO_DIGIT)


@dataclass(frozen=True)
class TrueDigit:
    """What is known of drawings that show one digit, or none, or several.

    read_as: for each of NAMES how many of the sample are read so, by the reviewed ones: each counts for as many as
        there are like it.
    """

    name: str
    reviewed: int
    right: int
    estimate: Estimate
    read_as: list[float]

    @property
    def wrong(self) -> int:
        return self.reviewed - self.right


def measure_true_digits(rows: Iterable[Sampled]) -> list[TrueDigit]:
    """Return the accuracy by what reviewers say is written, of those of NAMES that occur."""
    rows = list(rows)
    sampled, reviewed = Counter[Hashable](), Counter[Hashable]()
    for row in rows:
        sampled[row.stratum] += row.count
        reviewed[row.stratum] += row.count * (row.truth is not None)
    by_truth: dict[str | None, list[Sampled]] = defaultdict(list)
    for row in rows:
        by_truth[row.truth].append(row)
    return [
        _measure(name, by_truth[name], {key: Part(count, reviewed[key]) for key, count in sampled.items()})
        for name in NAMES
        if name in by_truth
    ]


def _measure(name: str, rows: Iterable[Sampled], strata: dict[Hashable, Part]) -> TrueDigit:
    read_as = dict.fromkeys(NAMES, 0.0)
    for row in rows:
        part = strata[row.stratum]
        part.inside += row.count
        part.right += row.count * (row.is_right is True)
        read_as[_read_as(row)] += row.count * part.sampled / part.reviewed
    inside, right = (
        sum(counts) for counts in zip(*((part.inside, part.right) for part in strata.values()), strict=True)
    )
    return TrueDigit(name, inside, right, estimate_part(strata.values()), list(read_as.values()))


def _read_as(row: Sampled) -> str:
    if row.verdict == Verdict.NOT_A_DIGIT:
        return NO_DIGIT
    return row.text if row.text in DIGITS else LONGER
