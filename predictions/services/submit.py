"""Queue a checked drawing once, however often it is sent, and wake a worker."""

import hashlib
import json
import random
import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import DataError, IntegrityError, OperationalError, connection, transaction
from django.db.models.functions import Now

from accounts.models import User
from ml.expects import Expectation
from predictions import lifecycle, tasks
from predictions.models import Drawing, IdempotencyKey, Lane, Source, Submission
from predictions.services import quotas
from predictions.services.combining import Combiner
from predictions.services.errors import Refused

GROUP_LIMIT = 64  # as many requests as a web process has threads
GROUPED_BYTES = 250_000  # of a drawing; larger ones are stored alone, so that a group stays small
TURN_WITHIN_S = 20.0  # longer than any answer of Postgres may take
FAULTS_OF_A_ROW = (DataError, IntegrityError, TypeError, ValueError)  # after which nothing of a group is stored
Arrival = tuple[Submission, Drawing]
GONE = "This was deleted."


class BatchItem(NamedTuple):
    """A checked drawing of a batch, what is expected of it, and whether it may train; None for the owner's default."""

    drawing: Drawing
    expects: Expectation | None = None
    may_train: bool | None = None


_chance = random.SystemRandom()  # nobody can tell which drawings it will choose


def new_submission(
    owner: User,
    *,
    source: Source,
    canvas: uuid.UUID | None = None,
    cancel_after_s: int | None = None,
    expects: Expectation | None = None,
) -> Submission:
    """Return an unsaved submission of `owner`; it already has its id, and chance has decided whether it is sampled.

    It may train models if the owner's new drawings may.
    """
    deadline = None if cancel_after_s is None else Now() + timedelta(seconds=cancel_after_s)
    kept = expects.as_dict() if expects else None
    is_sampled = _chance.random() < settings.REVIEW_SAMPLE_SHARE
    return Submission(
        owner=owner,
        source=source,
        canvas=canvas,
        deadline_at=deadline,
        expects=kept,
        review_sample=is_sampled,
        may_train=owner.may_train,
    )


def submit_drawing(submission: Submission, drawing: Drawing) -> Submission:
    """Store and queue a checked drawing, and wake a worker.

    Requests that come together are committed together. What is special, large, or near a limit is stored alone, and so
    is what must be part of a transaction.

    Raises:
        Refused: over a quota.
        DatabaseError: if it is not known to be stored.
    """
    assert submission.owner is not None  # noqa: S101 (`new_submission` saw to it)
    size = drawing.bytes
    quotas.check_totals(submission.owner, 1, size)
    if size <= GROUPED_BYTES and not connection.in_atomic_block and lifecycle.is_groupable(submission):
        submission.kept_bytes = size
        if _store_with_others(submission, drawing):
            return submission
    with quotas.room_in_flight(submission.owner, 1) as submission.lane:
        lifecycle.queue(submission, drawing)
        tasks.wake_worker(submission.lane)
    return submission


def _store_with_others(submission: Submission, drawing: Drawing) -> bool:
    """Store a drawing with those that come at the same time; False if its owner is too near a limit for that."""
    try:
        # a thread that waits holds no connection: the leader may need it
        return arrivals.do((submission, drawing), TURN_WITHIN_S, before_wait=connection.close)
    except TimeoutError:
        raise OperationalError("no turn to store a drawing") from None


def _store_group(group: Sequence[Arrival]) -> list[bool | Exception]:
    """Commit a group; return for each whether it is stored, or its own error. If one row fails, it fails alone."""
    try:
        lifecycle.queue_group(group, settings.IN_FLIGHT_LIMIT - quotas.NEAR)
    except Exception as error:  # raised in the callers
        if len(group) == 1:
            return [error]
        if not isinstance(error, FAULTS_OF_A_ROW):
            raise
        return [outcome for arrival in group for outcome in _store_group([arrival])]
    return [submission.pk is not None for submission, _ in group]


def _wake_workers(group: Sequence[Arrival]) -> None:
    for lane in {submission.lane for submission, _ in group if submission.pk is not None}:
        tasks.wake_worker(lane)


