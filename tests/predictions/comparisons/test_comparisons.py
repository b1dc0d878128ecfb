"""When a candidate is worse than the live version, and how workers compare the two."""

import io
from contextlib import nullcontext
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import OperationalError, connection
from django.db.models import Q
from django.db.models.functions import Now
from PIL import Image

from ml.types import Reading, Verdict
from predictions import claims, comparisons, lifecycle
from predictions.comparisons import GOLDEN, REVIEWED, Tally, objections
from predictions.comparisons.tallies import judgement as judge
from predictions.models import Comparison, Drawing, ModelVersion, Role, Status, Submission
from predictions.services.review import review_submission
from predictions.worker import comparison, known_drawings, measuring, model_cache, recognize, schedule, watch
from tests.factories import make_measures, make_submission, make_user, make_version, read_one

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
def test_one_lost_golden_drawing_counts_and_significantly_many_reviewed_ones(name, lost, won, judgement):
    assert judge(name, Tally(1_000, 900, lost=lost, won=won)) == judgement


def test_the_chance_is_that_of_an_exact_sign_test():
    assert Tally(100, 90, lost=4).chance == pytest.approx(1 / 16)
    assert Tally(100, 90, lost=11, won=3).chance == pytest.approx(470 / 2**14)
    assert Tally().chance == 1


class Constant:
    """A reader that reads everything as one digit, or as no digit for ""."""

    def __init__(self, digit="7"):
        self.digit = digit

    def read(self, pages):
        verdict = Verdict.DIGIT if self.digit else Verdict.NOT_A_DIGIT
        return [Reading(self.digit or "3", verdict, 0.9, ()) for _ in pages]


@pytest.fixture
def rivals(db, monkeypatch):
    """Make a live version that reads only sevens, and a candidate that reads only ones; tests may change `readers`."""
    old, new = make_version("old", b"1"), make_version("new", b"2", is_live=False)
    readers = {"old": Constant("7"), "new": Constant("1")}

    def load(version):
        if isinstance(readers[version.name], Exception):
            raise readers[version.name]
        return model_cache.Loaded(version, readers[version.name])

    monkeypatch.setattr(comparison, "load_to_read", load)
    monkeypatch.setattr(known_drawings, "GOLDEN_HANDS", 2)
    monkeypatch.setattr(known_drawings, "REFUSALS", 8)
    return SimpleNamespace(old=old, new=new, readers=readers)


def _reviewed(owner, truth, reviewer="carol"):
    row = read_one(owner)
    review_submission(row, make_user(f"{reviewer}-{row.pk}"), truth, Role.REVIEWER)
    return row


def test_both_versions_are_counted_on_golden_and_reviewed_drawings(rivals):
    alice = make_user("alice")
    for truth in ("7", "7", "1", "5", ""):
        _reviewed(alice, truth)
    found = comparison.compare(rivals.new, rivals.old).tallies
    assert found[GOLDEN] == Tally(20, both=0, lost=2, won=2)
    assert found[REVIEWED] == Tally(5, both=0, lost=2, won=1)


def test_calling_a_drawing_no_digit_can_be_right(rivals):
    alice = make_user("alice")
    _reviewed(alice, ""), _reviewed(alice, "3")
    rivals.readers["new"] = Constant("")
    assert comparison.compare(rivals.new, rivals.old).tallies[REVIEWED] == Tally(2, both=0, lost=0, won=1)


def test_only_the_newest_review_by_somebody_other_than_the_owner_counts(rivals):
    alice = make_user("alice")
    twice, gone, own = _reviewed(alice, "7"), _reviewed(alice, "7"), read_one(alice)
    review_submission(twice, make_user("dave"), "1", Role.REVIEWER)
    review_submission(twice, alice, "7", Role.OWNER)
    review_submission(own, alice, "7", Role.OWNER)
    own.reviews.create(reviewer=alice, role=Role.REVIEWER, text="7", is_digit=True)  # which the review queue refuses
    Submission.objects.filter(pk=gone.pk).update(deleted_at=Now())
    _reviewed(alice, "7").reviews.update(withdrawn_at=Now())
    assert comparison.compare(rivals.new, rivals.old).tallies[REVIEWED] == Tally(1, both=0, lost=0, won=1)


