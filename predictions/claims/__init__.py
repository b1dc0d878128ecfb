"""Claims: which rows a worker takes at once, and how long it holds them. `lifecycle` changes their status.

A claim is a fencing token with a lease on Postgres' clock: a worker whose lease has expired can no longer write. All
kinds of work are claimed alike: submissions, jobs, pages of sheets, comparisons, challengers, exports, deliveries of
webhooks and training runs.
"""

from predictions.claims.batches import Batch, Interrupted, renew
from predictions.claims.queues import (
    claimed_challenger,
    claimed_comparison,
    claimed_delivery,
    claimed_export,
    claimed_job,
    claimed_page,
    claimed_training_run,
    has_many_cells,
    is_export_waiting,
    is_page_waiting,
)
from predictions.claims.submissions import claimed

__all__ = [
    "Batch",
    "Interrupted",
    "claimed",
    "claimed_challenger",
    "claimed_comparison",
    "claimed_delivery",
    "claimed_export",
    "claimed_job",
    "claimed_page",
    "claimed_training_run",
    "has_many_cells",
    "is_export_waiting",
    "is_page_waiting",
    "renew",
]
