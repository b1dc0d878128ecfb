"""Cohen's kappa against values worked out by hand, its interval, and which reviews are counted."""

from collections import Counter
from datetime import timedelta
from uuid import uuid4

import numpy as np
import pytest
from django.db.models import F
from django.db.models.functions import Now

from accounts import deletion
from predictions.models import DoubleReview, KnownAnswer, Review, Role
from predictions.services.repeated_reviews import double
from predictions.services.review import review_submission, withdraw_review
from predictions.services.statistics.agreement import load_agreements, load_known, measure_agreement, measure_digit
from predictions.services.statistics.sample import start_of
from tests.factories import make_reviewer, make_user, read_one

YES_AND_NO = {("y", "y"): 20, ("y", "n"): 5, ("n", "y"): 10, ("n", "n"): 15}
FLEISS = {  # three diagnoses by two raters: Fleiss, "Statistical methods for rates and proportions", table 13.1
    ("psychotic", "psychotic"): 75, ("psychotic", "neurotic"): 1, ("psychotic", "organic"): 4,
    ("neurotic", "psychotic"): 5, ("neurotic", "neurotic"): 4, ("neurotic", "organic"): 1,
    ("organic", "organic"): 10,
}  # fmt: skip


def test_kappa_of_two_answers_by_hand():
    """35 of 50 agree; by chance (25 * 30 + 25 * 20) / 50^2 = 0.5 would; (0.7 - 0.5) / (1 - 0.5) = 0.4."""
    found = measure_agreement(YES_AND_NO)
    assert (found.pairs, found.agreed) == (50, 35)
    assert found.kappa == pytest.approx(0.4)
    assert found.low < 0.2 and found.high > 0.6


def test_kappa_of_three_diagnoses_in_the_literature():
    """89 of 100 agree, 0.8 * 0.8 + 0.1 * 0.05 + 0.1 * 0.15 = 0.66 by chance; Fleiss: 0.68, error 0.087."""
    found = measure_agreement(FLEISS)
    assert found.kappa == pytest.approx(0.23 / 0.34)
    assert (found.high - found.low) / (2 * 1.96) == pytest.approx(0.087, abs=0.01)


@pytest.mark.parametrize(
    ("name", "expected"), [("neurotic", 0.07 / 0.14), ("organic", 0.17 / 0.22), ("psychotic", 0.22 / 0.32)]
)
def test_kappa_of_one_answer_against_the_rest(name, expected):
    """For neurotic 93 of 100 agree, 0.1 * 0.05 + 0.9 * 0.95 = 0.86 by chance: 0.07 / 0.14; and so on."""
    assert measure_digit(FLEISS, name).kappa == pytest.approx(expected)


@pytest.mark.parametrize("said", [{}, {("7", "7"): 19}, {("7", "7"): 300}, {("7", "1"): 10, ("1", "7"): 9}])
def test_of_too_few_or_equal_pairs_kappa_is_not_told(said):
    found = measure_agreement(said)
    assert (found.kappa, found.low, found.high) == (None, -1.0, 1.0)
    assert found.pairs == sum(said.values())


def test_agreement_by_chance_is_0_and_against_it_negative():
    even = {(one, other): 10 for one in "17" for other in "17"}
    assert measure_agreement(even).kappa == pytest.approx(0)
    assert measure_agreement({("1", "7"): 20, ("7", "1"): 20}).kappa == pytest.approx(-1)


def test_the_interval_covers_kappa():
    """Two reviewers who are each right in 97% of the digits 0 to 9."""
    rng, runs, pairs, right = np.random.default_rng(5), 1_000, 150, 0.97
    same = right**2 + (1 - right) ** 2 / 9
    kappa, covered = (same - 0.1) / 0.9, 0
    for _ in range(runs):
        truth = rng.integers(10, size=pairs)
        says = [(truth + (rng.random(pairs) >= right) * rng.integers(1, 10, pairs)) % 10 for _ in range(2)]
        found = measure_agreement(Counter(zip(*(map(str, one) for one in says), strict=True)))
        covered += found.low <= kappa <= found.high
    print(f"covered {covered} of {runs}")
    assert 0.92 <= covered / runs <= 0.98