def test_images_are_prepared_as_for_recognition_and_missing_ones_have_no_line():
    drawn = io.BytesIO()
    Image.new("L", (60, 60), 255).save(drawn, "PNG")
    assert known_drawings._page(Drawing(image=drawn.getvalue(), image_type="image/png")) is None
    assert known_drawings._page(Drawing(image=b"no picture", image_type="image/png")) is None
    paper = Image.new("L", (60, 60), 255)
    paper.paste(0, (28, 10, 34, 50))
    drawn = io.BytesIO()
    paper.save(drawn, "PNG")
    line, expectation = known_drawings._page(Drawing(image=drawn.getvalue(), image_type="image/png"))
    assert (len(line.components), expectation) == (1, None)


def test_a_rival_that_cannot_be_loaded_reads_nothing_right(rivals):
    rivals.readers["old"] = model_cache.CannotLoad("broken")
    assert comparison.compare(rivals.new, rivals.old).tallies[GOLDEN] == Tally(20, both=0, lost=0, won=2)


def test_a_new_version_is_compared_without_a_request(rivals):
    assert comparisons.find(rivals.new, rivals.old) is None
    assert comparison.run_next(lambda: True)
    found = comparisons.find(rivals.new, rivals.old)
    assert found.tallies[GOLDEN] == Tally(20, both=0, lost=2, won=2)
    assert not comparison.run_next(lambda: True)


def test_one_comparison_serves_promotion_and_rollback(rivals):
    rivals.readers["new"] = Constant("")
    comparison.run_next(lambda: True)
    assert comparisons.find(rivals.new, rivals.old).tallies[GOLDEN] == Tally(20, lost=2)
    assert comparisons.find(rivals.old, rivals.new).tallies[GOLDEN] == Tally(20, won=2)


def test_a_comparison_is_queued_once(rivals):
    comparisons.request(rivals.new, rivals.old)
    assert Comparison.objects.count() == 1


def _expire():
    Comparison.objects.update(lease_until=Now() - timedelta(seconds=1))


def test_two_workers_do_not_run_the_same_comparison(rivals):
    with claims.claimed_comparison() as [row], claims.claimed_comparison() as others:
        assert (row.candidate, row.rival, row.status, others) == (rivals.new, rivals.old, Status.RUNNING, [])


def test_another_worker_runs_the_comparison_of_a_dead_one_which_is_fenced_off(rivals):
    with claims.claimed_comparison() as lost:
        _expire()
        assert comparison.run_next(lambda: True)
        assert claims.renew(lost) == 0
        assert not lifecycle.complete_comparison(lost[0], {}, {}, "late")
    row = Comparison.objects.get()
    assert (row.status, row.attempts, row.trouble) == (Status.SUCCEEDED, 2, "")


def test_an_interrupted_comparison_returns_to_the_queue_without_an_attempt(rivals):
    assert not comparison.run_next(lambda: False)
    row = Comparison.objects.get()
    assert (row.status, row.claim, row.lease_until, row.attempts) == (Status.QUEUED, None, None, 0)


def test_the_sweep_puts_an_abandoned_comparison_back(rivals):
    with claims.claimed_comparison():
        _expire()
        assert schedule.run_all()
        assert Comparison.objects.get().status == Status.QUEUED


def test_a_candidate_that_kills_its_workers_is_given_up(rivals, settings):
    Comparison.objects.update(attempts=settings.MAX_ATTEMPTS)
    assert not comparison.run_next(lambda: True)
    row = Comparison.objects.get()
    assert (row.status, row.error_code) == (Status.FAILED, "gave_up")
    assert objections(rivals.new, rivals.old, comparisons.find(rivals.new, rivals.old)) == [row.trouble]
    assert "Every attempt" in row.trouble


