"""Tables, constraints and named querysets, without flow: `lifecycle` changes a status, `registry` the live model."""

from predictions.models.claimable import FINISHED, UNFINISHED, Claimable, ClaimableQuerySet, ErrorCode, Lane, Status
from predictions.models.readings import Job, Prediction, Review
from predictions.models.reviewing import DoubleReview, KnownAnswer, ReviewEntry, ReviewLease
from predictions.models.submissions import (
    AGREED,
    GOLDEN_DIGIT,
    Drawing,
    IdempotencyKey,
    Role,
    Source,
    Submission,
    SubmissionQuerySet,
)
from predictions.models.versions import ArtifactFormat, Comparison, ModelArtifact, ModelVersion, WorkerSeen

__all__ = [
    "AGREED",
    "FINISHED",
    "GOLDEN_DIGIT",
    "UNFINISHED",
    "ArtifactFormat",
    "Claimable",
    "ClaimableQuerySet",
    "Comparison",
    "DoubleReview",
    "Drawing",
    "ErrorCode",
    "IdempotencyKey",
    "Job",
    "KnownAnswer",
    "Lane",
    "ModelArtifact",
    "ModelVersion",
    "Prediction",
    "Review",
    "ReviewEntry",
    "ReviewLease",
    "Role",
    "Source",
    "Status",
    "Submission",
    "SubmissionQuerySet",
    "WorkerSeen",
]
