"""Claim a batch of submissions and store its readings, by one statement each; only `lifecycle` imports this."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db import connection

from accounts.postgres.prepared import run_prepared
from ml.types import MAX_TEXT_CHARS
from predictions import fairness
from predictions.models import Drawing, Lane, Prediction, Submission

NEEDED = {
    "key", "id", "owner_id", "guest_key", "source", "lane", "status", "claim", "lease_until", "attempts", "created_at",
    "queued_at", "started_at", "expects", "review_sample", "kept_bytes",
}  # fmt: skip
CLAIMED = [field.attname for field in Submission._meta.concrete_fields if field.attname in NEEDED]  # as `from_db` wants
DRAWN = [field.attname for field in Drawing._meta.concrete_fields]
FETCHED_BYTES = 500_000  # a larger image is fetched when its turn comes: 32 of 25 MB would not fit into a worker
_COLUMNS = {"image": f"CASE WHEN octet_length(drawn.image) <= {FETCHED_BYTES} THEN drawn.image END"}

# A statement sees the rows as they were before it, so it may find one that another worker has just claimed. But it
# locks the newest version of each and checks that again; the UPDATE takes only what is locked like that.
CLAIM = f"""
    WITH waiting AS MATERIALIZED ({fairness.IN_TURNS}),
    foremost AS (SELECT key, lane, attempts FROM waiting ORDER BY lane DESC, turn, key LIMIT 1),
    alike AS (
        SELECT waiting.key, waiting.turn, waiting.owner_id FROM waiting, foremost
        WHERE CASE WHEN foremost.attempts > 0 THEN waiting.key = foremost.key
            ELSE waiting.attempts = 0 AND waiting.lane = foremost.lane END
    ),
    chosen AS (
        SELECT key FROM alike ORDER BY turn, key LIMIT (
            SELECT CASE WHEN lane = '{Lane.INTERACTIVE}' THEN %(limit)s
                WHEN EXISTS (
                    SELECT FROM unnest(%(expected)s::bigint[]) AS owner
                    WHERE owner NOT IN (SELECT owner_id FROM alike WHERE owner_id IS NOT NULL)
                ) THEN %(bulk_limit_when_busy)s
                ELSE %(bulk_limit)s END
            FROM foremost
        )
    ),
    begun AS (
        UPDATE predictions_submission AS ours
        SET status = 'running', claim = %(claim)s, lease_until = statement_timestamp() + %(lease)s,
            attempts = ours.attempts + 1, started_at = statement_timestamp()
        FROM chosen WHERE ours.key = chosen.key AND ours.status || '' IN ('queued', 'running')
        RETURNING {", ".join(f"ours.{name}" for name in CLAIMED)}
    )
    SELECT
        (SELECT count(*) FROM waiting),
        EXISTS (SELECT FROM predictions_submission WHERE status = 'queued' AND deadline_at < statement_timestamp())
            OR EXISTS (
                SELECT FROM predictions_submission
                WHERE attempts >= %(max_attempts)s AND attempts > 0 AND status IN ('queued', 'running')
                    AND (status = 'queued' AND available_at <= statement_timestamp()
                        OR status = 'running' AND lease_until < statement_timestamp())
            ),
        (SELECT json_build_array(id, preprocessing, set_signature)::text FROM predictions_modelversion WHERE is_live),
        {", ".join(f"begun.{name}" for name in CLAIMED)},
        {", ".join(_COLUMNS.get(name, f"drawn.{name}") for name in DRAWN)}
    FROM (SELECT) AS always
    LEFT JOIN begun ON true
    LEFT JOIN predictions_drawing AS drawn ON drawn.submission_id = begun.key
    ORDER BY begun.key
"""  # noqa: S608 (our own constants)
FINISH = """
    WITH read AS MATERIALIZED (
        SELECT * FROM unnest(
            %(key)s::bigint[], %(text)s::text[], %(verdict)s::text[], %(confidence)s::float8[], %(kept)s::int[],
            %(written)s::text[], %(reasons)s::text[], %(version)s::bigint[], %(preprocessing)s::text[],
            %(expects_sha256)s::text[], %(reading)s::text[], %(ink)s::text[], %(runtime)s::text[], %(device)s::text[],
            %(worker)s::text[], %(batch_size)s::int[], %(queued_at)s::timestamptz[], %(started_at)s::timestamptz[],
            %(image)b::bytea[], %(image_type)s::text[], %(is_original)s::bool[], %(thumbnail)b::bytea[]
        ) AS read (
            key, text, verdict, confidence, kept, written, reasons, version, preprocessing,
            expects_sha256, reading, ink, runtime, device,
            worker, batch_size, queued_at, started_at, image, image_type, is_original, thumbnail
        )
    ),
    done AS (
        UPDATE predictions_submission AS ours
        SET status = 'succeeded', claim = NULL, lease_until = NULL, finished_at = statement_timestamp(),
            text = read.text, verdict = read.verdict, confidence = read.confidence, written = read.written,
            reasons = read.reasons::jsonb, kept_bytes = coalesce(read.kept, ours.kept_bytes)
        FROM read WHERE ours.key = read.key AND ours.status || '' = 'running' AND ours.claim = %(claim)s
        RETURNING ours.key, ours.id
    ),
    told AS (
        INSERT INTO predictions_prediction (submission_id, model_version_id, preprocessing, expects_sha256, reading,
            ink, runtime, device, worker, batch_size, queued_at, started_at, finished_at)
        SELECT key, version, preprocessing, expects_sha256, reading::jsonb, ink::jsonb, runtime, device, worker,
            batch_size, queued_at, started_at, statement_timestamp()
        FROM read JOIN done USING (key)
        RETURNING submission_id, id
    ),
    drawn AS (
        UPDATE predictions_drawing AS kept
        SET image = coalesce(read.image, kept.image), image_type = coalesce(read.image_type, kept.image_type),
            is_original = coalesce(read.is_original, kept.is_original),
            thumbnail = coalesce(read.thumbnail, kept.thumbnail)
        FROM read JOIN done USING (key)
        WHERE kept.submission_id = read.key
            AND (read.image IS NOT NULL OR read.image_type IS NOT NULL OR read.is_original IS NOT NULL
                OR read.thumbnail IS NOT NULL)
    )
    SELECT done.key, told.id, pg_notify(%(channel)s, done.id::text)
    FROM done JOIN told ON told.submission_id = done.key
