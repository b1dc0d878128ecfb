"""The page of accuracy: each figure in a chart and a table, with links to the drawings behind it in the admin."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ml.types import Verdict
from predictions.pages.access import reviewers_only
from predictions.pages.accuracy.drifts import drift_sections
from predictions.pages.accuracy.labels import label_bin, label_range
from predictions.pages.accuracy.true_digits import true_digits_section
from predictions.pages.charts.shares import Chart, accuracy_chart, calibration_chart
from predictions.services.formatting import rounded_share
from predictions.services.statistics.arithmetic import is_calibrated
from predictions.services.statistics.sample import (
    LONGEST,
    MOST_SAMPLED,
    Group,
    Sampled,
    calibrate,
    group_by,
    load_sample,
    measure_all,
    start_of,
)

PERIODS = {7: 1, 28: 1, 91: 7}  # days, and how many of them are one row
Filters = Mapping[str, Any]


@dataclass(frozen=True)
class Figure:
    """One section: groups with what people call them and where the admin lists them, if it can."""

    key: str
    title: str | Promise
    first: str | Promise  # the title of the first column
    rows: list[tuple[str, Group, str]]
    chart: Chart
    help: str | Promise = ""


@dataclass(frozen=True)
class Kind:
    """A way to group drawings. name: None leaves one out. filters: of the admin's list, None if it has none."""

    key: str
    title: str | Promise
    first: str | Promise
    name: Callable[[Sampled], Any]
    label: Callable[[Any], str]
    filters: Callable[[Any], Filters | None]
    help: str | Promise = ""


@require_safe
@reviewers_only
@never_cache
def accuracy(request: HttpRequest) -> HttpResponse:
    """Show how well the last `days` days were read. Three queries, two of them for changes."""
    asked = request.GET.get("days", "")
    days = int(asked) if asked in map(str, PERIODS) else 28
    since = start_of(days)
    rows = load_sample(since, PERIODS[days])
    period = {"created_at__gte": since.isoformat()}
    total = measure_all(rows)
    context = {
        "days": days,
        "periods": PERIODS,
        "total": total,
        "links": _link(period),
        "figures": [_figure(kind, rows, period) for kind in _kinds(days)] if total.reviewed else [],
        "true_digits": true_digits_section(rows, lambda filters: _link(period, filters)) if total.reviewed else None,
        "calibration": _calibration(rows, period) if total.reviewed else None,
        "most": MOST_SAMPLED if total.sampled == MOST_SAMPLED else None,
        **drift_sections(),
    }
    return render(request, "predictions/accuracy.html", context)


def _link(*filters: Filters) -> str:
    """Return the admin's list with these filters, to which the template adds which of the sample."""
    query: dict[str, Any] = {}
    for one in filters:
        query |= one
    return f"{reverse('admin:predictions_submission_changelist')}?{urlencode(query)}&sample="


def _kinds(days: int) -> list[Kind]:
    """Return the ways in which drawings are grouped."""
    step = timedelta(days=PERIODS[days])
    return [
        Kind("day", _("By day") if step.days == 1 else _("By week"), _("From"), lambda row: row.day, _label_day,
             _on(step)),
        Kind("digit", _("By digit"), _("Read as"), _digit, str, lambda digit: NUMBERS | {"text__exact": digit},
             _("Single digits, by what was read: how far a 7 can be trusted.")),
        Kind("length", _("By length"), _("Digits"), _length, _label_length,
             lambda length: NUMBERS | {"text__regex": f"^.{{{length}{',' if length == LONGEST else ''}}}$"},
             _("By the number of digits that were read.")),
        Kind("verdict", _("By verdict"), _("Verdict"), lambda row: row.verdict, _label_verdict,
             lambda verdict: {"verdict": verdict}),
        Kind("version", _("By model version"), _("Model version"), lambda row: row.version, str, lambda _name: None),
    ]  # fmt: skip


NUMBERS = {"verdict__in": f"{Verdict.DIGIT},{Verdict.UNSURE}"}


def _digit(row: Sampled) -> str | None:
    return row.text if len(row.text) == 1 and row.verdict != Verdict.NOT_A_DIGIT else None


def _length(row: Sampled) -> int | None:
    return min(len(row.text), LONGEST) if row.text and row.verdict != Verdict.NOT_A_DIGIT else None


def _label_day(day: date) -> str:
    return date_format(day, "MONTH_DAY_FORMAT")


def _label_length(length: int) -> str:
    return label_bin("length", length)


def _label_verdict(verdict: str) -> str:
    return label_bin("verdict", verdict)


def _on(step: timedelta) -> Callable[[date], Filters]:
    """Return the filters of a day, or of as many as a row has."""

    def filters(day: date) -> Filters:
        ends = [start_of((timezone.localdate() - at).days + 1).isoformat() for at in (day, day + step)]
        return dict(zip(("created_at__gte", "created_at__lt"), ends, strict=True))

    return filters


def _figure(kind: Kind, rows: Sequence[Sampled], period: Filters) -> Figure:
    groups = group_by(rows, kind.name)
    labels = [kind.label(group.name) for group in groups]
    links = [_link(period, filters) if (filters := kind.filters(group.name)) is not None else "" for group in groups]
    chart = accuracy_chart(kind.title, groups, labels, is_line=kind.key == "day")
    return Figure(kind.key, kind.title, kind.first, list(zip(labels, groups, links, strict=True)), chart, kind.help)


def _calibration(rows: Sequence[Sampled], period: Filters) -> dict[str, Any]:
    groups = calibrate(rows)
    labels = [label_range(*group.name) for group in groups]
    links = [_link(period, _confidences(*group.name)) for group in groups]
    found = [is_calibrated(group) for group in groups]
    ticks = [rounded_share(group.name[0]) for group in groups]
    return {
        "chart": calibration_chart(_("Calibration"), groups, ticks),
        "rows": list(zip(labels, groups, links, found, strict=True)),
    }


def _confidences(low: float, high: float) -> Filters:
    return {"confidence__gte": low, "confidence__lt": high} if high < 1 else {"confidence__gte": low}
