"""Tables, constraints and named querysets, without flow: `lifecycle` changes a status, `registry` the live model."""

from predictions.models.challenging import Challenger, ShadowReading
from predictions.models.claimable import (
    FINISHED,
    PAGES,
    QUEUED_CHANNEL,
    UNFINISHED,
    Claimable,
    ClaimableQuerySet,
    ErrorCode,
    Lane,
    Status,
)
from predictions.models.exports import Export, ExportChunk, ExportFormat, ExportPart
from predictions.models.filters import SavedFilter
from predictions.models.lanes import PausedLane, WorkLane
from predictions.models.readings import Job, Prediction, Review
from predictions.models.reviewing import DoubleReview, KnownAnswer, ReviewEntry, ReviewLease, ReviewRequest
from predictions.models.scheduled import EVERY, ScheduledRun, ScheduledTask
from predictions.models.selections import Deletion, ReadAgainRequest
from predictions.models.sheets import (
    CellChange,
    CellState,
    PageFile,
    Sheet,
    SheetCell,
    SheetPage,
    SheetTemplate,
    TemplateKind,
    ValueSource,
)
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
from predictions.models.terms import HistoryTerm
from predictions.models.training import Stage, TrainingRun
from predictions.models.versions import ArtifactFormat, Comparison, ModelArtifact, ModelVersion, WorkerSeen
from predictions.models.webhooks import WebhookDelivery, WebhookEndpoint, WebhookEvent

__all__ = [
    "AGREED",
    "EVERY",
    "FINISHED",
    "GOLDEN_DIGIT",
    "PAGES",
    "QUEUED_CHANNEL",
    "UNFINISHED",
    "ArtifactFormat",
    "CellChange",
    "CellState",
    "Challenger",
    "Claimable",
    "ClaimableQuerySet",
    "Comparison",
    "Deletion",
    "DoubleReview",
    "Drawing",
    "ErrorCode",
    "Export",
    "ExportChunk",
    "ExportFormat",
    "ExportPart",
    "HistoryTerm",
    "IdempotencyKey",
    "Job",
    "KnownAnswer",
    "Lane",
    "ModelArtifact",
    "ModelVersion",
    "PageFile",
    "PausedLane",
    "Prediction",
    "ReadAgainRequest",
    "Review",
    "ReviewEntry",
    "ReviewLease",
    "ReviewRequest",
    "Role",
    "SavedFilter",
    "ScheduledRun",
    "ScheduledTask",
    "ShadowReading",
    "Sheet",
    "SheetCell",
    "SheetPage",
    "SheetTemplate",
    "Source",
    "Stage",
    "Status",
    "Submission",
    "SubmissionQuerySet",
    "TemplateKind",
    "TrainingRun",
    "ValueSource",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebhookEvent",
    "WorkLane",
    "WorkerSeen",
]
