"""What became of the drawings of a batch: a line of the log for each, with the id of its request, and its spans.

A line says neither what was drawn nor what was read.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Self

import structlog
from django.conf import settings
from structlog.contextvars import bound_contextvars

from predictions.models import ErrorCode, Submission

Period = tuple[int, int]  # begin and end, in nanoseconds since the epoch
logger = structlog.stdlib.get_logger(__name__)


class Journal:
    """The times of one batch. Enter it right before the claim.

    stages: the claim, the latest forward pass, and the latest storing, by name.
    claimed_at: the end of the claim, by time.monotonic().
    """

    def __init__(self) -> None:
        self.stages: dict[str, Period] = {}
        self.claimed_at = 0.0
        self._begun_ns = 0
        self._prepared: dict[int, Period] = {}

    def __enter__(self) -> Self:
        self._begun_ns = time.time_ns()
        return self

    def __exit__(self, *_: object) -> None:
        """Do nothing: the lines are written as the drawings are done."""

    def note_claimed(self, rows: Sequence[Submission]) -> None:
        """End the claim. What was claimed before has lost its worker, or was put back."""
        self.stages["claim"] = self._begun_ns, time.time_ns()
        self.claimed_at = time.monotonic()
        for row in rows:
            if row.attempts > 1:
                logger.warning("claimed again", attempt=row.attempts, **_ids(row))

    @contextmanager
    def preparing(self, row: Submission) -> Iterator[None]:
        """Measure the preparation of a drawing; what is logged meanwhile has its ids."""
        begun_ns = time.time_ns()
        with bound_contextvars(**_ids(row)):
            yield
        self._prepared[row.pk] = begun_ns, time.time_ns()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measure a stage of several drawings at once."""
        begun_ns = time.time_ns()
        yield
        self.stages[name] = begun_ns, time.time_ns()

    def tell_read(self, rows: Sequence[Submission]) -> None:
        """Log drawings whose readings are stored."""
        for row in rows:
            network = self.stages["network"]
            self._tell(row, "read", batch=len(rows), network_ms=round((network[1] - network[0]) / 1e6, 1))

    def tell_failed(self, row: Submission, code: ErrorCode) -> None:
        """Log a drawing that was not read, for a reason that its owner is told."""
        self._tell(row, "not read", reason=code.value)

    def _tell(self, row: Submission, event: str, **more: Any) -> None:
        ended_ns = time.time_ns()
        waited_s = (row.started_at - row.queued_at).total_seconds() if row.started_at else 0.0
        logger.info(
            event,
            **_ids(row),
            attempt=row.attempts,
            queued_ms=round(waited_s * 1000, 1),
            took_ms=round((ended_ns - self._begun_ns) / 1e6, 1),
            **more,
        )
        if settings.TRACES_URL:
            from predictions.worker.journal import spans  # needs packages that only installations with traces have

            prepared = self._prepared.get(row.pk)
            stages = self.stages | ({"prepare": prepared} if prepared else {})
            spans.emit(row.request_id, event, (self._begun_ns, ended_ns), stages, _ids(row))


def _ids(row: Submission) -> dict[str, str]:
    ids = {"submission": str(row.id)}
    return ids | {"request_id": row.request_id.hex} if row.request_id else ids
