"""Tidy what was left: abandoned and exhausted rows. Recovery does not need this; it only makes the table honest."""

import logging

from predictions import lifecycle
from predictions.models import Errand, Submission
from predictions.worker import retention

logger = logging.getLogger(__name__)


def sweep() -> bool:
    """Return up what is exhausted, put back what is abandoned, forget what is old; True if something waits."""
    tables = (Submission.objects.all(), Errand.objects.all())
    given_up = sum(lifecycle.give_up(rows) for rows in tables)
    put_back = sum(lifecycle.put_back(rows.abandoned()) for rows in tables)
    if given_up or put_back:
        logger.info("swept: %d given up, %d put back", given_up, put_back)
    retention.delete_expired()
    return any(rows.unfinished().exists() for rows in tables)
