"""Read the golden and the reviewed drawings with two versions, and count who is right. People's drawings come first."""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta

from django.db import DatabaseError
from django.db.models import F, Q
from django.db.models.functions import Now

from ml.golden import golden_drawing
from ml.recognition.reader import Reader
from ml.recognition.text_line import TextLine
from ml.types import CLASSES, PREPROCESSING_VERSION, Reading, Verdict
from predictions.comparisons import ATTEMPTS_LIMIT, GOLDEN, REVIEWED, Tallies, Tally, as_figures, waiting
from predictions.models import Comparison, Drawing, ModelVersion, Review, Role, Status
from predictions.worker import recognize
from predictions.worker.model_cache import load_to_read
from predictions.worker.watchdog import watched

GOLDEN_HANDS = 50  # of each digit
REVIEWED_LIMIT = 2_000  # the newest: 2 to 3 ms each for both versions
SLICE = 16
LEASE = timedelta(seconds=30)

logger = logging.getLogger(__name__)
Known = list[tuple[Drawing, str]]  # a few drawings, each with the digits that it shows, "" for none


class Interrupted(RuntimeError):
    """Somebody had reason to end a comparison before it was done."""


def judge_next(go_on: Callable[[], bool]) -> bool:
    """Do the oldest comparison that waits, if no other worker is at it; True if one was finished.

    go_on: called every few drawings, to let others have their turn; False puts the comparison back.
    """
    row = _claimed()
    if row is None:
        return False
    if row.attempts >= ATTEMPTS_LIMIT:
        why = f"{row.candidate.name} was tried {row.attempts} times in vain; the workers' logs say why"
        return _finish(row, {}, why)
    try:
        return _finish(row, compare(row.candidate, row.rival, lambda: _renewed(row) and go_on()))
    except DatabaseError:
        raise
    except Interrupted:
        waiting().filter(pk=row.pk).update(lease_until=None, attempts=F("attempts") - 1)
    except Exception as error:  # a broken candidate must not end the worker; who asked for it reads why
        logger.exception("%s could not be compared", row.candidate.name)
        return _finish(row, {}, f"{row.candidate.name} cannot be used: {error}")
    return False


def _claimed() -> Comparison | None:
    """Return a waiting comparison as ours alone, or None. The attempt is counted before anything may go wrong.

    Other preprocessings' candidates are left: only workers with their code can read with them.
    """
    free = waiting().filter(
        Q(lease_until=None) | Q(lease_until__lt=Now()), candidate__preprocessing=PREPROCESSING_VERSION
    )
    row = free.select_related("candidate", "rival").first()
    if row is None or not free.filter(pk=row.pk).update(lease_until=Now() + LEASE, attempts=F("attempts") + 1):
        return None
    return row


def _renewed(row: Comparison) -> bool:
    return bool(waiting().filter(pk=row.pk).update(lease_until=Now() + LEASE))


def _finish(row: Comparison, tallies: Tallies, trouble: str = "") -> bool:
    found = {"figures": as_figures(tallies), "trouble": trouble[:300], "lease_until": None, "finished_at": Now()}
    return bool(waiting().filter(pk=row.pk).update(**found))


def compare(candidate: ModelVersion, rival: ModelVersion, go_on: Callable[[], bool] = lambda: True) -> Tallies:
    """Return both tallies. A rival that cannot be loaded has nothing right. Cost: 2 to 10 s.

    Raises Interrupted if `go_on` says so, and whatever loading and reading with the candidate may raise.
    """
    readers = load_to_read(candidate).reader, _reader_of(rival)
    return {name: _tally(known, readers, go_on) for name, known in ((GOLDEN, _golden()), (REVIEWED, _reviewed()))}


def _reader_of(rival: ModelVersion) -> Reader | None:
    try:
        return load_to_read(rival).reader
    except DatabaseError:
        raise
    except Exception as error:  # it cannot serve either, as its workers tell
        logger.warning("%s cannot be loaded, so it has nothing right: %s", rival.name, error)
        return None


def _golden() -> Iterator[Known]:
    for hand in range(GOLDEN_HANDS):
        yield [(Drawing(**golden_drawing(digit, seed=hand)), str(digit)) for digit in range(CLASSES)]


def _reviewed() -> Iterator[Known]:
    """Return the newest drawings that somebody else than their owner reviewed at the desk, as the newest says."""
    of_others = Review.objects.filter(role=Role.DESK).exclude(reviewer=F("submission__owner"))
    kept = of_others.filter(submission__status=Status.SUCCEEDED, submission__deleted_at=None)
    newest = kept.order_by("-submission", "-pk").distinct("submission")
    truths = list(newest.values_list("submission", "text")[:REVIEWED_LIMIT])
    for start in range(0, len(truths), SLICE):
        part = dict(truths[start : start + SLICE])
        yield [(drawing, part[drawing.submission_id]) for drawing in Drawing.objects.filter(submission__in=part)]


def _tally(slices: Iterator[Known], readers: Sequence[Reader | None], go_on: Callable[[], bool]) -> Tally:
    """Count which of the two readers, the candidate's first, says rightly what each drawing shows."""
    counts: Counter[tuple[bool, ...]] = Counter()
    for known in slices:
        if not go_on():
            raise Interrupted
        pages = [_line(drawing) for drawing, _ in known]
        truths = [truth for _, truth in known]
        with recognize.network_lock, watched():  # the rival is mostly the network that reads for people
            counts.update(zip(*(_right(reader, pages, truths) for reader in readers), strict=True))
    return Tally(counts.total(), counts[True, True], lost=counts[False, True], won=counts[True, False])


def _right(reader: Reader | None, pages: list[TextLine | None], truths: list[str]) -> list[bool]:
    if reader is None:
        return [False] * len(truths)
    readings = iter(reader.read([page for page in pages if page]))
    said = [_said(next(readings)) if page else "" for page in pages]
    return [one == truth for one, truth in zip(said, truths, strict=True)]


def _said(reading: Reading) -> str:
    return "" if reading.verdict == Verdict.NOT_A_DIGIT else reading.text


def _line(drawing: Drawing) -> TextLine | None:
    """Return the line of what may be digits; None where there is nothing to read any more."""
    try:
        return recognize.prepare(drawing).line
    except tuple(recognize.REFUSALS):
        return None
