"""Which drawings versions are compared on, above all once one was trained with reviewed drawings."""

import pytest

from accounts.models import User
from predictions.models import ModelVersion, Role, Submission
from predictions.services.review import review_submission
from predictions.services.reviewed_set import split_of
from predictions.worker import known_drawings
from tests.factories import make_user, read_one


def test_the_drawings_to_be_refused_can_be_drawn_and_are_the_same_each_time():
    def drawn():
        return [page for known in known_drawings.refusals() for page in known.pages]

    pages = drawn()
    assert len(pages) == known_drawings.REFUSALS and all(pages)
    assert [page[0].components for page in pages[:40]] == [page[0].components for page in drawn()[:40]]


@pytest.mark.django_db
def test_only_drawings_that_no_version_is_trained_with_count_after_retraining():
    carol = make_user("carol")
    test, train, sample = _writer("test"), _writer("train"), _writer("train")
    for writer, truth in ((test, "1"), (train, "2"), (sample, "3")):
        row = read_one(writer)
        Submission.objects.filter(pk=row.pk).update(review_sample=writer is sample)
        review_submission(row, carol, truth, Role.REVIEWER)

    def truths(**which):
        return sorted(truth for known in known_drawings.reviewed(**which) for truth in known.truths)

    assert truths() == ["1", "2", "3"]
    assert truths(is_unseen_only=True) == ["1"]
    assert truths(is_unseen_only=True, has_unseen_sample=True) == ["1", "3"]


def _writer(split):
    for number in range(1000):
        user = make_user(f"{split}-{number}-{User.objects.count()}")
        if split_of(user.pk) == split:
            return user
    raise AssertionError


@pytest.mark.parametrize(
    ("training", "is_trained", "leaves_out"),
    [
        ({}, False, True),
        ({"reviewed": {"drawings": 9}}, True, False),
        ({"reviewed": {"drawings": 9, "random_sample": 0}}, True, True),
        ({"reviewed_sha256": "ab", "counts": {"reviewed": 9}}, True, False),
    ],
)
def test_a_card_says_whether_reviewed_drawings_were_used(training, is_trained, leaves_out):
    version = ModelVersion(card={"training": training})
    assert known_drawings.is_trained_with_reviews(version) == is_trained
    assert known_drawings.leaves_out_sample(version) == leaves_out
