"""A training run as the trainer does it, with the shipped model and a small budget."""

import itertools
from collections.abc import Iterator

import pytest
from django.core.management import call_command
from django.db.models.functions import Now

from accounts.models import User
from predictions import claims, lifecycle, registry
from predictions.models import Comparison, Drawing, ErrorCode, Role, Stage, Status, Submission, TrainingRun
from predictions.services.candidates import retraining
from predictions.services.review import review_submission
from predictions.services.reviewed_set import split_of
from predictions.worker import recognize
from predictions.worker.model_cache import load_to_read
from predictions.worker.training import run as training_run
from tests.curly import curly_drawing
from tests.factories import make_user

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.long(reason="trains a network"),
    pytest.mark.timeout(900),
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning:keras"),  # Keras 3.15 on NumPy 2.4
]
BUDGET = retraining.Options(epochs=2, images=1_500)


def writers_of(split: str) -> Iterator[User]:
    """Yield new users whose drawings are in this split."""
    for number in itertools.count():
        user = make_user(f"{split}-{number}")
        if split_of(user.pk) == split:
            yield user


def draw(owner: User, seeds: range, reviewer: User | None = None) -> list[Submission]:
    """Queue curly drawings of `owner`, read them, and let the reviewer say what they show."""
    rows = [
        lifecycle.queue(Submission(owner=owner, may_train=True), Drawing(**curly_drawing(seed % 10, seed)))
        for seed in seeds
    ]
    while recognize.recognize_batch():
        pass
    for seed, row in zip(seeds, rows, strict=True):
        row.refresh_from_db()
        if reviewer:
            review_submission(row, reviewer, str(seed % 10), Role.REVIEWER)
    return rows


@pytest.fixture
def reviewed():
    """Install a model that cannot read the style, and review 130 drawings in it."""
    call_command("install_model")
    reviewer = make_user("carol")
    for split, seeds in (("train", range(100)), ("validation", range(100, 115)), ("test", range(115, 130))):
        draw(next(writers_of(split)), seeds, reviewer)


def read_with(version, seeds):
    """Return the share of new curly drawings that a version reads right, and not as "not a digit"."""
    reader = load_to_read(version)
    right = 0
    for seed in seeds:
        row = Submission(owner=None, drawing=Drawing(**curly_drawing(seed % 10, seed)))
        reading = recognize.read_one(row, reader).reading
        right += reading["text"] == str(seed % 10) and reading["verdict"] != "not_a_digit"
    return right / len(seeds)


def do(run: TrainingRun) -> bool:
    """Claim the run and carry it out; return whether it made a candidate."""
    with claims.claimed_training_run() as [claimed]:
        is_done = training_run.carry_out(claimed)
    run.refresh_from_db()
    return is_done


def test_a_run_makes_a_candidate_that_reads_the_style(reviewed):
    run = retraining.start(make_user("admin"), BUDGET)
    assert do(run), run.log
    assert (run.status, run.stage, run.progress, run.trouble) == (Status.SUCCEEDED, Stage.DONE, 1.0, "")
    assert not bytes(run.state) and len(run.curves["loss"]) == BUDGET.epochs
    live, fresh = registry.live_version(), range(500, 560)
    before, after = read_with(live, fresh), read_with(run.candidate, fresh)
    assert before < 0.5 and after > before + 0.2
    card = run.candidate.card
    assert card["training"]["data"] == ["templates", "reviewed"] and card["training"]["started_from"] == live.name
    assert card["training"]["reviewed"]["known"] == 15 and card["sets"]["golden"]["accuracy"] > 0.99
    assert card["sets"]["reviewed"]["accuracy"] > card["sets"]["reviewed"]["former"]
    assert Comparison.objects.unfinished().filter(candidate=run.candidate, rival=live).exists()
    assert not run.candidate.is_live


def test_an_interrupted_run_goes_on_after_its_last_epoch(reviewed, monkeypatch):
    run = retraining.start(make_user("admin"), BUDGET)
    with monkeypatch.context() as patch:
        patch.setattr(training_run, "_record", lambda *_: 1 / 0)  # after the last epoch
        with pytest.raises(ZeroDivisionError):
            do(run)
    run.refresh_from_db()
    assert run.status == Status.QUEUED and bytes(run.state) and run.attempts == 1
    TrainingRun.objects.update(available_at=Now())
    assert do(run), run.log
    assert "going on after epoch 2" in run.log and run.log.count("epoch 1 of 2") == 1


def test_what_was_deleted_or_withdrawn_is_not_trained_on(reviewed):
    Submission.objects.filter(owner__username__startswith="train").update(deleted_at=Now())
    Submission.objects.update(may_train=True)
    run = retraining.start(make_user("admin"), BUDGET)
    assert not do(run)
    assert run.status == Status.FAILED and "only 0 digits to train on" in run.trouble


def test_a_canceled_run_stops_at_its_next_step(reviewed, monkeypatch):
    admin = make_user("admin")
    run = retraining.start(admin, BUDGET)
    collect = training_run.iterate_reviewed
    monkeypatch.setattr(training_run, "iterate_reviewed", lambda: retraining.cancel(run, admin) and collect())
    with pytest.raises(training_run.LostClaim):
        do(run)
    run.refresh_from_db()
    assert run.status == Status.CANCELED and run.candidate is None


def test_a_run_that_takes_too_long_fails(reviewed):
    run = retraining.start(make_user("admin"), BUDGET)
    with claims.claimed_training_run() as [claimed]:
        TrainingRun.objects.update(deadline_at=Now())
        assert not training_run.carry_out(TrainingRun.objects.get(pk=claimed.pk))
    run.refresh_from_db()
    assert (run.status, run.error_code) == (Status.FAILED, ErrorCode.DEADLINE) and "7200 s" in run.trouble
