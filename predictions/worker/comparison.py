"""Compare two model versions on the golden and the reviewed drawings. Submissions and jobs go first."""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from django.db import DatabaseError
from django.db.models import F

from ml.expects import Expectation
from ml.golden import golden_drawing
from ml.recognition.reader import Reader
from ml.recognition.text_line import TextLine
from ml.types import CLASSES, Reading, Verdict
from predictions import claims, lifecycle
from predictions.claims import Batch, Interrupted
from predictions.comparisons import GOLDEN, REVIEWED, Tallies, Tally, as_figures
from predictions.models import Comparison, Drawing, ModelVersion, Review, Role, Status
from predictions.worker import recognize
from predictions.worker.model_cache import load_to_read
from predictions.worker.watchdog import leased, watched

GOLDEN_HANDS = 50  # of each digit
REVIEWED_LIMIT = 2_000  # the newest: 2 to 3 ms each for both versions
SLICE = 16

logger = logging.getLogger(__name__)
Page = tuple[TextLine, Expectation | None]  # a line, with what was expected of it
Known = list[tuple[Drawing, str]]  # a few drawings, each with the digits that it shows, "" for none


def run_next(go_on: Callable[[], bool]) -> bool:
    """Run the first waiting comparison; return True if one was finished.

    go_on: called every few drawings, to do more urgent work; if it returns False, the comparison is put back.
    """
    try:
        with claims.claimed_comparison() as rows:
            return any(_run(row, rows, go_on) for row in rows)
    except Interrupted:
        return False


def _run(row: Comparison, rows: Batch[Comparison], go_on: Callable[[], bool]) -> bool:
    try:
        with leased(rows):
            tallies = compare(row.candidate, row.rival, lambda: bool(claims.renew(rows)) and go_on())
    except (DatabaseError, Interrupted):
        raise
    except Exception as error:  # a broken candidate must not end the worker; the admin page shows the reason
        logger.exception("%s could not be compared", row.candidate.name)
        return lifecycle.complete_comparison(row, {}, f"{row.candidate.name} cannot be used: {error}")
    return lifecycle.complete_comparison(row, as_figures(tallies))


def compare(candidate: ModelVersion, rival: ModelVersion, go_on: Callable[[], bool] = lambda: True) -> Tallies:
    """Return the tally of each set. A rival that cannot be loaded has nothing right. Takes 2 to 10 s.

    Raises:
        Interrupted: if `go_on` returns False. Errors from loading or reading with the candidate are passed on.
    """
    readers = load_to_read(candidate).reader, _reader_of(rival)
    return {name: _tally(known, readers, go_on) for name, known in ((GOLDEN, _golden()), (REVIEWED, _reviewed()))}


def _reader_of(rival: ModelVersion) -> Reader | None:
    try:
        return load_to_read(rival).reader
    except DatabaseError:
        raise
    except Exception as error:  # then it cannot serve either, as its workers report
        logger.warning("%s cannot be loaded, so it has nothing right: %s", rival.name, error)
        return None


def _golden() -> Iterator[Known]:
    for hand in range(GOLDEN_HANDS):
        yield [(Drawing(**golden_drawing(digit, seed=hand)), str(digit)) for digit in range(CLASSES)]


def _reviewed() -> Iterator[Known]:
    """Yield drawings that somebody other than the owner reviewed, newest first, with their newest truth."""
    of_others = Review.objects.filter(role=Role.REVIEWER, withdrawn_at=None).exclude(reviewer=F("submission__owner"))
    kept = of_others.filter(submission__status=Status.SUCCEEDED, submission__deleted_at=None)
    newest = kept.order_by("-submission", "-pk").distinct("submission")
    truths = list(newest.values_list("submission", "text")[:REVIEWED_LIMIT])
    drawings = Drawing.objects.select_related("submission")  # which knows what was expected
    for start in range(0, len(truths), SLICE):
        part = dict(truths[start : start + SLICE])
        yield [(drawing, part[drawing.submission_id]) for drawing in drawings.filter(submission__in=part)]


def _tally(slices: Iterator[Known], readers: Sequence[Reader | None], go_on: Callable[[], bool]) -> Tally:
    """Count which of the two readers, the candidate's first, read each drawing right."""
    counts: Counter[tuple[bool, ...]] = Counter()
    for known in slices:
        if not go_on():
            raise Interrupted
        pages = [_page(drawing) for drawing, _ in known]
        truths = [truth for _, truth in known]
        with recognize.network_lock, watched():  # the rival is mostly the live network
            counts.update(zip(*(_right(reader, pages, truths) for reader in readers), strict=True))
    return Tally(counts.total(), counts[True, True], lost=counts[False, True], won=counts[True, False])


def _right(reader: Reader | None, pages: list[Page | None], truths: list[str]) -> list[bool]:
    if reader is None:
        return [False] * len(truths)
    lines, expectations = zip(*(page for page in pages if page), strict=True) if any(pages) else ((), ())
    readings = iter(recognize.read_under(lines, expectations, reader))
    return [truth in (_texts_of(next(readings)) if page else ("",)) for page, truth in zip(pages, truths, strict=True)]


def _texts_of(reading: Reading) -> tuple[str, ...]:
    """Return what counts as right: the text, or with signs that were not expected, what was written."""
    return ("",) if reading.verdict == Verdict.NOT_A_DIGIT else (reading.text, reading.written or reading.text)


def _page(drawing: Drawing) -> Page | None:
    """Return the line of candidate digits; None if the drawing is blank, unreadable or emptied."""
    expectation = drawing.submission.expectation if drawing.submission_id else None
    try:
        return recognize.prepare(drawing).line, expectation
    except tuple(recognize.REFUSALS):
        return None
