"""Clean up abandoned and exhausted rows. Recovery does not depend on it: claims find those rows too."""

from predictions import lifecycle
from predictions.models import Challenger, Comparison, Export, Job, SheetPage, Submission, TrainingRun

WORK = (Submission, Job, Comparison)  # what every worker does
ALL_WORK = (*WORK, TrainingRun, Challenger, Export, SheetPage)


def repair() -> int:
    """Fail what is exhausted, put back what is abandoned, and return how many rows that were."""
    given_up = sum(lifecycle.give_up(model.objects.all()) for model in ALL_WORK)
    put_back = sum(lifecycle.put_back(model.objects.abandoned()) for model in ALL_WORK)
    return given_up + put_back + lifecycle.repair_comparisons()


def is_anything_waiting() -> bool:
    """Return whether anything is unfinished that every worker does."""
    return any(model.objects.unfinished().exists() for model in WORK)
