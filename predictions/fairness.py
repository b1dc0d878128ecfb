"""Fair turns: whatever one owner sends, the drawings of the others do not wait behind all of it.

A turn is one drawing of each owner: the oldest of each, then the second of each, and so on. Guests are owners too, but
their lane comes after those of users.
"""

import math
import time
from collections import Counter
from collections.abc import Sequence

from django.conf import settings
from django.db import connection
from django.db.models import Exists

from predictions.models import Lane, PausedLane, Submission

HEAD = 256  # the oldest waiting rows, or eight batches of them, are put in turns: it bounds the cost of a claim
WAITING = """
    (status = 'queued' AND available_at <= statement_timestamp()
        OR status = 'running' AND lease_until < statement_timestamp())
    AND attempts < %(max_attempts)s
    AND NOT (status = 'queued' AND coalesce(deadline_at < statement_timestamp(), false))
"""  # as `ClaimableQuerySet.waiting` says, without what is to be given up
ALL_LANES = f"""ARRAY[{", ".join(f"'{lane}'" for lane in Lane)}]"""
OPEN_LANES = f"""lane = ANY (ARRAY(
        SELECT open FROM unnest({ALL_LANES}) AS open
        WHERE open NOT IN (SELECT lane FROM {PausedLane._meta.db_table})
    ))"""  # noqa: S608  # an index condition, so that a claim does not read past all the rows of a paused lane
# The condition on a row that is looked up by its key: no index of unfinished rows has it, one of which Postgres would
# read from end to end for each key while it believes that there are hardly any.
STILL_WAITING = WAITING.replace("status", "(status || '')")
# Locks up to `limit` waiting submissions, interactive ones first, by turns. Those of paused lanes and those that
# another worker has locked are skipped. Each lane is read from the index of the queue, in order.
IN_TURNS = f"""
    SELECT claimable.*, turns.turn
    FROM (
        SELECT key, lane, row_number() OVER (PARTITION BY lane, owner_id, guest_key ORDER BY key) AS turn
        FROM (
            SELECT foremost.* FROM unnest({ALL_LANES}) AS open
            CROSS JOIN LATERAL (
                SELECT key, lane, owner_id, guest_key FROM predictions_submission
                WHERE lane = open AND key >= %(from_key)s AND {WAITING}
                ORDER BY key LIMIT %(head)s
            ) AS foremost
            WHERE open NOT IN (SELECT lane FROM {PausedLane._meta.db_table})
            ORDER BY lane DESC, key LIMIT %(head)s
        ) AS head
        ORDER BY lane DESC, turn, key
    ) AS turns
    CROSS JOIN LATERAL (
        SELECT * FROM predictions_submission WHERE key = turns.key AND {STILL_WAITING} FOR UPDATE SKIP LOCKED
    ) AS claimable
    ORDER BY turns.lane DESC, turns.turn, turns.key
    LIMIT %(limit)s
"""  # noqa: S608 (our own constants); LATERAL, so that only the rows returned are locked

PLACE = f"""
    WITH mine AS (
        SELECT key, lane FROM predictions_submission WHERE key = %(key)s AND status = 'queued' AND {OPEN_LANES}
    ),
    places AS (
        SELECT key, row_number() OVER (ORDER BY lane DESC, turn, key) - 1 AS ahead
        FROM (
            SELECT key, lane, row_number() OVER (PARTITION BY lane, owner_id, guest_key ORDER BY key) AS turn
            FROM (
                SELECT key, lane, owner_id, guest_key FROM predictions_submission WHERE {OPEN_LANES} AND {WAITING}
                ORDER BY lane DESC, key LIMIT %(head)s
            ) AS head
        ) AS turns
    )
    SELECT coalesce(
        (SELECT ahead FROM places WHERE places.key = mine.key),
        (
            SELECT count(*) FROM predictions_submission AS other WHERE other.status = 'queued' AND other.{OPEN_LANES}
            AND (other.lane > mine.lane OR other.lane = mine.lane AND other.key < mine.key)
        )
    )
    FROM mine
"""  # noqa: S608 (our own constants)

# Not min(): Postgres might look for it from the first of all rows on.
FIRST_UNFINISHED = """
    WITH unfinished AS MATERIALIZED (SELECT key FROM predictions_submission WHERE status IN ('queued', 'running'))
    SELECT coalesce(
        (SELECT min(key) FROM unfinished),
        (SELECT last_value FROM predictions_submission_key_seq)
    )
"""

Owner = tuple[int | None, str]
_last_read: dict[Owner, float] = {}  # when this worker last read a drawing of an owner, by time.monotonic()


def head_for(limit: int) -> int:
    """Return how many of the oldest waiting rows are put in turns for a claim of up to `limit`."""
    return max(HEAD, 8 * limit)


def count_ahead(row: Submission) -> int | None:
    """Return how many submissions workers would take before `row`; None if it does not wait any more. One query.

    None too if its lane is paused, since nobody knows when it goes on; rows of other paused lanes are not counted.
    Those that come later may still be taken first: of people who have fewer waiting, or in a faster lane.
    """
    values = {"key": row.pk, "max_attempts": settings.MAX_ATTEMPTS, "head": HEAD}
    with connection.cursor() as cursor:
        cursor.execute(PLACE, values)
        found = cursor.fetchone()
    return int(found[0]) if found else None


def find_first_unfinished() -> int:
    """Return the key of the first unfinished submission; without any, the newest key. One query.

    A row before it may still become unfinished: one that is retried, or whose transaction is not committed yet.
    """
    with connection.cursor() as cursor:
        cursor.execute(FIRST_UNFINISHED)
        return int(cursor.fetchone()[0])


def is_interactive_waiting() -> bool:
    """Return whether a worker may claim an interactive submission now. One query."""
    is_open = ~Exists(PausedLane.objects.filter(lane=Lane.INTERACTIVE))
    return Submission.objects.waiting().filter(is_open, lane=Lane.INTERACTIVE).exists()


def in_turns(rows: Sequence[Submission]) -> list[Submission]:
    """Return `rows` by turns. In each turn, owners whose drawings this worker read longest ago come first.

    A batch that runs out of time after its first drawings therefore starts with other owners the next time.
    """
    turns: Counter[Owner] = Counter()
    places = {}
    for row in sorted(rows, key=lambda row: row.pk):
        turns[_owner(row)] += 1
        places[row.pk] = (turns[_owner(row)], _last_read.get(_owner(row), -math.inf), row.pk)
    return sorted(rows, key=lambda row: places[row.pk])


def note_read(row: Submission) -> None:
    """Remember that this worker has just read a drawing of the owner of `row`."""
    if len(_last_read) > 10_000:
        _last_read.clear()
    _last_read[_owner(row)] = time.monotonic()


def _owner(row: Submission) -> Owner:
    return row.owner_id, row.guest_key
