"""Tables, constraints and named querysets, without flow: `lifecycle` changes a status, `registry` the live model."""

from predictions.models.claimable import FINISHED, UNFINISHED, Claimable, ClaimableQuerySet, ErrorCode, Lane, Status
from predictions.models.readings import Job, Prediction, Review
from predictions.models.reviewing import ReviewEntry, ReviewLease
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
from predictions.models.training import Stage, TrainingRun
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
    "Drawing",
    "ErrorCode",
    "IdempotencyKey",
    "Job",
    "Lane",
    "ModelArtifact",
    "ModelVersion",
    "Prediction",
    "Review",
    "ReviewEntry",
    "ReviewLease",
    "Role",
    "Source",
    "Stage",
    "Status",
    "Submission",
    "SubmissionQuerySet",
    "TrainingRun",
    "WorkerSeen",
]
