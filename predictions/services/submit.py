"""Act 1: queue a checked drawing, once, however often it is sent; then ring the bell."""

import hashlib
import json
import uuid
from collections.abc import Sequence
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from accounts.models import User
from predictions import lifecycle, tasks
from predictions.models import Drawing, IdempotencyKey, Lane, Source, Submission
from predictions.services import quotas
from predictions.services.errors import Refused

GONE = "This was deleted."


def new_submission(
    owner: User, *, source: Source, canvas: uuid.UUID | None = None, cancel_after_s: int | None = None
) -> Submission:
    """Return an unsaved submission of `owner`, whose id is known before it is queued."""
    deadline = None if cancel_after_s is None else Now() + timedelta(seconds=cancel_after_s)
    return Submission(owner=owner, source=source, canvas=canvas, deadline_at=deadline)


def submit_drawing(submission: Submission, drawing: Drawing) -> Submission:
    """Store and queue a checked drawing, and ring. From here on it will be read. Raises Refused over a limit."""
    assert submission.owner is not None  # noqa: S101 (`new_submission` saw to it)
    with quotas.admitting(submission.owner, 1, drawing.bytes) as submission.lane:
        lifecycle.queue(submission, drawing)
        tasks.wake_worker(submission.lane)
    return submission


def submit_batch(owner: User, drawings: Sequence[Drawing]) -> uuid.UUID:
    """Store and queue checked drawings in the bulk lane, all or none, and give the batch's id. Raises Refused."""
    batch = uuid.uuid4()
    rows = [Submission(owner=owner, source=Source.BATCH, lane=Lane.BULK, batch=batch) for _ in drawings]
    with quotas.admitting(owner, len(rows), sum(drawing.bytes for drawing in drawings)), transaction.atomic():
        lifecycle.queue_all(rows, drawings)
        tasks.wake_worker(Lane.BULK)
    return batch


def digest(drawing: Drawing, canvas: uuid.UUID | None = None) -> str:
    """Return the SHA-256 of what was drawn, whatever frame it was sent in: a retry's multipart has another boundary."""
    if drawing.image is not None:
        said = bytes(drawing.image)
    else:
        sizes = [drawing.width, drawing.height, drawing.pen_px]
        said = json.dumps([drawing.strokes, sizes, str(canvas or "")]).encode()
    return hashlib.sha256(said).hexdigest()


def take_key(owner: User, key: str, sha256: str) -> tuple[IdempotencyKey, bool]:
    """Return the row of a client's key and whether it is new; in a transaction, in which the new one is to be filled.

    Who comes second waits for the first one's commit. Raises Refused if another body was sent with it before.
    """
    row, is_new = IdempotencyKey.objects.select_related("submission").get_or_create(
        owner=owner, key=key, defaults={"body_sha256": sha256}
    )
    if row.body_sha256 != sha256:
        message = "This Idempotency-Key was sent with another body before. Use a new key for a new drawing."
        raise Refused("key_reused", message, 422)
    return row, is_new


def submit_once(submission: Submission, drawing: Drawing, key: str) -> tuple[Submission, bool]:
    """Queue a drawing under its owner's `key`; give the submission, and True if it was queued by an earlier request.

    Raises Refused: another body (422), deleted meanwhile (410), over a limit.
    """
    assert submission.owner is not None  # noqa: S101 (`new_submission` saw to it)
    with transaction.atomic():
        row, is_new = take_key(submission.owner, key, digest(drawing, submission.canvas))
        if is_new:
            submit_drawing(submission, drawing)
            IdempotencyKey.objects.filter(pk=row.pk).update(submission=submission)
            return submission, False
    if row.submission is None or row.submission.deleted_at is not None:
        raise Refused("gone", GONE, 410)
    return row.submission, True


def put_drawing(submission: Submission, drawing: Drawing) -> tuple[Submission, bool]:
    """Queue a drawing under the id its client chose; give the submission, and True if it was there already.

    Raises Refused: another drawing has this id (409), it was deleted (410), over a limit.
    """
    submission.body_sha256 = digest(drawing, submission.canvas)
    if found := _put_before(submission):
        return found, True
    try:
        return submit_drawing(submission, drawing), False
    except IntegrityError:  # somebody was quicker with the same id: the constraint decided
        if found := _put_before(submission):
            return found, True
        raise


def _put_before(submission: Submission) -> Submission | None:
    """Return the stored submission of the same owner and id, if it is of the same body. Raises Refused."""
    found = Submission.objects.filter(owner=submission.owner, id=submission.id).first()
    if found is None:
        return None
    if found.deleted_at is not None:
        raise Refused("gone", GONE, 410)
    if found.body_sha256 != submission.body_sha256:
        raise Refused("id_taken", "Another drawing of yours has this id. Choose a new one.", 409)
    return found
