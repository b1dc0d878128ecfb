"""Compare two model versions on golden, reviewed and made drawings. Submissions and jobs go first."""

import logging
from collections import Counter
from collections.abc import Callable, Iterator

from django.db import DatabaseError

from ml.recognition.reader import Reader
from predictions import claims, lifecycle
from predictions.claims import Batch, Interrupted
from predictions.comparisons import GOLDEN, REVIEWED, Findings, Measures, as_figures
from predictions.models import Comparison, ModelVersion
from predictions.worker import known_drawings, measuring, recognize
from predictions.worker.known_drawings import Known, is_trained_with_reviews, leaves_out_sample
from predictions.worker.measuring import Outcomes, Readings, Record
from predictions.worker.model_cache import load_to_read
from predictions.worker.watchdog import leased, watched

TIMED_HANDS = 10  # of each digit: both versions are timed on these

logger = logging.getLogger(__name__)
GoOn = Callable[[], bool]


def run_next(go_on: GoOn) -> bool:
    """Run the first waiting comparison; return True if one was finished.

    go_on: called every few drawings, to do more urgent work; if it returns False, the comparison is put back.
    """
    try:
        with claims.claimed_comparison() as rows:
            return any(_run(row, rows, go_on) for row in rows)
    except Interrupted:
        return False


def _run(row: Comparison, rows: Batch[Comparison], go_on: GoOn) -> bool:
    try:
        with leased(rows):
            found = compare(row.candidate, row.rival, lambda: bool(claims.renew(rows)) and go_on())
    except (DatabaseError, Interrupted):
        raise
    except Exception as error:  # a broken candidate must not end the worker; the admin page shows the reason
        logger.exception("%s could not be compared", row.candidate.name)
        return lifecycle.complete_comparison(row, {}, {}, f"{row.candidate.name} cannot be used: {error}")
    measures = found.measures.as_dict() if found.measures else {}
    return lifecycle.complete_comparison(row, as_figures(found.tallies), measures)


def compare(candidate: ModelVersion, rival: ModelVersion, go_on: GoOn = lambda: True) -> Findings:
    """Return what both read, and what else was measured. A rival that cannot be loaded has nothing right. 4 to 15 s.

    Raises:
        Interrupted: if `go_on` returns False. Errors from loading or reading with the candidate are passed on.
    """
    readers = load_to_read(candidate).reader, _reader_of(rival)
    both = (candidate, rival)
    is_unseen_only = any(is_trained_with_reviews(version) for version in both)
    reviewed = known_drawings.reviewed(
        is_unseen_only=is_unseen_only, has_unseen_sample=all(leaves_out_sample(version) for version in both)
    )
    record, refused, times = Record(), Counter[Outcomes](), list[tuple[float, float]]()

    def read(known: Known) -> Readings:
        return [measuring.read_all(reader, known.pages) for reader in readers]

    _in_slices(known_drawings.golden(), go_on, lambda known: record.add(GOLDEN, known, read(known)))
    _in_slices(reviewed, go_on, lambda known: record.add(REVIEWED, known, read(known)))
    _in_slices(
        known_drawings.refusals(), go_on, lambda known: refused.update(measuring.refusals_of(known, read(known)))
    )
    _in_slices(
        known_drawings.golden(TIMED_HANDS), go_on, lambda known: times.extend(measuring.time_readings(readers, known))
    )
    measures = Measures(
        digits=record.digit_tallies(),
        refusals=measuring.tally_of(refused),
        calibration=record.calibration(),
        times=measuring.summarize_times(times),
        is_unseen_only=is_unseen_only,
    )
    return Findings(record.tallies(), measures)


def _in_slices(slices: Iterator[Known], go_on: GoOn, use: Callable[[Known], None]) -> None:
    """Pass a few drawings at a time to `use`, which may use the network, and do more urgent work in between."""
    for known in slices:
        if not go_on():
            raise Interrupted
        with recognize.network_lock, watched():  # the rival is mostly the live network
            use(known)


def _reader_of(rival: ModelVersion) -> Reader | None:
    try:
        return load_to_read(rival).reader
    except DatabaseError:
        raise
    except Exception as error:  # then it cannot serve either, as its workers report
        logger.warning("%s cannot be loaded, so it has nothing right: %s", rival.name, error)
        return None
