"""Accuracy, calibration and drift: what of the random sample counts, and how it is grouped."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.db.models.functions import Now

from ml.types import Verdict
from predictions.models import Review, Role, Submission
from predictions.services import review_queue
from predictions.services.review import review_submission, withdraw_review
from predictions.services.review_queue import Reviewer
from predictions.services.statistics.drift import Change, measure_drift
from predictions.services.statistics.sample import (
    RIGHT,
    Sampled,
    calibrate,
    group_by,
    is_calibrated,
    load_sample,
    measure_all,
    start_of,
    with_truth,
)
from tests.factories import make_reviewer, make_user, make_version, read_one
from tests.guests import draw, new_guest, read_all

TODAY = date(2026, 3, 1)


def _sampled(owner, says=None, **fields):
    """Make a drawing of the sample that was read as 7 and, unless None, reviewed as `says`."""
    row = read_one(owner)
    Submission.objects.filter(pk=row.pk).update(**({"review_sample": True} | fields))
    row.refresh_from_db()
    if says is not None:
        carol = Submission._meta.get_field("owner").related_model.objects.get(username="carol")
        review_submission(row, carol, says, Role.REVIEWER)
    return row


@pytest.fixture
def carol(db):
    return make_reviewer()


def test_truth_is_what_a_reviewer_says_of_the_sample(alice, carol):
    _sampled(alice, "7")
    _sampled(alice, "1")
    _sampled(alice, "", verdict="not_a_digit")
    _sampled(alice, "7", verdict="not_a_digit")
    _sampled(alice, "-7", written="-7", verdict="unsure")
    _sampled(alice)
    _sampled(alice, "1", review_sample=False)
    _sampled(alice, deleted_at=Now())
    _sampled(alice, superseded_at=Now())
    found = load_sample(start_of(1))
    assert [row.is_right for row in found] == [None, True, False, True, False, True]  # the newest first
    assert [row.is_exact for row in found] == [None, True, True, False, False, True]
    assert (measure_all(found).reviewed, measure_all(found).sampled, measure_all(found).wrong) == (5, 6, 2)
    assert {row.version for row in found} == {"test-1"}
    rows = with_truth(Submission.objects.filter(review_sample=True)).filter(truth__isnull=False)
    assert (rows.filter(RIGHT).count(), rows.exclude(RIGHT).count()) == (3, 2)


def test_what_owners_say_and_what_was_withdrawn_is_no_truth(alice, carol):
    confirmed, withdrawn, corrected = (_sampled(alice) for _ in range(3))
    review_submission(confirmed, alice, "7", Role.OWNER)
    review_submission(withdrawn, carol, "1", Role.REVIEWER)
    withdraw_review(withdrawn, carol, Role.REVIEWER)
    review_submission(corrected, carol, "7", Role.REVIEWER)
    review_submission(corrected, alice, "1", Role.OWNER)  # the label, but not the truth
    assert [row.is_right for row in load_sample(start_of(1))] == [True, None, None]
    Review.objects.filter(reviewer=carol).update(reviewer=None)  # her account was deleted
    assert load_sample(start_of(1))[0].is_right
    Review.objects.filter(role=Role.REVIEWER).update(reviewer=alice)  # an older version did not refuse that
    assert load_sample(start_of(1))[0].is_right is None


def test_what_owners_dispute_is_a_kind_of_its_own(alice, carol):
    agreed, disputed = _sampled(alice, "1"), _sampled(alice, "1")
    review_submission(agreed, alice, "7", Role.OWNER)
    review_submission(disputed, alice, "1", Role.OWNER)
    first, second = load_sample(start_of(1))
    assert first.stratum != second.stratum


def test_skipped_drawings_are_missing_and_told(alice, carol):
    row = _sampled(alice)
    reviewer = Reviewer(carol, uuid4())
    review_queue.skip(reviewer, key := uuid4(), row.pk)
    found = measure_all(load_sample(start_of(1)))
    assert (found.missing, found.skipped, found.estimate.share) == (1, 1, None)
    review_queue.undo(reviewer, key, row.pk)
    assert measure_all(load_sample(start_of(1))).skipped == 0
    review_queue.skip(reviewer, uuid4(), row.pk)
    review_submission(row, make_reviewer("dora"), "7", Role.REVIEWER)
    assert measure_all(load_sample(start_of(1))).skipped == 0


def test_guests_and_older_drawings_do_not_count(alice, carol):
    make_version()
    guests = draw(new_guest())
    read_all("7", b"")
    Submission.objects.filter(pk=guests.pk).update(review_sample=True)
    _sampled(make_user("bob"), "7", created_at=start_of(2))
    assert load_sample(start_of(1)) == []
    assert len(load_sample(start_of(2))) == 1


def test_the_sample_is_one_query(alice, carol, django_assert_num_queries):
    for _ in range(3):
        _sampled(alice, "7")
    with django_assert_num_queries(1):
        assert len(load_sample(start_of(35))) == 3


def _row(**fields) -> Sampled:
    default = {"day": TODAY, "text": "7", "verdict": Verdict.DIGIT, "confidence": 0.99, "version": "a"}
    return Sampled(**(default | {"source": "draw", "is_right": True, "is_exact": True, "is_skipped": False}
                      | {"stratum": 0} | fields))  # fmt: skip


def test_drawings_are_grouped_in_order():
    rows = [_row(version="b"), _row(), _row(is_right=False), _row(version=None)]
    first, second = group_by(rows, lambda row: row.version)
    assert (first.name, first.estimate.share, first.wrong) == ("a", 0.5, 1)
    assert (second.name, second.estimate.share, second.sampled) == ("b", 1.0, 1)


def test_calibration_compares_the_confidence_with_the_text():
    rows = [_row(confidence=0.85, is_exact=number % 20 < 17) for number in range(100)]
    rows += [_row(confidence=0.97, is_exact=number % 2 == 0, is_right=True) for number in range(50)]
    rows += [_row(confidence=1.0, is_exact=None)]
    careful, sure, unknown = calibrate(rows)
    assert (careful.name, sure.name, unknown.name) == ((0.8, 0.9), (0.95, 0.98), (0.999, 1.0))
    assert careful.expected == pytest.approx(0.85)
    assert [is_calibrated(group) for group in (careful, sure, unknown)] == [True, False, None]


def _weeks(count: int, **fields) -> list[Sampled]:
    """Return `count` drawings a day of the last week, then as many a day, read as usual, of the four weeks before."""
    rows = [_row(day=TODAY - timedelta(days=day), **fields) for day in range(7) for _ in range(count)]
    return rows + [
        _row(day=TODAY - timedelta(days=day), text=str(number % 10), pen=0.05)
        for day in range(7, 35)
        for number in range(count)
    ]


@pytest.mark.parametrize(
    ("count", "fields", "expected"),
    [
        (30, {"pen": 0.05}, {"pen": Change.NONE, "digit": Change.LARGE}),
        (30, {"pen": 0.02}, {"pen": Change.LARGE, "verdict": Change.NONE, "side_px": Change.UNKNOWN}),
        (1, {"verdict": "unsure"}, {"verdict": Change.LARGE, "source": Change.UNKNOWN}),
    ],
)
def test_drift_is_told_in_words(count, fields, expected):
    found = {drift.feature: drift.change for drift in measure_drift(_weeks(count, **fields), TODAY)}
    assert {feature: found[feature] for feature in expected} == expected


def test_a_change_that_chance_explains_is_none():
    rows = [_row(day=TODAY, text=text) for text in "0123456789"] * 2
    rows += [_row(day=TODAY - timedelta(days=9), text=text) for text in "0011223344556789"] * 2
    [digit] = [drift for drift in measure_drift(rows, TODAY) if drift.feature == "digit"]
    assert digit.change == Change.UNKNOWN
