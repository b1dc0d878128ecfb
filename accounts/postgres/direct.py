"""Connections to the server itself, where DATABASE_URL leads to a pgbouncer in transaction mode."""

from typing import Any

from django.conf import settings
from django.db import connection, connections
from psycopg import sql


def direct_parameters() -> dict[str, Any]:
    """Return psycopg's parameters for a session of one's own, as LISTEN needs it."""
    own = connections[connection.alias]
    return type(own)({**own.settings_dict, **settings.DIRECT_DATABASE}, own.alias).get_connection_params()


def connect_directly() -> None:
    """Let this thread's connection be one to the server from now on. For commands that change tables."""
    if settings.DIRECT_DATABASE:
        connection.close()
        connection.settings_dict.update(settings.DIRECT_DATABASE)


def set_role_defaults() -> None:
    """Give our role what connections through pgbouncer cannot ask for: DATABASE_SESSION. New sessions have them.

    A role may set its own defaults. `pg_dump` and `pg_restore` set their own timeouts.
    """
    with connection.cursor() as cursor:
        for name, value in settings.DATABASE_SESSION.items():
            statement = sql.SQL("ALTER ROLE CURRENT_USER SET {} = {}")  # takes no parameters
            cursor.execute(statement.format(sql.Identifier(name), sql.Literal(value)))  # nosemgrep: sql-from-parts


def missing_settings() -> dict[str, str]:
    """Return which settings of DATABASE_SESSION this connection does not have, each with the value that it has."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, current_setting(name) FROM unnest(%s::text[]) AS name", [list(settings.DATABASE_SESSION)]
        )
        found = dict(cursor.fetchall())
    return {name: value for name, value in found.items() if value != settings.DATABASE_SESSION[name]}
