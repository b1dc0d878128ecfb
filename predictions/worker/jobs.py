"""What was asked for a finished submission: read it again, or explain a reading. Its own status never changes."""

import logging
from base64 import b64decode
from collections.abc import Callable
from typing import Any

from ml.recognition.explanation import explain_digits
from predictions import claims, lifecycle
from predictions.claims import Batch
from predictions.models import Errand, Lane, Prediction, Submission
from predictions.worker import recognize
from predictions.worker.model_cache import load, load_to_read
from predictions.worker.watchdog import guarded

logger = logging.getLogger(__name__)


def carry_out_next(on_more: Callable[[], object] | None = None) -> int:
    """Carry out the errand that waits first, and give how many were finished.

    Drawings that people wait for go before: if there are still some after a batch of them, the errand stays.

    on_more: called if more may wait, so that it is looked at again.
    """
    _let_drawings_pass()
    if _does_somebody_wait():
        if on_more:
            on_more()
        return 0
    with claims.claimed_errand() as rows:
        if rows and on_more:
            on_more()
        return sum(_carry_out(errand, rows) for errand in rows)


def _does_somebody_wait() -> bool:
    return Submission.objects.waiting().filter(lane=Lane.INTERACTIVE).exists()


def _let_drawings_pass() -> None:
    if _does_somebody_wait():
        recognize.recognize_batch()


def _carry_out(errand: Errand, rows: Batch[Errand]) -> bool:
    act = {Errand.Kind.EXPLAIN: _explain, Errand.Kind.READ_AGAIN: _read_again}[Errand.Kind(errand.kind)]
    try:
        return act(errand, rows)
    except tuple(recognize.REFUSALS) as refusal:
        return lifecycle.fail(errand, recognize.REFUSALS[type(refusal)])
    except Exception:  # an errand that breaks us goes back; the log names it and attempts are counted
        logger.exception("errand %s (%s) could not be carried out", errand.pk, errand)
        return False


def _explain(errand: Errand, rows: Batch[Errand]) -> bool:
    """Explain the digits of the reading that the errand's model recorded, over the pixels that it saw then.

    Between two digits drawings may pass, so that none waits for more than one.
    """
    reader = load(errand.model_version).reader
    found: list[dict[str, Any]] = []
    for digit in _reading_of(errand)["digits"]:
        if found:
            claims.renew(rows)
            _let_drawings_pass()
        with recognize.network_lock, guarded(rows):
            found += [one.as_dict() for one in explain_digits(reader, [b64decode(digit["input"])], [digit["digit"]])]
    return lifecycle.accomplish(errand, {"digits": found})


def _reading_of(errand: Errand) -> dict[str, Any]:
    rows = Prediction.objects.filter(submission=errand.submission, model_version=errand.model_version)
    reading: dict[str, Any] = rows.earliest("pk").reading
    return reading


def _read_again(errand: Errand, rows: Batch[Errand]) -> bool:
    """Read the drawing anew with the errand's model, and record that beside what was read before."""
    with recognize.network_lock, guarded(rows):
        prediction = recognize.read_one(errand.submission, load_to_read(errand.model_version))
    prediction.queued_at, prediction.started_at = errand.queued_at, errand.started_at
    return lifecycle.accomplish(errand, prediction=prediction)
