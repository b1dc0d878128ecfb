"""Claims of submissions: as many as are read at once, people who wait first."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from django.conf import settings

from predictions import fairness, lifecycle
from predictions.claims.batches import Batch, held
from predictions.models import Lane, Submission

BULK_LIMIT_WHEN_BUSY = 2  # bulk rows in a batch while another owner is likely to send an interactive row
INTERACTIVE_MEMORY_S = 60.0
SLOW_CLAIM_S = 0.02
START_KEPT_S = 1.0
_start = 0, 0.0  # where claims start, until when by time.monotonic()
_last_interactive_at: dict[int, float] = {}  # owner -> time.monotonic() of the last interactive row claimed here


@contextmanager
def claimed(limit: int) -> Iterator[Batch[Submission]]:
    """Yield up to `limit` waiting submissions of one lane, claimed: interactive ones first, oldest first.

    Each has its drawing, unless its owner's account was deleted meanwhile. Rows that another worker is claiming are
    skipped, not waited for (SKIP LOCKED). Rows that are unfinished when the block ends return to the queue.
    """
    with held(claim_batch(limit)) as rows:
        if rows.has_hopeless:
            lifecycle.give_up(Submission.objects.all())
        yield rows


def claim_batch(limit: int) -> Batch[Submission]:
    """Claim up to `limit` waiting submissions. One query.

    A batch of bulk rows is short, and shorter while this worker remembers an interactive row of another owner.
    """
    now = time.monotonic()
    for owner in [owner for owner, at in _last_interactive_at.items() if now - at > INTERACTIVE_MEMORY_S]:
        del _last_interactive_at[owner]
    begun = _begin(limit)
    batch: Batch[Submission] = Batch(begun.rows)
    batch.has_hopeless, batch.live = begun.has_hopeless, begun.live
    batch.has_more = begun.found == limit or len(batch) < begun.found
    if batch and batch[0].lane == Lane.INTERACTIVE and batch[0].attempts == 1:
        _last_interactive_at.update((row.owner_id, now) for row in batch if row.owner_id)  # golden digits have none
    return batch


def _begin(limit: int) -> lifecycle.Claimed:
    """Claim as `lifecycle.begin_submissions` does, past dead rows where there are many. One query, mostly.

    Finished rows leave dead entries in the index of unfinished ones. Vacuum removes them, unless a transaction, such
    as a backup's, is older: then each claim would read all of them again. So after a claim that took long, claims start
    at the first unfinished row, for a second at most, and look at all if they find none.
    """
    global _start
    bulk_limits = settings.BULK_BATCH_LIMIT, BULK_LIMIT_WHEN_BUSY
    began_at = time.monotonic()
    from_key, until = _start
    if began_at < until:
        begun = lifecycle.begin_submissions(uuid4(), limit, bulk_limits, _last_interactive_at, from_key)
        if begun.rows:
            return begun
        began_at = time.monotonic()
    begun = lifecycle.begin_submissions(uuid4(), limit, bulk_limits, _last_interactive_at)
    if time.monotonic() - began_at > SLOW_CLAIM_S:
        first = fairness.find_first_unfinished()
        _start = first, time.monotonic() + START_KEPT_S
    return begun
