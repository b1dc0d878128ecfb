"""`Submission`, its `Drawing`, and the conditions, querysets and indexes that belong to it."""

from predictions.models.submissions.conditions import AGREED, GOLDEN_DIGIT, Role, Source
from predictions.models.submissions.drawing import Drawing, IdempotencyKey
from predictions.models.submissions.querysets import SubmissionQuerySet
from predictions.models.submissions.submission import Submission

__all__ = [
    "AGREED",
    "GOLDEN_DIGIT",
    "Drawing",
    "IdempotencyKey",
    "Role",
    "Source",
    "Submission",
    "SubmissionQuerySet",
]
