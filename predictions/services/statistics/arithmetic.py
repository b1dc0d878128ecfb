"""Shares with intervals, and the population stability index. No queries, standard library only."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

Z = 1.959964  # 95% of a normal distribution lie within this many standard deviations
Z_ONE_SIDED = 1.644854  # 95% lie below


@dataclass
class Tally:
    """Counts of one kind of drawings of the sample; `right` of `reviewed` were read right."""

    sampled: int = 0
    reviewed: int = 0
    right: int = 0


@dataclass
class Part:
    """A tally of which a part, `inside`, is asked about; of it `right` were read right."""

    sampled: int = 0
    reviewed: int = 0
    inside: int = 0
    right: int = 0


@dataclass(frozen=True)
class Estimate:
    """A share in [0, 1] with its 95% interval; `share` is None if nothing is known."""

    share: float | None = None
    low: float = 0.0
    high: float = 1.0


class Measured(Protocol):
    """What has an accuracy."""

    @property
    def estimate(self) -> Estimate: ...


class Calibrated(Measured, Protocol):
    """What has an accuracy, and the mean confidence that it should be like."""

    @property
    def expected(self) -> float: ...


def is_calibrated(group: Calibrated) -> bool | None:
    """Return whether the mean confidence of a bin lies in the interval of its accuracy; None if that is unknown."""
    found = group.estimate
    return None if found.share is None else found.low <= group.expected <= found.high


def wilson(share: float, count: float) -> tuple[float, float]:
    """Return the 95% interval of a share among `count` > 0, which need not be whole.

    Source: Wilson, "Probable inference, the law of succession, and statistical inference", 1927.
    """
    centre = share + Z**2 / (2 * count)
    half = Z * math.sqrt(share * (1 - share) / count + Z**2 / (4 * count**2))
    scale = 1 + Z**2 / count
    return max(0.0, (centre - half) / scale), min(1.0, (centre + half) / scale)


def estimate_share(right: int, count: int) -> Estimate:
    """Return the share of `right` among `count` drawings, with Wilson's interval."""
    return Estimate(right / count, *wilson(right / count, count)) if count else Estimate()


def estimate(strata: Iterable[Tally]) -> Estimate:
    """Return the share that was read right, of all that were sampled.

    Reviewers are given some kinds of drawings before others, so what is missing is not missing by chance. Within a
    kind (a stratum) it is; each counts by its share of the sample. If nothing is missing, this is Wilson's interval.
    Of kinds that nobody has reviewed, all may be right or none, and the interval says so.

    Source: Cochran, "Sampling techniques", 1977, on post-stratification.
    """
    sampled = [stratum for stratum in strata if stratum.sampled]
    known = [stratum for stratum in sampled if stratum.reviewed]
    if not known:
        return Estimate()
    total = sum(stratum.sampled for stratum in known)
    share = sum(one.sampled * one.right / one.reviewed for one in known) / total
    low, high = wilson(share, _effective_count(known, share, total))
    covered = total / sum(stratum.sampled for stratum in sampled)
    return Estimate(share, covered * low, covered * high + (1 - covered))


def _effective_count(strata: Sequence[Tally], share: float, total: int) -> float:
    """Return how many drawings, reviewed without gaps, would tell as much as these."""
    reviewed = sum(stratum.reviewed for stratum in strata)
    variance = 0.0
    for one in strata:
        weight, right = one.sampled / total, one.right / one.reviewed
        variance += weight * (right - share) ** 2 / total
        if one.reviewed < one.sampled:  # a few that are all right do not mean that there is no doubt (Jeffreys)
            right = (one.right + 0.5) / (one.reviewed + 1)
        variance += weight**2 * right * (1 - right) / one.reviewed
    spread = share * (1 - share)
    return min(spread / variance, total) if spread and variance else float(reviewed)


def estimate_part(strata: Iterable[Part]) -> Estimate:
    """Return the share that was read right, of the part of the sample that only reviews tell, such as all true sevens.

    Each reviewed drawing counts for as many of its stratum as there are in the sample. The share is a ratio of two such
    sums, and its variance that of the linearized ratio, from the sampling of drawings and of those that are reviewed.
    What nobody has reviewed may all belong to the part, and be right or wrong.

    Source: Sarndal, Swensson, Wretman, "Model assisted survey sampling", 1992, on domains in two-phase sampling.
    """
    strata = list(strata)
    known = [one for one in strata if one.reviewed]
    total = sum(one.sampled * one.inside / one.reviewed for one in known)
    if not total:
        return Estimate()
    share = sum(one.sampled * one.right / one.reviewed for one in known) / total
    variance = sum(_part_variance(one, share) for one in known) / total**2
    as_good_as = total**2 / sum(one.inside * (one.sampled / one.reviewed) ** 2 for one in known)  # Kish
    spread = share * (1 - share)
    low, high = wilson(share, min(spread / variance, total) if spread and variance else as_good_as)
    covered = total / (total + sum(one.sampled for one in strata if not one.reviewed))
    return Estimate(share, covered * low, covered * high + (1 - covered))


def _part_variance(one: Part, share: float) -> float:
    """Return how much a stratum adds to the variance of the sum of what is right less `share` of what is inside."""
    right = float(one.right)
    if one.inside and one.reviewed < one.sampled:  # as in _effective_count
        right = one.inside * (one.right + 0.5) / (one.inside + 1)
    wrong = one.inside - right
    square = (right * (1 - share) ** 2 + wrong * share**2) / one.reviewed
    mean = (right * (1 - share) - wrong * share) / one.reviewed
    missing = 1 - one.reviewed / one.sampled
    return one.sampled * square + one.sampled**2 * missing * (square - mean**2) / one.reviewed


def stability_index(before: Sequence[int], now: Sequence[int]) -> float:
    """Return the population stability index (PSI) of two histograms over the same bins: 0 if they are alike.

    Half a drawing is added to each bin, so that an empty one counts finitely.
    """
    index = 0.0
    for share_before, share_now in zip(_shares(before), _shares(now), strict=True):
        index += (share_now - share_before) * math.log(share_now / share_before)
    return index


def _shares(counts: Sequence[int]) -> list[float]:
    total = sum(counts) + 0.5 * len(counts)
    return [(count + 0.5) / total for count in counts]


def chance_index(before: Sequence[int], now: Sequence[int]) -> float:
    """Return the index that chance alone exceeds in 5 of 100 comparisons of so many drawings; infinite without any.

    The index is distributed like chi square, whose quantile is approximated as by Wilson and Hilferty (1931).
    """
    used = sum(1 for pair in zip(before, now, strict=True) if any(pair))
    freedom, counts = max(used - 1, 1), (sum(before), sum(now))
    if not all(counts):
        return math.inf
    spread = 2 / (9 * freedom)
    return freedom * (1 - spread + Z_ONE_SIDED * math.sqrt(spread)) ** 3 * (1 / counts[0] + 1 / counts[1])
