"""Let a challenger read a share of users' drawings in shadow, while this worker has nothing else to do.

One drawing a poll, and one worker at a time: a reading that arrives waits for one other at most. Nothing is asked of
Postgres while there is no challenger, but every CHECK_EVERY_S whether there is one.
"""

import logging
import time
from datetime import timedelta
from threading import Thread

from django.db import DatabaseError, connection, transaction
from django.db.models.functions import Now

from ml.types import MAX_TEXT_CHARS, Reading, Verdict
from predictions import claims, fairness, lifecycle
from predictions.claims import Batch
from predictions.models import Challenger, Job, ReviewRequest, ShadowReading, Submission
from predictions.models.submissions.conditions import SHADOWED, place_below
from predictions.worker import recognize
from predictions.worker.model_cache import Loaded, load_apart
from predictions.worker.watchdog import guarded, leased

CHECK_EVERY_S = 5.0
RECENT = timedelta(minutes=5)
LOOKED_AT = 50  # the newest drawings in the share
STORE = """
    INSERT INTO predictions_shadowreading
        (submission_id, model_version_id, text, written, verdict, confidence, agrees, elapsed_ms)
    SELECT submission.key, challenger.model_version_id, %(text)s, %(written)s, %(verdict)s, %(confidence)s, %(agrees)s,
        %(elapsed_ms)s
    FROM predictions_submission AS submission, predictions_challenger AS challenger
    WHERE submission.key = %(submission)s AND submission.deleted_at IS NULL
        AND challenger.id = %(challenger)s AND challenger.claim = %(claim)s
    FOR KEY SHARE OF submission
    ON CONFLICT DO NOTHING
"""  # nothing of a drawing that was deleted meanwhile, or of a challenger that was stopped

logger = logging.getLogger(__name__)
_running: Challenger | None = None
_checked_at = -CHECK_EVERY_S
_left_out: set[int] = set()
_loaded: Loaded | None = None
_loader: Thread | None = None


def read_next() -> bool:
    """Read one drawing with the challenger, if there is one, nobody waits, and it has not read its share."""
    global _loader
    running = _find_running()
    if running is None or (_loader and _loader.is_alive()) or not running.model_version.is_readable:
        return False
    if _loaded is None or _loaded.version.pk != running.model_version_id:
        _loader = Thread(target=_load_in_thread, name="challenger", daemon=True)
        _loader.start()
        return False
    key = _choose(running)
    if key is None:
        return False
    with claims.claimed_challenger() as rows:
        return any(_read(row, key, _loaded, rows) for row in rows if row.pk == running.pk)


def _find_running() -> Challenger | None:
    """Return the challenger, as it was at most CHECK_EVERY_S ago."""
    global _running, _checked_at, _loaded
    if time.monotonic() >= _checked_at + CHECK_EVERY_S:
        _running, _checked_at = _fetch(), time.monotonic()
        if _running is None:
            _loaded = None
            _left_out.clear()
    return _running


def _fetch() -> Challenger | None:
    rows = Challenger.objects.unfinished().select_related("model_version")
    row = rows.defer("model_version__card").first()
    if row and row.model_version.is_live:  # promoted by older code, which stops no challenger
        lifecycle.stop_challengers("It went live.")
        return None
    return row


def _load_in_thread() -> None:
    try:
        load()
    except DatabaseError as error:  # tried again by the next poll
        logger.warning("cannot load the challenger: %s", error)
    finally:
        connection.close()


def load() -> None:
    """Load the challenger while it is claimed, so that one whose loading ends its worker is given up in the end."""
    global _loaded
    with claims.claimed_challenger() as rows:
        for row in rows:
            try:
                with leased(rows):
                    _loaded = load_apart(row.model_version)
            except DatabaseError:
                raise
            except Exception as error:  # any that a runtime raises for a broken artifact; the admin page shows it
                _stop(row, f"{row.model_version.name} cannot be loaded: {error}")
            else:
                lifecycle.release_challenger(row)


def _choose(running: Challenger) -> int | None:
    """Return the key of a drawing that was read lately, is in the share and was not read in shadow, if nobody waits.

    Four queries, each of few rows on a large table too.
    """
    if fairness.is_interactive_waiting() or Job.objects.waiting().exists():
        return None
    rows = Submission.objects.filter(SHADOWED, id__place__lt=place_below(running.share), superseded_at=None)
    rows = rows.filter(finished_at__gt=Now() - RECENT).order_by("-finished_at")
    recent = list(rows.values_list("pk", flat=True)[:LOOKED_AT])
    read = ShadowReading.objects.filter(submission__in=recent, model_version=running.model_version_id)
    done = _left_out.union(read.values_list("submission", flat=True))
    return next((key for key in recent if key not in done), None)


def _read(row: Challenger, key: int, loaded: Loaded, rows: Batch[Challenger]) -> bool:
    """Read a drawing and record it; False if the drawing is gone or the challenger was stopped."""
    submission = Submission.objects.select_related("drawing").filter(pk=key, deleted_at=None).first()
    if submission is None:
        lifecycle.release_challenger(row)
        return False
    try:
        line = recognize.prepare(submission.drawing).line
        with recognize.network_lock, guarded(rows):
            began = time.perf_counter()
            [reading] = recognize.read_under([line], [submission.expectation], loaded.reader)
            elapsed_ms = 1000 * (time.perf_counter() - began)
    except DatabaseError:
        raise
    except tuple(recognize.REFUSALS):  # other code read it, which prepares drawings in another way
        _left_out.add(key)
        lifecycle.release_challenger(row)
        return False
    except Exception as error:  # what the live model read, it cannot read; the admin page shows the reason
        logger.exception("the challenger %s failed", row.model_version.name)
        _stop(row, f"{row.model_version.name} cannot read submission {submission.id}: {error}")
        return False
    is_stored = _store(row, submission, reading, elapsed_ms)
    lifecycle.release_challenger(row)
    return is_stored


def _store(row: Challenger, submission: Submission, reading: Reading, elapsed_ms: float) -> bool:
    """Record a shadow reading once, and ask for a review if it is not what was served. One query, or three."""
    agrees = is_served(submission, reading)
    values = {
        "submission": submission.pk,
        "challenger": row.pk,
        "claim": row.claim,
        "text": reading.text[:MAX_TEXT_CHARS],
        "written": reading.written[:MAX_TEXT_CHARS],
        "verdict": reading.verdict.value,
        "confidence": reading.confidence,
        "agrees": agrees,
        "elapsed_ms": elapsed_ms,
    }
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(STORE, values)
            is_stored = cursor.rowcount == 1
        if is_stored and not agrees and Submission.objects.not_reviewed().filter(pk=submission.pk).exists():
            ReviewRequest.objects.bulk_create([ReviewRequest(submission=submission)], ignore_conflicts=True)
    return is_stored


def is_served(submission: Submission, reading: Reading) -> bool:
    """Return whether a reading says what was served: no digit, or the same digits and signs; verdicts may differ."""
    if Verdict.NOT_A_DIGIT in (submission.verdict, reading.verdict):
        return submission.verdict == reading.verdict
    if submission.expects or not (submission.written and reading.written):
        return submission.text == reading.text
    return submission.written == reading.written[:MAX_TEXT_CHARS]


def _stop(row: Challenger, trouble: str) -> None:
    logger.warning("the challenger is stopped: %s", trouble)
    lifecycle.fail_challenger(row, trouble)
