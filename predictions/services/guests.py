"""Drawings of guests: queued behind those of users, and deleted after an hour unless the guest logs in to keep them."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from accounts import audit
from accounts.models import User
from ml.expects import Expectation
from predictions import lifecycle, tasks
from predictions.models import Drawing, Lane, Source, Submission, SubmissionQuerySet
from predictions.models.submissions.conditions import GUESTS_KEPT_FOR
from predictions.services import quotas
from predictions.services.errors import Refused

QUEUE_SHARE = 5  # all guests together may fill a fifth of the queue
FULL = "Too many people are trying this right now, so nothing was stored. Try again in a few seconds, or log in."


def new_guest_submission(key: str, canvas: uuid.UUID | None, expects: Expectation | None) -> Submission:
    """Return an unsaved submission of the guest with this key; it already has its id, and the time of its deletion."""
    return Submission(
        guest_key=key,
        source=Source.DRAW,
        lane=Lane.GUEST,
        canvas=canvas,
        expects=expects.as_dict() if expects else None,
        deleted_at=Now() + GUESTS_KEPT_FOR,
    )


def submit_guest_drawing(submission: Submission, drawing: Drawing) -> tuple[Submission, bool]:
    """Store and queue a checked drawing of a guest once under its id, and wake a worker.

    Returns:
        The submission, and whether an earlier request queued it.

    Raises:
        Refused: if guests have no room.
    """
    sent = drawings_of(submission.guest_key).filter(id=submission.id)
    if found := sent.first():
        return found, True
    try:
        with _admitting(drawing.bytes):
            lifecycle.queue(submission, drawing)
            tasks.wake_worker(submission.lane)
    except IntegrityError:  # a concurrent request with the same id was first
        if found := sent.first():
            return found, True
        raise
    return submission, False


@contextmanager
def _admitting(kept_bytes: int) -> Iterator[None]:
    """Let the block store one more drawing; near the limit, one after the other. Raises Refused, 503.

    All guests together may also store no more than one user.
    """
    quotas.check_queue(1)
    full = Refused("too_many_guests", FULL, 503, retry_after_s=5)
    if not quotas.kept_of_user.allows(None, kept_bytes, settings.KEPT_LIMIT_BYTES):
        raise full
    limit = settings.QUEUE_LIMIT // QUEUE_SHARE
    if _count_waiting() < limit - quotas.NEAR:
        yield
        return
    with transaction.atomic():
        quotas.take_turns("guests in flight")
        if _count_waiting() >= limit:
            raise full
        yield


def _count_waiting() -> int:
    return Submission.objects.unfinished().filter(lane=Lane.GUEST).count()


def drawings_of(key: str) -> SubmissionQuerySet:
    """Return the drawings of a guest that are still kept; none for an empty key."""
    return Submission.objects.of_guest(key) if key else Submission.objects.none()


def claim(key: str, user: User) -> int:
    """Make the drawings of a guest those of `user`, and return how many that were.

    One UPDATE, so of two requests at the same moment one claims them all and the other none. Readings that a newer one
    of the same canvas has replaced are left to expire. An id that the user has given to another drawing meanwhile stays
    with that one.
    """
    taken = Submission.objects.filter(owner=user).values("id")
    rows = drawings_of(key).current().exclude(id__in=taken)
    with transaction.atomic():
        claimed = rows.update(owner=user, guest_key="", lane=Lane.INTERACTIVE, deleted_at=None)
        if claimed:
            audit.record(user, "guest_drawings.kept", user, count=claimed)
    return claimed


def discard(key: str) -> int:
    """Delete the drawings of a guest, and return how many that were."""
    return lifecycle.delete(drawings_of(key))
