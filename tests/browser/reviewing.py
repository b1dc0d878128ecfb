"""Helpers for review mode: drawings that wait for a review, and what became of them."""

from collections.abc import Sequence

from playwright.sync_api import Page, expect

from ml.golden import golden_drawing
from tests.site import Site

QUIET = """
    UPDATE predictions_submission
    SET verdict = 'digit', confidence = 1, review_sample = false, label = NULL, label_by = '' RETURNING 1
"""
SAMPLE = """
    UPDATE predictions_submission SET review_sample = true, created_at = now() - place * interval '11 hours',
    verdict = (ARRAY['digit', 'digit', 'unsure', 'digit', 'not_a_digit'])[1 + place %% 5],
    confidence = (ARRAY[0.999, 0.97, 0.6, 0.995, 0.3])[1 + place %% 5]
    FROM unnest(%s::bigint[]) WITH ORDINALITY AS ours (sampled, place) WHERE key = sampled RETURNING 1
"""
REVIEWED = """
    INSERT INTO predictions_review (submission_id, reviewer_id, role, text, is_digit, created_at)
    SELECT key, (SELECT id FROM accounts_user WHERE username = 'carol'), 'desk',
    CASE WHEN key %% 7 = 0 THEN '88' ELSE text END, true, now()
    FROM predictions_submission WHERE review_sample AND key %% 9 > 0 RETURNING 1
"""
MEASURED = """
    UPDATE predictions_prediction SET ink = '{"stroke": [2.2], "aspect": [0.6], "tilt": [-7]}'
    WHERE submission_id IN (SELECT key FROM predictions_submission WHERE review_sample) RETURNING 1
"""
TWICE = """
    WITH said AS (
        INSERT INTO predictions_review (submission_id, reviewer_id, role, text, is_digit, created_at)
        SELECT key, accounts_user.id, 'desk',
        CASE WHEN username = 'admin' AND place %% 7 = 0 THEN '1' ELSE text END, true, now()
        FROM unnest(%s::bigint[]) WITH ORDINALITY AS ours (ours, place) JOIN predictions_submission ON key = ours
        JOIN accounts_user ON username IN ('carol', 'admin') RETURNING id, submission_id, reviewer_id, text
    ), known AS (
        INSERT INTO predictions_knownanswer (key, submission_id, reviewer_id, text, truth)
        SELECT gen_random_uuid(), submission_id, reviewer_id, text, text FROM said
    )
    INSERT INTO predictions_doublereview (submission_id, first_id, second_id, waits_for, is_agreed)
    SELECT submission_id, min(id), max(id), CASE WHEN min(text) = max(text) THEN 0 ELSE 3 END, min(text) = max(text)
    FROM said GROUP BY submission_id RETURNING 1
"""
REVIEWS = """
    SELECT s.key, array_agg(r.text ORDER BY r.id) FILTER (WHERE r.id > 0 AND r.withdrawn_at IS NULL)
    FROM predictions_submission s
    LEFT JOIN predictions_review r ON r.submission_id = s.key AND r.role = 'desk' WHERE s.key = ANY(%s) GROUP BY s.key
"""


def queue_drawings(site: Site, count: int, owner: str = "alice") -> list[int]:
    """Let exactly these drawings of `owner` wait for a review; return their keys in the order of the queue.

    The reading of the drawing number i is the digit i % 10, with doubts.
    """
    site.query("DELETE FROM predictions_reviewlease RETURNING 1")
    items = [golden_drawing(number % 10, seed=3) for number in range(count)]
    batch = site.request("POST", "/api/v1/submissions/batch/", owner, json=items).json()["batch"]
    ours = "FROM predictions_submission WHERE batch = %s"
    done = f"SELECT count(*) {ours} AND status = 'succeeded'"
    site.wait_until(lambda: site.query(done, batch) == [(count,)], 90)
    site.query(QUIET)
    site.query("UPDATE predictions_submission SET verdict = 'unsure' WHERE batch = %s RETURNING 1", batch)
    return [key for (key,) in site.query(f"SELECT key {ours} ORDER BY key DESC", batch)]


def review_sample(site: Site, count: int) -> None:
    """Put this many drawings into the random sample, spread over weeks; carol reviews most, some as read wrong."""
    site.query(SAMPLE, queue_drawings(site, count))
    site.query(REVIEWED)
    site.query(MEASURED)


def review_twice(site: Site, count: int) -> None:
    """Let carol and admin review this many drawings without knowing of one another, and answer known ones."""
    site.query(TWICE, queue_drawings(site, count))


def reviews(site: Site, keys: Sequence[int]) -> list[list[str]]:
    """Return what reviewers said of each of these drawings, withdrawn reviews left out."""
    found = dict(site.query(REVIEWS, list(keys)))
    return [found[key] or [] for key in keys]


def open_review_mode(page: Page, site: Site, *, is_blind: bool = True) -> None:
    """Open review mode as the logged-in reviewer and wait for the first drawing."""
    site.query("UPDATE accounts_user SET reviews_blind = %s RETURNING 1", is_blind)
    page.goto(f"{site.url}/review/")
    expect(page.locator("[data-stage] [data-drawing]:visible")).to_be_visible()


def press(page: Page, *keys: str) -> None:
    """Press keys one after the other, wherever the focus is."""
    for key in keys:
        page.keyboard.press(key)


def status(page: Page) -> str:
    """Return what the page said last."""
    return page.locator("[data-status]").inner_text()
