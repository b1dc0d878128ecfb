"""When a candidate is worse, and how workers find out."""

import io
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import OperationalError
from django.db.models.functions import Now
from PIL import Image

from ml.types import Reading, Verdict
from predictions import comparisons, lifecycle
from predictions.comparisons import GOLDEN, REVIEWED, Tally, objections
from predictions.models import Comparison, Drawing, ModelVersion, Role, Submission
from predictions.services.review import review_submission
from predictions.worker import comparison, model_cache, recognize, watch
from tests.factories import make_submission, make_user, make_version, read_one

GOOD, BAD = Tally(500, 500), Tally(500, 499, lost=1)


@pytest.mark.parametrize(
    ("name", "lost", "won", "judgement"),
    [
        (GOLDEN, 0, 0, "alike"),
        (GOLDEN, 1, 0, "worse"),
        (GOLDEN, 2, 2, "alike"),
        (GOLDEN, 0, 1, "better"),
        (REVIEWED, 4, 0, "alike"),
        (REVIEWED, 5, 0, "worse"),
        (REVIEWED, 10, 4, "alike"),
        (REVIEWED, 11, 3, "worse"),
        (REVIEWED, 0, 5, "better"),
        (REVIEWED, 0, 0, "alike"),
    ],
)
def test_any_golden_drawing_counts_and_of_reviewed_ones_what_chance_does_not_explain(name, lost, won, judgement):
    assert comparisons.judgement(name, Tally(1_000, 900, lost=lost, won=won)) == judgement


def test_the_chance_is_that_of_the_sign_test():
    assert Tally(100, 90, lost=4).chance == pytest.approx(1 / 16)
    assert Tally(100, 90, lost=11, won=3).chance == pytest.approx(470 / 2**14)
    assert Tally().chance == 1


class Says:
    """A network that reads everything as one digit, whatever it is; "" says that all is no digit."""

    def __init__(self, digit="7"):
        self.digit = digit

    def read(self, pages):
        verdict = Verdict.DIGIT if self.digit else Verdict.NOT_A_DIGIT
        return [Reading(self.digit or "3", verdict, 0.9, ()) for _ in pages]


@pytest.fixture
def rivals(db, monkeypatch):
    """A live version that reads sevens everywhere, and a candidate that reads ones; `readers` may be changed."""
    old, new = make_version("old", b"1"), make_version("new", b"2", is_live=False)
    readers = {"old": Says("7"), "new": Says("1")}

    def load(version):
        if isinstance(readers[version.name], Exception):
            raise readers[version.name]
        return model_cache.Loaded(version, readers[version.name])

    monkeypatch.setattr(comparison, "load_to_read", load)
    monkeypatch.setattr(comparison, "GOLDEN_HANDS", 2)
    return SimpleNamespace(old=old, new=new, readers=readers)


def _desk(owner, truth, reviewer="carol"):
    row = read_one(owner)
    review_submission(row, make_user(f"{reviewer}-{row.pk}"), truth, Role.DESK)
    return row


def test_workers_count_who_is_right_on_golden_and_on_reviewed_drawings(rivals):
    alice = make_user("alice")
    for truth in ("7", "7", "1", "5", ""):
        _desk(alice, truth)
    found = comparison.compare(rivals.new, rivals.old)
    assert found[GOLDEN] == Tally(20, both=0, lost=2, won=2)
    assert found[REVIEWED] == Tally(5, both=0, lost=2, won=1)


def test_what_is_no_digit_is_read_rightly_by_saying_so(rivals):
    alice = make_user("alice")
    _desk(alice, ""), _desk(alice, "3")
    rivals.readers["new"] = Says("")
    assert comparison.compare(rivals.new, rivals.old)[REVIEWED] == Tally(2, both=0, lost=0, won=1)


def test_true_is_only_what_somebody_else_said_last_at_the_desk(rivals):
    alice = make_user("alice")
    twice, gone, own = _desk(alice, "7"), _desk(alice, "7"), read_one(alice)
    review_submission(twice, make_user("dave"), "1", Role.DESK)
    review_submission(twice, alice, "7", Role.OWNER)
    review_submission(own, alice, "7", Role.OWNER)
    own.reviews.create(reviewer=alice, role=Role.DESK, text="7", is_digit=True)  # which the desk itself refuses
    Submission.objects.filter(pk=gone.pk).update(deleted_at=Now())
    assert comparison.compare(rivals.new, rivals.old)[REVIEWED] == Tally(1, both=0, lost=0, won=1)


