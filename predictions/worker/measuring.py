"""Count and measure how two versions read known drawings: the candidate first, the rival second."""

import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from statistics import median

import numpy as np
from numpy.typing import NDArray

from ml.recognition.reader import Reader
from ml.types import CLASSES, Reading, Verdict
from predictions.comparisons.measures import CalibrationErrors, DigitTally, ReadingTimes
from predictions.comparisons.tallies import GOLDEN, REVIEWED, Tally
from predictions.worker import recognize
from predictions.worker.known_drawings import Known, Page

BINS = 15  # of confidence, as in the model cards
RESAMPLES = 200
SEED = 7
Readers = tuple[Reader, Reader | None]
Readings = Sequence[Sequence[Reading | None]]  # of the candidate, and of the rival
Outcomes = tuple[bool, bool]  # whether the candidate and the rival read something right


class Record:
    """What both versions read of the golden and the reviewed drawings, of which tallies and measures are made."""

    def __init__(self) -> None:
        self.sets: dict[str, Counter[Outcomes]] = {GOLDEN: Counter(), REVIEWED: Counter()}
        self.digits: dict[str, dict[str, Counter[Outcomes]]] = {
            str(digit): defaultdict(Counter) for digit in range(CLASSES)
        }
        self.trust: list[tuple[float, bool, float, bool]] = []  # confidence and whether right, of both

    def add(self, name: str, known: Known, readings: Readings) -> None:
        """Count what both versions read of a few drawings of the set with this name."""
        for truth, page, *read in zip(known.truths, known.pages, *readings, strict=True):
            right = _outcomes(is_right(truth, one, page) for one in read)
            self.sets[name][right] += 1
            for digit in set(truth) & self.digits.keys():
                self.digits[digit][name][_outcomes(reads_digit(digit, truth, one) for one in read)] += 1
            if all(read):
                shares = [(one.confidence, _is_text_right(truth, one)) for one in read if one]
                self.trust.append((*shares[0], *shares[1]))

    def tallies(self) -> dict[str, Tally]:
        """Return the tally of each set."""
        return {name: tally_of(counts) for name, counts in self.sets.items()}

    def digit_tallies(self) -> dict[str, DigitTally]:
        """Return the tallies of each digit."""
        return {
            digit: DigitTally(tally_of(counts[GOLDEN]), tally_of(counts[REVIEWED]))
            for digit, counts in self.digits.items()
        }

    def calibration(self) -> CalibrationErrors:
        """Return both calibration errors, and the standard error of their difference by a bootstrap. About 50 ms."""
        if not self.trust:
            return CalibrationErrors(0, None, None)
        found = np.array(self.trust, dtype=np.float64)
        rng = np.random.default_rng(SEED)
        drawn = (found[rng.integers(len(found), size=len(found))] for _ in range(RESAMPLES))
        differences = [_calibration_error(one[:, :2]) - _calibration_error(one[:, 2:]) for one in drawn]
        candidate, rival = _calibration_error(found[:, :2]), _calibration_error(found[:, 2:])
        return CalibrationErrors(len(found), candidate, rival, float(np.std(differences)))


def _calibration_error(trust: NDArray[np.float64]) -> float:
    """Return the expected calibration error of (n, 2) confidences and outcomes, as the model cards have it."""
    confidence, right = trust[:, 0], trust[:, 1]
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gaps = np.bincount(bins, confidence - right, BINS)
    return float(np.abs(gaps).sum() / len(trust))


def tally_of(counts: Counter[Outcomes]) -> Tally:
    """Return counts of outcomes as a tally."""
    return Tally(counts.total(), counts[True, True], lost=counts[False, True], won=counts[True, False])


def refusals_of(known: Known, readings: Readings) -> list[Outcomes]:
    """Return whether both versions refuse each drawing, none of which is a plain number: call it no sure digit."""
    return [
        _outcomes(page is None or (one is not None and one.verdict is not Verdict.DIGIT) for one in read)
        for page, *read in zip(known.pages, *readings, strict=True)
    ]


def _outcomes(found: Iterator[bool]) -> Outcomes:
    candidate, rival = found
    return candidate, rival


def read_all(reader: Reader | None, pages: Sequence[Page | None]) -> list[Reading | None]:
    """Return what a version reads of each page; None of those that cannot be read, and of all without a reader."""
    given = [page for page in pages if page]
    if reader is None or not given:
        return [None] * len(pages)
    lines, expectations = zip(*given, strict=True)
    readings = iter(recognize.read_under(lines, expectations, reader))
    return [next(readings) if page else None for page in pages]


def is_right(truth: str, reading: Reading | None, page: Page | None) -> bool:
    """Return whether a reading says what is true; a page that cannot be read says that there is no digit."""
    if reading is None:
        return page is None and truth == ""
    return truth == "" if reading.verdict is Verdict.NOT_A_DIGIT else _is_text_right(truth, reading)


def _is_text_right(truth: str, reading: Reading) -> bool:
    """Return whether the text is true, or with signs that were not expected, what was written."""
    return truth in (reading.text, reading.written or reading.text)


def reads_digit(digit: str, truth: str, reading: Reading | None) -> bool:
    """Return whether a reading has this digit wherever it is true; none has if the text is of another length."""
    if reading is None or reading.verdict is Verdict.NOT_A_DIGIT:
        return False
    texts = {text for text in (reading.text, reading.written) if len(text) == len(truth)}
    return any(all(a == b for a, b in zip(truth, text, strict=True) if a == digit) for text in texts)


def time_readings(readers: Readers, known: Known) -> list[tuple[float, float]]:
    """Return the seconds in which both versions read each drawing alone, by turns; none without a rival."""
    candidate, rival = readers
    if rival is None:
        return []
    found: list[tuple[float, float]] = []
    for place, page in enumerate(known.pages):
        order = (candidate, rival) if place % 2 else (rival, candidate)
        seconds = {}
        for reader in order:
            began = time.perf_counter()
            read_all(reader, [page])
            seconds[reader is candidate] = time.perf_counter() - began
        found.append((seconds[True], seconds[False]))
    return found


def summarize_times(found: Sequence[tuple[float, float]]) -> ReadingTimes:
    """Return the median times and the median ratio."""
    if not found:
        return ReadingTimes(0, None, None, None)
    ratio = median(mine / max(its, 1e-9) for mine, its in found)
    return ReadingTimes(
        len(found), 1000 * median(mine for mine, _ in found), 1000 * median(its for _, its in found), ratio
    )