"""
DRAWING_COLUMNS = ("image", "image_type", "is_original", "thumbnail")
PREDICTION_COLUMNS = (
    "preprocessing", "expects_sha256", "runtime", "device", "worker", "batch_size", "queued_at", "started_at"
)  # fmt: skip


@dataclass(frozen=True)
class FinishedReading:
    """A claimed submission and its reading. drawing: columns of its Drawing to store too, such as the thumbnail."""

    submission: Submission
    prediction: Prediction
    drawing: dict[str, Any] = field(default_factory=dict)


class Claimed(NamedTuple):
    """What a claim found.

    rows: in the order of their keys, each with its drawing; what is not in CLAIMED, and a large image, is deferred.
    found: how many were waiting, as far as it looked.
    has_hopeless: whether some have used up their attempts or their time.
    live: key, preprocessing and signature of the live version, or None.
    """

    rows: list[Submission]
    found: int
    has_hopeless: bool
    live: list[Any] | None


def claim(**values: Any) -> Claimed:
    """Claim waiting submissions that make one batch, as CLAIM chooses them. One query."""
    lines = run_prepared(CLAIM, values)
    found, has_hopeless, live = lines[0][:3]
    rows = [_row(line[3:]) for line in lines if line[3] is not None]
    return Claimed(rows, found, has_hopeless, _loaded(live))


def _row(columns: Sequence[Any]) -> Submission:
    """Return a claimed row with its drawing."""
    row = Submission.from_db(connection.alias, CLAIMED, columns[: len(CLAIMED)])
    row.expects = _loaded(row.expects)
    if columns[len(CLAIMED)] is not None:  # else its owner's account was deleted meanwhile, and the drawing with it
        drawn = dict(zip(DRAWN, columns[len(CLAIMED) :], strict=True))
        if drawn["strokes"] is None and drawn["image"] is None:
            del drawn["image"]  # deferred
        row.drawing = Drawing.from_db(connection.alias, list(drawn), list(drawn.values()))
        row.drawing.strokes = _loaded(row.drawing.strokes)
    return row


def _loaded(column: Any) -> Any:
    return None if column is None else json.loads(column)


def finish(batch: Sequence[FinishedReading], channel: str) -> set[int]:
    """End the submissions that the batch's claim still holds, with what was read; return their keys. One query.

    Stores predictions and columns of drawings, and notifies `channel`, all or nothing.
    """
    told = [one.prediction for one in batch]
    read = [prediction.reading for prediction in told]
    columns = {
        "claim": batch[0].submission.claim,
        "channel": channel,
        "key": [one.submission.pk for one in batch],
        "kept": [apply_drawing(one.submission, one.drawing).get("kept_bytes") for one in batch],
        **{name: [reading[name] for reading in read] for name in ("text", "verdict", "confidence")},
        "written": [reading.get("written", "")[:MAX_TEXT_CHARS] for reading in read],
        "reasons": [json.dumps(reading.get("reasons", [])) for reading in read],
        "version": [prediction.model_version_id for prediction in told],
        "reading": [json.dumps(reading) for reading in read],
        "ink": [None if prediction.ink is None else json.dumps(prediction.ink) for prediction in told],
        **{name: [getattr(prediction, name) for prediction in told] for name in PREDICTION_COLUMNS},
        **{name: [one.drawing.get(name) for one in batch] for name in DRAWING_COLUMNS},  # None changes nothing
    }
    keys = {key: id_ for key, id_, _ in run_prepared(FINISH, columns)}
    for one in batch:
        if one.submission.pk in keys:
            one.prediction.pk, one.prediction._state.adding = keys[one.submission.pk], False
    return set(keys)


def apply_drawing(submission: Submission, drawing: dict[str, Any] | None) -> dict[str, int]:
    """Set the columns `drawing` on the drawing of a claimed submission; return its new size as a column, if any."""
    for name, value in (drawing or {}).items():
        setattr(submission.drawing, name, value)
    return {"kept_bytes": submission.drawing.bytes} if drawing else {}
