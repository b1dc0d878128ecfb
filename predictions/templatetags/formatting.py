"""Filters for percentages, and for dictionary keys that are not identifiers."""

from typing import Any

from django import template

from predictions.services.formatting import share, sure

register = template.Library()
register.filter(share)
register.filter(sure)


@register.filter
def entry(found: dict[str, Any] | str | None, name: str) -> Any:
    """Return `found[name]`, or an empty string if there is none."""
    return found.get(name, "") if isinstance(found, dict) else ""