@pytest.fixture
def reviewers(db, settings):
    settings.REVIEW_TWICE_SHARE = 1.0
    return [make_reviewer(name) for name in ("carol", "dora", "erin")]


def _review(alice, *said):
    """Let reviewers say in turn what a drawing shows; return it."""
    row = read_one(alice)
    for reviewer, text in said:
        row.refresh_from_db()
        review = review_submission(row, reviewer, text, Role.REVIEWER)
        double.update(row, added=review)
    return row


def test_first_and_second_reviews_are_compared_and_no_others(reviewers):
    alice, (carol, dora, erin) = make_user("alice"), reviewers
    _review(alice, (carol, "7"), (dora, "7"))
    _review(alice, (carol, "7"), (dora, "1"), (erin, "7"))
    _review(alice, (erin, "7"), (carol, "7"))
    _review(alice, (dora, "7"))
    found = load_agreements(start_of(28))
    assert (found.total.pairs, found.total.agreed, found.waiting) == (3, 2, (1, 0))
    assert [(one.name, one.pairs, one.agreed) for one in found.by_reviewer] == [
        ("carol", 3, 2),
        ("dora", 2, 1),
        ("erin", 1, 1),
    ]
    assert [(one.name, one.agreed) for one in found.by_digit] == [("1", 2), ("7", 2)]


def test_what_is_withdrawn_or_old_is_not_counted(reviewers):
    alice, (carol, dora, _erin) = make_user("alice"), reviewers
    row = _review(alice, (carol, "7"), (dora, "7"))
    withdraw_review(row, dora, Role.REVIEWER)
    assert load_agreements(start_of(28)).total.pairs == 0
    _review(alice, (carol, "7"), (dora, "7"))
    Review.objects.filter(reviewer=dora).update(withdrawn_at=Now())  # by older code
    assert load_agreements(start_of(28)).total.pairs == 0
    _review(alice, (carol, "7"), (dora, "7"))
    assert load_agreements(start_of(28)).total.pairs == 1
    carol.delete()
    assert [one.name for one in load_agreements(start_of(28)).by_reviewer] == ["dora"]
    DoubleReview.objects.update(chosen_at=F("chosen_at") - timedelta(days=29))
    assert load_agreements(start_of(28)).total.pairs == 0


def test_whose_account_is_deleted_is_still_told_from_others(reviewers):
    alice, (carol, dora, erin) = make_user("alice"), reviewers
    _review(alice, (carol, "7"), (dora, "1"))
    _review(alice, (dora, "7"), (carol, "7"))
    _review(alice, (erin, "7"), (dora, "7"))
    before = load_agreements(start_of(28))
    deletion.delete(carol, erin, by=alice)
    after = load_agreements(start_of(28))
    assert (after.total.pairs, after.total.agreed) == (before.total.pairs, before.total.agreed) == (3, 2)
    dora_s, *former = sorted(after.by_reviewer, key=lambda one: one.name.startswith("former reviewer "))
    assert (dora_s.name, dora_s.pairs) == ("dora", 3)
    assert sorted(one.pairs for one in former) == [1, 2] and len({one.name for one in former}) == 2


def test_known_drawings_tell_how_often_a_reviewer_is_right(reviewers):
    alice, (carol, dora, erin) = make_user("alice"), reviewers
    for reviewer, text in ((erin, "7"), (erin, "1"), (carol, "7"), (erin, "7")):
        row = _review(alice, (dora, "7"))
        KnownAnswer.objects.create(key=uuid4(), submission=row, reviewer=reviewer, text=text, truth="7")
    found = load_known(start_of(28))
    assert [(one.name, one.answers, one.right) for one in found] == [("carol", 1, 1), ("erin", 3, 2)]
    assert found[1].estimate.share == pytest.approx(2 / 3)
    erin.delete()
    assert [one.name for one in load_known(start_of(28))] == ["carol"]
