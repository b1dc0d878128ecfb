"""Second and third reviews, and known drawings: who is asked, what counts, and that nothing tells them apart."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.db.models import F
from django.db.models.functions import Now

from predictions import lifecycle
from predictions.models import DoubleReview, KnownAnswer, Review, ReviewEntry, ReviewLease, Role, Submission
from predictions.services import review_queue
from predictions.services.repeated_reviews import double
from predictions.services.review import ReviewConflict, review_submission, withdraw_review
from predictions.services.review_queue import Reviewer
from predictions.services.review_queue.turns import is_hidden
from predictions.services.statistics.sample import load_sample, start_of
from predictions.worker import retention
from tests.factories import make_reviewer, make_user, read_one

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def twice(settings):
    """Choose every drawing for a second review."""
    settings.REVIEW_TWICE_SHARE = 1.0


@pytest.fixture
def alice():
    return make_user("alice")


@pytest.fixture
def carol():
    return _reviewer("carol")


@pytest.fixture
def dora():
    return _reviewer("dora")


@pytest.fixture
def erin():
    return _reviewer("erin")


def _reviewer(name) -> Reviewer:
    return Reviewer(make_reviewer(name), uuid4())


def _unsure(owner) -> Submission:
    row = read_one(owner)
    Submission.objects.filter(pk=row.pk).update(verdict="unsure")
    row.refresh_from_db()
    return row


def _settle():
    DoubleReview.objects.update(chosen_at=F("chosen_at") - timedelta(minutes=11))


def _given(reviewer, count=8) -> list[int]:
    return [row.pk for row in review_queue.take_turn(reviewer, [], count).drawings]


def _answer(reviewer, row, text):
    """Be given a drawing and say what it shows; return the key of the answer."""
    assert _given(reviewer) == [row.pk]
    key = uuid4()
    review_queue.save_review(reviewer, key, row.pk, text)
    _settle()
    return key


def _state(row) -> tuple:
    row.refresh_from_db()
    found = DoubleReview.objects.filter(pk=row.pk).first()
    return row.label, row.label_by, found and (found.waits_for, found.is_agreed)


def test_two_who_agree_settle_a_drawing(alice, carol, dora, erin):
    row = _unsure(alice)
    _answer(carol, row, "4")
    assert _state(row) == ("4", "desk", (2, False))
    assert _given(carol) == []
    _answer(dora, row, "4")
    assert _state(row) == ("4", "desk", (0, True))
    assert _given(erin) == []
    assert Review.objects.count() == 2


@pytest.mark.parametrize(("third", "is_agreed"), [("4", True), ("5", True), ("6", False)])
def test_if_two_disagree_a_third_decides(alice, carol, dora, erin, third, is_agreed):
    row = _unsure(alice)
    _answer(carol, row, "4")
    _answer(dora, row, "5")
    assert _state(row)[2] == (3, False)
    assert _given(carol) == _given(dora) == []
    _answer(erin, row, third)
    assert _state(row) == (third, "desk", (0, is_agreed))
    assert _given(_reviewer("frank")) == []


def test_neither_the_owner_nor_too_early(alice, carol, dora):
    row = _unsure(dora.user)
    review_queue.take_turn(carol, [], 1)
    review_queue.save_review(carol, uuid4(), row.pk, "4")
    erin = _reviewer("erin")
    assert _given(erin) == []  # carol may still take it back
    _settle()
    assert _given(dora) == []  # she drew it
    assert _given(erin) == [row.pk]


@pytest.mark.parametrize("share", [0.0, 0.3])
def test_chance_decides_which_are_reviewed_twice(alice, carol, settings, share):
    settings.REVIEW_TWICE_SHARE = share
    rows = [read_one(alice) for _ in range(60)]
    for row in rows:
        review_submission(row, carol.user, "7", Role.REVIEWER)
    assert 60 * share / 3 <= DoubleReview.objects.count() <= 60 * share * 2
    before = set(DoubleReview.objects.values_list("pk", flat=True))
    review_submission(Submission.objects.get(pk=rows[0].pk), carol.user, "1", Role.REVIEWER)  # not the first
    assert set(DoubleReview.objects.values_list("pk", flat=True)) == before


def test_the_list_of_the_admin_chooses_and_overrules(alice, carol, dora, erin):
    row = _unsure(alice)
    review_submission(row, carol.user, "4", Role.REVIEWER)
    _settle()
    assert _given(dora) == [row.pk]
    row.refresh_from_db()
    review_submission(row, erin.user, "6", Role.REVIEWER)  # in the list, where labels are seen
    assert review_queue.take_turn(dora, [row.pk], 0).lost == [row.pk]
    with pytest.raises(ReviewConflict):
        review_queue.save_review(dora, uuid4(), row.pk, "4")
    assert _state(row)[:2] == ("6", "desk")


def test_only_one_reviewer_has_a_drawing_again(alice, carol, dora, erin):
    row = _unsure(alice)
    _answer(carol, row, "4")
    assert _given(dora) == [row.pk]
    assert _given(erin) == []
    with pytest.raises(ReviewConflict):
        review_queue.save_review(erin, uuid4(), row.pk, "4")
    review_queue.skip(dora, uuid4(), row.pk)
    assert _given(dora) == []
    assert _given(erin) == [row.pk]


def test_a_late_answer_is_no_second_review(alice, carol, dora):
    """Dora was given it first, perhaps with its reading."""
    row = _unsure(alice)
    assert _given(dora) == [row.pk]
    ReviewLease.objects.update(lease_until=Now())
    _answer(carol, row, "4")
    with pytest.raises(ReviewConflict):
        review_queue.save_review(dora, uuid4(), row.pk, "5")
    assert _given(dora) == [row.pk]


def test_an_answer_that_arrives_twice_counts_once(alice, carol, dora):
    row = _unsure(alice)
    _answer(carol, row, "4")
    key = _answer(dora, row, "5")
    assert review_queue.save_review(dora, key, row.pk, "5") == row
    assert Review.objects.count() == 2
    assert ReviewEntry.objects.get(pk=key).review.text == "5"


def test_undo_of_the_second_review_gives_it_again(alice, carol, dora, erin):
    row = _unsure(alice)
    _answer(carol, row, "4")
    review_queue.undo(dora, _answer(dora, row, "5"), row.pk)
    assert _state(row) == ("4", "desk", (2, False))
    assert _given(erin) == []
    review_queue.save_review(dora, uuid4(), row.pk, "4")
    assert _state(row) == ("4", "desk", (0, True))


def test_undo_of_the_first_review_leaves_the_second(alice, carol, dora, erin):
    row = _unsure(alice)
    key = _answer(carol, row, "4")
    _answer(dora, row, "5")
    review_queue.undo(carol, key, row.pk)
    assert _state(row) == ("5", "desk", (2, False))
    review_queue.save_review(carol, uuid4(), row.pk, "5")
    assert _state(row) == ("5", "desk", (0, True))


def test_undo_of_the_only_review_leaves_nothing(alice, carol, dora):
    row = _unsure(alice)
    review_queue.undo(carol, _answer(carol, row, "4"), row.pk)
    assert _state(row) == (None, "", None)
    assert not DoubleReview.objects.exists()
    _given(carol)
    ReviewLease.objects.all().delete()
    _answer(dora, row, "6")
    assert _state(row) == ("6", "desk", (2, False))


def test_what_older_code_withdraws_is_not_asked_for_again(alice, carol, dora, erin):
    """It knows no second reviews, so nobody notes what it takes back."""
    row = _unsure(alice)
    _answer(carol, row, "4")
    _answer(dora, row, "5")
    Review.objects.filter(reviewer=dora.user).update(withdrawn_at=Now())
    Submission.objects.filter(pk=row.pk).update(label="4")
    assert _given(erin) == []


def test_after_the_owner_disputes_the_label_it_is_reviewed_as_any_other(alice, carol, dora):
    row = _unsure(alice)
    _answer(carol, row, "4")
    row.refresh_from_db()
    review_submission(row, alice, "6", Role.OWNER)
    _answer(dora, row, "4")
    assert _state(row)[:2] == ("4", "desk")
    withdraw_review(row, dora.user, Role.REVIEWER)
    assert _state(row)[:2] == ("6", "owner")


def test_the_truth_is_what_most_say(alice, carol, dora, erin):
    row = _unsure(alice)
    Submission.objects.filter(pk=row.pk).update(review_sample=True)
    for who, text, is_right in ((carol, "7", True), (dora, "1", False), (erin, "7", True)):
        _answer(who, row, text)
        assert load_sample(start_of(1))[0].is_right == is_right


def test_they_are_mixed_with_the_others():
    places = [review_queue.mix(range(8), [], [9]).index(9) for _ in range(1_000)]
    assert 0.2 < places.count(0) / 1_000 < 0.3
    assert review_queue.mix([], [], [3]) == [3]


def _agreed(alice, *reviewers) -> Submission:
    row = read_one(alice)
    review_submission(row, reviewers[0].user, "7", Role.REVIEWER)
    for who in reviewers[1:]:
        row.refresh_from_db()
        double.update(row, added=review_submission(row, who.user, "7", Role.REVIEWER))
    _settle()
    return row


def test_known_drawings_are_given_among_others_and_change_no_label(alice, carol, dora, erin, settings):
    known = _agreed(alice, carol, dora)
    settings.REVIEW_KNOWN_SHARE = 1.0
    assert _given(erin) == []  # not alone
    other = _unsure(alice)
    turn = review_queue.take_turn(erin, [], 8)
    assert {row.pk for row in turn.drawings} == {known.pk, other.pk}
    assert (turn.left, known.pk in turn.hidden) == (2, True)
    again = review_queue.take_turn(erin, [known.pk, other.pk], 0)
    assert (again.left, again.lost) == (2, [])
    key = uuid4()
    for _ in range(2):
        assert review_queue.save_review(erin, key, known.pk, "1") == known
    assert (KnownAnswer.objects.get().text, KnownAnswer.objects.get().truth) == ("1", "7")
    assert _state(known) == ("7", "desk", (0, True))
    assert Review.objects.count() == 2
    assert known.pk not in _given(erin)
    review_queue.undo(erin, key, known.pk)
    assert not KnownAnswer.objects.exists()
    review_queue.save_review(erin, uuid4(), known.pk, "7")
    assert KnownAnswer.objects.get().text == "7"


def test_those_who_made_a_drawing_known_are_not_asked(alice, carol, dora, settings):
    settings.REVIEW_KNOWN_SHARE = 1.0
    known = _agreed(alice, carol, dora)
    other = _unsure(alice)
    for who in (carol, dora):
        assert _given(who) == [other.pk]
        ReviewLease.objects.all().delete()
    assert known.pk not in _given(_reviewer("alina"), 0)


def test_what_is_deleted_is_deleted_here_too(alice, carol, dora, erin, settings):
    settings.REVIEW_KNOWN_SHARE = 1.0
    known, _other = _agreed(alice, carol, dora), _unsure(alice)
    review_queue.take_turn(erin, [], 8)
    review_queue.save_review(erin, uuid4(), known.pk, "7")
    lifecycle.delete(Submission.objects.filter(pk=known.pk))
    Submission.objects.filter(pk=known.pk).update(deleted_at=Now() - timedelta(hours=1))
    retention.delete_expired()
    assert not DoubleReview.objects.exists() and not KnownAnswer.objects.exists()


def test_older_code_deletes_drawings_without_knowing_these_tables(alice, carol, dora):
    row = _unsure(alice)
    _answer(carol, row, "4")
    with connection.cursor() as cursor:
        for table in ("prediction", "drawing", "review"):
            cursor.execute(f"DELETE FROM predictions_{table} WHERE submission_id = %s", [row.pk])  # noqa: S608 - a name from above
        cursor.execute("DELETE FROM predictions_submission WHERE key = %s", [row.pk])
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert DoubleReview.objects.exists()
    assert _given(dora) == []


def test_those_reviewed_again_are_not_the_only_ones_whose_reading_is_hidden(alice, carol, settings):
    rows = [_unsure(alice).pk for _ in range(16)]
    hidden = review_queue.take_turn(carol, [], 16).hidden
    assert review_queue.take_turn(carol, [], 16).hidden == hidden  # the same at each time of asking
    many = [is_hidden(carol, key) for key in range(2_000)]
    assert 0.2 < sum(many) / 2_000 < 0.3
    settings.REVIEW_TWICE_SHARE = 0.0
    assert review_queue.take_turn(carol, [], 16).hidden == set()
    assert len(rows) == 16


def test_the_page_tells_no_difference(client, alice, carol, dora):
    row = _unsure(alice)
    _answer(carol, row, "4")
    dora.user.reviews_blind = False
    dora.user.save()
    client.force_login(dora.user)
    body = {"holder": str(uuid4()), "held": [], "sent": [], "count": 8}
    [given] = client.post("/review/turn/", body, content_type="application/json").json()["drawings"]
    assert given["reading"] is None
    assert set(given) == {"key", "strokes", "width", "height", "pen_px", "image_url", "reading"}
    entry = {"kind": "review", "key": str(uuid4()), "drawing": row.pk, "text": "5"}
    answer = client.post(
        "/review/entries/", {"holder": body["holder"], "entries": [entry]}, content_type="application/json"
    )
    [saved] = answer.json()["entries"]
    assert saved == {"kind": "review", "key": entry["key"], "outcome": "saved", "reading": saved["reading"]}
