"""Compare two model versions: readings counted by workers, their cards, and their training."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from predictions.comparisons import Outcome, Tally
from predictions.comparisons.measures import DigitTally
from predictions.comparisons.promotion_checks import NAMES as NAMES_OF_CHECKS
from predictions.comparisons.promotion_checks import REFUSALS, PromotionCheck, is_digit_worse
from predictions.comparisons.tallies import REVIEWED
from predictions.models import ModelVersion
from predictions.services.labels import NAMES, label_format

NOISE = 2.0  # standard errors
FEWEST_TO_FAIL = 5  # reviewed drawings: if all of fewer are lost, it may still be chance
MADE = {"parameters": _("parameters"), "epochs": _("epochs"), "seed": _("seed")}  # of a card's training
RESULTS = {"passes": _("passes"), "fails": _("fails"), "few": _("too few to tell"), "missing": _("not measured")}
JUDGEMENTS = {"better": _("better"), "worse": _("worse"), "alike": _("about the same")}


@dataclass(frozen=True)
class Row:
    """One set as both versions read it: accuracy in [0, 1] and number of drawings."""

    name: str | Promise
    live: float
    live_count: int
    candidate: float
    candidate_count: int
    judgement: str
    tally: Tally | None = None

    @property
    def word(self) -> Promise:
        """The judgement as people read it."""
        return JUDGEMENTS[self.judgement]


@dataclass(frozen=True)
class CheckRow:
    """A check on the page; one that an older version's worker did not measure has neither numbers nor a result."""

    label: Promise
    check: PromotionCheck | None
    tally: Tally | None = None

    @property
    def result(self) -> str:
        """Return "passes", "few", "fails" or "missing"."""
        if self.check is None:
            return "missing"
        if self.check.name == REVIEWED and self.check.passes and self.tally and self.tally.count < FEWEST_TO_FAIL:
            return "few"
        return "passes" if self.check.passes else "fails"

    @property
    def word(self) -> Promise:
        """The result as people read it."""
        return RESULTS[self.result]


def check_rows(found: Outcome) -> list[CheckRow]:
    """Return a row for each check."""
    checks = {check.name: check for check in found.checks}
    tallies = dict(found.tallies) | ({REFUSALS: found.measures.refusals} if found.measures else {})
    return [CheckRow(label, checks.get(name), tallies.get(name)) for name, label in NAMES_OF_CHECKS.items()]


def digit_rows(found: Outcome) -> list[Row]:
    """Return how both versions read each digit, where golden or reviewed drawings show it."""
    digits = found.measures.digits if found.measures else {}
    return [
        Row(
            name=digit,
            live=tallies.all.rival / tallies.all.count,
            live_count=tallies.all.count,
            candidate=tallies.all.candidate / tallies.all.count,
            candidate_count=tallies.all.count,
            judgement=_digit_judgement(tallies),
            tally=tallies.all,
        )
        for digit, tallies in digits.items()
        if tallies.all.count
    ]


def _digit_judgement(tallies: DigitTally) -> str:
    if is_digit_worse(tallies):
        return "worse"
    return "better" if is_digit_worse(tallies.turned()) else "alike"


def compare_cards(live: ModelVersion, candidate: ModelVersion) -> list[tuple[Promise, list[Row]]]:
    """Return titled rows for the sets that both cards have."""
    parts = {"sets": _("Evaluation sets"), "canvases": _("Kinds of canvas")}
    return [
        (title, rows)
        for part, title in parts.items()
        if (rows := list(_rows(live.card.get(part, {}), candidate.card.get(part, {}))))
    ]


def _rows(live: dict[str, Any], candidate: dict[str, Any]) -> Iterator[Row]:
    for name in [name for name in NAMES if name in live and name in candidate]:
        of_live, of_candidate = live[name], candidate[name]
        shares, counts = (_right(of_live), _right(of_candidate)), (of_live["count"], of_candidate["count"])
        yield Row(NAMES[name], shares[0], counts[0], shares[1], counts[1], _judgement(shares, counts))


def _right(found: dict[str, Any]) -> float:
    """Return the accuracy; for hard negatives, the share called not_a_digit."""
    if "accuracy" in found:
        return float(found["accuracy"])
    return float(found["verdicts"]["not_a_digit"] / found["count"])


def _judgement(shares: tuple[float, float], counts: tuple[int, int]) -> str:
    """Compare the second share with the first.

    Alike: within two standard errors of the difference, assuming independent sets.
    """
    variance = sum(share * (1 - share) / count for share, count in zip(shares, counts, strict=True))
    if abs(shares[1] - shares[0]) <= NOISE * sqrt(variance):
        return "alike"
    return "better" if shares[1] > shares[0] else "worse"


def made(live: ModelVersion, candidate: ModelVersion) -> list[tuple[str | Promise, Any, Any]]:
    """Return how both were trained: name, live value, candidate value."""

    def facts(version: ModelVersion) -> list[Any]:
        training, hashes = version.card.get("training", {}), version.card.get("sha256", {})
        parts = (hashes.get(name, "-")[:12] for name in formats)
        return [version.preprocessing, *(training.get(name, "-") for name in MADE), *parts, version.sha256[:12]]

    formats = sorted({*live.card.get("sha256", {}), *candidate.card.get("sha256", {})})
    names: list[str | Promise] = [_("preprocessing"), *MADE.values(), *map(label_format, formats), "sha256"]
    return list(zip(names, facts(live), facts(candidate), strict=True))
