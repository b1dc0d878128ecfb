"""Accuracy, calibration and drift: what of the random sample counts, and how it is grouped."""

from bisect import bisect_right
from collections import Counter
from datetime import date
from uuid import uuid4

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from ml.artifacts import load_shipped
from ml.types import INK_EDGES, Verdict
from predictions.models import Prediction, Review, Role, Submission
from predictions.services import review_queue
from predictions.services.review import review_submission, withdraw_review
from predictions.services.review_queue import Reviewer
from predictions.services.statistics.arithmetic import is_calibrated
from predictions.services.statistics.drift import (
    FEATURES,
    Change,
    Distributions,
    load_distributions,
    measure_drift,
    measure_drift_from_training,
)
from predictions.services.statistics.sample import (
    CONFIDENCES,
    RIGHT,
    Sampled,
    calibrate,
    group_by,
    load_sample,
    measure_all,
    start_of,
    with_truth,
)
from predictions.services.statistics.true_digits import NAMES, measure_true_digits
from tests.factories import make_prediction, make_reviewer, make_user, make_version, read_one
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


def _counts(rows, name) -> Counter:
    """Return how many drawings have each value of a field."""
    counts = Counter()
    for row in rows:
        counts[getattr(row, name)] += row.count
    return counts


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
    assert _counts(found, "is_right") == {None: 1, True: 3, False: 2}
    assert _counts(found, "is_exact") == {None: 1, True: 3, False: 2}
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
    assert _counts(load_sample(start_of(1)), "is_right") == {True: 1, None: 2}
    Review.objects.filter(reviewer=carol).update(reviewer=None)  # her account was deleted
    assert _counts(load_sample(start_of(1)), "is_right") == {True: 1, None: 2}
    Review.objects.filter(role=Role.REVIEWER).update(reviewer=alice)  # an older version did not refuse that
    assert _counts(load_sample(start_of(1)), "is_right") == {None: 3}


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
        assert measure_all(load_sample(start_of(35))).sampled == 3


def _row(count=1, confidence=0.99, **fields) -> Sampled:
    default = {"day": TODAY, "text": "7", "truth": "7", "verdict": Verdict.DIGIT, "version": "a", "stratum": 0}
    judged = {"is_right": True, "is_exact": True, "is_skipped": False}
    counted = {"confidence_bin": bisect_right(CONFIDENCES, confidence), "confidences": count * confidence}
    return Sampled(**(default | judged | counted | {"count": count} | fields))


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


def test_days_are_grouped_from_today_back(alice, carol):
    for days in (1, 7, 8):
        _sampled(alice, created_at=start_of(days))
    assert [(row.day, row.count) for row in load_sample(start_of(14), 7)] == [
        (start_of(7).date(), 2),
        (start_of(14).date(), 1),
    ]


def test_older_readings_are_those_that_count(alice, carol):
    """Somebody asked for another reading later, by another model."""
    row = _sampled(alice, "7")
    make_prediction(row, make_version("test-2", b"others"), "1").save()
    assert [row.version for row in load_sample(start_of(1))] == ["test-1"]


def test_true_digits_are_found_as_often_as_reviewers_say():
    """Of 100 surely read drawings ten are reviewed: nine 7s, one 1 that was read as 7; so of 100 there are 90 7s."""
    rows = [
        _row(9),
        _row(1, truth="1", is_right=False),
        _row(90, truth=None, is_right=None),
        _row(10, text="1", stratum=1, is_right=False),
        _row(5, text="##", truth="#", stratum=1),
        _row(5, truth="", stratum=1, verdict=Verdict.NOT_A_DIGIT),
    ]
    one, seven, longer, none = measure_true_digits(rows)
    assert [found.name for found in (one, seven, longer, none)] == ["1", "7", "#", ""]
    assert seven.estimate.share == pytest.approx(90 / 100)
    assert (seven.reviewed, seven.right, seven.wrong) == (19, 9, 10)
    assert (seven.read_as[7], seven.read_as[1]) == (90, 10)
    assert (one.estimate.share, one.read_as[7]) == (0, 10)
    assert (longer.read_as[NAMES.index("#")], none.read_as[NAMES.index("")]) == (5, 5)


