"""The sections on how well drawings were read, by the person's own answers."""

from typing import Any

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ml.types import Verdict
from predictions.pages.accuracy.labels import label_range
from predictions.pages.charts.bars import square_chart
from predictions.pages.charts.shares import accuracy_chart, calibration_chart
from predictions.pages.statistics.links import link_confusion, link_corrected
from predictions.services.formatting import rounded_share
from predictions.services.own_statistics.told import NAMES, NO_DIGIT, Confusion, Group, Told
from predictions.services.statistics.arithmetic import is_calibrated

MOST_CONFUSIONS = 10  # in the list
ENOUGH_TOLD = 5  # for a finding about a range of confidence
VERDICTS: dict[Verdict, str | Promise] = {
    Verdict.DIGIT: gettext_lazy("sure"),
    Verdict.UNSURE: gettext_lazy("unsure"),
    Verdict.NOT_A_DIGIT: gettext_lazy("not a digit"),
}
DASH = "-"  # for no digit, below a chart


def right_section(told: Told) -> dict[str, Any]:
    """Return what the template shows of how often readings were right."""
    total = told.total
    groups = [total, *told.by_verdict]
    labels = [_("all"), *(str(VERDICTS[Verdict(str(group.name))]) for group in told.by_verdict)]
    links = ["" if not group.wrong else link_corrected(str(group.name or "")) for group in groups]
    finding = _tell_right(total)
    return {
        "finding": finding,
        "chart": accuracy_chart(finding, groups, labels, is_line=False),
        "rows": list(zip(labels, groups, links, strict=True)),
    }


def _tell_right(total: Group) -> str:
    found = total.estimate
    sentence = ngettext(
        "%(right)s of %(count)s reading that you told us about was right: %(share)s. The 95%% interval is %(low)s to "
        "%(high)s.",
        "%(right)s of %(count)s readings that you told us about were right: %(share)s. The 95%% interval is %(low)s to "
        "%(high)s.",
        total.told,
    )
    return sentence % {
        "right": number_format(total.right, force_grouping=True),
        "count": number_format(total.told, force_grouping=True),
        "share": rounded_share(found.share or 0),
        "low": rounded_share(found.low),
        "high": rounded_share(found.high),
    }


def confusion_section(told: Told) -> dict[str, Any] | None:
    """Return what the template shows of which digits are confused, or None if none can be compared."""
    if not told.pairs:
        return None
    counts, confusions = [told.read_as(name) for name in NAMES], told.confusions
    labels = [_label(name) for name in NAMES]
    finding = _tell_confusions(confusions)
    return {
        "finding": finding,
        "chart": square_chart(finding, counts, [name or DASH for name in NAMES]),
        "columns": labels,
        "rows": [
            (label, [(count, _kind(place, column, count)) for column, count in enumerate(row)])
            for place, (label, row) in enumerate(zip(labels, counts, strict=True))
            if any(row)
        ],
        "confusions": [
            (_label(one.written), _label(one.read), one.count, link_confusion(one), _tell_link(one))
            for one in confusions[:MOST_CONFUSIONS]
        ],
    }


def _tell_link(one: Confusion) -> str:
    """Return what the link of a confusion shows, which is more than the confusion counts."""
    if one.read == NO_DIGIT:
        return _("Corrected readings without a digit")
    return _("Corrected readings with a %(digit)s") % {"digit": one.read}


def _kind(row: int, column: int, count: int) -> str:
    return "right" if row == column else "wrong" if count else ""


def _label(name: str) -> str:
    return _("no digit") if name == NO_DIGIT else name


def _tell_confusions(confusions: list[Confusion]) -> str:
    if not confusions:
        return _("No digit was taken for another.")
    first = confusions[0]
    sentence = ngettext(
        "Most often confused: %(written)s read as %(read)s, %(count)s time.",
        "Most often confused: %(written)s read as %(read)s, %(count)s times.",
        first.count,
    )
    values = {"written": _label(first.written), "read": _label(first.read)}
    return sentence % (values | {"count": number_format(first.count, force_grouping=True)})


def reliability_section(told: Told) -> dict[str, Any]:
    """Return what the template shows of confidence against truth."""
    found = [is_calibrated(group) if group.told >= ENOUGH_TOLD else None for group in told.bins]
    ends = [group.name if isinstance(group.name, tuple) else (0.0, 1.0) for group in told.bins]
    finding = _("As expected in %(count)s of %(total)s ranges of confidence.") % {
        "count": sum(map(bool, found)),
        "total": len(found),
    }
    ticks = [rounded_share(low) for low, _high in ends]
    return {
        "finding": finding,
        "chart": calibration_chart(finding, told.bins, ticks),
        "rows": list(zip([label_range(*pair) for pair in ends], told.bins, found, strict=True)),
    }
