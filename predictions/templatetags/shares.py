"""Filters for numbers: a share as per cent, and what a dictionary holds under a name that is no identifier."""

import math
from typing import Any

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext as _

register = template.Library()


@register.filter
def share(value: float | str | None) -> str:
    """Give a share in [0, 1] as per cent with two decimals; a dash where there is none."""
    if value is None or value == "":
        return "-"
    return _("%(share)s%%") % {"share": number_format(round(float(value) * 100, 2), 2)}


@register.filter
def sure(confidence: float | None) -> str:
    """Give a confidence in [0, 1] as per cent with one decimal, rounded down: 99.96% must not read as certainty."""
    if confidence is None:
        return "-"
    return _("%(share)s%%") % {"share": number_format(math.floor(confidence * 1000) / 10, 1)}


@register.filter
def entry(found: dict[str, Any] | str | None, name: str) -> Any:
    """Give what `found` holds under `name`; an empty text where it holds nothing."""
    return found.get(name, "") if isinstance(found, dict) else ""
