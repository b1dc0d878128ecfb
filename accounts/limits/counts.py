"""Counts in windows that begin with the first attempt, by Postgres' clock. Names and addresses are stored hashed.

Every function is one statement, so concurrent attempts cannot pass a limit together. Rows are locked in the order of
the arguments, which callers keep the same, so that two statements cannot deadlock.
"""

from dataclasses import dataclass

from django.db import connection

from accounts.keys.hashes import keyed_hash

_COUNT = """
    INSERT INTO accounts_attemptcount AS counted (key, until, count)
    SELECT %({0}_key)s, now + %({0}_s)s * interval '1 second', 1 FROM {1}
    ON CONFLICT (key) DO UPDATE SET
        until = CASE WHEN counted.until > excluded.until - %({0}_s)s * interval '1 second'
            THEN counted.until ELSE excluded.until END,
        count = CASE WHEN counted.until > excluded.until - %({0}_s)s * interval '1 second'
            THEN counted.count ELSE 0 END + 1
    RETURNING count, until
"""
_NOW = "now AS (SELECT clock_timestamp() AS now)"
_ADD = f"""
    WITH {_NOW}, first AS ({_COUNT.format("first", "now")})
    SELECT CASE WHEN count > %(first_most)s THEN ceil(extract(epoch FROM until - now)) ELSE 0 END FROM first, now
"""  # noqa: S608 (made of constants)
_TAKE = f"""
    WITH {_NOW},
    barred AS (
        SELECT until FROM accounts_attemptcount, now
        WHERE key = %(bar_key)s AND until > now AND count >= %(bar_most)s
    ),
    first AS ({_COUNT.format("first", "now WHERE NOT EXISTS (SELECT FROM barred)")}),
    second AS ({_COUNT.format("second", "now, first WHERE first.count <= %(first_most)s")})
    SELECT CASE WHEN (SELECT count FROM second) <= %(second_most)s THEN 0 ELSE ceil(extract(epoch FROM
        coalesce((SELECT until FROM second), (SELECT until FROM first), (SELECT until FROM barred)) - now)) END
    FROM now
"""  # noqa: S608 (made of constants)
_GIVE_BACK = """
    WITH first AS (
        UPDATE accounts_attemptcount SET count = greatest(count, 1) - 1 WHERE key = %(first_key)s RETURNING 1
    )
    UPDATE accounts_attemptcount SET count = greatest(count, 1) - 1
    WHERE key = %(second_key)s AND (SELECT count(*) FROM first) >= 0
"""
_DELETE = """
    DELETE FROM accounts_attemptcount WHERE key IN (
        SELECT key FROM accounts_attemptcount WHERE until < clock_timestamp() FOR UPDATE SKIP LOCKED
    )
"""


@dataclass(frozen=True)
class Count:
    """The attempts of one kind by one name, address or both, and the most of them in a window."""

    kind: str
    who: str
    most: int
    window_s: int

    @property
    def key(self) -> str:
        return keyed_hash(f"accounts.limits.{self.kind}", self.who).hex()


def add(count: Count) -> int:
    """Count an attempt. Return 0 if it is within the limit, else the seconds until the window ends."""
    return _run(_ADD, first=count)


def take(first: Count, second: Count, bar: Count | None = None) -> int:
    """Count an attempt in both, unless the first is full; in neither if `bar` is full, in which it is not counted.

    Returns:
        0 if it is within all limits, else the seconds until the window that refuses it ends.
    """
    return _run(_TAKE, first=first, second=second, bar=bar or Count("", "", 1, 1))


def give_back(first: Count, second: Count) -> None:
    """Take back what `take` has counted."""
    with connection.cursor() as cursor:
        cursor.execute(_GIVE_BACK, {"first_key": first.key, "second_key": second.key})


def delete_expired() -> int:
    """Delete the counts of windows that have ended; return how many. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_DELETE)
        return int(cursor.rowcount)


def _run(statement: str, **counts: Count) -> int:
    values: dict[str, str | int] = {}
    for name, count in counts.items():
        values |= {f"{name}_key": count.key, f"{name}_most": count.most, f"{name}_s": count.window_s}
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.fetchone()[0])
