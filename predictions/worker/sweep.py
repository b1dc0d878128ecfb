"""Clean up abandoned, exhausted and expired rows. Recovery does not depend on it: claims find those rows too."""

import logging

from predictions import lifecycle
from predictions.models import Challenger, Comparison, Job, Submission
from predictions.worker import retention

logger = logging.getLogger(__name__)


def sweep() -> bool:
    """Fail what is exhausted, put back what is abandoned, delete what has expired; True if anything is unfinished."""
    tables = (Submission.objects.all(), Job.objects.all(), Comparison.objects.all())
    all_tables = (*tables, Challenger.objects.all())  # which nobody waits for
    given_up = sum(lifecycle.give_up(rows) for rows in all_tables)
    put_back = sum(lifecycle.put_back(rows.abandoned()) for rows in all_tables)
    if given_up or put_back:
        logger.info("swept: %d given up, %d put back", given_up, put_back)
    lifecycle.repair_comparisons()
    retention.delete_expired()
    return any(rows.unfinished().exists() for rows in tables)
