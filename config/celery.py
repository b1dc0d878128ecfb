"""The Celery app, and what workers and beat start and stop besides tasks."""

import os
from pathlib import Path
from typing import Any

from celery import Celery
from celery.signals import (
    after_task_publish,
    beat_init,
    task_prerun,
    worker_init,
    worker_shutdown,
    worker_shutting_down,
)

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("inkling")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["predictions"])


@worker_init.connect
def start_watching(**_: Any) -> None:
    """Start polling the tables. On `worker_init`, because `worker_ready` is never sent without a broker."""
    from predictions.monitoring import server
    from predictions.worker import watch

    server.start()
    watch.start()


@task_prerun.connect
def renew_connection(**_: Any) -> None:
    """Check the database connection at the task's first query, as Django does for a request.

    Celery's own connection handling is off (CELERY_DB_REUSE_MAX), so a broken connection would stay broken.
    """
    from django.db import close_old_connections

    close_old_connections()


@worker_shutting_down.connect
def stop_watching(**_: Any) -> None:
    """Take no new batch."""
    from predictions.worker import watch

    watch.stop()


@worker_shutdown.connect
def finish_watching(**_: Any) -> None:
    """Let the batch in progress finish before the process exits."""
    from predictions.worker import watch

    watch.finish()


@beat_init.connect
def start_heartbeat(**_: Any) -> None:
    """Touch HEARTBEAT_FILE now, and each time beat sends a task."""
    after_task_publish.connect(touch_heartbeat)
    touch_heartbeat()


def touch_heartbeat(**_: Any) -> None:
    """Touch HEARTBEAT_FILE, if set."""
    from django.conf import settings

    if settings.HEARTBEAT_FILE:
        Path(settings.HEARTBEAT_FILE).touch()
