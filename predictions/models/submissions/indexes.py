"""The indexes of submissions, each for the queries of one list, queue or count."""

from django.db.models import F, Index, Q

from ml.types import Verdict
from predictions.models.claimable import UNFINISHED, Status
from predictions.models.submissions.conditions import (
    CONFIRMED,
    CORRECTED,
    CURRENT,
    DISPUTED,
    DONE,
    MOST_URGENT_FIRST,
    NEWEST,
    NOT_SURE,
    REVIEW_ORDER,
    REVIEWABLE,
    SAMPLED,
    SHADOWED,
    TO_REVIEW,
    UNTOLD,
    Role,
    Source,
)

# What lists filter by: an index has these columns, so that it skips what does not match without fetching rows.
LISTED = ("kept_bytes", "status", "verdict", "text", "written", "created_at")

INDEXES = [
    Index(F("lane").desc(), F("key"), condition=Q(status__in=UNFINISHED), name="submission_queue"),
    Index(F("owner"), F("key").desc(), include=["kept_bytes"], name="submission_history"),
    Index(fields=["owner", "canvas"], condition=Q(canvas__isnull=False), name="submission_sheet"),
    Index(fields=["owner", "batch"], condition=Q(batch__isnull=False), name="submission_batch"),
    Index(  # not of all unfinished rows, or Postgres might take it for the index of the queue, and sort what it finds
        fields=["owner", "sheet"],
        condition=Q(status__in=UNFINISHED, owner__isnull=False),
        name="submission_unfinished_of",
    ),
    Index(
        fields=["deadline_at"],
        condition=Q(status=Status.QUEUED, deadline_at__isnull=False),
        name="submission_deadline",
    ),
    Index(
        MOST_URGENT_FIRST,
        F("key").desc(),
        condition=Q(deleted_at=None, superseded_at=None),
        name="submission_desk",
    ),
    Index(fields=["created_at"], condition=Q(deleted_at=None, superseded_at=None), name="submission_dates"),
    Index(
        fields=["attempts"],
        condition=Q(status__in=UNFINISHED, attempts__gt=0),
        name="submission_tried",
    ),
    Index(fields=["deleted_at"], condition=Q(deleted_at__isnull=False), name="submission_deleted"),
    Index(fields=["superseded_at"], condition=Q(superseded_at__isnull=False), name="submission_superseded"),
    Index(F("key").desc(), condition=Q(guest_key=Source.GOLDEN), name="submission_golden"),
    Index(REVIEW_ORDER, F("key").desc(), condition=TO_REVIEW, name="submission_to_review"),
    Index(fields=["key"], condition=SAMPLED, name="submission_sampled"),
    Index(fields=["created_at"], condition=Q(review_sample=True), name="submission_sample_dates"),
    Index(
        F("status"),
        F("key").desc(),
        condition=Q(status__in=[Status.FAILED, Status.CANCELED]),
        name="submission_not_read",
    ),
    Index(
        fields=["created_at"],
        condition=Q(label_by=Role.REVIEWER, deleted_at=None, superseded_at=None),
        name="submission_reviewed_dates",
    ),
    Index(F("owner"), F("created_at"), condition=REVIEWABLE, include=["source"], name="submission_read_dates"),
    Index(
        F("owner"),
        F("key").desc(),
        condition=REVIEWABLE & Q(label__isnull=False),
        include=["text", "written", "verdict", "confidence", "label", "label_by"],
        name="submission_told",
    ),
    Index(fields=["finished_at"], condition=SHADOWED, name="submission_shadowed"),
    Index(*NEWEST, include=LISTED, condition=CURRENT, name="submission_listed"),  # without the cells of sheets
    Index(
        F("owner"),
        F("verdict"),
        F("key").desc(),
        condition=Q(verdict__in=[Verdict.UNSURE, Verdict.NOT_A_DIGIT]) & CURRENT,
        name="submission_by_verdict",
    ),
    Index(
        F("owner"),
        F("status"),
        F("key").desc(),
        condition=Q(status__in=[Status.FAILED, Status.CANCELED]) & CURRENT,
        name="submission_by_status",
    ),
    Index(F("owner"), F("key").desc(), condition=CORRECTED & CURRENT, name="submission_corrected"),
    Index(F("key").desc(), condition=DISPUTED & CURRENT, name="submission_disputed"),
    # What is finished, so that a row is written to them once, and not with each change of its status.
    Index(F("owner"), F("source"), F("key").desc(), condition=DONE, name="submission_by_source"),
    Index(F("owner"), F("created_at").desc(), include=["key"], condition=DONE, name="submission_by_day"),
    Index(*NEWEST, condition=Q(status=Status.SUCCEEDED) & CURRENT, name="submission_read"),
    Index(*NEWEST, condition=Q(verdict=Verdict.DIGIT) & CURRENT, name="submission_sure"),
    Index(*NEWEST, condition=NOT_SURE & CURRENT, name="submission_not_sure"),
    Index(*NEWEST, condition=CONFIRMED & CURRENT, name="submission_confirmed"),
    Index(*NEWEST, condition=UNTOLD & CURRENT, name="submission_untold"),
]
