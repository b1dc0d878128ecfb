"""What changed when drawings were read again: the first reading of each, which stays the result, and the newer one."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import F
from django.db.models.fields.json import KeyTextTransform, KeyTransform

from accounts.models import User
from ml.types import Verdict
from predictions.models import Job, ReadAgainRequest, Status, Submission


@dataclass(frozen=True)
class NewReading:
    """A newer reading of a drawing, with those attributes of a submission that show a reading."""

    text: str
    shown_text: str
    verdict: str
    confidence: float | None

    @property
    def status(self) -> Status:
        return Status.SUCCEEDED


@dataclass(frozen=True)
class Change:
    """A drawing as it was read at first, and as it is read now."""

    submission: Submission
    after: NewReading


@dataclass
class Changes:
    """The outcome of a request so far. gone: drawings that were deleted since."""

    changed: list[Change] = field(default_factory=list)
    unchanged: int = 0
    failed: int = 0
    waiting: int = 0
    gone: int = 0

    @property
    def done(self) -> int:
        return len(self.changed) + self.unchanged + self.failed

    @property
    def count(self) -> int:
        return self.done + self.waiting


def find_request(owner: User, id_: UUID | None = None) -> ReadAgainRequest | None:
    """Return a request of `owner`, or the newest of theirs, with its model version; or None. One query."""
    rows = ReadAgainRequest.objects.filter(owner=owner).select_related("model_version").defer("model_version__card")
    return (rows if id_ is None else rows.filter(pk=id_)).order_by("-asked_at").first()


def find_changes(asked: ReadAgainRequest) -> Changes:
    """Return what a request has changed so far, the newest drawing first. One query."""
    reading = F("prediction__reading")
    columns = {f"read_{name}": KeyTextTransform(name, reading) for name in ("text", "written", "verdict")}
    rows = Job.objects.filter(pk__in=asked.jobs, submission__owner=asked.owner_id, submission__deleted_at=None)
    rows = rows.select_related("submission").order_by("-submission_id")
    found = Changes(gone=len(asked.jobs))
    job: Any  # with what was read
    for job in rows.annotate(**columns, read_confidence=KeyTransform("confidence", reading)):
        found.gone -= 1
        if job.finished_at is None:
            found.waiting += 1
        elif job.read_verdict is None:
            found.failed += 1
        elif _is_changed(job.submission, after := _reading_of(job)):
            found.changed.append(Change(job.submission, after))
        else:
            found.unchanged += 1
    return found


def _reading_of(job: Any) -> NewReading:
    shown = Submission(text=job.read_text, written=job.read_written or "", expects=job.submission.expects)
    return NewReading(job.read_text, shown.shown_text, job.read_verdict, job.read_confidence)


def _is_changed(before: Submission, after: NewReading) -> bool:
    """Return whether the newer reading says something else; of no reading, any does."""
    if before.status != Status.SUCCEEDED or before.verdict != after.verdict:
        return True
    return after.verdict != Verdict.NOT_A_DIGIT and (before.text, before.shown_text) != (after.text, after.shown_text)
