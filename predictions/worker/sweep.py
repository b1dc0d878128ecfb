"""Clean up abandoned, exhausted and expired rows. Recovery does not depend on it: claims find those rows too."""

import logging

from accounts import deletion
from accounts.audit import old_events
from predictions import lifecycle
from predictions.models import Challenger, Comparison, Export, Job, Submission, TrainingRun
from predictions.services.candidates import retraining
from predictions.worker import retention

logger = logging.getLogger(__name__)


def sweep() -> bool:
    """Fail what is exhausted, put back what is abandoned, delete what has expired, and retrain if it is due.

    Returns whether anything is unfinished that workers do.
    """
    tables = (Submission.objects.all(), Job.objects.all(), Comparison.objects.all())
    all_tables = (*tables, TrainingRun.objects.all(), Challenger.objects.all(), Export.objects.all())
    given_up = sum(lifecycle.give_up(rows) for rows in all_tables)
    put_back = sum(lifecycle.put_back(rows.abandoned()) for rows in all_tables)
    if given_up or put_back:
        logger.info("swept: %d given up, %d put back", given_up, put_back)
    lifecycle.repair_comparisons()
    retention.delete_expired()
    retraining.start_if_due()
    old_events.move_names()
    deletion.finish_all()
    return any(rows.unfinished().exists() for rows in tables)
