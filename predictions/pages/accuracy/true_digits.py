"""The section on true digits: how many of each are found, and what they are read as."""

from collections.abc import Callable, Iterable
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from predictions.pages.charts.shares import accuracy_chart
from predictions.services.formatting import rounded_share
from predictions.services.statistics.sample import Sampled
from predictions.services.statistics.true_digits import DIGITS, LONGER, NAMES, NO_DIGIT, TrueDigit, measure_true_digits

LABELS: dict[str, str | Promise] = {LONGER: _("longer"), NO_DIGIT: _("no digit")}
TITLE = _("By true digit")


def true_digits_section(rows: Iterable[Sampled], link: Callable[[dict[str, Any]], str]) -> dict[str, Any] | None:
    """Return what the template shows, or None if nothing is known. link: of the admin's list with filters."""
    found = measure_true_digits(rows)
    if not found:
        return None
    labels = [str(LABELS.get(one.name, one.name)) for one in found]
    links = [link({"label__exact": one.name}) if one.name in DIGITS else "" for one in found]
    return {
        "rows": list(zip(labels, found, links, strict=True)),
        "chart": accuracy_chart(TITLE, found, labels, is_line=False),
        "columns": [LABELS.get(name, name) for name in NAMES],
        "confusion": [(label, _cells(one)) for label, one in zip(labels, found, strict=True)],
    }


def _cells(one: TrueDigit) -> list[tuple[str, str]]:
    """Return for each of NAMES the share of this digit that is read so, and its kind: right, wrong or none."""
    total = sum(one.read_as)
    return [
        (rounded_share(count / total) if count else "·", "right" if name == one.name else "wrong" if count else "")
        for name, count in zip(NAMES, one.read_as, strict=True)
    ]
