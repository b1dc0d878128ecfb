"""Filters for percentages, durations, large numbers, and dictionary keys that are not identifiers."""

from typing import Any

from django import template
from django.utils.formats import number_format

from predictions.services.formatting import duration, share, sure

register = template.Library()
register.filter(share)
register.filter(sure)
register.filter(duration)


@register.filter
def grouped(number: int | str | None) -> str:
    """Return a number with the thousands separators of the reader's language; an empty string if there is none."""
    return "" if number in (None, "") else number_format(number, force_grouping=True)


@register.filter
def entry(found: dict[str, Any] | str | None, name: str) -> Any:
    """Return `found[name]`, or an empty string if there is none."""
    return found.get(name, "") if isinstance(found, dict) else ""
