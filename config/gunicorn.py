"""Gunicorn configuration; addresses, workers and threads are given on the command line."""

import gc
from typing import Any

from django.conf import settings

from predictions.monitoring import processes

processes.open_folder()  # before --preload loads the application

# What a proxy reports is read by Django, as TRUSTED_PROXY_COUNT says. Gunicorn itself would believe everybody on this
# machine: `Script_Name: /api` moved the paths of a request.
forwarder_headers = ""
forwarded_allow_ips = ""
secure_scheme_headers: dict[str, str] = {}

# Threads get whole requests; the loop waits for slow clients, of which there may be many.
worker_class = "config.connections.worker.Worker"
worker_connections = 8_192
limit_request_line = 4_094
limit_request_fields = 100
limit_request_field_size = 8_190


def pre_fork(server: Any, worker: Any) -> None:
    """Give a process that is about to start the files in which it counts."""
    worker.slot = processes.free_slot(server.WORKERS.values())


def post_fork(server: Any, worker: Any) -> None:
    """Let this process count there, before it loads the application."""
    processes.take(worker.slot)


def on_exit(server: Any) -> None:
    """Remove what was counted."""
    processes.remove_folder()


def post_worker_init(worker: Any) -> None:
    """Watch the pool. Leave what was imported out of garbage collections, which take 4% of a busy process's time."""
    if settings.configured:
        from predictions.monitoring import pool  # needs the application

        pool.start()
    gc.collect()
    gc.freeze()
