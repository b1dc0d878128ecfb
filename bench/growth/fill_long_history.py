"""Fill the database with the history of one person, who has many drawings or few, and of others, by bulk SQL."""

from datetime import timedelta
from typing import Any

from django.db import connection

from accounts.models import User
from bench.growth.fill_database import DRAWINGS, QUEUED, WAITING, contents

OTHERS = 20
ROWS_OF_OTHERS = 3_000  # each
OLD_DAYS = timedelta(days=10)  # of two years
HISTORY = """
INSERT INTO predictions_submission (id, owner_id, guest_key, source, lane, batch, body_sha256, kept_bytes, may_train,
    status, attempts, error_code, text, written, verdict, reasons, confidence, label, label_by, review_sample,
    available_at, created_at, queued_at, started_at, finished_at)
SELECT gen_random_uuid(), owner, '',
    CASE WHEN is_old AND m %% 3 = 0 THEN 'paste' WHEN m %% 97 = 5 THEN 'camera' WHEN m %% 3 = 1 THEN 'api'
        ELSE 'draw' END,
    'interactive', CASE WHEN m BETWEEN 500 AND 509 THEN md5(owner::text)::uuid END, '', 900, false,
    CASE WHEN failed THEN 'failed' ELSE 'succeeded' END, 1, CASE WHEN failed THEN 'blank' ELSE '' END,
    CASE WHEN failed THEN '' ELSE shown END, CASE WHEN failed THEN '' ELSE shown END,
    CASE WHEN failed THEN '' WHEN m %% 17 = 3 THEN 'unsure' WHEN m %% 23 = 9 THEN 'not_a_digit' ELSE 'digit' END,
    CASE WHEN failed OR m %% 17 <> 3 THEN '[]' WHEN is_old AND m %% 2 = 1 THEN '["edge_of_shadow", "unclear"]'
        WHEN m %% 9 = 0 THEN '["several_lines"]' ELSE '["touching"]' END::jsonb,
    CASE WHEN NOT failed THEN 0.5 + (m %% 500) / 1000.0 END,
    CASE WHEN failed THEN NULL WHEN m %% 31 = 1 THEN shown WHEN m %% 37 = 1 THEN '1' || shown END,
    CASE WHEN NOT failed AND (m %% 31 = 1 OR m %% 37 = 1) THEN 'owner' ELSE '' END, false,
    at, at, at, at + interval '0.1 s', at + interval '0.2 s'
FROM (
    SELECT *, m %% 29 = 7 AS failed,
        CASE WHEN is_old AND m %% 5 = 2 THEN (ARRAY['31337', '90210905'])[1 + m / 5 %% 2]
            WHEN m %% 2 = 0 THEN (m / 2 %% 10)::text ELSE (hashint8(m) & 1048575)::text END AS shown
    FROM (
        SELECT owner, m, m <= 10 + rows / 1000 AS is_old, now() - (rows - m) * interval '2 years' / rows AS at
        FROM unnest(%(owners)s::int[], %(rows)s::int[]) AS persons (owner, rows), generate_series(1, rows) AS m
    ) s
) s
ORDER BY at
"""


def fill_long_history(rows: int) -> User:
    """Store `rows` finished submissions of one user, and ROWS_OF_OTHERS of OTHERS, over two years. Returns the one.

    Another WAITING submissions are queued. The tables must be empty.

    Args:
        rows: at least 1,000.
    """
    users = User.objects.bulk_create(User(username=f"person-{n}") for n in range(1 + OTHERS + WAITING))
    owners = [user.pk for user in users[: 1 + OTHERS]]
    kept: dict[str, Any] = contents()
    with connection.cursor() as cursor:
        cursor.execute(HISTORY, {"owners": owners, "rows": [rows] + [ROWS_OF_OTHERS] * OTHERS})
        cursor.execute(QUEUED, {"first": owners[-1], "waiting": WAITING})
        cursor.execute(DRAWINGS, {"strokes": kept["strokes"], "pictures": kept["pictures"]})
    return users[0]
