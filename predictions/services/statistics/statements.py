"""The statements that read the random sample: grouped in Postgres, since Python takes a second for 20,000 rows."""

from collections.abc import Mapping
from typing import Any

from django.db import connection

from ml.types import INK_EDGES

_SAMPLED = """
sampled AS (
    SELECT key, owner_id, text, written, expects IS NULL AS is_free, verdict, source,
        coalesce(confidence, 0) AS confidence, (created_at AT TIME ZONE %(zone)s)::date AS day
    FROM predictions_submission
    WHERE review_sample AND created_at >= %(since)s AND status = 'succeeded' AND owner_id IS NOT NULL
        AND deleted_at IS NULL AND superseded_at IS NULL
    ORDER BY created_at DESC LIMIT %(most)s
)"""

# Whether a reading says what a person does, as `Submission.agrees_with` has it; and the text alone, which is what the
# confidence is about.
IS_EXACT = "{said} <> '' AND ({said} = text OR {said} = written AND is_free)"
IS_RIGHT = f"CASE verdict WHEN 'not_a_digit' THEN {{said}} = '' ELSE {IS_EXACT} END"

# The newest review by a reviewer who is not the owner, and the newest by the owner, of those that are not withdrawn.
# The first reading is what was answered; nearly all drawings have one, which the index tells alone.
SAMPLE = f"""
WITH {_SAMPLED}, reviewed AS (
    SELECT sampled.*, said.truth, said.owner_says,
        CASE WHEN readings.count = 1 THEN readings.version ELSE (
            SELECT model_version_id FROM predictions_prediction WHERE submission_id = sampled.key ORDER BY id LIMIT 1
        ) END AS version_id,
        EXISTS (
            SELECT FROM predictions_reviewentry WHERE submission_id = sampled.key AND is_skip AND undone_at IS NULL
        ) AS is_skipped
    FROM sampled
    CROSS JOIN LATERAL (
        SELECT (array_agg(review.text ORDER BY id DESC) FILTER (
                WHERE role = 'desk' AND reviewer_id IS DISTINCT FROM owner_id
            ))[1] AS truth,
            (array_agg(review.text ORDER BY id DESC) FILTER (WHERE role = 'owner'))[1] AS owner_says
        FROM predictions_review AS review WHERE submission_id = sampled.key AND withdrawn_at IS NULL
    ) AS said
    CROSS JOIN LATERAL (
        SELECT count(*) AS count, min(model_version_id) AS version FROM predictions_prediction
        WHERE submission_id = sampled.key
    ) AS readings
), judged AS (
    SELECT *, {IS_EXACT.format(said="truth")} AS is_exact, {IS_RIGHT.format(said="truth")} AS is_right,
        owner_says IS NOT NULL AND NOT {IS_RIGHT.format(said="owner_says")} AS is_disputed
    FROM reviewed
)
SELECT %(last)s::date - ((%(last)s::date - day) / %(step)s + 1) * %(step)s + 1 AS day,
    CASE WHEN length(text) > 1 THEN repeat('#', least(length(text), %(longest)s)) ELSE text END AS text,
    CASE WHEN length(truth) > 1 THEN '#' ELSE truth END AS truth,
    verdict, coalesce(name, '') AS version, is_disputed,
    width_bucket(confidence, %(confidences)s::float8[]) AS confidence_bin,
    is_right, is_exact, is_skipped, count(*), sum(confidence)
FROM judged LEFT JOIN predictions_modelversion ON predictions_modelversion.id = version_id
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
ORDER BY 1 DESC
"""  # noqa: S608 - all parts are in this file

_BINS = """
SELECT '{feature}' AS feature, is_now, ({name})::text AS bin, count(*) FROM drawn {more} GROUP BY 1, 2, 3
"""
_BUCKET = "width_bucket({value}, %({feature})s::float8[])"


def _count(feature: str, name: str, more: str = "") -> str:
    return _BINS.format(feature=feature, name=name, more=more)


def _count_binned(feature: str, value: str, more: str) -> str:
    return _count(feature, _BUCKET.format(feature=feature, value=value), more)


def _count_ink(measure: str) -> str:
    values = f"CROSS JOIN LATERAL jsonb_array_elements_text(ink -> '{measure}') AS one(value)"
    return _count_binned(measure, "value::float8", values)


_COUNTS = [
    _count_binned("pen", "pen_px / side_px", "WHERE pen_px > 0 AND side_px > 0"),
    _count_binned("side_px", "side_px", "WHERE side_px > 0"),
    _count("source", "source"),
    *map(_count_ink, INK_EDGES),
    _count_binned("confidence", "confidence", ""),
    _count("verdict", "verdict"),
    _count("digit", "value", "CROSS JOIN LATERAL regexp_split_to_table(text, '') AS one(value) WHERE value ~ '[0-9]'"),
    _count("length", "least(length(text), %(longest)s)"),
]
DISTRIBUTIONS = f"""
WITH {_SAMPLED}, drawn AS (
    SELECT sampled.*, day >= %(now_from)s AS is_now, pen_px, greatest(width, height) AS side_px, (
            SELECT ink FROM predictions_prediction WHERE submission_id = sampled.key ORDER BY id LIMIT 1
        ) AS ink
    FROM sampled LEFT JOIN predictions_drawing ON submission_id = sampled.key
) {" UNION ALL ".join(_COUNTS)}
"""  # noqa: S608 - all parts are in this file


def fetch(statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Return the rows of a statement."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())
