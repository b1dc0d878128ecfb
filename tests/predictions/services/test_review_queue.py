"""Review mode: who is given which drawing, in which order, and that each answer counts once."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from uuid import uuid4

import pytest
from django.db import connection
from django.db.models.functions import Now

from accounts.models import AuditEvent
from predictions.models import Review, ReviewEntry, ReviewLease, Role, Submission
from predictions.services import review_queue
from predictions.services.review import InvalidReview, ReviewConflict, review_submission
from predictions.services.review_queue import Reviewer
from predictions.worker import retention
from tests.factories import make_reviewer, make_user, make_version, read_one
from tests.guests import draw, new_guest, read_all

pytestmark = pytest.mark.django_db
FIELDS = {
    "unsure": {"verdict": "unsure"},
    "disputed": {"label": "1", "label_by": "owner"},
    "by little": {"confidence": 0.91},
    "no digit": {"verdict": "not_a_digit"},
    "sampled": {"review_sample": True},
    "sure": {},
    "confirmed": {"label": "7", "label_by": "owner"},
    "reviewed": {"verdict": "unsure", "label": "7", "label_by": "desk"},
    "deleted": {"verdict": "unsure", "deleted_at": Now()},
    "superseded": {"verdict": "unsure", "superseded_at": Now()},
}


@pytest.fixture
def alice():
    return make_user("alice")


def _reviewer(name="carol") -> Reviewer:
    return Reviewer(make_reviewer(name), uuid4())


def _unsure(owner, count=1, **fields) -> list[Submission]:
    rows = [read_one(owner) for _ in range(count)]
    Submission.objects.filter(pk__in=[row.pk for row in rows]).update(**({"verdict": "unsure"} | fields))
    return rows


def _keys(turn) -> list[int]:
    return [row.pk for row in turn.drawings]


def _label(row) -> tuple:
    row.refresh_from_db()
    return row.label, row.label_by


def test_what_needs_a_reviewer_comes_first(alice):
    rows = {name: read_one(alice) for name in FIELDS}
    for name, fields in FIELDS.items():
        Submission.objects.filter(pk=rows[name].pk).update(**fields)
    turn = review_queue.take_turn(_reviewer(), [], 16)
    names = {row.pk: name for name, row in rows.items()}
    given = [names[key] for key in _keys(turn)]
    assert turn.left == len(given) == 5
    assert [name for name in given if name != "sampled"] == ["disputed", "unsure", "by little", "no digit"]


def test_newer_drawings_come_before_older_ones(alice):
    rows = _unsure(alice, 3)
    assert _keys(review_queue.take_turn(_reviewer(), [], 2)) == [rows[2].pk, rows[1].pk]


def test_the_random_sample_is_mixed_in_by_chance():
    places = Counter()
    for _ in range(2_000):
        mixed = review_queue.mix(range(8), [8, 9, 10, 11, 7])
        assert sorted(mixed) == list(range(12))
        assert [key for key in mixed if key < 7] == list(range(7))
        places[mixed.index(8)] += 1
    assert 0.2 < places[0] / 2_000 < 0.3
    assert review_queue.mix([], [3, 2]) == [3, 2]
    assert review_queue.mix([1, 4], []) == [1, 4]


def test_nobody_is_given_their_own_drawings(alice):
    carol = _reviewer()
    _unsure(carol.user)
    assert _keys(review_queue.take_turn(carol, [], 8)) == []
    own = _unsure(carol.user)[0]
    with pytest.raises(InvalidReview, match="your own drawing"):
        review_queue.save_review(carol, uuid4(), own.pk, "7")
    assert not ReviewEntry.objects.exists()


def test_drawings_of_guests_are_given_to_nobody():
    make_version()
    guests = draw(new_guest())
    read_all("7", b"")
    Submission.objects.filter(pk=guests.pk).update(verdict="unsure", review_sample=True)
    assert review_queue.take_turn(_reviewer(), [], 8).drawings == []
    with pytest.raises(ReviewConflict):
        review_queue.save_review(_reviewer("dora"), uuid4(), guests.pk, "7")


def test_two_reviewers_and_two_tabs_never_have_one_drawing(alice):
    _unsure(alice, 9)
    carol, dora = _reviewer(), _reviewer("dora")
    other_tab = Reviewer(carol.user, uuid4())
    given = [_keys(review_queue.take_turn(who, [], 4)) for who in (carol, dora, other_tab)]
    assert [len(keys) for keys in given] == [4, 4, 1]
    assert len(set().union(*given)) == 9
    assert _keys(review_queue.take_turn(carol, [], 4)) == given[0]  # the response was lost
    review_queue.release(dora, given[0] + given[1][:3])
    assert _keys(review_queue.take_turn(carol, given[0], 4)) == given[1][:3]


def test_a_lease_ends_unless_it_is_renewed(alice):
    rows = _unsure(alice, 2)
    keys = sorted((row.pk for row in rows), reverse=True)
    carol, dora = _reviewer(), _reviewer("dora")
    assert _keys(review_queue.take_turn(carol, [], 2)) == keys
    ReviewLease.objects.update(lease_until=Now())
    assert review_queue.take_turn(carol, keys[:1], 0).lost == []  # renewed: nobody has taken it
    assert _keys(review_queue.take_turn(dora, [], 2)) == keys[1:]
    assert review_queue.take_turn(carol, keys, 2).lost == keys[1:]


def test_what_is_answered_but_not_yet_saved_is_not_given_again(alice):
    first, second = (row.pk for row in reversed(_unsure(alice, 2)))
    carol = _reviewer()
    review_queue.take_turn(carol, [], 2)
    turn = review_queue.take_turn(carol, [second], 8, left_out=[first])
    assert (turn.drawings, turn.lost, turn.left) == ([], [], 1)


def test_a_review_sets_the_label_and_is_audited(alice):
    [row], carol = _unsure(alice), _reviewer()
    review_queue.take_turn(carol, [], 1)
    saved = review_queue.save_review(carol, uuid4(), row.pk, "4")
    assert review_queue.acceptable_text(saved) == "7"
    assert _label(row) == ("4", "desk")
    assert Review.objects.get().reviewer == carol.user
    assert AuditEvent.objects.filter(action="submission.reviewed", target=str(row.id)).count() == 1
    assert not ReviewLease.objects.exists()
    assert review_queue.take_turn(carol, [], 8).left == 0


def test_an_answer_that_arrives_twice_counts_once(alice):
    [row], carol, key = _unsure(alice), _reviewer(), uuid4()
    for _ in range(2):
        assert review_queue.save_review(carol, key, row.pk, "4") == row
    review_queue.skip(carol, key, row.pk)
    assert Review.objects.count() == ReviewEntry.objects.count() == 1
    with pytest.raises(InvalidReview):
        review_queue.save_review(_reviewer("dora"), key, row.pk, "5")


def test_what_cannot_be_recorded_leaves_nothing(alice):
    [row], carol, key = _unsure(alice), _reviewer(), uuid4()
    review_queue.take_turn(carol, [], 1)
    with pytest.raises(InvalidReview):
        review_queue.save_review(carol, key, row.pk, "seven")
    assert not ReviewEntry.objects.exists() and ReviewLease.objects.exists()
    assert review_queue.save_review(carol, key, row.pk, "7") == row


def test_a_late_answer_counts_unless_somebody_else_was_faster(alice):
    first, second, third = _unsure(alice, 3)
    carol, dora = _reviewer(), _reviewer("dora")
    review_queue.take_turn(carol, [], 3)
    ReviewLease.objects.update(lease_until=Now())
    assert review_queue.save_review(carol, uuid4(), first.pk, "1")
    review_queue.take_turn(dora, [], 8)
    with pytest.raises(ReviewConflict):  # she has it now
        review_queue.save_review(carol, uuid4(), second.pk, "1")
    ReviewLease.objects.all().delete()
    review_submission(third, dora.user, "3", Role.REVIEWER)  # in the list of the admin, without a lease
    with pytest.raises(ReviewConflict):
        review_queue.save_review(carol, uuid4(), third.pk, "1")
    assert [_label(row) for row in (first, second, third)] == [("1", "desk"), (None, ""), ("3", "desk")]


def test_what_the_owner_says_meanwhile_does_not_lose_the_answer(alice):
    [row], carol = _unsure(alice), _reviewer()
    review_queue.take_turn(carol, [], 1)
    Submission.objects.filter(pk=row.pk).update(verdict="digit")
    review_submission(row, alice, "7", Role.OWNER)  # so nothing asks for a review any more
    assert review_queue.take_turn(carol, [row.pk], 0).lost == []
    review_queue.save_review(carol, uuid4(), row.pk, "1")
    assert _label(row) == ("1", "desk")


def test_a_skipped_drawing_goes_to_somebody_else(alice):
    [row], carol, dora = _unsure(alice), _reviewer(), _reviewer("dora")
    review_queue.take_turn(carol, [], 1)
    key = uuid4()
    for _ in range(2):
        review_queue.skip(carol, key, row.pk)
    assert review_queue.take_turn(carol, [], 8).left == 0
    assert _keys(review_queue.take_turn(dora, [], 8)) == [row.pk]


def test_undo_takes_the_answer_back_and_gives_the_drawing_again(alice):
    [row], carol, dora, key = _unsure(alice), _reviewer(), _reviewer("dora"), uuid4()
    review_submission(row, alice, "1", Role.OWNER)
    review_queue.save_review(carol, key, row.pk, "4")
    for _ in range(2):
        review_queue.undo(carol, key, row.pk)
    assert _label(row) == ("1", "owner")
    assert Review.objects.get(reviewer=carol.user).withdrawn_at is not None
    assert AuditEvent.objects.filter(action="submission.review_withdrawn").count() == 1
    assert review_queue.take_turn(dora, [], 8).drawings == []
    assert review_queue.save_review(carol, key, row.pk, "4") is None  # sent again, after it was taken back
    review_queue.save_review(carol, uuid4(), row.pk, "5")
    assert _label(row) == ("5", "desk")


def test_undo_of_a_skip(alice):
    [row], carol, key = _unsure(alice), _reviewer(), uuid4()
    review_queue.skip(carol, key, row.pk)
    review_queue.undo(carol, key, row.pk)
    assert _keys(review_queue.take_turn(carol, [], 8)) == [row.pk]


def test_an_undo_that_overtakes_its_answer_counts(alice):
    [row], carol, key = _unsure(alice), _reviewer(), uuid4()
    review_queue.undo(carol, key, row.pk)
    assert review_queue.save_review(carol, key, row.pk, "4") is None
    assert _label(row) == (None, "")
    assert not Review.objects.exists()


def test_undo_takes_back_ones_own_review_only(alice):
    [row], carol, key = _unsure(alice), _reviewer(), uuid4()
    review_queue.save_review(carol, key, row.pk, "4")
    review_submission(row, make_reviewer("dora"), "5", Role.REVIEWER)
    review_queue.undo(carol, key, row.pk)
    assert _label(row) == ("5", "desk")


@pytest.mark.parametrize(
    ("verdict", "text", "accepted"),
    [("digit", "7", "7"), ("unsure", "7", "7"), ("not_a_digit", "7", ""), ("unsure", "", None)],
)
def test_what_accepting_a_reading_says(alice, verdict, text, accepted):
    assert review_queue.acceptable_text(Submission(verdict=verdict, text=text)) == accepted


def test_leases_and_entries_are_deleted_in_the_end(alice):
    rows, carol = _unsure(alice, 2), _reviewer()
    review_queue.take_turn(carol, [], 2)
    review_queue.skip(carol, uuid4(), rows[0].pk)
    retention.delete_expired()
    assert (ReviewLease.objects.count(), ReviewEntry.objects.count()) == (1, 1)
    ReviewLease.objects.update(lease_until=Now() - timedelta(days=2))
    ReviewEntry.objects.update(created_at=Now() - timedelta(days=31))
    retention.delete_expired()
    assert (ReviewLease.objects.count(), ReviewEntry.objects.count()) == (0, 0)


def test_leases_do_not_keep_users_and_drawings_from_being_deleted(alice):
    _unsure(alice, 2)
    carol = _reviewer()
    review_queue.take_turn(carol, [], 1)
    review_queue.save_review(carol, uuid4(), Submission.objects.earliest("pk").pk, "1")
    alice.delete()
    carol.user.delete()
    assert not Submission.objects.exists()


THREADS = 6


def _race(act):
    barrier = Barrier(THREADS)

    def run(number):
        try:
            barrier.wait()
            return act(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(run, range(THREADS)))


@pytest.mark.django_db(transaction=True)
def test_racing_reviewers_review_every_drawing_once():
    rows = _unsure(make_user("alice"), 40)
    reviewers = [_reviewer(f"reviewer-{number}") for number in range(THREADS)]

    def review_all(number):
        given = []
        while True:
            keys = _keys(review_queue.take_turn(reviewers[number], [], 3))
            given += keys
            for key in keys:
                review_queue.save_review(reviewers[number], uuid4(), key, str(number))
            if not keys and not Submission.objects.to_review().exists():
                return given

    given = Counter(key for keys in _race(review_all) for key in keys)
    assert given == Counter(row.pk for row in rows)
    assert Review.objects.count() == 40


@pytest.mark.django_db(transaction=True)
def test_of_one_answer_sent_many_times_at_once_one_is_recorded():
    [row], carol, key = _unsure(make_user("alice")), _reviewer(), uuid4()
    assert _race(lambda _: review_queue.save_review(carol, key, row.pk, "4")) == [row] * THREADS
    assert Review.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_reviewers_without_leases_one_is_told_of_the_other():
    [row] = _unsure(make_user("alice"))
    reviewers = [_reviewer(f"reviewer-{number}") for number in range(THREADS)]

    def review(number):
        try:
            return bool(review_queue.save_review(reviewers[number], uuid4(), row.pk, str(number)))
        except ReviewConflict:
            return False

    assert sorted(_race(review)) == [False] * (THREADS - 1) + [True]
    assert Review.objects.count() == 1
