"""Gunicorn configuration; addresses, workers and threads are given on the command line."""

import ctypes
import gc
from typing import Any

from django.conf import settings

from predictions.monitoring import processes

processes.open_folder()  # before --preload loads the application

# glibc keeps what it frees for as long as it is no larger than what it freed before, up to 32 MB: after one upload a
# process grew by each later one, in the heap of each thread. With a size set, larger blocks go back to the system.
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
if hasattr(ctypes.CDLL(None), "mallopt"):
    ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, 1_000_000)
    ctypes.CDLL(None).mallopt(M_TRIM_THRESHOLD, 4_000_000)

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
logger_class = "config.logs.web_server.WebServerLogger"
accesslog = "-"  # a line a request with its id; health checks have none


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
    """Start what watches this process. Leave what was imported out of garbage collections: 4% of a busy process."""
    if settings.configured:  # now that there is an application
        from config.logs import traces
        from predictions.monitoring import pool

        pool.start()
        traces.start("web")
    gc.collect()
    gc.freeze()


def worker_exit(server: Any, worker: Any) -> None:
    """Send the last spans."""
    from config.logs import traces

    traces.stop()
