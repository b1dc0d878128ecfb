"""Run statements that Postgres plans once a connection. Django's cursors send parameters as part of the statement."""

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from django.db import connection


def run_prepared(statement: str, values: Sequence[Any] | Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Run a statement and return its rows. Each connection prepares it, so it takes about as long as it works.

    %b binds a parameter in binary, as a picture should be. A plan lives at most as long as its connection.
    """
    connection.ensure_connection()
    bare = psycopg.Cursor(connection.connection)
    with connection._prepare_cursor(bare) as cursor:  # type: ignore[attr-defined]  # as `connection.cursor()` does
        cursor.execute(statement, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
