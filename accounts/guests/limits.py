"""Limits on the drawings of guests by session and by address, counted in Postgres by minutes of its clock.

A session over its own limit does not use up the limit of its address, behind which a whole class may sit. Addresses are
stored as keyed hashes, and for a few minutes.
"""

from django.conf import settings
from django.db import connection
from django.http import HttpRequest

from accounts.keys.hashes import keyed_hash
from accounts.limits.networks import client_network

_COUNT = """
    WITH now AS (SELECT extract(epoch FROM clock_timestamp()) AS seconds),
    by_session AS (
        INSERT INTO accounts_guestcount AS counted (key, minute, count)
        SELECT %(session)s, div(seconds, 60), 1 FROM now
        ON CONFLICT (key) DO UPDATE SET
            minute = excluded.minute,
            count = CASE WHEN counted.minute = excluded.minute THEN counted.count ELSE 0 END + 1
        RETURNING count
    ),
    by_address AS (
        INSERT INTO accounts_guestcount AS counted (key, minute, count)
        SELECT %(address)s, div(seconds, 60), 1 FROM now, by_session WHERE by_session.count <= %(session_limit)s
        ON CONFLICT (key) DO UPDATE SET
            minute = excluded.minute,
            count = CASE WHEN counted.minute = excluded.minute THEN counted.count ELSE 0 END + 1
        RETURNING count
    )
    SELECT coalesce((SELECT count FROM by_address) <= %(address_limit)s, false), ceil(60 - seconds %% 60) FROM now
"""
_DELETE = """
    DELETE FROM accounts_guestcount WHERE key IN (
        SELECT key FROM accounts_guestcount WHERE minute < div(extract(epoch FROM clock_timestamp()), 60) - 1
        FOR UPDATE SKIP LOCKED
    )
"""


def count_drawing(request: HttpRequest, key: str) -> tuple[bool, int]:
    """Count a drawing of the guest with this key. One query.

    Returns:
        Whether it is within both limits, and the seconds until they begin again.
    """
    values: dict[str, str | int] = {
        "session": _hash("session", key),
        "address": _hash("address", client_network(request)),
        "session_limit": settings.GUEST_LIMIT_PER_MINUTE,
        "address_limit": settings.GUEST_ADDRESS_LIMIT_PER_MINUTE,
    }
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, values)
        is_within, left_s = cursor.fetchone()
    return bool(is_within), max(1, int(left_s))


def delete_expired() -> int:
    """Delete the counts of past minutes; return how many. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_DELETE)
        return int(cursor.rowcount)


def _hash(kind: str, text: str) -> str:
    return keyed_hash(f"accounts.guest_limits.{kind}", text).hex()
