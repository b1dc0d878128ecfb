"""Fill the database with a long history of 1,000 users, by bulk SQL."""

import json
from typing import Any

from django.db import connection

from accounts.models import User
from ml.artifacts import load_shipped
from ml.golden import golden_drawing
from ml.preprocessing.images import thumbnail
from ml.preprocessing.strokes import render_strokes
from ml.recognition.loading import load_reader
from ml.recognition.text_line import find_text_line
from ml.types import CLASSES, PREPROCESSING_VERSION
from predictions.models import ModelVersion

USERS = 1_000
MEASURED_ROWS = 500  # of the user whose pages are measured, at every size
WAITING = 64  # queued rows, at every size
GROWING = ("submission", "historyterm", "drawing", "prediction", "review")

SUBMISSIONS = """
INSERT INTO predictions_submission (id, owner_id, guest_key, source, lane, canvas, body_sha256, kept_bytes, may_train,
    status, attempts, error_code, text, verdict, confidence, label, label_by, review_sample, superseded_at,
    deleted_at, available_at, created_at, queued_at, started_at, finished_at)
SELECT gen_random_uuid(),
    CASE WHEN n %% %(every)s = 0 THEN %(measured)s ELSE %(first)s + n %% %(others)s END,
    '', (ARRAY['draw', 'draw', 'api'])[1 + m %% 3], 'interactive', CASE WHEN m %% 3 < 2 THEN gen_random_uuid() END,
    '', 900, false, CASE WHEN m %% 50 = 7 THEN 'failed' ELSE 'succeeded' END, 1,
    CASE WHEN m %% 50 = 7 THEN 'blank' ELSE '' END,
    CASE WHEN m %% 50 = 7 THEN '' ELSE (m %% 10)::text END,
    CASE WHEN m %% 50 = 7 THEN '' WHEN m %% 25 = 3 THEN 'unsure' WHEN m %% 50 = 9 THEN 'not_a_digit' ELSE 'digit' END,
    CASE WHEN m %% 50 <> 7 THEN 0.5 + (m %% 500) / 1000.0 END,
    CASE WHEN m %% 50 <> 7 AND m %% 20 = 1 THEN ((m + m %% 100 / 41) %% 10)::text END,
    CASE WHEN m %% 50 <> 7 AND m %% 20 = 1 THEN (ARRAY['owner', %(reviewer)s]::text[])[1 + m %% 40 / 21] ELSE '' END,
    m %% 50 = 21,
    CASE WHEN m %% 3 = 1 AND at > now() - interval '1 day' THEN at END, NULL,
    at, at, at, at + interval '0.1 s', at + interval '0.2 s'
FROM (
    SELECT n, CASE WHEN n %% %(every)s = 0 THEN n / %(every)s ELSE n END AS m,
        now() - (%(rows)s - n) * interval '2 years' / %(rows)s AS at
    FROM generate_series(1, %(rows)s) n
) s
"""
DRAWINGS = """
INSERT INTO predictions_drawing (submission_id, strokes, width, height, pen_px, image_type, is_original, thumbnail)
SELECT key, %(strokes)s::jsonb -> (key %% 10)::int, 280, 280, 20, '', false,
    decode(%(pictures)s::jsonb ->> (key %% 10)::int, 'hex')
FROM predictions_submission
"""
PREDICTIONS = """
INSERT INTO predictions_prediction (submission_id, model_version_id, preprocessing, reading, runtime, device, worker,
    batch_size, queued_at, started_at, finished_at)
SELECT key, %(version)s, %(preprocessing)s, %(readings)s::jsonb -> (key %% 10)::int, 'litert', 'cpu', 'worker-1', 8,
    queued_at, started_at, finished_at
FROM predictions_submission WHERE status = 'succeeded'
"""
REVIEWS = """
INSERT INTO predictions_review (submission_id, reviewer_id, role, text, is_digit, created_at)
SELECT key, CASE WHEN label_by = 'owner' THEN owner_id ELSE %(measured)s END, label_by, label, true, finished_at
FROM predictions_submission WHERE label IS NOT NULL
"""
QUEUED = """
INSERT INTO predictions_submission (id, owner_id, guest_key, source, lane, body_sha256, kept_bytes, may_train, status,
    attempts, error_code, text, verdict, label_by, available_at, created_at, queued_at)
SELECT gen_random_uuid(), %(first)s + n, '', 'draw', 'interactive', '', 900, false, 'queued', 0, '', '', '', '',
    now(), now(), now()
FROM generate_series(1, %(waiting)s) n
"""


def fill_database(rows: int, version: ModelVersion) -> User:
    """Store `rows` finished submissions of USERS users, with drawings, predictions and reviews.

    Another WAITING submissions are queued. The tables must be empty.

    Args:
        rows: a multiple of MEASURED_ROWS, at least 10,000.
        version: of all predictions.

    Returns:
        The user with MEASURED_ROWS of the rows, spread evenly over time.
    """
    users = User.objects.bulk_create(User(username=f"person-{n}") for n in range(USERS))
    measured, first = users[0], users[1].pk
    values: dict[str, Any] = {
        "rows": rows,
        "every": rows // MEASURED_ROWS,
        "measured": measured.pk,
        "first": first,
        "others": USERS - 1,
        "waiting": WAITING,
        "reviewer": "desk",
        "version": version.pk,
        "preprocessing": PREPROCESSING_VERSION,
        **contents(),
    }
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE accounts_user")
        for statement in (SUBMISSIONS, QUEUED, DRAWINGS, PREDICTIONS, REVIEWS):
            cursor.execute(statement, {name: value for name, value in values.items() if f"%({name})s" in statement})
        for table in ("accounts_user", *(f"predictions_{name}" for name in GROWING)):
            cursor.execute(f"ANALYZE {table}")
    return measured


def contents() -> dict[str, str]:
    """Return strokes, thumbnails and readings as JSON lists, of a drawing of each digit read by the shipped network."""
    drawings = [golden_drawing(digit, seed=1) for digit in range(CLASSES)]
    pages = [render_strokes(**drawing) for drawing in drawings]
    readings = load_reader(load_shipped()).read([find_text_line(page) for page in pages])
    return {
        "strokes": json.dumps([drawing["strokes"] for drawing in drawings]),
        "pictures": json.dumps([thumbnail(page).hex() for page in pages]),
        "readings": json.dumps([reading.as_dict() for reading in readings]),
    }
