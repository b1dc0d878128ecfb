"""Store the readings of a batch of submissions by few statements; only `lifecycle` imports this."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from ml.types import MAX_TEXT_CHARS
from predictions.models import Prediction, Submission

FINISH = """
    UPDATE predictions_submission AS ours
    SET status = 'succeeded', claim = NULL, lease_until = NULL, finished_at = statement_timestamp(),
        text = read.text, verdict = read.verdict, confidence = read.confidence, written = read.written,
        reasons = read.reasons::jsonb, kept_bytes = coalesce(read.kept, ours.kept_bytes)
    FROM unnest(%(keys)s::bigint[], %(text)s::text[], %(verdict)s::text[], %(confidence)s::float8[], %(kept)s::int[],
        %(written)s::text[], %(reasons)s::text[]) AS read (key, text, verdict, confidence, kept, written, reasons)
    WHERE ours.key = read.key AND ours.status = 'running' AND ours.claim = %(claim)s
    RETURNING ours.key
"""
STORE_DRAWINGS = """
    UPDATE predictions_drawing AS kept
    SET image = coalesce(new.image, kept.image), image_type = coalesce(new.image_type, kept.image_type),
        is_original = coalesce(new.is_original, kept.is_original), thumbnail = coalesce(new.thumbnail, kept.thumbnail)
    FROM unnest(%(keys)s::bigint[], %(image)s::bytea[], %(image_type)s::text[], %(is_original)s::bool[],
        %(thumbnail)s::bytea[]) AS new (key, image, image_type, is_original, thumbnail)
    WHERE kept.submission_id = new.key
"""
DRAWING_COLUMNS = ("image", "image_type", "is_original", "thumbnail")


@dataclass(frozen=True)
class FinishedReading:
    """A claimed submission and its reading. drawing: columns of its Drawing to store too, such as the thumbnail."""

    submission: Submission
    prediction: Prediction
    drawing: dict[str, Any] = field(default_factory=dict)


def finish(batch: Sequence[FinishedReading]) -> set[int]:
    """End the submissions that the batch's claim still holds, with what was read; return their keys. One query."""
    read = [one.prediction.reading for one in batch]
    columns = {
        "claim": batch[0].submission.claim,
        "keys": [one.submission.pk for one in batch],
        "kept": [apply_drawing(one.submission, one.drawing).get("kept_bytes") for one in batch],
        **{name: [reading[name] for reading in read] for name in ("text", "verdict", "confidence")},
        "written": [reading.get("written", "")[:MAX_TEXT_CHARS] for reading in read],
        "reasons": [json.dumps(reading.get("reasons", [])) for reading in read],
    }
    with connection.cursor() as cursor:
        cursor.execute(FINISH, columns)
        return {key for (key,) in cursor.fetchall()}


def store_drawings(batch: Sequence[FinishedReading]) -> None:
    """Store the columns of drawings that come with a batch, if any. One query."""
    if not any(one.drawing for one in batch):
        return
    columns = {name: [one.drawing.get(name) for one in batch] for name in DRAWING_COLUMNS}  # None changes nothing
    with connection.cursor() as cursor:
        cursor.execute(STORE_DRAWINGS, columns | {"keys": [one.submission.pk for one in batch]})


def apply_drawing(submission: Submission, drawing: dict[str, Any] | None) -> dict[str, int]:
    """Set the columns `drawing` on the drawing of a claimed submission; return its new size as a column, if any."""
    for name, value in (drawing or {}).items():
        setattr(submission.drawing, name, value)
    return {"kept_bytes": submission.drawing.bytes} if drawing else {}
