"""The text that a web process answers to Prometheus: the counts of all processes of this gunicorn, and the rows."""

import os

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from predictions.monitoring import processes
from predictions.monitoring.rows import rows

CONTENT_TYPE = CONTENT_TYPE_LATEST


def write_metrics() -> bytes:
    """Return all metrics in Prometheus' text format."""
    counts = CollectorRegistry()
    if folder := os.environ.get(processes.FOLDER):
        MultiProcessCollector(counts, folder)
    from_rows = CollectorRegistry()
    from_rows.register(rows)  # read first: a failure is counted
    read = generate_latest(from_rows)
    return read + generate_latest(counts if folder else REGISTRY)
