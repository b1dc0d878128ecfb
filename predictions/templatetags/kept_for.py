"""A note for how long drawings are kept."""

from django import template
from django.conf import settings

register = template.Library()


@register.inclusion_tag("predictions/_kept_for.html")
def kept_for(*, counts: bool = False) -> dict[str, object]:
    """Say for how long this site keeps drawings; nothing if there is no limit. counts: the page counts drawings."""
    return {"days": settings.RETENTION_DAYS, "counts": counts}
