"""Tidy what was left: abandoned and exhausted rows. Recovery does not need this; it only makes the table honest."""

import logging

from predictions import lifecycle
from predictions.models import Submission
from predictions.worker import retention

logger = logging.getLogger(__name__)


def sweep() -> bool:
    """Give up what is exhausted, put back what is abandoned, forget what is old; True if something waits."""
    given_up = lifecycle.give_up(Submission.objects.waiting())
    put_back = lifecycle.put_back(Submission.objects.abandoned())
    if given_up or put_back:
        logger.info("swept: %d given up, %d put back", given_up, put_back)
    retention.forget()
    return Submission.objects.unfinished().exists()
