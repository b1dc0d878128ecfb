"""Where workers start: the Celery app, and what a recognition worker sets up before it takes its first doorbell."""

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
    """Begin to look at the tables; `worker_ready` would not come without a broker, `worker_init` does."""
    from accounts import outbox
    from predictions.worker import watch

    watch.start()
    outbox.start()


@task_prerun.connect
def renew_connection(**_: Any) -> None:
    """Have the task's first query see whether its connection still lives, as a request's does.

    Celery's own care for Django's connections is off (CELERY_DB_REUSE_MAX): one that broke would stay broken for good.
    """
    from django.db import close_old_connections

    close_old_connections()


@worker_shutting_down.connect
def stop_watching(**_: Any) -> None:
    """Take no new batch and no new mail; what is under way is finished."""
    from accounts import outbox
    from predictions.worker import watch

    watch.stop()
    outbox.stop()


@worker_shutdown.connect
def finish_watching(**_: Any) -> None:
    """End after the batch that is under way, not in its middle."""
    from predictions.worker import watch

    watch.finish()


@beat_init.connect
def start_beating(**_: Any) -> None:
    """Touch HEARTBEAT_FILE now, and whenever the clock has sent what was due."""
    after_task_publish.connect(note_alive)
    note_alive()


def note_alive(**_: Any) -> None:
    """Touch HEARTBEAT_FILE, if there is one."""
    from django.conf import settings

    if settings.HEARTBEAT_FILE:
        Path(settings.HEARTBEAT_FILE).touch()
