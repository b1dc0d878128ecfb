"""What makes and tries new versions of the model: training runs, comparisons and challengers."""

from typing import Any

from django.db.models.functions import Now

from predictions.lifecycle.claimable import finish, move, of_claim
from predictions.models import (
    UNFINISHED,
    Challenger,
    Comparison,
    ErrorCode,
    ModelVersion,
    Stage,
    Status,
    TrainingRun,
)


def complete_comparison(
    comparison: Comparison, figures: dict[str, Any], measures: dict[str, Any], trouble: str = ""
) -> bool:
    """Record the outcome of a comparison and finish it; False if the claim was lost meanwhile. One query."""
    return finish(comparison, Status.SUCCEEDED, figures=figures, measures=measures, trouble=trouble[:300])


def record_comparison(
    candidate: ModelVersion, rival: ModelVersion, figures: dict[str, Any], measures: dict[str, Any]
) -> None:
    """Store a comparison that is finished already. One query."""
    found = {"figures": figures, "measures": measures, "status": Status.SUCCEEDED, "finished_at": Now()}
    Comparison.objects.create(candidate=candidate, rival=rival, **found)


def repair_comparisons() -> int:
    """Give a status to comparisons that a version from before migration 0009 finished; return how many. One query."""
    rows = Comparison.objects.filter(status__in=UNFINISHED, finished_at__isnull=False)
    return rows.update(status=Status.SUCCEEDED, claim=None, lease_until=None)


def release_challenger(challenger: Challenger) -> bool:
    """Leave a challenger that did well to the next worker at once, its attempts forgotten; False if it was stopped."""
    moved = move(of_claim(challenger), Status.QUEUED, available_at=Now(), attempts=0)
    challenger.status = Status.QUEUED
    return bool(moved)


def fail_challenger(challenger: Challenger, trouble: str) -> bool:
    """Stop a claimed challenger that cannot be used; False if it was stopped meanwhile. One query."""
    moved = move(of_claim(challenger), Status.FAILED, error_code=ErrorCode.GAVE_UP, trouble=trouble[:300])
    challenger.status = Status.FAILED
    return bool(moved)


def stop_challengers(trouble: str = "") -> int:
    """Stop the challenger that is not stopped, if there is one; a worker that holds it stores nothing more."""
    return move(Challenger.objects.unfinished(), Status.CANCELED, trouble=trouble)


def complete_training_run(run: TrainingRun, candidate: ModelVersion) -> bool:
    """Finish a training run with the version that it made; False if the claim was lost meanwhile. One query."""
    columns = {"stage": Stage.DONE, "progress": 1.0, "state": b"", "candidate": candidate}
    return finish(run, Status.SUCCEEDED, **columns)


def fail_training_run(run: TrainingRun, trouble: str, code: ErrorCode = ErrorCode.GAVE_UP) -> bool:
    """End a training run for good; False if the claim was lost meanwhile. One query."""
    return finish(run, Status.FAILED, error_code=code, trouble=trouble[:300], state=b"")