def test_a_picture_is_read_as_recognition_reads_it_and_one_that_is_gone_as_nothing():
    drawn = io.BytesIO()
    Image.new("L", (60, 60), 255).save(drawn, "PNG")
    assert comparison._line(Drawing(image=drawn.getvalue(), image_type="image/png")) is None
    assert comparison._line(Drawing(image=b"no picture", image_type="image/png")) is None
    paper = Image.new("L", (60, 60), 255)
    paper.paste(0, (28, 10, 34, 50))
    drawn = io.BytesIO()
    paper.save(drawn, "PNG")
    assert len(comparison._line(Drawing(image=drawn.getvalue(), image_type="image/png")).components) == 1


def test_a_rival_that_cannot_be_loaded_has_nothing_right(rivals):
    rivals.readers["old"] = model_cache.CannotLoad("broken")
    assert comparison.compare(rivals.new, rivals.old)[GOLDEN] == Tally(20, both=0, lost=0, won=2)


def test_a_new_version_is_compared_by_a_worker_unasked(rivals):
    assert comparisons.find(rivals.new, rivals.old) is None
    assert comparison.judge_next(lambda: True)
    found = comparisons.find(rivals.new, rivals.old)
    assert found.tallies[GOLDEN] == Tally(20, both=0, lost=2, won=2)
    assert not comparison.judge_next(lambda: True)


def test_the_same_numbers_serve_the_way_back(rivals):
    rivals.readers["new"] = Says("")
    comparison.judge_next(lambda: True)
    assert comparisons.find(rivals.new, rivals.old).tallies[GOLDEN] == Tally(20, lost=2)
    assert comparisons.find(rivals.old, rivals.new).tallies[GOLDEN] == Tally(20, won=2)


def test_to_ask_twice_is_to_ask_once(rivals):
    comparisons.ask(rivals.new, rivals.old)
    assert Comparison.objects.count() == 1


def test_two_workers_do_not_compare_the_same(rivals):
    assert comparison._claimed() is not None
    assert comparison._claimed() is None
    Comparison.objects.update(lease_until=Now() - timedelta(seconds=1))
    assert comparison._claimed() is not None


def test_a_worker_that_is_to_end_puts_its_comparison_back(rivals):
    assert not comparison.judge_next(lambda: False)
    row = Comparison.objects.get()
    assert (row.finished_at, row.lease_until, row.attempts) == (None, None, 0)


def test_a_candidate_that_ends_its_workers_is_given_up(rivals):
    for _ in range(comparisons.ATTEMPTS_LIMIT):
        comparison._claimed()
        Comparison.objects.update(lease_until=Now() - timedelta(seconds=1))
    assert comparison.judge_next(lambda: True)
    assert "new was tried 3 times" in comparisons.find(rivals.new, rivals.old).comparison.trouble


def test_a_candidate_that_cannot_be_used_is_refused_with_the_reason(rivals):
    rivals.readers["new"] = model_cache.CannotLoad("it is broken")
    assert comparison.judge_next(lambda: True)
    found = comparisons.find(rivals.new, rivals.old)
    assert objections(rivals.new, rivals.old, found) == ["new cannot be used: it is broken"]
    assert comparisons.find(rivals.old, rivals.new) is None  # it says nothing of the other


def test_a_candidate_of_another_preprocessing_waits_for_workers_that_have_it(rivals):
    ModelVersion.objects.filter(pk=rivals.new.pk).update(preprocessing="ink-99")
    rivals.new.refresh_from_db()
    assert not comparison.judge_next(lambda: True)
    [said] = objections(rivals.new, rivals.old, None)
    assert "ink-99" in said


