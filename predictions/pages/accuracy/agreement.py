"""The page of agreement: whether reviewers say the same. Only admins see who is who."""

from collections.abc import Iterable
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.roles import may_see_names
from predictions.pages.access import reviewers_only, user_of
from predictions.pages.charts.shares import kappa_chart
from predictions.services.statistics.agreement import FEWEST_PAIRS, Agreement, Known, load_agreements, load_known
from predictions.services.statistics.sample import start_of

PERIODS = (28, 91, 364)
Named = TypeVar("Named", Agreement, Known)


@require_safe
@reviewers_only
@never_cache
def agreement(request: HttpRequest) -> HttpResponse:
    """Show how well reviewers agreed in the last `days` days. Three queries."""
    asked = request.GET.get("days", "")
    days = int(asked) if asked in map(str, PERIODS) else 91
    found, user = load_agreements(start_of(days)), user_of(request)
    digits = [(one.name or _("no digit"), one) for one in found.by_digit]
    context = {
        "days": days,
        "periods": PERIODS,
        "found": found,
        "fewest": FEWEST_PAIRS,
        "names_all": may_see_names(user),
        "by_reviewer": _named(found.by_reviewer, user),
        "by_digit": digits,
        "chart": kappa_chart(_("Agreement by digit"), found.by_digit, [str(label) for label, _one in digits]),
        "known": _named(load_known(start_of(days)), user),
    }
    return render(request, "predictions/agreement.html", context)


def _named(rows: Iterable[Named], user: User) -> list[tuple[str | Promise, Any]]:
    """Return rows with the name of the reviewer; for those who may not see names, their own alone."""
    if may_see_names(user):
        return [(row.name, row) for row in rows]
    return [(_("You"), row) for row in rows if row.name == user.get_username()]
