"""Filters for numbers: a share as per cent, and what a dictionary holds under a name that is no identifier."""

from typing import Any

from django import template

from predictions.services.formatting import share, sure

register = template.Library()
register.filter(share)
register.filter(sure)


@register.filter
def entry(found: dict[str, Any] | str | None, name: str) -> Any:
    """Return what `found` holds under `name`; an empty text where it holds nothing."""
    return found.get(name, "") if isinstance(found, dict) else ""
