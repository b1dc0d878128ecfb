"""A port of a worker on which it tells its metrics. A worker reads drawings whether or not Prometheus can ask it."""

import logging

from django.conf import settings
from prometheus_client import start_http_server

logger = logging.getLogger(__name__)


def start() -> None:
    """Listen on METRICS_PORT in a thread of its own, if it is set. Never raises."""
    if not settings.METRICS_PORT:
        return
    try:
        start_http_server(settings.METRICS_PORT, settings.METRICS_HOST)
    except OSError as error:  # the port is taken, or the address is not ours
        logger.error("no metrics on %s:%s: %s", settings.METRICS_HOST, settings.METRICS_PORT, error)
