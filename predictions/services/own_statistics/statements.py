"""The statement that reads what a person says of their drawings, grouped in Postgres."""

from predictions.services.statistics.statements import IS_EXACT, IS_RIGHT

# What the owner says is the label, unless a reviewer has answered since: reviewers are shown first what owners dispute,
# so leaving those drawings out would leave out what was read wrong. The index submission_told has all columns but
# `expects`, which matters only if the answer is what is written with its signs.
TOLD = f"""
WITH labelled AS (
    SELECT key, text, written, verdict, coalesce(confidence, 0) AS confidence, label, label_by
    FROM predictions_submission
    WHERE owner_id = %(owner)s AND label IS NOT NULL AND status = 'succeeded' AND deleted_at IS NULL
        AND superseded_at IS NULL
    ORDER BY key DESC LIMIT %(most)s
), answered AS MATERIALIZED (
    SELECT *, CASE label_by WHEN 'owner' THEN label ELSE (
            SELECT review.text FROM predictions_review AS review
            WHERE submission_id = labelled.key AND role = 'owner' AND withdrawn_at IS NULL ORDER BY id DESC LIMIT 1
        ) END AS said
    FROM labelled
), told AS MATERIALIZED (
    SELECT *, CASE WHEN said = written AND said <> text THEN (
            SELECT expects IS NULL FROM predictions_submission AS own WHERE own.key = answered.key
        ) END AS is_free
    FROM answered WHERE said IS NOT NULL
), judged AS MATERIALIZED (
    SELECT verdict, confidence, {IS_EXACT.format(said="said")} AS is_exact, {IS_RIGHT.format(said="said")} AS is_right,
        width_bucket(confidence, %(edges)s::float8[]) AS bin, translate(said, %(ignored)s, '') AS said_digits,
        CASE verdict WHEN 'not_a_digit' THEN '' ELSE translate(text, %(ignored)s, '') END AS read_digits
    FROM told
), compared AS (
    SELECT said_digits AS said, read_digits AS read, count(*) AS count,
        greatest(length(said_digits), length(read_digits), 1) AS length,
        length(said_digits) = length(read_digits)
            OR length(said_digits) <= 1 AND length(read_digits) <= 1 AS is_comparable
    FROM judged GROUP BY 1, 2
)
SELECT 'verdict' AS kind, verdict AS one, '' AS other, count(*) AS told, count(*) FILTER (WHERE is_right) AS right,
    sum(confidence) AS confidences
FROM judged GROUP BY 2
UNION ALL
SELECT 'bin', bin::text, '', count(*), count(*) FILTER (WHERE is_exact), sum(confidence) FROM judged GROUP BY 2
UNION ALL
SELECT 'pair', substr(said, place, 1), substr(read, place, 1), sum(count)::bigint, 0, 0
FROM compared CROSS JOIN LATERAL generate_series(1, length) AS place WHERE is_comparable GROUP BY 2, 3
UNION ALL
SELECT 'uncompared', '', '', coalesce(sum(count), 0)::bigint, 0, 0 FROM compared WHERE NOT is_comparable
"""  # noqa: S608 - all parts are in this file