class TestWithAnOlderVersion:
    """Code from before migration 0009 knows `lease_until`, `attempts` and `finished_at`, but no status or claim."""

    def test_its_requests_are_run(self, rivals):
        Comparison.objects.all().delete()
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO predictions_comparison (candidate_id, rival_id, asked_at, lease_until, attempts,"
                " finished_at, figures, trouble) VALUES (%s, %s, DEFAULT, NULL, 0, NULL, '{}', '')",
                [rivals.new.pk, rivals.old.pk],
            )
        assert comparisons.is_waiting(rivals.new, rivals.old)
        assert comparison.run_next(lambda: True)
        assert comparisons.find(rivals.new, rivals.old).tallies[GOLDEN] == Tally(20, lost=2, won=2)

    def test_what_it_is_working_on_is_left_alone(self, rivals, settings):
        Comparison.objects.update(lease_until=Now() + timedelta(seconds=30), attempts=settings.MAX_ATTEMPTS)
        assert not comparison.run_next(lambda: True)
        schedule.run_all()
        row = Comparison.objects.get()
        assert (row.status, row.finished_at, row.lease_until is None) == (Status.QUEUED, None, False)

    def test_what_it_left_is_taken_over(self, rivals):
        Comparison.objects.update(lease_until=Now() - timedelta(seconds=1), attempts=1)
        assert comparison.run_next(lambda: True)

    @pytest.mark.parametrize("is_running", [False, True])
    def test_what_it_finished_is_finished(self, rivals, is_running):
        figures = comparisons.as_figures({GOLDEN: GOOD, REVIEWED: GOOD})
        with claims.claimed_comparison() if is_running else nullcontext():
            Comparison.objects.update(figures=figures, lease_until=None, finished_at=Now())
            assert comparisons.find(rivals.new, rivals.old).tallies[GOLDEN] == GOOD
            assert not comparisons.is_waiting(rivals.new, rivals.old)
            assert not comparison.run_next(lambda: True)
            schedule.run_all()
        row = Comparison.objects.get()
        assert (row.status, row.claim, row.figures) == (Status.SUCCEEDED, None, figures)

    def test_it_leaves_what_a_newer_worker_is_running(self, rivals):
        free = Comparison.objects.filter(finished_at=None).filter(Q(lease_until=None) | Q(lease_until__lt=Now()))
        with claims.claimed_comparison():
            assert not free.exists()
        assert free.exists()


def test_a_candidate_that_cannot_be_loaded_is_refused_with_the_reason(rivals):
    rivals.readers["new"] = model_cache.CannotLoad("it is broken")
    assert comparison.run_next(lambda: True)
    found = comparisons.find(rivals.new, rivals.old)
    assert objections(rivals.new, rivals.old, found) == ["new cannot be used: it is broken"]
    assert comparisons.find(rivals.old, rivals.new) is None  # which says nothing about the other version


def test_a_candidate_with_another_preprocessing_is_left_to_other_workers(rivals):
    ModelVersion.objects.filter(pk=rivals.new.pk).update(preprocessing="ink-99")
    rivals.new.refresh_from_db()
    assert not comparison.run_next(lambda: True)
    [reason] = objections(rivals.new, rivals.old, None)
    assert "ink-99" in reason


def test_submissions_are_recognized_during_a_comparison(rivals, monkeypatch):
    monkeypatch.setattr(recognize, "live", lambda: model_cache.Loaded(rivals.old, Stub()))
    monkeypatch.setattr(watch, "live", lambda: model_cache.Loaded(rivals.old, Stub()))
    monkeypatch.setattr(known_drawings, "GOLDEN_HANDS", 5)
    read_all = measuring.read_all

    def read(*args):
        make_submission()
        return read_all(*args)

    monkeypatch.setattr(measuring, "read_all", read)
    watch.poll()
    assert Comparison.objects.filter(finished_at__isnull=False).count() == 1
    assert Submission.objects.filter(status="succeeded").count() >= 6


