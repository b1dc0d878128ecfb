"""Upgrades go one release at a time: code runs beside that of the release before and after it, and of no other.

`manage.py prepare` writes the number of its release on the database, as a comment on the table of migrations.
"""

import re

from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from accounts.postgres import release

TABLE = "django_migrations"


class SkippedRelease(Exception):
    """The database is too old or too new for this code. Its text says what to do."""


def check_release() -> None:
    """Raise SkippedRelease if the release of the database is not this one's, nor the one before or after. Reads only.

    An empty database passes, and one without users, as the first start may have died while it was migrating.
    """
    missing = sorted(set(release.FORMER_MIGRATIONS.items()) - MigrationRecorder(connection).applied_migrations().keys())
    if missing and _has_users():
        named = ", ".join(f"{app}.{name}" for app, name in missing)
        raise SkippedRelease(
            f"This database is older than release {release.FORMER}, the one before this code: it lacks {named}. "
            f"Nothing was changed. Install {release.FORMER} first, and then this one (docs/deploy.md, Upgrade). If "
            "nothing in it needs to be kept, start with an empty database: with make run, move the folder .run away."
        )
    if (found := recorded_release()) > release.NUMBER + 1:
        raise SkippedRelease(
            f"This database is of release {found}, and this code is release {release.NUMBER}: it cannot know its "
            f"tables. Nothing was changed. Install release {found - 1} or newer, or restore a backup from before the "
            "upgrade."
        )


def record_release() -> None:
    """Write this release on the database, unless a newer one is there."""
    if recorded_release() < release.NUMBER:
        with connection.cursor() as cursor:
            statement = f"COMMENT ON TABLE {TABLE} IS 'release {release.NUMBER}'"
            cursor.execute(statement)  # nosemgrep: sql-from-parts (constants of ours)


def recorded_release() -> int:
    """Return the newest release that prepared the database; 0 if none wrote it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT obj_description(to_regclass(%s), 'pg_class')", [TABLE])
        found = re.fullmatch(r"release (\d+)", cursor.fetchone()[0] or "")
    return int(found[1]) if found else 0


def _has_users() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('accounts_user') IS NOT NULL")
        if not cursor.fetchone()[0]:
            return False
        cursor.execute("SELECT EXISTS (SELECT FROM accounts_user)")
        return bool(cursor.fetchone()[0])
