"""The tables that the queue writes all day: how full they are, dead rows, and locks that are in the way."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from predictions.doctor.results import Finding, failing, fine, warning, worst
from predictions.models import Drawing, ErrorCode, Job, Prediction, Status, Submission, WorkerSeen

HOT = tuple(model._meta.db_table for model in (Submission, Drawing, Prediction, Job, WorkerSeen))
MANY_DEAD = 20_000
DEAD_SHARE = 0.5  # of the live rows
LONG_S = 600
NEARLY_FULL = 0.8  # of QUEUE_LIMIT
OUR_FAULT = (ErrorCode.GAVE_UP, ErrorCode.NO_MODEL)
RECENT = timedelta(hours=1)
TABLES = """
    SELECT pg_class.relname, n_live_tup, n_dead_tup, to_char(last_autovacuum, 'YYYY-MM-DD HH24:MI'),
        COALESCE(array_to_string(reloptions, ' '), '') ~ 'autovacuum_enabled=(false|off|0)'
    FROM pg_stat_user_tables AS counted JOIN pg_class ON pg_class.oid = relid
    WHERE schemaname = 'public' AND counted.relname = ANY(%s) ORDER BY n_dead_tup DESC
"""
OLDEST = """
    SELECT pid, extract(epoch FROM clock_timestamp() - xact_start)::int FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
    AND xact_start < clock_timestamp() - make_interval(secs => %s) ORDER BY xact_start LIMIT 1
"""
# Those for whom somebody waits; and as claims wait for no row, those who hold rows, or all of the table, for seconds.
BLOCKERS = """
    SELECT DISTINCT unnest(pg_blocking_pids(pid)) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'
    UNION
    SELECT pid FROM pg_stat_activity JOIN pg_locks USING (pid)
    WHERE relation = 'predictions_submission'::regclass AND granted AND pid <> pg_backend_pid()
        AND mode IN ('RowShareLock', 'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
        AND backend_type = 'client backend' AND xact_start < clock_timestamp() - interval '3 seconds'
"""


def check_queue() -> Finding:
    """Count what waits against QUEUE_LIMIT, and what failed by our fault."""
    count, most = Submission.objects.unfinished().count(), settings.QUEUE_LIMIT
    seen = _("%(count)d of at most %(most)d drawings are unfinished.") % {"count": count, "most": most}
    more = _("Start more workers, or raise QUEUE_LIMIT if so long a wait is fine (docs/operations.md).")
    found = []
    if count >= most:
        found.append(failing(_("%(seen)s New ones are refused.") % {"seen": seen}, more))
    elif count >= NEARLY_FULL * most:
        found.append(warning(seen, more))
    failed = Submission.objects.filter(status=Status.FAILED, error_code__in=OUR_FAULT, finished_at__gt=Now() - RECENT)
    if lost := failed.count():
        remedy = _("Read the workers' logs of that time, then have them read again on the admin's status page.")
        found.append(warning(_("%(count)d drawings failed by our fault in the last hour.") % {"count": lost}, remedy))
    return worst(found, fine(seen))


def find_unlock() -> str:
    """Return what to do about connections whose locks are in the way of the queue, "" without any. One query."""
    with connection.cursor() as cursor:
        cursor.execute(BLOCKERS)
        pids = sorted(pid for [pid] in cursor.fetchall() if pid)
    if not pids:
        return ""
    words = {"pids": ", ".join(map(str, pids)), "pid": pids[0]}
    return _("A lock of connection %(pids)s is in the way. End it: SELECT pg_terminate_backend(%(pid)d);") % words


def check_bloat() -> Finding:
    """Find tables with many dead rows, and what keeps vacuum from removing them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('autovacuum')::bool AND current_setting('track_counts')::bool")
        [is_on] = cursor.fetchone()
        cursor.execute(TABLES, [list(HOT)])
        tables = cursor.fetchall()
        cursor.execute(OLDEST, [LONG_S])
        oldest = cursor.fetchone()
    found = [*_tables(tables)]
    if not is_on:
        remedy = _("Set autovacuum = on and track_counts = on in postgresql.conf, and reload it.")
        found.append(failing(_("Autovacuum is off, so dead rows pile up and the queue slows down."), remedy))
    if oldest:
        names = {"pid": oldest[0], "minutes": oldest[1] // 60}
        seen = _("Connection %(pid)d has had a transaction open for %(minutes)d min: no dead row can go.") % names
        found.append(warning(seen, _("End it: SELECT pg_terminate_backend(%(pid)d);") % names))
    dead = sum(row[2] for row in tables)
    return worst(found, fine(_("Dead rows in the tables of the queue: %(count)d.") % {"count": dead}))


def _tables(tables: list[tuple[Any, ...]]) -> Iterator[Finding]:
    for name, live, dead, vacuumed_at, is_off in tables:
        if is_off:
            remedy = _("Run ALTER TABLE %(name)s RESET (autovacuum_enabled);") % {"name": name}
            yield failing(_("Autovacuum is off for %(name)s.") % {"name": name}, remedy)
        if dead > MANY_DEAD + DEAD_SHARE * live:
            names = {"name": name, "dead": dead, "live": live, "at": vacuumed_at or _("never")}
            seen = _("%(name)s has %(dead)d dead rows for %(live)d live ones; last autovacuum: %(at)s.") % names
            yield warning(seen, _("Run VACUUM ANALYZE %(name)s; and see docs/scaling.md.") % {"name": name})
