"""The page of one's own statistics: each figure as a picture, with a table behind it."""

from datetime import UTC
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from predictions.pages.access import user_of
from predictions.pages.history.filters import HistoryFilter
from predictions.pages.statistics.correctness import confusion_section, reliability_section, right_section
from predictions.pages.statistics.counts import UNITS, activity_section, sources_section
from predictions.services.own_statistics.activity import Unit, load_activity
from predictions.services.own_statistics.told import MOST_TOLD, load_told


@require_safe
@login_required
@never_cache
def own_statistics(request: HttpRequest) -> HttpResponse:
    """Show how many drawings the user has, by days of the time zone `?zone=`, and how well they were read.

    Two queries, whatever there is.
    """
    asked = request.GET.get("by", "")
    unit = Unit(asked) if asked in set(Unit) else Unit.DAY
    filters = HistoryFilter({"zone": request.GET.get("zone", "")})
    zone = filters.cleaned_data.get("zone", UTC) if filters.is_valid() else UTC
    activity, told = load_activity(user_of(request), unit, zone), load_told(user_of(request))
    total = told.total
    context: dict[str, Any] = {
        "unit": unit,
        "units": UNITS,
        "zone": str(zone),
        "total": activity.total,
        "told": total,
        "most": MOST_TOLD if total.told == MOST_TOLD else None,
    }
    if activity.total:
        context |= {"activity": activity_section(activity, unit, str(zone)), "sources": sources_section(activity)}
    if total.told:
        context |= {
            "right": right_section(told),
            "confusion": confusion_section(told),
            "uncompared": told.uncompared,
            "reliability": reliability_section(told),
        }
    return render(request, "predictions/statistics.html", context)
