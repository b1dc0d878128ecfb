"""The reviewed set: whose drawings are in it, once, in which split, and what its data card says."""

import json

import numpy as np
import pytest
from django.db.models.functions import Now

from accounts import deletion
from predictions.models import Drawing, Prediction, Role, Submission
from predictions.services import reviewed_set
from predictions.services.review import review_submission, withdraw_review
from predictions.services.reviewed_set import NOT_A_DIGIT, data_card, iterate_reviewed, pseudonym_of, split_of
from tests.factories import make_reviewer, make_submission, make_user
from tests.reviewed import make_input, make_read, make_reviewed


@pytest.fixture
def carol(db):
    return make_reviewer()


def _found():
    return [drawing.submission for drawing in iterate_reviewed()]


def test_a_drawing_comes_with_its_ink_text_and_inputs(alice, carol):
    row = make_reviewed(alice, carol, 0, "-42", read="47", review_sample=True)
    [drawing] = iterate_reviewed()
    assert (drawing.submission, drawing.text, drawing.is_sample) == (row.pk, "-42", True)
    assert (drawing.writer, drawing.split) == (pseudonym_of(alice.pk), split_of(alice.pk))
    stored = row.drawing
    assert drawing.drawing == {name: getattr(stored, name) for name in ("strokes", "width", "height", "pen_px")}
    assert [label for _, label in drawing.digits] == [4, 2]
    assert all(np.array_equal(image, make_input(1, place)) for place, (image, _) in enumerate(drawing.digits))


def test_an_image_comes_as_its_file(alice, carol):
    row = make_reviewed(alice, carol, 0)
    Drawing.objects.filter(pk=row.pk).update(strokes=None, image=b"png", image_type="image/png")
    [drawing] = iterate_reviewed()
    assert drawing.drawing == {"image": b"png", "image_type": "image/png"}


def test_only_consented_drawings_that_somebody_else_reviewed_are_in_it(alice, carol):
    kept = make_reviewed(alice, carol, 0)
    make_reviewed(alice, carol, 1, may_train=False)
    make_read(alice, 2)
    review_submission(make_read(alice, 3), alice, "7", Role.OWNER)
    withdraw_review(make_reviewed(alice, carol, 4), carol, Role.REVIEWER)
    deleted, replaced = make_reviewed(alice, carol, 5), make_reviewed(alice, carol, 6)
    Submission.objects.filter(pk=deleted.pk).update(deleted_at=Now())
    Submission.objects.filter(pk=replaced.pk).update(superseded_at=Now())
    make_submission(alice, may_train=True, seed=7)  # not read yet
    assert _found() == [kept.pk]
    assert data_card()["left_out"] == {
        "no_consent": 1,
        "not_reviewed": 1,
        "owner_only": 1,
        "withdrawn": 1,
        "deleted": 1,
    }


def test_withdrawn_consent_counts_from_then_on(alice, carol):
    row = make_reviewed(alice, carol, 0)
    assert _found() == [row.pk]
    Submission.objects.filter(pk=row.pk).update(may_train=False)
    assert _found() == []


def test_drawings_of_a_deleted_person_are_gone(alice, carol):
    make_reviewed(alice, carol, 0)
    kept = make_reviewed(make_user("bob"), carol, 1)
    alice.delete()
    assert _found() == [kept.pk]


def test_the_newest_review_by_somebody_else_counts(alice, carol):
    row = make_reviewed(alice, carol, 0, "1")
    review_submission(row, make_reviewer("dave"), "7", Role.REVIEWER)
    review_submission(row, alice, "9", Role.OWNER)
    assert [drawing.text for drawing in iterate_reviewed()] == ["7"]
    assert data_card()["agreement"] == {"drawings_with_two_reviewers": 1, "agreed": 0, "share": 0.0}


def test_a_reviewer_whose_account_was_deleted_is_still_a_second_one(alice, carol):
    row = make_reviewed(alice, carol, 0)
    review_submission(row, dave := make_reviewer("dave"), "7", Role.REVIEWER)
    before = data_card()["agreement"]
    deletion.delete(dave, carol, by=alice)
    assert data_card()["agreement"] == before and before["drawings_with_two_reviewers"] == 1


def test_a_reviewer_who_was_deleted_is_not_counted_as_a_second_one(alice, carol):
    row = make_reviewed(alice, carol, 0)
    review_submission(row, dave := make_reviewer("dave"), "7", Role.REVIEWER)
    dave.delete()
    assert _found() == [row.pk]
    assert data_card()["agreement"] == {"drawings_with_two_reviewers": 0, "agreed": 0, "share": None}


