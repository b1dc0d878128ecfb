"""What a candidate must pass before it is promoted: six checks, each with the numbers of both versions.

- golden: it may not read fewer of the golden drawings right, which are fixed and clean.
- reviewed: it may not read significantly fewer of the reviewed drawings right (see `tallies.is_worse`). If one of the
  two was trained with reviewed drawings, only those count that no version is trained with.
- digits: it may read no digit worse: no net loss on the golden drawings of that digit, and no significant one on golden
  and reviewed ones together, by the same test. As there are ten tests, each is at a tenth of the level (Bonferroni).
- calibration: its expected calibration error may exceed the other's by CALIBRATION_TOLERANCE, and by NOISE standard
  errors of the difference more, since it is measured on few drawings.
- refusals: it may not call significantly more drawings sure digits that are no plain numbers, by the same test.
- time: the median of the ratios of both times, drawing by drawing, may be at most SLOWEST_RATIO.

A version that was live before is held to the first two alone: a rollback may be urgent, and a better version may have
taken its place meanwhile.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from predictions.comparisons.measures import DigitTally, Measures
from predictions.comparisons.tallies import GOLDEN, REVIEWED, SIGNIFICANCE_LEVEL, Tallies, Tally, is_worse

DIGITS, CALIBRATION, REFUSALS, TIME = "digits", "calibration", "refusals", "time"
OF_EVERY_VERSION = (GOLDEN, REVIEWED)  # of those that were live before too
DIGIT_LEVEL = SIGNIFICANCE_LEVEL / 10
CALIBRATION_TOLERANCE = 0.01
NOISE = 2.0  # standard errors
SLOWEST_RATIO = 1.25

NAMES: dict[str, Promise] = {
    GOLDEN: gettext_lazy("golden drawings"),
    REVIEWED: gettext_lazy("reviewed drawings"),
    DIGITS: gettext_lazy("each digit"),
    CALIBRATION: gettext_lazy("calibration error"),
    REFUSALS: gettext_lazy("no digits and signs"),
    TIME: gettext_lazy("time a drawing"),
}


@dataclass(frozen=True)
class PromotionCheck:
    """One check: what it found of both versions in words, and why the candidate does not pass, "" if it does."""

    name: str
    rival: str
    candidate: str
    limit: str
    objection: str = ""

    @property
    def label(self) -> Promise:
        """The name as people read it."""
        return NAMES[self.name]

    @property
    def passes(self) -> bool:
        """Whether the candidate passes."""
        return not self.objection


def judge(tallies: Tallies, measures: Measures | None) -> list[PromotionCheck]:
    """Return the checks that were measured; without measures, as of an older version's worker, only the tallies'."""
    checks = [_check_tally(name, tally, measures) for name, tally in tallies.items()]
    if measures:
        checks += [check(measures) for check in CHECKS]
    return checks


def worse_digits(measures: Measures) -> Iterator[tuple[str, Tally]]:
    """Yield the digits that the candidate reads worse, each with the tally that says so."""
    for digit, found in measures.digits.items():
        if found.golden.lost > found.golden.won:
            yield digit, found.golden
        elif is_digit_worse(found):
            yield digit, found.all


def is_digit_worse(found: DigitTally) -> bool:
    """Return True if the candidate reads this digit worse, by the rule at the top."""
    return found.golden.lost > found.golden.won or found.all.chance < DIGIT_LEVEL


def _check_tally(name: str, tally: Tally, measures: Measures | None) -> PromotionCheck:
    limits = {
        GOLDEN: _("no fewer"),
        REVIEWED: _("of those never trained with, no fewer beyond chance (5%)")
        if measures and measures.is_unseen_only
        else _("no fewer beyond chance (5%)"),
    }
    sentences = {
        GOLDEN: _("It reads %(candidate)d of the %(count)d golden drawings correctly; the live model reads %(rival)d."),
        REVIEWED: _(
            "It reads %(candidate)d of the %(count)d reviewed drawings correctly; the live model reads %(rival)d. "
            "The live model alone reads %(lost)d of them correctly, this one alone %(won)d; if both were equally good, "
            "the chance of that would be %(chance)s."
        ),
    }
    objection = sentences[name] % _numbers(tally) if is_worse(name, tally) else ""
    return PromotionCheck(name, _of(tally.rival, tally), _of(tally.candidate, tally), limits[name], objection)


def _check_digits(measures: Measures) -> PromotionCheck:
    sentence = _(
        "It reads the digit %(digit)s worse: %(candidate)d of %(count)d drawings with it correctly; the live model "
        "reads %(rival)d. The live model alone reads %(lost)d of them correctly, this one alone %(won)d "
        "(chance %(chance)s)."
    )
    worse = [sentence % ({"digit": digit} | _numbers(tally)) for digit, tally in worse_digits(measures)]
    tallies = [found.all for found in measures.digits.values() if found.all.count]
    shares = [
        [right(tally) / tally.count for tally in tallies]
        for right in (lambda tally: tally.rival, lambda tally: tally.candidate)
    ]
    rival, candidate = (_("lowest %(share)s") % {"share": _percent(min(one))} if one else "-" for one in shares)
    return PromotionCheck(DIGITS, rival, candidate, _("none lower beyond chance (0.5% each)"), " ".join(worse))


def _check_calibration(measures: Measures) -> PromotionCheck:
    found = measures.calibration
    allowed = CALIBRATION_TOLERANCE + NOISE * found.standard_error
    objection = ""
    if found.candidate is not None and found.rival is not None and found.candidate - found.rival > allowed:
        objection = _(
            "Its calibration error on %(count)d drawings is %(candidate)s; that of the live model is %(rival)s. "
            "It may be larger by %(allowed)s: by %(tolerance)s, and by two standard errors."
        ) % {
            "count": found.count,
            "candidate": _number(found.candidate),
            "rival": _number(found.rival),
            "allowed": _number(allowed),
            "tolerance": number_format(CALIBRATION_TOLERANCE),
        }
    limit = _("at most %(allowed)s more") % {"allowed": _number(allowed)}
    return PromotionCheck(CALIBRATION, _number(found.rival), _number(found.candidate), limit, objection)


def _check_refusals(measures: Measures) -> PromotionCheck:
    tally = measures.refusals
    objection = ""
    if is_worse(REFUSALS, tally):
        objection = _(
            "It calls %(candidate)d of %(count)d drawings that are no plain numbers sure digits; the live model "
            "%(rival)d. This one alone does so for %(lost)d, the live model alone for %(won)d (chance %(chance)s)."
        ) % (_numbers(tally) | {"candidate": tally.count - tally.candidate, "rival": tally.count - tally.rival})
    limit = _("no fewer refused beyond chance (5%)")
    return PromotionCheck(REFUSALS, _of(tally.rival, tally), _of(tally.candidate, tally), limit, objection)


def _check_time(measures: Measures) -> PromotionCheck:
    found = measures.times
    objection = ""
    numbers = {
        "candidate": _ms(found.candidate_ms),
        "rival": _ms(found.rival_ms),
        "ratio": number_format(round(found.ratio or 0, 2), 2),
        "limit": number_format(SLOWEST_RATIO, 2),
    }
    if found.ratio and found.ratio > SLOWEST_RATIO:
        objection = (
            _(
                "It takes %(candidate)s a drawing, %(ratio)s times as long as the live model, which takes %(rival)s. "
                "At most %(limit)s times as long is accepted."
            )
            % numbers
        )
    limit = _("at most %(limit)s times as long (here %(ratio)s)") if found.ratio else ""
    return PromotionCheck(TIME, numbers["rival"], numbers["candidate"], limit % numbers, objection)


CHECKS: tuple[Callable[[Measures], PromotionCheck], ...] = (
    _check_digits,
    _check_calibration,
    _check_refusals,
    _check_time,
)


def _numbers(tally: Tally) -> dict[str, int | str]:
    return {
        "count": tally.count,
        "candidate": tally.candidate,
        "rival": tally.rival,
        "lost": tally.lost,
        "won": tally.won,
        "chance": number_format(round(tally.chance, 4), 4),
    }


def _of(right: int, tally: Tally) -> str:
    if not tally.count:
        return _("none yet")
    numbers = {"right": right, "count": tally.count, "share": _percent(right / tally.count)}
    return _("%(share)s (%(right)d of %(count)d)") % numbers


def _percent(share: float) -> str:
    return _("%(share)s%%") % {"share": number_format(round(100 * share, 2), 2)}


def _number(value: float | None) -> str:
    return "-" if value is None else number_format(round(value, 4), 4)


def _ms(value: float | None) -> str:
    return "-" if value is None else _("%(ms)s ms") % {"ms": number_format(round(value, 2), 2)}
