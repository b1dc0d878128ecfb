"""The database: whether it answers, is migrated, and has connections left."""

import psycopg
from django.conf import settings
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _

from accounts.postgres.checks import check_session_settings
from accounts.postgres.direct import direct_parameters
from accounts.postgres.upgrades import SkippedRelease, check_release
from predictions.doctor.results import Finding, failing, fine, warning, worst
from predictions.doctor.running import first_line

OLDEST = 150_000  # server_version_num
MANY, TOO_MANY = 0.80, 0.95  # of the connections
CONNECTIONS = """
    SELECT count(*) FILTER (WHERE backend_type = 'client backend'),
        current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
    FROM pg_stat_activity
"""


def check_database() -> Finding:
    """Connect, and check the server's version and that it takes writes."""
    if settings.DATABASES["default"]["ENGINE"] != "config.postgres":
        hint = _("Write DATABASE_URL=postgres://user:password@host:5432/name.")
        return failing(_("DATABASE_URL is not a PostgreSQL URL."), hint)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('server_version_num')::int, pg_is_in_recovery()")
            version, is_standby = cursor.fetchone()
    except OperationalError as error:
        return failing(first_line(error), _remedy(str(error)))
    name = f"PostgreSQL {version // 10_000}.{version % 10_000}"
    if version < OLDEST:
        return failing(_("%(name)s is too old.") % {"name": name}, _("Upgrade to PostgreSQL 15 or newer."))
    if is_standby:
        remedy = _("Point DATABASE_URL at the primary server, or promote this one.")
        return failing(_("%(name)s is a standby and takes no writes.") % {"name": name}, remedy)
    return _check_pooler() or fine(_("%(name)s answers.") % {"name": name})


def _check_pooler() -> Finding | None:
    """Check the sessions by DATABASE_URL, and the server itself by DATABASE_DIRECT_URL."""
    if settings.DIRECT_DATABASE:
        try:
            psycopg.connect(**direct_parameters(), autocommit=True).close()
        except psycopg.OperationalError as error:
            return failing(first_line(error), _("Correct DATABASE_DIRECT_URL: listeners and migrations need it."))
    for message in check_session_settings(["default"]):
        return warning(str(message.msg), str(message.hint))
    return None


def _remedy(error: str) -> str:
    """Return what to do about a connection that failed."""
    if "password authentication failed" in error or "no password supplied" in error:
        return _("Correct user and password in DATABASE_URL; in containers, secrets/database_url.")
    if "does not exist" in error:
        return _("Create the database and its user, or correct their names in DATABASE_URL.")
    if "too many" in error or "remaining connection slots" in error:
        return _("Raise max_connections, or lower DATABASE_POOL_SIZE or the number of processes.")
    if "timeout" in error or "timed out" in error:
        return _("Restart PostgreSQL (docker compose restart db), or correct the host in DATABASE_URL.")
    return _("Start PostgreSQL (docker compose up -d db), or correct the host in DATABASE_URL.")


def check_migrations() -> Finding:
    """Compare the database's tables with this code."""
    try:
        check_release()
    except SkippedRelease as error:
        return failing(str(error), _("Install the release that it names; nothing else will do (docs/deploy.md)."))
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes(), clean_start=True)
    applied = executor.loader.applied_migrations
    missing = [one for one, _backwards in plan if (one.app_label, one.name) not in applied]
    if missing:
        seen = _("%(count)d migrations are missing, from %(name)s on.") % {"count": len(missing), "name": missing[0]}
        return failing(seen, _("Run python manage.py prepare (docker compose run --rm migrate)."))
    apps = {app for app, _name in executor.loader.graph.nodes}
    known = executor.loader.disk_migrations.keys()
    newer = [name for name in applied if name[0] in apps and name not in known]
    newer = [name for name in newer if name not in executor.loader.replacements]
    if newer:
        seen = _("The database was migrated by newer code, such as %(name)s.") % {"name": newer[-1][1]}
        return warning(seen, _("Update this process to the version of the others; during an upgrade, wait."))
    return fine(_("All %(count)d migrations are applied.") % {"count": len(applied)})


def check_connections() -> Finding:
    """Count the connections against the most that Postgres takes, and those that hold a transaction open for long."""
    with connection.cursor() as cursor:
        cursor.execute(CONNECTIONS)
        used, most = cursor.fetchone()
    seen = _("%(used)d of %(most)d connections are used.") % {"used": used, "most": most}
    remedy = _("Raise max_connections, or lower DATABASE_POOL_SIZE or the number of processes.")
    found = []
    if used >= TOO_MANY * most:
        found.append(failing(seen, remedy))
    elif used >= MANY * most:
        found.append(warning(seen, remedy))
    return worst(found, fine(seen))