def _weeks(now, before) -> Distributions:
    """Return how often each of a feature's bins occurs in the last week, and in the four weeks before."""
    none = {feature: {} for feature in FEATURES}
    return Distributions(none | now, none | before)


@pytest.mark.parametrize(
    ("now", "before", "expected"),
    [
        ({4: 210}, {4: 840}, Change.NONE),
        ({2: 210}, {4: 840}, Change.LARGE),
        ({2: 7}, {4: 28}, Change.LARGE),
        ({4: 210}, {}, Change.UNKNOWN),
        ({4: 150, 5: 60}, {4: 700, 5: 140}, Change.NONE),
        ({4: 1500, 5: 900}, {4: 7000, 5: 1600}, Change.SOME),
    ],
)
def test_drift_is_told_in_words(now, before, expected):
    found = {drift.feature: drift.change for drift in measure_drift(_weeks({"pen": now}, {"pen": before}))}
    assert found["pen"] == expected
    assert found["side_px"] == Change.UNKNOWN


def test_the_last_days_are_compared_with_the_training_data():
    told = {
        "stroke": {"edges": list(INK_EDGES["stroke"]), "counts": {"1": 700, "2": 300}},
        "tilt": {"edges": [0.0, 10.0], "counts": {"1": 700}},  # of other code
        "verdict": {"counts": {"digit": 990, "unsure": 10}},
    }
    found = _weeks({"stroke": {1: 60, 2: 140}, "verdict": {"digit": 198, "unsure": 2}}, {"stroke": {1: 500}})
    stroke, verdict = measure_drift_from_training(found, told)
    assert (stroke.feature, stroke.before, stroke.now, stroke.change) == ("stroke", [700, 300], [60, 140], Change.LARGE)
    assert (verdict.feature, verdict.change) == ("verdict", Change.NONE)
    assert measure_drift_from_training(found, None) == measure_drift_from_training(found, {}) == []


def test_the_shipped_card_tells_how_its_training_data_is_distributed():
    reference = load_shipped()[0].card["reference"]
    drifts = measure_drift_from_training(_weeks({}, {}), reference)
    assert [drift.feature for drift in drifts] == ["stroke", "aspect", "tilt", "verdict", "digit"]
    assert all(sum(drift.before) == reference["drawings"] for drift in drifts if drift.feature == "verdict")


def test_a_change_that_chance_explains_is_none():
    now, before = dict.fromkeys("0123456789", 2), dict.fromkeys("0123456789", 2) | {"5": 4, "6": 2, "7": 4}
    [digit] = [one for one in measure_drift(_weeks({"digit": now}, {"digit": before})) if one.feature == "digit"]
    assert digit.change == Change.UNKNOWN


def test_distributions_are_of_the_last_week_and_of_four_before(alice, carol, django_assert_num_queries):
    ink = {"stroke": [2.2, 2.7], "aspect": [0.5, 0.6], "tilt": [-20.0, 12.0]}
    for days, fields in ((0, {"text": "42"}), (6, {}), (7, {"verdict": "unsure"}), (34, {}), (35, {})):
        row = _sampled(alice, created_at=start_of(days + 1), confidence=0.99, **fields)
        Prediction.objects.filter(submission=row).update(ink=ink)
    Prediction.objects.filter(submission=row).update(ink=None)
    with django_assert_num_queries(1):
        found = load_distributions(timezone.localdate())
    now, before = found.now, found.before
    assert (now["digit"], before["digit"]) == ({"4": 1, "2": 1, "7": 1}, {"7": 2})
    assert (now["length"], now["verdict"], before["verdict"]) == ({1: 1, 2: 1}, {"digit": 2}, {"unsure": 1, "digit": 1})
    assert (now["side_px"], now["source"], now["confidence"]) == ({1: 2}, {"api": 2}, {6: 2})
    assert (now["stroke"], now["tilt"]) == ({2: 2, 3: 2}, {0: 2, 3: 2})
    assert sum(now["pen"].values()) == sum(before["pen"].values()) == 2
