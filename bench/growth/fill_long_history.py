"""Fill the database with the histories of persons who have few drawings or many, and of others, by bulk SQL."""

from collections.abc import Sequence
from datetime import timedelta

from django.db import connection

from accounts.models import User
from bench.growth.fill_database import QUEUED, WAITING, terms_at_once
from predictions.models.submissions.conditions import HIDDEN_AT

OTHERS = 20
ROWS_OF_OTHERS = 10_000  # each
RARE = 40  # drawings that are searched for, in each history: spread over it, and the oldest
OLD_DAYS = timedelta(days=1)  # of two years, after the oldest drawing
HISTORIES = """
INSERT INTO predictions_submission (id, owner_id, guest_key, source, lane, batch, body_sha256, kept_bytes, may_train,
    status, attempts, error_code, text, written, verdict, reasons, confidence, label, label_by, review_sample,
    available_at, created_at, queued_at, started_at, finished_at)
SELECT gen_random_uuid(), owner, '',
    CASE WHEN is_old THEN 'paste' WHEN is_rare THEN 'camera' WHEN m %% 3 = 1 THEN 'api' ELSE 'draw' END,
    'interactive', CASE WHEN m BETWEEN 500 AND 509 THEN md5(owner::text)::uuid END, '', 900, false,
    CASE WHEN failed THEN 'failed' ELSE 'succeeded' END, 1, CASE WHEN failed THEN 'blank' ELSE '' END,
    CASE WHEN failed THEN '' ELSE shown END, CASE WHEN failed THEN '' ELSE shown END,
    CASE WHEN failed THEN '' WHEN is_old OR is_rare OR m %% 17 = 3 THEN 'unsure'
        WHEN m %% 23 = 9 THEN 'not_a_digit' ELSE 'digit' END,
    CASE WHEN failed THEN '[]' WHEN is_old THEN '["edge_of_shadow", "unclear"]' WHEN is_rare THEN '["several_lines"]'
        WHEN m %% 17 = 3 THEN '["touching"]' ELSE '[]' END::jsonb,
    CASE WHEN NOT failed THEN 0.5 + (m %% 500) / 1000.0 END,
    CASE WHEN failed THEN NULL WHEN m %% 31 = 1 THEN shown WHEN m %% 37 = 1 OR is_rare THEN '1' || shown END,
    CASE WHEN NOT failed AND (m %% 31 = 1 OR m %% 37 = 1 OR is_rare) THEN 'owner' ELSE '' END, false,
    at, at, at, at + interval '0.1 s', at + interval '0.2 s'
FROM (
    SELECT *, NOT is_old AND NOT is_rare AND m %% 29 = 7 AS failed,
        CASE WHEN is_old THEN (ARRAY['31.337', '9021.0905'])[1 + m %% 2] WHEN is_rare THEN '8.25'
            WHEN m %% 20 = 11 THEN '12' WHEN m %% 2 = 0 THEN (m / 2 %% 10)::text
            ELSE (hashint8(m) & 8191)::text END AS shown
    FROM (
        SELECT owner, m, m <= 2 * %(rare)s AS is_old, m > 2 * %(rare)s AND m %% (rows / %(rare)s) = 3 AS is_rare,
            CASE WHEN m <= 2 * %(rare)s THEN now() - interval '730 days' + m * interval '1 minute'
                ELSE now() - (rows - m) * interval '728 days' / rows END AS at
        FROM unnest(%(owners)s::int[], %(rows)s::int[]) AS persons (owner, rows), generate_series(1, rows) AS m
    ) s
) s
ORDER BY at
"""


def fill_histories(sizes: Sequence[int], rows_of_others: int = ROWS_OF_OTHERS) -> list[User]:
    """Store as many finished submissions of one person each, and `rows_of_others` of OTHERS, over two years.

    They have no drawings, which lists do not load. Another WAITING submissions are queued. The tables must be empty.
    Returns the persons.

    Args:
        sizes: each at least 1,000.
    """
    users = User.objects.bulk_create(User(username=f"person-{n}") for n in range(len(sizes) + OTHERS + WAITING))
    owners = [user.pk for user in users[: len(sizes) + OTHERS]]
    rows = [*sizes, *[rows_of_others] * OTHERS]
    with connection.cursor() as cursor:
        with terms_at_once(cursor):
            cursor.execute(HISTORIES, {"owners": owners, "rows": rows, "rare": RARE})
        cursor.execute(QUEUED, {"first": owners[-1], "waiting": WAITING})
    return users[: len(sizes)]


CELLS = """
INSERT INTO predictions_submission (id, owner_id, guest_key, source, lane, sheet_id, body_sha256, kept_bytes, may_train,
    status, attempts, error_code, text, written, verdict, reasons, confidence, label_by, review_sample, superseded_at,
    available_at, created_at, queued_at, started_at, finished_at)
SELECT gen_random_uuid(), %(owner)s, '', 'sheet', 'bulk', md5((m / 240)::text)::uuid, '', 900, false,
    'succeeded', 1, '', (m %% 1000)::text, (m %% 1000)::text, CASE WHEN m %% 17 = 3 THEN 'unsure' ELSE 'digit' END,
    '["touching"]'::jsonb, 0.9, '', false, %(hidden_at)s,
    now(), now(), now(), now(), now()
FROM generate_series(1, %(rows)s) AS m
"""


def fill_cells(owner: User, rows: int) -> None:
    """Store as many finished cells of sheets of a person, newer than all else; without the sheets themselves."""
    with connection.cursor() as cursor:
        cursor.execute(CELLS, {"owner": owner.pk, "rows": rows, "hidden_at": HIDDEN_AT})
