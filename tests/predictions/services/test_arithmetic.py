"""Shares with intervals: those of the random sample cover the truth, those of all that is reviewed do not."""

import math

import numpy as np
import pytest

from predictions.services.statistics.arithmetic import (
    Part,
    Tally,
    chance_index,
    estimate,
    estimate_part,
    stability_index,
    wilson,
)

RUNS, DRAWINGS = 1_000, 20_000  # a run is a service with so many drawings
SHARE = 0.025  # of them is in the sample
UNSURE, BY_LITTLE, NO_DIGIT, SURE, DISPUTED = range(5)
KINDS = [0.08, 0.06, 0.02, 0.84]  # their shares, and how often each is read wrong
ERRORS = np.array([0.35, 0.12, 0.2, 0.012])
OWNERS = 0.2  # of what was read wrong is disputed by its owner


@pytest.mark.parametrize(("share", "count", "low", "high"), [(0.9, 100, 0.8256, 0.9448), (1.0, 10, 0.7225, 1.0)])
def test_wilsons_interval(share, count, low, high):
    assert wilson(share, count) == pytest.approx((low, high), abs=1e-4)


def test_a_sample_without_gaps_has_wilsons_interval():
    found = estimate([Tally(90, 90, 89), Tally(10, 10, 4)])
    assert found.share == pytest.approx(0.93)
    assert (found.low, found.high) == pytest.approx(wilson(0.93, 100))
    assert wilson(1.0, 10) == pytest.approx((estimate([Tally(10, 10, 10)]).low, 1.0))


def test_what_is_missing_is_taken_for_what_is_reviewed_of_its_kind():
    """Of ten unsure drawings all are reviewed, of ninety sure ones only nine: 80% of the reviewed, 96% of all."""
    found = estimate([Tally(10, 10, 6), Tally(90, 9, 9)])
    assert found.share == pytest.approx(0.96)
    assert found.high - found.low > wilson(0.96, 100)[1] - wilson(0.96, 100)[0]


def test_what_nobody_has_reviewed_may_be_right_or_wrong():
    found = estimate([Tally(50, 50, 45), Tally(50, 0, 0)])
    assert found.share == pytest.approx(0.9)
    assert found.low < 0.45 and found.high > 0.95
    assert estimate([Tally(5, 0, 0)]).share is None and estimate([]).share is None


@pytest.mark.parametrize(("gaps", "least", "most"), [(0.0, 0.93, 0.97), (0.5, 0.93, 0.97)])
def test_the_interval_of_the_random_sample_covers_the_truth(gaps, least, most):
    """gaps: the share of the sample's surely read drawings that nobody has reviewed yet; the others come first."""
    rng = np.random.default_rng(20)
    covered, covered_by_all, widths = 0, 0, []
    for _ in range(RUNS):
        right, wrong = _split(rng, rng.multinomial(DRAWINGS, KINDS), 1 - ERRORS)
        disputed, kept = _split(rng, wrong, OWNERS)
        cells = np.array([[*right, 0], [*kept, disputed.sum()]])  # right or wrong; by kind
        sampled, reviewed = _sample(rng, cells, gaps)
        known = np.where(np.arange(5) == SURE, reviewed, cells)
        truth = right.sum() / DRAWINGS
        found = estimate(
            Tally(*map(int, one)) for one in zip(sampled.sum(0), reviewed.sum(0), reviewed[0], strict=True)
        )
        low, high = wilson(known[0].sum() / known.sum(), known.sum())
        covered += found.low <= truth <= found.high
        covered_by_all += low <= truth <= high
        widths.append(found.high - found.low)
    print(f"gaps {gaps}: covered {covered} of {RUNS}, by all {covered_by_all}; width {np.mean(widths):.4f}")
    assert least <= covered / RUNS <= most
    assert covered_by_all == 0
    assert np.mean(widths) < 0.05


def _split(rng, counts, share):
    """Return how many of each count belong to a part that each belongs to with this chance, and the rest."""
    part = rng.binomial(counts, share)
    return part, counts - part


def _sample(rng, cells, gaps):
    """Return how many of each cell, by kind along the last axis, are in the sample, and how many of those reviewed."""
    sampled = rng.binomial(cells, SHARE)
    is_sure = np.arange(cells.shape[-1]) == SURE
    return sampled, rng.binomial(sampled, np.where(is_sure, 1 - gaps, 1.0))


def test_the_stability_index_of_like_histograms_is_small():
    assert stability_index([500, 300, 200], [50, 30, 20]) < 0.001
    assert stability_index([500, 300, 200], [20, 30, 50]) > 0.25
    assert math.isfinite(stability_index([100, 0], [0, 100]))


def test_chance_alone_seldom_exceeds_the_chance_index():
    rng, shares = np.random.default_rng(3), [0.4, 0.3, 0.2, 0.1]
    pairs = [(rng.multinomial(800, shares).tolist(), rng.multinomial(200, shares).tolist()) for _ in range(1_000)]
    exceeded = sum(stability_index(*pair) > chance_index(*pair) for pair in pairs)
    assert 25 < exceeded < 75
    assert chance_index([], []) == chance_index([3], [0]) == math.inf


def test_a_part_without_gaps_has_wilsons_interval():
    found = estimate_part([Part(90, 90, 20, 19), Part(10, 10, 5, 3)])
    assert found.share == pytest.approx(22 / 25)
    assert (found.low, found.high) == pytest.approx(wilson(22 / 25, 25), abs=0.01)


def test_each_reviewed_drawing_of_a_part_counts_for_those_like_it():
    """Ten unsure drawings are reviewed, four are sevens, one is read so; of ninety sure ones nine, all sevens."""
    found = estimate_part([Part(10, 10, 4, 1), Part(90, 9, 9, 9)])
    assert found.share == pytest.approx(91 / 94)
    assert estimate_part([Part(10, 10, 0, 0)]).share is None
    unknown = estimate_part([Part(50, 50, 20, 19), Part(50, 0, 0, 0)])
    assert unknown.low < 0.3 and unknown.high > 0.95


@pytest.mark.parametrize("gaps", [0.0, 0.5])
def test_the_interval_of_a_part_covers_the_truth(gaps):
    """As above, of the drawings of one digit out of ten, which is read wrong twice as often."""
    rng = np.random.default_rng(21)
    covered, naive, widths = 0, 0, []
    for _ in range(RUNS):
        sevens, others = _split(rng, rng.multinomial(4 * DRAWINGS, KINDS), 0.1)
        right, wrong = _split(rng, sevens, 1 - 2 * ERRORS)
        sampled, reviewed = _sample(rng, np.array([right, wrong, others]), gaps)
        truth = right.sum() / sevens.sum()
        inside = reviewed[:2].sum(0)
        columns = (sampled.sum(0), reviewed.sum(0), inside, reviewed[0])
        found = estimate_part(Part(*map(int, one)) for one in zip(*columns, strict=True))
        low, high = wilson(reviewed[0].sum() / inside.sum(), inside.sum())
        covered += found.low <= truth <= found.high
        naive += low <= truth <= high
        widths.append(found.high - found.low)
    print(f"gaps {gaps}: covered {covered} of {RUNS}, naively {naive}; width {np.mean(widths):.4f}")
    assert 0.93 <= covered / RUNS <= 0.98
    assert np.mean(widths) < 0.12
