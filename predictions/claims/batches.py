"""A batch of claimed rows, and what becomes of those that are unfinished at its end."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Generic, TypeVar, cast

from django.db import DatabaseError, OperationalError
from django.db.models import F

from predictions import lifecycle
from predictions.models import Claimable, ClaimableQuerySet, Status

M = TypeVar("M", bound=Claimable)

logger = logging.getLogger(__name__)


class Interrupted(Exception):
    """Raise it while rows are held to return them to the queue without counting the attempt."""


class Batch(list[M], Generic[M]):
    """Rows claimed at once, all under one `claim`.

    has_more: whether more rows may be waiting.
    has_hopeless: whether there are rows to be given up.
    live: key, preprocessing and signature of the version that was live then, if submissions were claimed.
    """

    has_more = False
    has_hopeless = False
    live: list[Any] | None = None

    @property
    def claimed(self) -> ClaimableQuerySet[M]:
        """The rows that this claim still holds."""
        rows = type(self[0])._default_manager.filter(claim=self[0].claim, status=Status.RUNNING)
        return cast(ClaimableQuerySet[M], rows)


@contextmanager
def held(batch: Batch[M]) -> Iterator[Batch[M]]:
    """Return what is unfinished when the block ends to the queue."""
    stamps: dict[str, Any] = {}
    try:
        yield batch
    except (OperationalError, Interrupted):  # a full disk, say, is no row's fault, so it costs no attempt
        stamps["attempts"] = F("attempts") - 1
        raise
    finally:
        if any(row.status == Status.RUNNING for row in batch):
            try:
                lifecycle.put_back(batch.claimed, **stamps)
            except DatabaseError:  # logged; the lease expires by itself and another worker takes the rows
                logger.warning("could not put back %d rows; their leases will expire", len(batch))


def renew(batch: Batch[Any]) -> int:
    """Extend the lease of a batch; return how many rows it still holds. One UPDATE."""
    return batch.claimed.update(lease_until=lifecycle.lease(type(batch[0])))
