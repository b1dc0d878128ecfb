"""Gunicorn configuration; addresses, workers and threads are given on the command line."""

import gc
from typing import Any

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


def post_worker_init(worker: Any) -> None:
    """Start the traces. Leave what was imported out of garbage collections, which take 4% of a busy process's time."""
    from config.logs import traces  # now that the application has its settings

    traces.start("web")
    gc.collect()
    gc.freeze()


def worker_exit(server: Any, worker: Any) -> None:
    """Send the last spans."""
    from config.logs import traces

    traces.stop()
