"""Jobs on finished submissions: explain a reading, or read again. The submission itself never changes."""

import logging
from base64 import b64decode
from collections.abc import Callable
from typing import Any

from ml.recognition.explanation import explain_digits
from predictions import claims, fairness, lifecycle
from predictions.claims import Batch
from predictions.models import ErrorCode, Job, Prediction
from predictions.worker import recognize
from predictions.worker.model_cache import CannotLoad, load, load_to_read
from predictions.worker.watchdog import guarded

logger = logging.getLogger(__name__)


def run_next(on_more: Callable[[], object] | None = None) -> int:
    """Run the first waiting job; return how many were finished.

    Interactive submissions go first: if some still wait after one batch of them, no job is run.

    on_more: called if more may be waiting.
    """
    if recognize_interactive() and fairness.is_interactive_waiting():
        if on_more:
            on_more()
        return 0
    with claims.claimed_job() as rows:
        if rows and on_more:
            on_more()
        return sum(_run(job, rows) for job in rows)


def recognize_interactive() -> bool:
    """Read a batch of interactive submissions if there are any; return whether there were."""
    if is_waiting := fairness.is_interactive_waiting():
        recognize.recognize_batch()
    return is_waiting


def _run(job: Job, rows: Batch[Job]) -> bool:
    run = {Job.Kind.EXPLAIN: _explain, Job.Kind.READ_AGAIN: _read_again}[Job.Kind(job.kind)]
    try:
        return run(job, rows)
    except tuple(recognize.REFUSALS) as refusal:
        return lifecycle.fail(job, recognize.REFUSALS[type(refusal)])
    except Exception:  # logged; the job returns to the queue with its attempt counted
        logger.exception("job %s (%s) failed", job.pk, job)
        return False


def _explain(job: Job, rows: Batch[Job]) -> bool:
    """Explain the digits of a reading by the model that read them, on the pixels that it was given.

    Interactive submissions may go first after each digit, so that they wait for one digit at most.
    """
    reader = load(job.model_version).reader
    explained: list[dict[str, Any]] = []
    for digit in _prediction_of(job).reading["digits"]:
        if explained:
            claims.renew(rows)
            recognize_interactive()
        with recognize.network_lock, guarded(rows):
            explained += [
                one.as_dict() for one in explain_digits(reader, [b64decode(digit["input"])], [digit["digit"]])
            ]
    return lifecycle.complete_job(job, {"digits": explained})


def _prediction_of(job: Job) -> Prediction:
    """Return the reading to explain; a job that an older version queued names only its model."""
    if job.prediction:
        return job.prediction
    return Prediction.objects.filter(submission=job.submission, model_version=job.model_version).earliest("pk")


def _read_again(job: Job, rows: Batch[Job]) -> bool:
    """Read the drawing again with the job's model, and record that in addition to earlier readings."""
    try:
        with recognize.network_lock, guarded(rows):
            prediction = recognize.read_one(job.submission, load_to_read(job.model_version))
    except CannotLoad as error:  # the owner may request a reading by the version that reads here
        logger.warning("job %s cannot be done with %s: %s", job.pk, job.model_version, error)
        return lifecycle.fail(job, ErrorCode.NO_MODEL)
    prediction.queued_at, prediction.started_at = job.queued_at, job.started_at
    return lifecycle.complete_job(job, prediction=prediction)