def test_a_comparison_holds_the_network_lock_while_it_reads(rivals, monkeypatch):
    locked = []

    def read(reader, pages):
        locked.append(recognize.network_lock.locked())
        return [None] * len(pages)

    monkeypatch.setattr(measuring, "read_all", read)
    comparison.compare(rivals.new, rivals.old)
    assert locked and all(locked)
    assert not recognize.network_lock.locked()


def test_a_failing_batch_is_not_blamed_on_the_candidate(rivals, monkeypatch):
    batches = iter([0])

    def fail():
        return next(batches)  # the first is fine, so that the comparison begins

    monkeypatch.setattr(watch, "note_seen", lambda: None)
    monkeypatch.setattr(recognize, "recognize_batch", fail)
    assert watch.poll()
    assert comparisons.find(rivals.new, rivals.old).comparison.trouble == ""


class Stub(Constant):
    """A reader of sevens with a device."""

    network = SimpleNamespace(runtime="stub", device="none")


def test_the_database_going_away_ends_no_comparison_for_good(rivals, monkeypatch):
    def away(*_):
        raise OperationalError("away")

    with monkeypatch.context() as patch:
        patch.setattr(comparison, "compare", away)
        with pytest.raises(OperationalError):
            comparison.run_next(lambda: True)
    assert Comparison.objects.get().finished_at is None


def _compared(candidate, rival, golden=GOOD, reviewed=GOOD, age=timedelta()):
    row = Comparison.objects.create(
        candidate=candidate,
        rival=rival,
        figures=comparisons.as_figures({GOLDEN: golden, REVIEWED: reviewed}),
        measures=make_measures().as_dict(),
    )
    Comparison.objects.filter(pk=row.pk).update(finished_at=Now() - age)
    return comparisons.find(candidate, rival)


def test_a_candidate_that_is_no_worse_may_be_promoted(rivals):
    assert objections(rivals.new, rivals.old, _compared(rivals.new, rivals.old)) == []


def test_a_worse_candidate_is_refused_with_the_numbers(rivals):
    lost = Tally(100, 80, lost=12, won=2)
    golden, reviewed = objections(rivals.new, rivals.old, _compared(rivals.new, rivals.old, BAD, lost))
    assert "499 of the 500 golden" in golden and "reads 500" in golden
    assert (
        "82 of the 100 reviewed" in reviewed
        and "alone reads 12" in reviewed
        and "this one alone 2" in reviewed
        and "0.0065" in reviewed
    )


def test_a_candidate_needs_a_comparison_of_the_last_day(rivals):
    [reason] = objections(rivals.new, rivals.old, None)
    assert "not been compared" in reason
    [reason] = objections(rivals.new, rivals.old, _compared(rivals.new, rivals.old, age=timedelta(days=2)))
    assert "more than a day ago" in reason


def test_a_former_live_version_may_return_by_an_older_comparison(rivals):
    ModelVersion.objects.filter(pk=rivals.new.pk).update(promoted_at=Now())
    rivals.new.refresh_from_db()
    assert objections(rivals.new, rivals.old, _compared(rivals.new, rivals.old, age=timedelta(days=2))) == []


def test_any_usable_version_may_replace_one_that_no_worker_can_use(rivals):
    ModelVersion.objects.filter(pk=rivals.old.pk).update(preprocessing="ink-0")
    rivals.old.refresh_from_db()
    assert objections(rivals.new, rivals.old, None) == []
    assert objections(rivals.new, None, None) == []


def test_comparing_versions_changes_no_submission(rivals):
    alice = make_user("alice")
    row = _reviewed(alice, "7")
    comparison.run_next(lambda: True)
    row.refresh_from_db()
    assert (row.text, row.predictions.count(), row.status) == ("7", 1, Status.SUCCEEDED)