arrivals: Combiner[Arrival, bool] = Combiner(_store_group, GROUP_LIMIT, afterwards=_wake_workers)


def submit_batch(owner: User, items: Sequence[BatchItem]) -> uuid.UUID:
    """Store and queue all these checked drawings in the bulk lane, and return the batch's id. Raises Refused."""
    batch = uuid.uuid4()
    drawings = [item.drawing for item in items]
    rows = [new_submission(owner, source=Source.BATCH, expects=item.expects) for item in items]
    for row, item in zip(rows, items, strict=True):
        row.lane, row.batch = Lane.BULK, batch
        row.may_train = row.may_train if item.may_train is None else item.may_train
    with quotas.admitting(owner, len(rows), sum(drawing.bytes for drawing in drawings)), transaction.atomic():
        lifecycle.queue_all(rows, drawings)
        tasks.wake_worker(Lane.BULK)
    return batch


def digest(drawing: Drawing, canvas: uuid.UUID | None = None, expects_sha256: str = "") -> str:
    """Return the SHA-256 of a drawing and what is expected of it, not of its request: a form has another boundary.

    expects_sha256: "" for nothing, whose digest is the one that older versions stored.
    """
    if drawing.image is not None:
        content = bytes(drawing.image)
    else:
        sizes = [drawing.width, drawing.height, drawing.pen_px]
        content = json.dumps([drawing.strokes, sizes, str(canvas or "")]).encode()
    return hashlib.sha256(content + bytes.fromhex(expects_sha256)).hexdigest()


def take_key(owner: User, key: str, sha256: str) -> tuple[IdempotencyKey, bool]:
    """Return the row of an idempotency key, and whether it is new.

    Call it in a transaction and fill in a new row there: a concurrent request with the same key waits for the commit.
    Raises Refused if the key was used with another body.
    """
    row, is_new = IdempotencyKey.objects.select_related("submission").get_or_create(
        owner=owner, key=key, defaults={"body_sha256": sha256}
    )
    if row.body_sha256 != sha256:
        message = "This Idempotency-Key was used with a different body. Use a new key for a new request."
        raise Refused("key_reused", message, 422)
    return row, is_new


def submit_once(submission: Submission, drawing: Drawing, key: str) -> tuple[Submission, bool]:
    """Queue a drawing under an idempotency key.

    Returns:
        The submission, and whether an earlier request queued it.

    Raises:
        Refused: 422 for another body, 410 if it was deleted since, or over a quota.
    """
    assert submission.owner is not None  # noqa: S101 (`new_submission` saw to it)
    with transaction.atomic():
        row, is_new = take_key(submission.owner, key, digest(drawing, submission.canvas, submission.expects_sha256))
        if is_new:
            submit_drawing(submission, drawing)
            IdempotencyKey.objects.filter(pk=row.pk).update(submission=submission)
            return submission, False
    if row.submission is None or row.submission.deleted_at is not None:
        raise Refused("gone", GONE, 410)
    return row.submission, True


def put_drawing(submission: Submission, drawing: Drawing) -> tuple[Submission, bool]:
    """Queue a drawing under an id that the client created.

    Returns:
        The submission, and whether an earlier request queued it.

    Raises:
        Refused: 409 if another drawing has this id, 410 if it was deleted, or over a quota.
    """
    submission.body_sha256 = digest(drawing, submission.canvas, submission.expects_sha256)
    if found := _find_earlier(submission):
        return found, True
    try:
        return submit_drawing(submission, drawing), False
    except IntegrityError:  # a concurrent request with the same id was first
        if found := _find_earlier(submission):
            return found, True
        raise


def _find_earlier(submission: Submission) -> Submission | None:
    """Return the stored submission of the same owner, id and body, or None if the id is free. Raises Refused."""
    found = Submission.objects.filter(owner=submission.owner, id=submission.id).first()
    if found is None:
        return None
    if found.deleted_at is not None:
        raise Refused("gone", GONE, 410)
    if found.body_sha256 != submission.body_sha256:
        raise Refused("id_taken", "Another of your drawings has this id. Choose a new one.", 409)
    return found
