"""The list of all checks, in the order in which they are shown. docs/doctor.md has a line for each."""

from collections.abc import Collection

from django.utils.translation import gettext_lazy as _

from predictions.doctor import (
    clocks,
    database,
    files,
    mail,
    model,
    processes,
    queue_tables,
    redis_server,
    secrets,
    workers,
)
from predictions.doctor import site_settings as own_settings
from predictions.doctor.results import Group, Result
from predictions.doctor.running import USUAL, Check, Limits, run

BASE, MIGRATED, REDIS = ("database",), ("database", "migrations"), ("redis",)
SETTINGS, DATABASE, QUEUE, MODEL, HOST = Group

CHECKS = (
    Check("settings", SETTINGS, _("Settings"), own_settings.find_problems),
    Check("test_settings", SETTINGS, _("Settings for tests"), own_settings.find_test_settings),
    Check("secrets", SETTINGS, _("Secrets"), secrets.find_open_secrets),
    Check("static_files", SETTINGS, _("Static files"), files.check_static_files),
    Check("database", DATABASE, _("Database"), database.check_database),
    Check("migrations", DATABASE, _("Migrations"), database.check_migrations, BASE),
    Check("connections", DATABASE, _("Connections"), database.check_connections, BASE),
    Check("bloat", DATABASE, _("Dead rows"), queue_tables.check_bloat, MIGRATED),
    Check("clocks", DATABASE, _("Clocks"), clocks.check_clocks, MIGRATED),
    Check("redis", QUEUE, _("Redis"), redis_server.check_redis),
    Check("redis_policy", QUEUE, _("Redis' memory and disk"), redis_server.check_policy, REDIS),
    Check("wakeup", QUEUE, _("Wake-up of workers"), redis_server.look_at_wakeups, REDIS, redis_server.try_wakeup),
    Check("workers", QUEUE, _("Workers"), workers.check_workers, MIGRATED),
    Check("worker_models", QUEUE, _("Models of the workers"), workers.check_models, MIGRATED),
    Check("queue", QUEUE, _("Queue"), queue_tables.check_queue, MIGRATED),
    Check("worker_progress", QUEUE, _("Progress of the workers"), workers.check_progress, MIGRATED),
    Check("beat", QUEUE, _("Scheduled work"), processes.check_beat, MIGRATED),
    Check("live_model", MODEL, _("Live model"), model.check_live_model, MIGRATED),
    Check("golden", MODEL, _("Golden digit"), model.check_last_golden, MIGRATED, model.read_golden),
    Check("web", HOST, _("Site"), processes.check_web),
    Check("disk", HOST, _("Disk"), files.check_disk),
    Check("mail", HOST, _("Mail"), mail.check_outbox, MIGRATED, mail.try_server),
    Check("backups", HOST, _("Backups"), files.check_backups),
)
TRIED_OUT = ("wakeup", "golden")  # without harm, and from anywhere


def examine(acting: Collection[str] = TRIED_OUT, limits: Limits = USUAL) -> list[Result]:
    """Run all checks; return what they found. acting: those that try the real thing."""
    return run(CHECKS, acting, limits)