@pytest.mark.parametrize("same", ["strokes", "inputs"])
def test_the_same_ink_counts_once(alice, carol, same):
    first = make_reviewed(alice, carol, 0, ink=10)
    bob = make_user("bob")
    make_reviewed(bob, carol, 0, ink=20) if same == "strokes" else make_reviewed(bob, carol, 1, ink=10)
    other = make_reviewed(bob, carol, 2, ink=30)
    assert _found() == [first.pk, other.pk]
    assert data_card()["left_out"] == {"duplicate": 1}


def test_a_drawing_whose_digits_cannot_be_aligned_has_no_inputs(alice, carol):
    make_reviewed(alice, carol, 0, "42", read="7")
    outdated = make_reviewed(alice, carol, 1)
    Prediction.objects.filter(submission=outdated).update(preprocessing="ink-3 line-5")
    assert [drawing.digits for drawing in iterate_reviewed()] == [[], []]
    split = data_card()["splits"][split_of(alice.pk)]
    assert (split["drawings"], split["inputs"], split["without_inputs"]) == (2, 0, 2)


def test_what_is_not_a_digit_has_a_label_of_its_own(alice, carol):
    make_reviewed(alice, carol, 0, "")
    make_reviewed(alice, carol, 1, "", read="71")  # of two pieces nobody knows whether each is none
    one, two = iterate_reviewed()
    assert (one.text, [label for _, label in one.digits], two.digits) == ("", [NOT_A_DIGIT], [])


def test_small_batches_find_the_same(alice, carol, monkeypatch):
    rows = [make_reviewed(alice, carol, seed).pk for seed in range(5)]
    monkeypatch.setattr(reviewed_set.drawings, "SLICE", 1)
    assert [drawing.submission for drawing in iterate_reviewed(batch=2)] == rows


def test_queries_do_not_grow_with_the_batch(alice, carol, django_assert_num_queries):
    for seed in range(4):
        make_reviewed(alice, carol, seed)
    with django_assert_num_queries(5):
        assert len(_found()) == 4


def test_a_writer_stays_in_one_split():
    """A change of these would move writers of earlier training sets into the test set."""
    assert {owner: split_of(owner) for owner in (1, 9, 14, 23, 24)} == {
        1: "train",
        9: "validation",
        14: "validation",
        23: "test",
        24: "test",
    }
    shares = [sum(split_of(owner) == split for owner in range(5_000)) / 5_000 for split in reviewed_set.SPLITS]
    assert shares == pytest.approx([0.8, 0.1, 0.1], abs=0.02)


def test_a_writer_is_never_in_two_splits(carol):
    for name in range(6):
        writer = make_user(f"writer-{name}")
        for place in range(3):
            make_reviewed(writer, carol, 10 * name + place)
    splits = {(drawing.writer, drawing.split) for drawing in iterate_reviewed()}
    assert len(splits) == len({writer for writer, _ in splits}) == 6
    assert data_card()["writers"] == 6


def test_a_pseudonym_is_the_same_each_time_and_depends_on_the_secret(settings):
    first = pseudonym_of(1)
    assert first == pseudonym_of(1) != pseudonym_of(2)
    settings.SECRET_KEY = "y" * 50
    assert pseudonym_of(1) != first


def test_the_card_counts_what_is_in_the_set(alice, carol):
    row = make_reviewed(alice, carol, 0, review_sample=True, source="draw")
    review_submission(row, make_reviewer("dave"), "7", Role.REVIEWER)
    make_reviewed(alice, carol, 1, "", source="upload")
    card = data_card()
    split = {
        "drawings": 2,
        "inputs": 2,
        "without_inputs": 0,
        "writers": 1,
        "random_sample": 1,
        "labels": {"7": 1, "not_a_digit": 1},
    }
    assert card["splits"][split_of(alice.pk)] == split
    assert (card["drawings"], card["inputs"], card["writers"]) == (2, 2, 1)
    assert (card["sources"], card["verdicts"]) == ({"draw": 1, "upload": 1}, {"digit": 2})
    assert card["agreement"] == {"drawings_with_two_reviewers": 1, "agreed": 1, "share": 1.0}
    assert card["sent"]["first"] == row.created_at.isoformat() < card["reviewed"]["first"] < card["reviewed"]["last"]
    assert "alice" not in json.dumps(card)


def test_the_card_of_an_empty_set_can_be_written(db):
    card = data_card()
    assert (card["drawings"], card["sent"], card["agreement"]["share"]) == (0, None, None)