def test_people_are_read_while_versions_are_compared(rivals, monkeypatch):
    monkeypatch.setattr(recognize, "live", lambda: model_cache.Loaded(rivals.old, Stub()))
    monkeypatch.setattr(watch, "live", lambda: model_cache.Loaded(rivals.old, Stub()))
    monkeypatch.setattr(comparison, "GOLDEN_HANDS", 5)
    compared = comparison._right

    def right(*args):
        make_submission()
        return compared(*args)

    monkeypatch.setattr(comparison, "_right", right)
    watch.poll()
    assert Comparison.objects.filter(finished_at__isnull=False).count() == 1
    assert Submission.objects.filter(status="succeeded").count() >= 6


def test_a_network_that_reads_for_people_too_is_not_used_by_two_at_once(rivals, monkeypatch):
    locked = []

    def right(reader, pages, truths):
        locked.append(recognize.network_lock.locked())
        return [True] * len(pages)

    monkeypatch.setattr(comparison, "_right", right)
    comparison.compare(rivals.new, rivals.old)
    assert locked and all(locked)
    assert not recognize.network_lock.locked()


def test_a_batch_that_fails_meanwhile_is_not_blamed_on_the_candidate(rivals, monkeypatch):
    batches = iter([0])

    def fail():
        return next(batches)  # the first is fine, so that the comparison begins

    monkeypatch.setattr(watch, "note_seen", lambda: None)
    monkeypatch.setattr(recognize, "recognize_batch", fail)
    assert watch.poll()
    assert comparisons.find(rivals.new, rivals.old).comparison.trouble == ""


class Stub(Says):
    """Says seven, on a device of its own."""

    network = SimpleNamespace(runtime="stub", device="none")


def test_the_database_going_away_ends_no_comparison_for_good(rivals, monkeypatch):
    def away(*_):
        raise OperationalError("away")

    with monkeypatch.context() as patch:
        patch.setattr(comparison, "compare", away)
        with pytest.raises(OperationalError):
            comparison.judge_next(lambda: True)
    assert Comparison.objects.get().finished_at is None


def _compared(candidate, rival, golden=GOOD, reviewed=GOOD, age=timedelta()):
    row = Comparison.objects.create(
        candidate=candidate,
        rival=rival,
        figures=comparisons.as_figures({GOLDEN: golden, REVIEWED: reviewed}),
    )
    Comparison.objects.filter(pk=row.pk).update(finished_at=Now() - age)
    return comparisons.find(candidate, rival)


def test_nothing_speaks_against_a_candidate_that_is_no_worse(rivals):
    assert objections(rivals.new, rivals.old, _compared(rivals.new, rivals.old)) == []


def test_a_candidate_is_refused_with_the_numbers(rivals):
    lost = Tally(100, 80, lost=12, won=2)
    golden, reviewed = objections(rivals.new, rivals.old, _compared(rivals.new, rivals.old, BAD, lost))
    assert "499 of the 500 golden" in golden and "reads 500" in golden
    assert "82 of the 100 reviewed" in reviewed and "loses 12 and wins 2" in reviewed and "0.0065" in reviewed


def test_a_candidate_is_refused_uncompared_or_compared_too_long_ago(rivals):
    [said] = objections(rivals.new, rivals.old, None)
    assert "No worker has compared" in said
    [said] = objections(rivals.new, rivals.old, _compared(rivals.new, rivals.old, age=timedelta(days=2)))
    assert "more than a day ago" in said


def test_what_was_live_before_comes_back_by_an_older_comparison(rivals):
    ModelVersion.objects.filter(pk=rivals.new.pk).update(promoted_at=Now())
    rivals.new.refresh_from_db()
    assert objections(rivals.new, rivals.old, _compared(rivals.new, rivals.old, age=timedelta(days=2))) == []


def test_over_a_version_that_no_worker_can_read_with_any_other_may_go_live(rivals):
    ModelVersion.objects.filter(pk=rivals.old.pk).update(preprocessing="ink-0")
    rivals.old.refresh_from_db()
    assert objections(rivals.new, rivals.old, None) == []
    assert objections(rivals.new, None, None) == []


def test_readings_stay_as_they_were_while_versions_are_compared(rivals):
    alice = make_user("alice")
    row = _desk(alice, "7")
    comparison.judge_next(lambda: True)
    row.refresh_from_db()
    assert (row.text, row.predictions.count(), row.status) == ("7", 1, lifecycle.Status.SUCCEEDED)
