"""The sections on how many drawings there are: by time, and by how they were sent."""

from datetime import date
from typing import Any

from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from predictions.models import Source
from predictions.pages.charts.bars import bar_chart, row_chart
from predictions.pages.statistics.links import link_days, link_source
from predictions.services.own_statistics.activity import Activity, Span, Unit

UNITS: dict[Unit, str | Promise] = {
    Unit.DAY: gettext_lazy("30 days"),
    Unit.WEEK: gettext_lazy("12 weeks"),
    Unit.MONTH: gettext_lazy("12 months"),
}
FIRST_COLUMNS: dict[Unit, str | Promise] = {
    Unit.DAY: gettext_lazy("Day"),
    Unit.WEEK: gettext_lazy("Week from"),
    Unit.MONTH: gettext_lazy("Month"),
}
FORMATS = {Unit.DAY: "MONTH_DAY_FORMAT", Unit.WEEK: "MONTH_DAY_FORMAT", Unit.MONTH: "YEAR_MONTH_FORMAT"}


def activity_section(found: Activity, unit: Unit, zone: str) -> dict[str, Any]:
    """Return what the template shows of how many drawings there are by time. zone: of the days, for links."""
    labels = [_label(span.first, unit) for span in found.spans]
    finding = _tell_activity(found, unit)
    links = [link_days(span.first, span.last, zone) if span.count else "" for span in found.spans]
    return {
        "finding": finding,
        "chart": bar_chart(finding, [span.count for span in found.spans], labels),
        "first": FIRST_COLUMNS[unit],
        "rows": list(zip(labels, found.spans, links, strict=True))[::-1],
    }


def _label(day: date, unit: Unit) -> str:
    return date_format(day, FORMATS[unit])


def _tell_activity(found: Activity, unit: Unit) -> str:
    values = {"count": number_format(found.recent, force_grouping=True)}
    sentences = {
        Unit.DAY: ngettext(
            "%(count)s drawing in the last 30 days.", "%(count)s drawings in the last 30 days.", found.recent
        ),
        Unit.WEEK: ngettext(
            "%(count)s drawing in the last 12 weeks.", "%(count)s drawings in the last 12 weeks.", found.recent
        ),
        Unit.MONTH: ngettext(
            "%(count)s drawing in the last 12 months.", "%(count)s drawings in the last 12 months.", found.recent
        ),
    }
    sentence = sentences[unit] % values
    return f"{sentence} {_tell_busiest(found.busiest, unit)}" if found.recent else sentence


def _tell_busiest(span: Span, unit: Unit) -> str:
    sentences = {
        Unit.DAY: _("Most in one day: %(count)s, on %(when)s."),
        Unit.WEEK: _("Most in one week: %(count)s, from %(when)s on."),
        Unit.MONTH: _("Most in one month: %(count)s, in %(when)s."),
    }
    return sentences[unit] % {
        "count": number_format(span.count, force_grouping=True),
        "when": _label(span.first, unit),
    }


def sources_section(found: Activity) -> dict[str, Any]:
    """Return what the template shows of how drawings were sent."""
    names = dict(Source.choices)
    labels = [str(names.get(source, source)) for source, _count in found.sources]
    counts = [count for _source, count in found.sources]
    finding = _("Most often %(source)s: %(count)s of %(total)s.") % {
        "source": labels[0],
        "count": number_format(counts[0], force_grouping=True),
        "total": number_format(found.total, force_grouping=True),
    }
    links = [link_source(source) for source, _count in found.sources]
    shares = [count / found.total for count in counts]
    return {
        "finding": finding,
        "chart": row_chart(finding, counts, labels),
        "rows": list(zip(labels, counts, shares, links, strict=True)),
    }
