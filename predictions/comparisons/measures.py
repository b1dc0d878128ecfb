"""What workers measure of two versions besides the tallies of golden and reviewed drawings, as it is stored."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from predictions.comparisons.tallies import Tally


@dataclass(frozen=True)
class DigitTally:
    """How both versions read the drawings that show one digit."""

    golden: Tally
    reviewed: Tally

    @property
    def all(self) -> Tally:
        """Golden and reviewed drawings together."""
        return self.golden + self.reviewed

    def turned(self) -> Self:
        """Return the same with the two versions exchanged."""
        return type(self)(self.golden.turned(), self.reviewed.turned())


@dataclass(frozen=True)
class CalibrationErrors:
    """The expected calibration error of both versions on the same drawings; None for a rival that cannot be used.

    standard_error: of the difference, by a bootstrap over the drawings.
    """

    count: int
    candidate: float | None
    rival: float | None
    standard_error: float = 0.0

    def turned(self) -> Self:
        """Return the same with the two versions exchanged."""
        return replace(self, candidate=self.rival, rival=self.candidate)


@dataclass(frozen=True)
class ReadingTimes:
    """The median time in which each version reads a drawing, measured by turns on the same ones.

    ratio: the median, over the drawings, of the candidate's time divided by the rival's.
    """

    count: int
    candidate_ms: float | None
    rival_ms: float | None
    ratio: float | None

    def turned(self) -> Self:
        """Return the same with the two versions exchanged."""
        ratio = 1 / self.ratio if self.ratio else None
        return replace(self, candidate_ms=self.rival_ms, rival_ms=self.candidate_ms, ratio=ratio)


@dataclass(frozen=True)
class Measures:
    """All of them.

    digits: by digit, "0" to "9".
    refusals: drawings that are no plain numbers; right is what is not called a sure digit.
    is_unseen_only: whether one of the versions was trained with reviewed drawings, so that only those count that no
        version is ever trained with.
    """

    digits: Mapping[str, DigitTally]
    refusals: Tally
    calibration: CalibrationErrors
    times: ReadingTimes
    is_unseen_only: bool = False

    def turned(self) -> Self:
        """Return the same with the two versions exchanged."""
        return replace(
            self,
            digits={digit: tally.turned() for digit, tally in self.digits.items()},
            refusals=self.refusals.turned(),
            calibration=self.calibration.turned(),
            times=self.times.turned(),
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the measures as `Comparison.measures` stores them."""
        return asdict(replace(self, digits=dict(self.digits)))

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Self | None:
        """Return stored measures; None if there are none, as of a worker of an older version."""
        if not stored:
            return None
        digits = {
            digit: DigitTally(Tally(**found["golden"]), Tally(**found["reviewed"]))
            for digit, found in stored["digits"].items()
        }
        return cls(
            digits,
            Tally(**stored["refusals"]),
            CalibrationErrors(**stored["calibration"]),
            ReadingTimes(**stored["times"]),
            stored["is_unseen_only"],
        )
