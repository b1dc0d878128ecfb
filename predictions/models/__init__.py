"""The tables, their constraints and their named querysets. No flow: `lifecycle` moves a status, `registry` a model.

Whatever must be true of a row, whoever wrote it, stands here as a constraint.
"""

from predictions.models.claimable import FINISHED, UNFINISHED, Claimable, ClaimableQuerySet, ErrorCode, Lane, Status
from predictions.models.readings import Errand, Prediction, Review
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
    "Drawing",
    "Errand",
    "ErrorCode",
    "IdempotencyKey",
    "Lane",
    "ModelArtifact",
    "ModelVersion",
    "Prediction",
    "Review",
    "Role",
    "Source",
    "Status",
    "Submission",
    "SubmissionQuerySet",
    "WorkerSeen",
]
